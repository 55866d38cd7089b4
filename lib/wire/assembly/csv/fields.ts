import { crc4, crcBytes, crcFieldCopied } from '../checksum'
import { writeVarint } from '../varint'
import { sixBitsAt } from './layout'

/* Where fields end, sixteen bytes at a time, and what they hold as values of a record. */

export const lineFeed: u32 = 10
export const carriageReturn: u32 = 13

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
  register = crcFieldCopied(c, field, p, from, size)
  return p + size
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
