import { crc1, crc4, crc8, crcBytes, crcField8 } from '../checksum'
import { storedEndTag } from '../layout'
import { writeVarint, zigzag } from '../varint'
import { digitCount, digitsEnd, readDigits } from './digits'
import {
  carriageReturn,
  countCharacters,
  findEnd,
  findQuote,
  findStringEnd,
  isSame,
  lineFeed,
  register,
  writeBase64,
  writeText,
} from './fields'
import {
  base64,
  boolean,
  date,
  datetime,
  decimal,
  double,
  fieldBytes,
  fieldsAt,
  float,
  integer,
  literalsAt,
  skipped,
  startsAt,
  text,
  timestamp,
  timestampNtz,
} from './layout'
import { number, readDouble } from './numbers'
import {
  days,
  forgetWantedDay,
  fractionDigits,
  isUtc,
  moveToUtc,
  nanos,
  readDay,
  readPattern,
  readTime,
  seconds,
  wantedDay,
} from './times'

/*
 * CSV and lines of JSON to records (protocol 4.1, 4.2) in one pass. A cell never is a value of JS: its text is read from the file and its tag, value and checksum
 * are written at once. Only the common forms are known here. What looks otherwise, or is wrong, ends the pass before its record, and
 * whoever called reads that one by the careful way: so what may be refused, and in which words, is decided in one place only.
 *
 * The bytes are UTF-8 (proved before) and end with a line feed, at which whatever is searched without quotes ends at the latest; 32 bytes behind
 * may be read. Fields in the order of the columns are read in passing; in another order their places are found first, and then
 * they are read as the columns come.
 *
 * Lines of JSON are read likewise: what stands between the values, keys and all, must be the same characters as in the plan, and a string without
 * escapes is a field in quotes.
 */

/** Where the pass has ended: before a record, or behind the last one. */
export let stoppedAt: usize = 0
/** Where the records end. */
export let wroteTo: usize = 0

/** Why it has ended. */
export let reason: i32 = 0
const allRead: i32 = 0
const isOdd: i32 = 1
const isFull: i32 = 2
const wantsOffset: i32 = 3

/** The syntax; a file without quotes has one that no byte is equal to. */
let delimiter: u32 = 0
let quote: u32 = 0
let nullText: u64 = 0
let nullMask: u64 = 0
let nullSize: usize = 0
let isNullInQuotes: bool = false
let maxBytes: usize = 0
/** Whether times are read by the pattern; whether those without a zone are of another than UTC. */
let hasPattern: bool = false
let hasZone: bool = false

export function setSyntax(
  delimiterByte: u32,
  quoteByte: u32,
  nullBytes: u64,
  nullLength: u32,
  nullInQuotes: bool,
  pattern: bool,
  zone: bool,
  maxRecordBytes: u32,
): void {
  maxBytes = maxRecordBytes
  delimiter = delimiterByte
  quote = quoteByte
  nullText = nullBytes
  nullSize = nullLength
  nullMask = nullLength === 0 ? 0 : u64.MAX_VALUE >>> (64 - (<u64>nullLength << 3))
  isNullInQuotes = nullInQuotes
  hasPattern = pattern
  hasZone = zone
}

/*
 * What is read is a type: code of its own is compiled for each, in which `isJson<Of>()` is known, and neither pays for the other.
 */
class Csv {}
class Json {}

@inline
function isJson<Of>(): bool {
  return idof<Of>() === idof<Json>()
}

@inline
function isEndAt<Of>(p: usize): bool {
  const byte = <u32>load<u8>(p)
  if (isJson<Of>()) return byte === delimiter || byte === 125
  return (
    byte === delimiter || byte === lineFeed || (byte === carriageReturn && <u32>load<u8>(p, 1) === lineFeed)
  )
}

/** Where the content of a field in quotes ends; `limit` or more when it is open, or has an escape. */
@inline
function quotedEnd<Of>(from: usize, limit: usize): usize {
  if (isJson<Of>()) {
    const end = findStringEnd(from)
    return end === 0 ? limit : end
  }
  return findQuote(from, limit, i8x16.splat(<i8>quote))
}

