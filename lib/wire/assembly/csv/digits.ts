import { beyondNineAt, eightsAt, foursAt, masksAt, pairsAt, wholePowersAt, zerosAt } from './layout'

/*
 * Digits, eight at once. XOR with "00000000" leaves the value of each digit, and more than 9 of anything else; adding 0x76 sets the high bit of
 * those, and a zero count tells how many digits come first. Shifted to the end of the word, zeros before them, they become a number by three
 * multiplications: pairs, fours, eight.
 */

const zeros: u64 = 0x3030303030303030
const beyondNine: u64 = 0x7676767676767676
const highBits: u64 = 0x8080808080808080

/** Where the digits end that were read last. */
export let digitsEnd: usize = 0
/** How many there were. */
export let digitCount: u32 = 0

/** The marks of eight characters that are no digits; those behind the first mark mean nothing. */
@inline
export function othersIn(x: u64): u64 {
  return ((x + beyondNine) | x) & highBits
}

/** Eight values of digits as a number. */
@inline
export function eight(x: u64): u64 {
  const pairs = x * 10 + (x >>> 8)
  return (
    ((pairs & 0x000000ff000000ff) * 0x000f424000000064 +
      ((pairs >>> 16) & 0x000000ff000000ff) * 0x0000271000000001) >>>
    32
  )
}

@inline
export function powerOfTen(exponent: u32): u64 {
  return load<u64>(wholePowersAt + (<usize>exponent << 3))
}

/** What the last characters before `end` are as digits, at most sixteen of them; zeros before them. */
@inline
export function charactersBefore(end: usize, count: u32): v128 {
  return v128.and(v128.xor(v128.load(end - 16), v128.load(zerosAt)), maskOf(count))
}

/** The last so many of sixteen bytes. */
@inline
export function maskOf(count: u32): v128 {
  return v128.load(masksAt + <usize>count)
}

/** The marks of those that are no digits. */
@inline
export function othersAmong(x: v128): i32 {
  return i8x16.bitmask(i8x16.add_sat_u(x, v128.load(beyondNineAt)))
}

export function makeVectors(): void {
  v128.store(masksAt + 16, i8x16.splat(-1))
  v128.store(zerosAt, i8x16.splat(48))
  v128.store(beyondNineAt, i8x16.splat(0x76))
  v128.store(pairsAt, i16x8.splat(2561))
  v128.store(foursAt, i16x8(100, 1, 100, 1, 100, 1, 100, 1))
  v128.store(eightsAt, i16x8(10000, 1, 10000, 1, 10000, 1, 10000, 1))
}

/** Sixteen values of digits as a number: pairs, fours, eights. */
@inline
export function sixteen(x: v128): u64 {
  const pairs = i16x8.shr_u(i16x8.mul(x, v128.load(pairsAt)), 8)
  const fours = i32x4.dot_i16x8_s(pairs, v128.load(foursAt))
  const narrow = i16x8.narrow_i32x4_u(fours, fours)
  const eights = <u64>i64x2.extract_lane(i32x4.dot_i16x8_s(narrow, v128.load(eightsAt)), 0)
  return (eights & 0xffffffff) * 100000000 + (eights >>> 32)
}

/** The number that at most 19 digits make; the count is 20 for more. */
@inline
export function readDigits(from: usize): u64 {
  const x = load<u64>(from) ^ zeros
  const others = othersIn(x)
  if (others === 0) return readMore(from, eight(x))
  const count = <u32>ctz(others) >>> 3
  digitCount = count
  digitsEnd = from + count
  // Shifted twice, as a shift by 64 is none.
  return eight((x << 8) << (56 - (<u64>count << 3)))
}

/** The same where eight digits were read already. */
function readMore(from: usize, first: u64): u64 {
  let value = first
  let count: u32 = 8
  let p = from + 8
  while (true) {
    const x = load<u64>(p) ^ zeros
    const others = othersIn(x)
    const more = others === 0 ? 8 : <u32>ctz(others) >>> 3
    count += more
    if (count > 19) {
      digitCount = 20
      return 0
    }
    if (more > 0) value = value * powerOfTen(more) + eight(x << (64 - (<u64>more << 3)))
    if (more < 8) {
      digitsEnd = p + more
      digitCount = count
      return value
    }
    p += 8
  }
}
