import { signsAt } from './printing-layout'

/*
 * Text as it comes, copied sixteen bytes at a time while the same sixteen bytes are compared with the signs that make quotes necessary:
 * one look a step. Nearly no field has any, so only the few that have are gone through again. Bytes are not decoded:
 * whether they are UTF-8 is asked of the whole printed text afterwards.
 */

const carriageReturn: u8 = 13
const lineFeed: u8 = 10
const backslash: u8 = 0x5c
const doubleQuote: u8 = 0x22
/** A byte order mark begins with it, as do many characters of Chinese punctuation. */
const markByte: u8 = 0xef

let delimiter: u8 = 0
let end: u8 = 0
let quote: u8 = 0
let hasQuote: bool = true
let isAlone: bool = false

/** What stands between fields, at the end of records, and around fields, if anything; whether a record has one field. */
export function setSyntax(delimiterSign: i32, endSign: i32, quoteSign: i32, fields: i32): void {
  delimiter = <u8>delimiterSign
  end = <u8>endSign
  hasQuote = quoteSign >= 0
  quote = hasQuote ? <u8>quoteSign : <u8>delimiterSign
  isAlone = fields === 1
}

/** Copies what isn't long; up to sixteen bytes behind it are written, too. */
@inline
export function copy(out: usize, from: usize, length: u32): usize {
  v128.store(out, v128.load(from))
  for (let i: usize = 16; i < length; i += 16) v128.store(out + i, v128.load(from + i))
  return out + length
}

/** A field of CSV. @returns where it ends; 0 for one that only quotes would make a field, where there are none */
export function writeField(out: usize, from: usize, length: u32, nullAt: usize, nullLength: u32): usize {
  const delimiters = i8x16.splat(delimiter)
  const ends = i8x16.splat(end)
  const quotes = i8x16.splat(quote)
  const returns = i8x16.splat(carriageReturn)
  const feeds = i8x16.splat(lineFeed)
  const marks = i8x16.splat(markByte)
  let found: i32 = 0
  const maybeMarks = i8x16.splat(0)
  for (let i: usize = 0; i < length; i += 16) {
    const x = v128.load(from + i)
    v128.store(out + i, x)
    const signs = v128.or(
      v128.or(v128.or(i8x16.eq(x, delimiters), i8x16.eq(x, ends)), i8x16.eq(x, quotes)),
      v128.or(v128.or(i8x16.eq(x, returns), i8x16.eq(x, feeds)), i8x16.eq(x, marks)),
    )
    const mask = i8x16.bitmask(signs)
    const left = length - <u32>i
    found |= left < 16 ? mask & ((1 << left) - 1) : mask
  }
  if (length === nullLength && isEqual(from, nullAt, length)) return writeQuoted(out, from, length)
  if (found !== 0 && needsQuotes(from, length)) return writeQuoted(out, from, length)
  if (hasQuote && isOdd(from, length)) return writeQuoted(out, from, length)
  return out + length
}

@inline
function isEqual(a: usize, b: usize, length: u32): bool {
  for (let i: usize = 0; i < length; i++) if (load<u8>(a + i) !== load<u8>(b + i)) return false
  return true
}

/** Whether one of the signs is more than the first byte of a character. */
function needsQuotes(from: usize, length: u32): bool {
  for (let i: usize = 0; i < length; i++) {
    const byte = load<u8>(from + i)
    if (byte === delimiter || byte === end || byte === quote || byte === carriageReturn || byte === lineFeed) return true
    if (byte === markByte && i + 2 < length && load<u16>(from + i, 1) === 0xbfbb) return true
  }
  return false
}

/** What a reader may take for something else: nothing at all, blanks at an end, PostgreSQL's end of data, marks of other encodings. */
function isOdd(from: usize, length: u32): bool {
  if (length === 0) return isAlone
  const first = load<u8>(from)
  const last = load<u8>(from + length - 1)
  if (first === 32 || first === 9 || last === 32 || last === 9) return true
  if (first === backslash) return length === 2 && last === 0x2e
  if (first !== 0xc3 || length < 4) return false
  const four = load<u32>(from)
  return four === 0xbec3bfc3 || four === 0xbfc3bec3 || (four === 0xbbc2afc3 && length >= 6 && load<u16>(from, 4) === 0xbfc2)
}