/** Where a field without quotes ends. */
@inline
function plainEnd(from: usize): usize {
  const end = findEnd(from, i8x16.splat(<i8>delimiter))
  const isReturn = <u32>load<u8>(end) === lineFeed && end > from && <u32>load<u8>(end - 1) === carriageReturn
  return isReturn ? end - 1 : end
}

/**
 * Finds where the fields of a record begin.
 * @returns behind its line end; 0 for another number of fields, or a field that isn't as it should be
 */
function findStarts<Of>(from: usize, limit: usize, fields: i32): usize {
  let p = from
  for (let i = 0; i < fields; i++) {
    if (isJson<Of>()) {
      p = behindLiteral(p, i)
      if (p === 0) return 0
    }
    store<u32>(startsAt + (<usize>i << 2), p)
    if (<u32>load<u8>(p) === quote) {
      p = quotedEnd<Of>(p + 1, limit) + 1
      if (p > limit) return 0
    } else p = isJson<Of>() ? tokenEnd<Of>(p) : plainEnd(p)
    if (!isJson<Of>() && i < fields - 1 && <u32>load<u8>(p++) !== delimiter) return 0
  }
  return behindRecord<Of>(p, fields)
}

/** Where a value of JSON ends that is no string: at what may follow it. */
function tokenEnd<Of>(from: usize): usize {
  let p = from
  while (!isEndAt<Of>(p) && <u32>load<u8>(p) !== lineFeed) p++
  return p
}

/** Behind what stands before the value of a field, or behind the last one; 0 when that is something else. */
@inline
function behindLiteral(p: usize, field: i32): usize {
  const literal = literalsAt + (<usize>field << 3)
  const size = load<u32>(literal, 4)
  return isSame(p, load<u32>(literal), size) ? p + size : 0
}

/** Behind the line end of a record; 0 when it goes on. */
@inline
function behindRecord<Of>(p: usize, fields: i32): usize {
  if (!isJson<Of>()) return behindLine(p)
  const end = behindLiteral(p, fields)
  return end === 0 ? 0 : behindLine(end)
}

/** Whether JSON has such a value without quotes, and the kind takes it. */
function isJsonValue(kind: i32, p: usize): bool {
  if (kind === boolean) {
    const first = load<u32>(p)
    if (first === 0x65757274 || (first === 0x736c6166 && <u32>load<u8>(p, 4) === 101)) return true
    return <u32>load<u8>(p) - 48 < 2
  }
  if (kind !== integer && kind !== double && kind !== float && kind !== decimal) return false
  const first = <u32>load<u8>(p) === 45 ? p + 1 : p
  return <u32>load<u8>(first) !== 48 || <u32>load<u8>(first, 1) - 48 > 9
}

/** 0 when the record goes on. */
@inline
function behindLine(p: usize): usize {
  const byte = <u32>load<u8>(p)
  if (byte === lineFeed) return p + 1
  return byte === carriageReturn && <u32>load<u8>(p, 1) === lineFeed ? p + 2 : 0
}

@inline
function readInstant(from: usize): usize {
  return hasPattern ? readPattern(from) : readTime(from)
}

const secondsOfDay: i64 = 86_400
const greatestSecond: i64 = 253_402_300_799

/**
 * Reads records.
 * @param limit behind the last line feed
 * @param count descriptors at `fieldsAt`: of all fields of the file in their order, or with `isOrdered` false of those that are read, in the
 * order of their columns
 * @param fields of the file
 * @param slack most bytes of a record without its text
 * @returns how many records were written, to `out`; their ends and checksums to `ends` and `checksums`
 */
