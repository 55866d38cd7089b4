import { crc4, crc8, crcBytes, crcField8, crcRest } from '../checksum'
import { copyShort } from '../utf'
import { writeVarint } from '../varint'
import { sixBitsAt } from './layout'

/* Where fields end, sixteen bytes at a time, and what they hold as values of a record. */

export const lineFeed: u32 = 10
export const carriageReturn: u32 = 13

/** The first delimiter or line feed; behind the text there is one. */
@inline
export function findEnd(from: usize, delimiters: v128): usize {
  const lines = i8x16.splat(10)
  let p = from
  while (true) {
    const x = v128.load(p)
    const marks = i8x16.bitmask(v128.or(i8x16.eq(x, delimiters), i8x16.eq(x, lines)))
    if (marks !== 0) return p + <usize>ctz(marks)
    p += 16
  }
}

/** The first quote before `limit`; a place behind it if there is none. */
@inline
export function findQuote(from: usize, limit: usize, quotes: v128): usize {
  let p = from
  for (; p < limit; p += 16) {
    const marks = i8x16.bitmask(i8x16.eq(v128.load(p), quotes))
    if (marks !== 0) return p + <usize>ctz(marks)
  }
  return p
}

/** Where a string of JSON ends; 0 when it has an escape, or a character that must be one. */
@inline
export function findStringEnd(from: usize): usize {
  const quotes = i8x16.splat(34)
  const escapes = i8x16.splat(92)
  const blanks = i8x16.splat(32)
  let p = from
  while (true) {
    const x = v128.load(p)
    const marks = i8x16.bitmask(
      v128.or(v128.or(i8x16.eq(x, quotes), i8x16.eq(x, escapes)), i8x16.lt_u(x, blanks)),
    )
    if (marks !== 0) {
      p += <usize>ctz(marks)
      return <u32>load<u8>(p) === 34 ? p : 0
    }
    p += 16
  }
}

/** Whether the same bytes stand in two places. */
@inline
export function isSame(a: usize, b: usize, size: u32): bool {
  let rest = size
  for (; rest > 8; rest -= 8, a += 8, b += 8) if (load<u64>(a) !== load<u64>(b)) return false
  return ((load<u64>(a) ^ load<u64>(b)) << ((8 - <u64>rest) << 3)) === 0
}

/** The register after the text that was written last. */
export let register: u32 = 0

/** Writes the size of a text and its bytes; up to fifteen bytes behind it are written too. */
@inline
export function writeText(p: usize, c: u32, field: u32, from: usize, size: u32): usize {
  if (size >= 128) {
    p = writeVarint(p, size)
    memory.copy(p, from, size)
    register = crcBytes(crc4(c ^ field), p, p + size)
    return p + size
  }
  store<u8>(p++, size)
  copyShort(p, from, size)
  register = crcShort(c, field, p, size)
  return p + size
}

/** The register after the number of a field and less than 128 bytes. */
export function crcShort(register: u32, field: u32, from: usize, size: u32): u32 {
  if (size < 8) return crcRest(crc4(register ^ field), load<u64>(from), size)
  let c = crcField8(register, field, load<u64>(from))
  let p = from + 8
  let rest = size - 8
  for (; rest >= 8; rest -= 8, p += 8) c = crc8(load<u64>(p) ^ <u64>c)
  return crcRest(c, load<u64>(p), rest)
}

/** Characters of UTF-8: bytes that begin one. */
export function countCharacters(from: usize, size: u32): u32 {
  let tails: u32 = 0
  const to = from + size
  for (let p = from; p < to; p++) tails += <u32>((<u32>load<u8>(p) & 0xc0) === 0x80)
  return size - tails
}

@inline
function sixBits(p: usize): u32 {
  return load<u8>(sixBitsAt + <usize>load<u8>(p))
}

/** Writes the bytes of base64 as it is printed; returns where they end, 0 for what is none. */
export function writeBase64(out: usize, from: usize, size: u32): usize {
  if ((size & 3) !== 0) return 0
  let p = from
  const to = from + size
  for (; p < to; p += 4, out += 3) {
    const a = sixBits(p)
    const b = sixBits(p + 1)
    let c = sixBits(p + 2)
    let d = sixBits(p + 3)
    let missing: u32 = 0
    if (p + 4 === to && <u32>load<u8>(p, 3) === 61) {
      d = 0
      missing = 1
      if (<u32>load<u8>(p, 2) === 61) {
        c = 0
        missing = 2
      }
    }
    if ((a | b | c | d) > 63) return 0
    const bits = (a << 18) | (b << 12) | (c << 6) | d
    // What stands behind the last byte must be zeros.
    if (missing !== 0 && (bits & ((1 << (missing << 3)) - 1)) !== 0) return 0
    store<u8>(out, bits >>> 16)
    store<u8>(out, bits >>> 8, 1)
    store<u8>(out, bits, 2)
    out -= missing
  }
  return out
}
