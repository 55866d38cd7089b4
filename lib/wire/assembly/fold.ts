import { foldedAt } from './layout'

/*
 * CRC-32C of many bytes, sixteen at a time, without tables and without a carry-less multiplication, which WebAssembly has not.
 *
 * A byte v with n bytes behind it adds v x^8n to the checksum, modulo the polynomial. For the seven distances below
 *
 *   x^-8a + x^-8b + ... + x^-8g = 1        (modulo the polynomial; find-distances.mjs finds them, crc32c.test.ts proves it)
 *
 * so v may as well stand a, b, ... and g bytes further on: XOR it into these seven places, and its own place holds nothing any
 * more. Seen from the other end, a block is its data XOR seven blocks that begin 17 ... 112 bytes before it. As no distance is under
 * sixteen, these are all there when they are needed, and as none is over 112, they are pieces of the last seven blocks, which stay in
 * registers: one instruction cuts a piece out of two neighbours. Seven steps a turn, so that no register is moved.
 *
 * Names: a ... g are the last seven blocks, a the oldest. Gain over tables: `npm run bench -- micro` (crc32c).
 */

/** So many blocks come out of the fold with what those before them left; `folded` bytes at `foldedAt`, to be hashed from the register 0. */
export const registers: u32 = 7
export const folded: usize = 16 * registers

/** All bits that were set in the bytes that `fold` passed last. */
export let foldedBits: u64 = 0

// Sixteen bytes of the two blocks `x` and `y`, from the n-th on.

@inline
function from15(x: v128, y: v128): v128 {
  return i8x16.shuffle(x, y, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30)
}

@inline
function from1(x: v128, y: v128): v128 {
  return i8x16.shuffle(x, y, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16)
}

@inline
function from2(x: v128, y: v128): v128 {
  return i8x16.shuffle(x, y, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17)
}

@inline
function from4(x: v128, y: v128): v128 {
  return i8x16.shuffle(x, y, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19)
}

@inline
function from9(x: v128, y: v128): v128 {
  return i8x16.shuffle(x, y, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24)
}

/** The block behind a ... g: what stands 112, 108, 103, 87, 63, 62 and, last as it is made last, 17 bytes before it. */
@inline
function behind(data: v128, a: v128, b: v128, c: v128, d: v128, e: v128, f: v128, g: v128): v128 {
  const far = v128.xor(v128.xor(data, a), v128.xor(from4(a, b), from9(a, b)))
  const middle = v128.xor(v128.xor(from9(b, c), from1(d, e)), from2(d, e))
  return v128.xor(v128.xor(far, middle), from15(f, g))
}

/**
 * Folds `blocks` > 7 blocks of sixteen bytes into the last seven of them, with the register in the first four bytes.
 */
export function fold(register: u32, from: usize, blocks: u32): void {
  const zero = i32x4.splat(0)
  let a = zero
  let b = zero
  let c = zero
  let d = zero
  let e = zero
  let f = zero
  let g = zero
  let bits = v128.load(from)
  let x = v128.xor(bits, i32x4.replace_lane(zero, 0, register))
  const last = from + (<usize>blocks << 4) - folded
  for (; from + folded <= last; from += folded) {
    a = behind(x, a, b, c, d, e, f, g)
    x = v128.load(from, 16)
    bits = v128.or(bits, x)
    b = behind(x, b, c, d, e, f, g, a)
    x = v128.load(from, 32)
    bits = v128.or(bits, x)
    c = behind(x, c, d, e, f, g, a, b)
    x = v128.load(from, 48)
    bits = v128.or(bits, x)
    d = behind(x, d, e, f, g, a, b, c)
    x = v128.load(from, 64)
    bits = v128.or(bits, x)
    e = behind(x, e, f, g, a, b, c, d)
    x = v128.load(from, 80)
    bits = v128.or(bits, x)
    f = behind(x, f, g, a, b, c, d, e)
    x = v128.load(from, 96)
    bits = v128.or(bits, x)
    g = behind(x, g, a, b, c, d, e, f)
    x = v128.load(from, 112)
    bits = v128.or(bits, x)
  }
  for (; from < last; from += 16) {
    const next = behind(x, a, b, c, d, e, f, g)
    a = b
    b = c
    c = d
    d = e
    e = f
    f = g
    g = next
    x = v128.load(from, 16)
    bits = v128.or(bits, x)
  }
  for (let to = foldedAt; to < foldedAt + folded; to += 16, from += 16) {
    x = v128.load(from)
    bits = v128.or(bits, x)
    v128.store(to, behind(x, a, b, c, d, e, f, g))
    a = b
    b = c
    c = d
    d = e
    e = f
    f = g
    g = zero
  }
  foldedBits = i64x2.extract_lane(bits, 0) | i64x2.extract_lane(bits, 1)
}