@inline
function readRecords<Of>(
  from: usize,
  limit: usize,
  count: i32,
  fields: i32,
  isOrdered: bool,
  out: usize,
  outEnd: usize,
  slack: u32,
  ends: usize,
  checksums: usize,
  maxRecords: i32,
): i32 {
  const fieldsEnd = fieldsAt + <usize>count * fieldBytes
  const room = outEnd - slack
  let start = from
  let q = out
  let records = 0
  forgetWantedDay()
  reason = allRead
  while (start < limit) {
    if (records === maxRecords || q > room) {
      reason = isFull
      break
    }
    let p = start
    let behind: usize = 0
    if (!isOrdered) {
      behind = findStarts<Of>(start, limit, fields)
      if (behind === 0) {
        reason = isOdd
        break
      }
    }
    let c: u32 = 0xffffffff
    let w = q
    let lacksRoom = false
    let d = fieldsAt
    let place: i32 = 0
    for (; d < fieldsEnd; d += fieldBytes) {
      if (isJson<Of>() && isOrdered) {
        p = behindLiteral(p, place++)
        if (p === 0) break
      }
      if (!isOrdered) p = load<u32>(startsAt + (<usize>load<u32>(d, 12) << 2))
      const isQuoted = <u32>load<u8>(p) === quote
      if (isQuoted) {
        p++
        if (isNullInQuotes && (load<u64>(p) & nullMask) === nullText && <u32>load<u8>(p + nullSize) === quote) break
      } else if ((load<u64>(p) & nullMask) === nullText && isEndAt<Of>(p + nullSize)) {
        if (load<u8>(d, 2) !== 0) break
        p += nullSize
        if (isOrdered && !isJson<Of>() && d + fieldBytes < fieldsEnd && <u32>load<u8>(p++) !== delimiter) break
        continue
      }
      if (isJson<Of>() && !isQuoted && !isJsonValue(<i32>load<u8>(d), p)) break
      store<u32>(w, load<u32>(d, 4))
      const value = w + <usize>load<u8>(d, 1)
      const field = load<u32>(d, 8)
      let isRead = false
      switch (<i32>load<u8>(d)) {
        case integer: {
          // The sign is guessed wrong half of the time, so nothing branches on it.
          const negative = <u64>(<u32>load<u8>(p) === 45)
          const size = readDigits(p + <usize>negative)
          if (digitCount - 1 > 18 || size > <u64>i64.MAX_VALUE + negative) break
          const whole = <i64>((size ^ (0 - negative)) + negative)
          if (whole < load<i64>(d, 16) || whole > load<i64>(d, 24)) break
          p = digitsEnd
          c = crcField8(c, field, whole)
          w = writeVarint(value, zigzag(whole))
          isRead = true
          break
        }
        case double: {
          p = readDouble(p)
          if (p === 0) break
          const bits = reinterpret<u64>(number)
          store<u64>(value, bits)
          c = crcField8(c, field, bits)
          w = value + 8
          isRead = true
          break
        }
        case float: {
          p = readDouble(p)
          if (p === 0) break
          const rounded = <f32>number
          // Digits that round to nothing, or beyond all floats.
          if ((rounded === 0 && number !== 0) || abs(rounded) === Infinity) break
          const bits = reinterpret<u32>(rounded)
          store<u32>(value, bits)
          c = crc8(<u64>(c ^ field) | (<u64>bits << 32))
          w = value + 4
          isRead = true
          break
        }
        case boolean: {
          const first = load<u32>(p) | 0x20202020
          let isTrue: u32 = 1
          if (first === 0x65757274) p += 4
          else if (first === 0x736c6166 && (<u32>load<u8>(p, 4) | 32) === 101) {
            isTrue = 0
            p += 5
          } else {
            isTrue = <u32>load<u8>(p++) - 48
            if (isTrue > 1) break
          }
          store<u8>(value, isTrue)
          c = crc1(crc4(c ^ field), isTrue)
          w = value + 1
          isRead = true
          break
        }
        case decimal: {
          const first = <u32>load<u8>(p) === 45 ? p + 1 : p
          let end = first
          while (<u32>load<u8>(end) - 48 < 10) end++
          if (end === first || end - first > <usize>load<u32>(d, 16)) break
          if (<u32>load<u8>(end) === 46) {
            const fraction = ++end
            while (<u32>load<u8>(end) - 48 < 10) end++
            if (end === fraction || end - fraction > <usize>load<u32>(d, 20)) break
          }
          w = writeText(value, c, field, p, <u32>(end - p))
          c = register
          p = end
          isRead = true
          break
        }
        case date: {
          p = readDay(p)
          if (p === 0) break
          c = crcField8(c, field, <i64>days)
          w = writeVarint(value, zigzag(<i64>days))
          isRead = true
          break
        }
        case datetime:
        case timestamp:
        case timestampNtz: {
          const kind = <i32>load<u8>(d)
          p = readInstant(p)
          if (p === 0 || (kind === timestampNtz && isUtc)) break
          if (hasZone && !isUtc && kind !== timestampNtz && !moveToUtc()) break
          const instant = <i64>days * secondsOfDay + <i64>seconds
          if (instant < load<i64>(d, 16) || instant > greatestSecond) break
          if (kind === datetime) {
            if (fractionDigits > 3) break
            const time = instant * 1000 + <i64>(nanos / 1_000_000)
            c = crcField8(c, field, time)
            w = writeVarint(value, zigzag(time))
          } else {
            c = crc4(crcField8(c, field, instant) ^ nanos)
            w = writeVarint(writeVarint(value, zigzag(instant)), <u64>(nanos << 1))
          }
          isRead = true
          break
        }
        case base64: {
          const end = isQuoted ? quotedEnd<Of>(p, limit) : plainEnd(p)
          const size = <u32>(end - p)
          if (end >= limit || size > load<u32>(d, 16)) break
          if (value + size > room) {
            lacksRoom = true
            break
          }
          const bytes = (size >>> 2) * 3
          const isOne = size >= 4 && <u32>load<u8>(end - 1) === 61
          const missing: u32 = isOne ? (<u32>load<u8>(end - 2) === 61 ? 2 : 1) : 0
          const content = writeVarint(value, bytes - missing)
          w = writeBase64(content, p, size)
          if (w === 0) break
          c = crcBytes(crc4(c ^ field), content, w)
          p = end
          isRead = true
          break
        }
        case text: {
          const end = isQuoted ? quotedEnd<Of>(p, limit) : plainEnd(p)
          const size = <u32>(end - p)
          if (end >= limit || size > load<u32>(d, 16)) break
          if (value + size > room) {
            lacksRoom = true
            break
          }
          const most = load<u32>(d, 20)
          if (size > most && countCharacters(p, size) > most) break
          w = writeText(value, c, field, p, size)
          c = register
          p = end
          isRead = true
          break
        }
        default:
          p = isQuoted ? quotedEnd<Of>(p, limit) : plainEnd(p)
          isRead = p < limit
      }
      if (!isRead) break
      if (isQuoted && <u32>load<u8>(p++) !== quote) break
      if (!isOrdered) {
        if (!isEndAt<Of>(p)) break
      } else if (!isJson<Of>() && d + fieldBytes < fieldsEnd && <u32>load<u8>(p++) !== delimiter) break
    }
    if (isOrdered) behind = d < fieldsEnd ? 0 : behindRecord<Of>(p, place)
    if (d < fieldsEnd || behind === 0 || behind > limit || behind - start > maxBytes) {
      reason = lacksRoom && records > 0 ? isFull : isOdd
      break
    }
    store<u32>(w, storedEndTag)
    const checksum = ~c
    q = writeVarint(w + 4, checksum)
    store<u32>(ends + (<usize>records << 2), <u32>(q - out))
    store<u32>(checksums + (<usize>records << 2), checksum)
    records++
    start = behind
  }
  if (reason === isOdd && wantedDay !== i32.MIN_VALUE) reason = wantsOffset
  stoppedAt = start
  wroteTo = q
  return records
}

export function readCsv(
  from: usize,
  limit: usize,
  count: i32,
  fields: i32,
  isOrdered: bool,
  out: usize,
  outEnd: usize,
  slack: u32,
  ends: usize,
  checksums: usize,
  maxRecords: i32,
): i32 {
  return readRecords<Csv>(from, limit, count, fields, isOrdered, out, outEnd, slack, ends, checksums, maxRecords)
}

/** The same of lines of JSON. */
export function readJson(
  from: usize,
  limit: usize,
  count: i32,
  fields: i32,
  isOrdered: bool,
  out: usize,
  outEnd: usize,
  slack: u32,
  ends: usize,
  checksums: usize,
  maxRecords: i32,
): i32 {
  return readRecords<Json>(from, limit, count, fields, isOrdered, out, outEnd, slack, ends, checksums, maxRecords)
}

export function dayWanted(): i32 {
  return wantedDay
}