function writeQuoted(out: usize, from: usize, length: u32): usize {
  if (!hasQuote) return 0
  const quotes = i8x16.splat(quote)
  store<u8>(out++, quote)
  const to = from + length
  while (from < to) {
    const x = v128.load(from)
    v128.store(out, x)
    const left = <u32>min<usize>(to - from, 16)
    const mask = i8x16.bitmask(i8x16.eq(x, quotes)) & ((1 << left) - 1)
    if (mask === 0) {
      from += left
      out += left
      continue
    }
    const count = <usize>ctz(mask) + 1
    from += count
    out += count
    store<u8>(out++, quote)
  }
  store<u8>(out, quote)
  return out + 1
}

/** A string of JSON, with as few escapes as JSON.stringify. */
export function writeString(out: usize, from: usize, length: u32): usize {
  store<u8>(out++, doubleQuote)
  const to = from + length
  while (from < to) {
    const x = v128.load(from)
    v128.store(out, x)
    const left = <u32>min<usize>(to - from, 16)
    const signs = v128.or(
      v128.or(i8x16.eq(x, i8x16.splat(doubleQuote)), i8x16.eq(x, i8x16.splat(backslash))),
      i8x16.lt_u(x, i8x16.splat(32)),
    )
    const mask = i8x16.bitmask(signs) & ((1 << left) - 1)
    if (mask === 0) {
      from += left
      out += left
      continue
    }
    const count = <usize>ctz(mask)
    out = writeEscape(out + count, load<u8>(from + count))
    from += count + 1
  }
  store<u8>(out, doubleQuote)
  return out + 1
}

function writeEscape(out: usize, byte: u32): usize {
  let letter = byte
  switch (byte) {
    case 8: {
      letter = 0x62
      break
    }
    case 9: {
      letter = 0x74
      break
    }
    case 10: {
      letter = 0x6e
      break
    }
    case 12: {
      letter = 0x66
      break
    }
    case 13: {
      letter = 0x72
      break
    }
    default:
  }
  store<u8>(out, backslash)
  if (letter >= 32) {
    store<u8>(out, letter, 1)
    return out + 2
  }
  const low = byte & 15
  store<u32>(out, 0x30303075, 1)
  store<u8>(out, 0x30 | (byte >>> 4), 4)
  store<u8>(out, low < 10 ? 0x30 | low : 0x57 + low, 5)
  return out + 6
}

/** Digits with a point between them, or without, as they are; 0 for any other text, and for a negative zero if it is odd. */
export function writeDecimal(out: usize, from: usize, length: u32, isZeroOdd: bool): usize {
  let all: u32 = 0
  let at: usize = 0
  if (length > 0 && load<u8>(from) === 0x2d) store<u8>(out + at++, 0x2d)
  const start = at
  let pointAt: usize = 0
  for (; at < length; at++) {
    const byte = load<u8>(from + at)
    store<u8>(out + at, byte)
    if (<u32>(byte - 0x30) < 10) {
      all |= byte
      continue
    }
    if (byte !== 0x2e || pointAt !== 0 || at === start) return 0
    pointAt = at
  }
  if (isZeroOdd && start === 1 && (all & 15) === 0) return 0
  return at === start || pointAt === at - 1 && pointAt !== 0 ? 0 : out + at
}

export function makeSigns(): void {
  for (let i: u32 = 0; i < 64; i++) {
    const sign = i < 26 ? 0x41 + i : i < 52 ? 0x47 + i : i < 62 ? i - 4 : i === 62 ? 0x2b : 0x2f
    store<u8>(signsAt + i, sign)
  }
}

@inline
function sign(bits: u32): u32 {
  return <u32>load<u8>(signsAt + (bits & 63))
}

/** Bytes in base64, with padding. */
export function writeBase64(out: usize, from: usize, length: u32): usize {
  const to = from + length
  for (; from + 3 <= to; from += 3, out += 4) {
    const bits = (<u32>load<u8>(from) << 16) | (<u32>load<u8>(from, 1) << 8) | <u32>load<u8>(from, 2)
    store<u32>(out, sign(bits >>> 18) | (sign(bits >>> 12) << 8) | (sign(bits >>> 6) << 16) | (sign(bits) << 24))
  }
  if (from === to) return out
  const bits = (<u32>load<u8>(from) << 16) | (from + 1 < to ? <u32>load<u8>(from, 1) << 8 : 0)
  const third = from + 1 < to ? sign(bits >>> 6) : 0x3d
  store<u32>(out, sign(bits >>> 18) | (sign(bits >>> 12) << 8) | (third << 16) | (0x3d << 24))
  return out + 4
}
