import { carriageReturn, findQuote, lineFeed } from './fields'
import {
  bracesAt,
  controlsAt,
  delimitersAt,
  escapesAt,
  foundAt,
  linesAt,
  literalsAt,
  quotesAt,
} from './layout'
import { setTimes } from './times'

/* The syntax of a file, and where by it fields and records end. */

/** The syntax; a file without quotes has one that no byte is equal to. */
let delimiter: u32 = 0
export let quote: u32 = 0
let nullText: u64 = 0
let nullMask: u64 = 0
let nullSize: usize = 0
let isNullInQuotes: bool = false
let maxBytes: usize = 0

export function setSyntax(
  delimiterByte: u32,
  quoteByte: u32,
  nullBytes: u64,
  nullLength: u32,
  nullInQuotes: bool,
  pattern: i32,
  zone: bool,
  maxRecordBytes: u32,
): void {
  maxBytes = maxRecordBytes
  delimiter = delimiterByte
  v128.store(delimitersAt, i8x16.splat(<i8>delimiterByte))
  v128.store(linesAt, i8x16.splat(10))
  v128.store(bracesAt, i8x16.splat(125))
  v128.store(quotesAt, i8x16.splat(<i8>quoteByte))
  v128.store(escapesAt, i8x16.splat(92))
  v128.store(controlsAt, i8x16.splat(31))
  quote = quoteByte
  nullText = nullBytes
  nullSize = nullLength
  nullMask = nullLength === 0 ? 0 : u64.MAX_VALUE >>> (64 - (<u64>nullLength << 3))
  isNullInQuotes = nullInQuotes
  setTimes(pattern, zone)
}

/*
 * What is read is a type: code of its own is compiled for each, in which `isJson<Of>()` is known, and neither pays for the other.
 */
export class Csv {}
export class Json {}

@inline
export function isJson<Of>(): bool {
  return idof<Of>() === idof<Json>()
}

/** Whether the text of a field is that of NULL. */
@inline
function isNullText(p: usize, end: usize): bool {
  return end - p === nullSize && (load<u64>(p) & nullMask) === nullText
}

/**
 * Finds the fields of a record: puts where each begins and ends at `foundAt`, 0 for NULL.
 * @returns behind its line end; 0 for another number of fields, or a field that isn't as it should be
 */
export function findFields<Of>(from: usize, limit: usize, fields: i32): usize {
  const last = foundAt + (<usize>fields << 3) - 8
  const delimiters = v128.load(delimitersAt)
  const lines = v128.load(linesAt)
  const braces = v128.load(bracesAt)
  const quotes = v128.load(quotesAt)
  const escapes = v128.load(escapesAt)
  const controls = v128.load(controlsAt)
  literal = literalsAt
  let begin: usize = 0
  let p = from
  for (let at = foundAt; ; at += 8) {
    if (isJson<Of>()) {
      p = behindLiteral(p)
      if (p === 0) return 0
    }
    begin = p
    if (<u32>load<u8>(p) === quote) {
      begin = ++p
      if (isJson<Of>()) {
        // It has no escape, and no character that must be one.
        while (true) {
          const x = v128.load(p)
          const marks = v128.or(i8x16.eq(x, quotes), i8x16.eq(x, escapes))
          const bits = i8x16.bitmask(v128.or(marks, i8x16.eq(i8x16.min_u(x, controls), x)))
          if (bits !== 0) {
            p += <usize>ctz(bits)
            break
          }
          p += 16
        }
        if (<u32>load<u8>(p) !== quote) return 0
      } else {
        p = findQuote(p, limit, quotes)
        // Whether NULL may stand in quotes is left to others.
        if (p >= limit || (isNullInQuotes && isNullText(begin, p))) return 0
      }
      store<u64>(at, <u64>begin | (<u64>p << 32))
      p++
    } else {
      while (true) {
        const x = v128.load(p)
        let marks = v128.or(i8x16.eq(x, delimiters), i8x16.eq(x, lines))
        if (isJson<Of>()) marks = v128.or(marks, i8x16.eq(x, braces))
        const bits = i8x16.bitmask(marks)
        if (bits !== 0) {
          p += <usize>ctz(bits)
          break
        }
        p += 16
      }
      keepPlain(at, begin, p)
    }
    if (at === last) break
    if (!isJson<Of>() && <u32>load<u8>(p++) !== delimiter) return 0
  }
  if (isJson<Of>()) {
    p = behindLiteral(p)
    if (p === 0) return 0
  }
  const byte = <u32>load<u8>(p++)
  if (byte === carriageReturn) {
    if (<u32>load<u8>(p++) !== lineFeed) return 0
  } else {
    if (byte !== lineFeed) return 0
    // Of a field without quotes only the line feed was looked for. In quotes the byte before it is the quote.
    if (!isJson<Of>() && p - begin > 1 && <u32>load<u8>(p - 2) === carriageReturn) keepPlain(last, begin, p - 2)
  }
  return p <= limit && p - from <= maxBytes ? p : 0
}

@inline
function keepPlain(at: usize, begin: usize, end: usize): void {
  store<u64>(at, isNullText(begin, end) ? 0 : <u64>begin | (<u64>end << 32))
}

/** The literal that comes next. */
let literal: usize = 0

/** Behind it; 0 where something else stands. */
@inline
function behindLiteral(from: usize): usize {
  let p = from
  while (true) {
    const same = i8x16.bitmask(i8x16.eq(v128.load(p), v128.load(literal)))
    if ((same | load<i32>(literal, 16)) !== 0xffff) return 0
    const size = <usize>load<u32>(literal, 20)
    p += size
    literal += 32
    if (size < 16) return p
  }
}
