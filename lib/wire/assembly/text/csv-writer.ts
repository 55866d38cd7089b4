import { crc1, crc4, crc8, crcBytes, crcField8 } from '../checksum'
import { largestTime, maxNanos, storedEndTag } from '../layout'
import { behindVarint, next, readLongVarint, stopsOf, unzigzag, varintOf } from '../varint'
import { writeWhole } from './digits'
import { copy, writeBase64, writeDecimal, writeField, writeString } from './fields'
import { writeDouble, writeFloat } from './numbers'
import {
  base64,
  boolean,
  columnBytes,
  date,
  datetime,
  decimal,
  done,
  double,
  float,
  full,
  integer,
  hasMilliseconds,
  hasTail,
  isAlwaysNoted,
  isLocal,
  isOfOdpscmd,
  isQuoted,
  jsonText,
  odd,
  text,
  timestamp,
  toldAt,
  unknownDay,
} from './printing-layout'
import { forgetMissing, isMissing, isNoted, missingDay, writeDate, writeTime } from './times'

/*
 * Records to text, CSV or lines of JSON, in one pass: each record is read and verified exactly as ../record-reader.ts does it, and printed
 * while it is read, so that no cell becomes a value of JavaScript. What a cell begins with (a delimiter, or the name of a
 * column in JSON), and what stands for NULL, is copied from what a column is told.
 *
 * Whatever is odd, a record that is damaged, cut or out of order, a value that has no plain text, ends the run before that record:
 * code that can say what is wrong, or print it with care, takes it. What was printed of it is written over.
 *
 * There is no look at the end of the text but where a cell has text of its own: `textEnd` leaves room for all else that a record may have.
 * Legend: printing-layout.ts. Gain: `npm run bench -- files`.
 */

const quoteSign: u8 = 0x22

/**
 * Prints up to `maxRows` records between `from` and `to` as text from `out` on. The record's end is `tail`.
 * @param expansion how many times longer a text may become
 * @returns the number of records; the rest is told at `toldAt`
 */
export function printRecords(
  columnsAt: usize,
  columns: i32,
  from: usize,
  to: usize,
  maxRows: i32,
  maxRowBytes: u32,
  out: usize,
  textEnd: usize,
  expansion: u32,
  tail: usize,
  tailLength: u32,
  hasNotes: i32,
): i32 {
  const columnsEnd = columnsAt + <usize>columns * columnBytes
  let totals = load<u32>(toldAt)
  let p = from
  let start = from
  let printed = out
  let count = 0
  let why = done
  forgetMissing()
  for (; count < maxRows && p < to; count++) {
    if (out > textEnd) {
      why = full
      break
    }
    let c: u32 = 0xffffffff
    let field: u32 = 1
    let isGood = true
    for (let column = columnsAt; column < columnsEnd; column += columnBytes, field++) {
      out = copy(out, load<u32>(column, 12), load<u32>(column, 16))
      if ((load<u32>(p) & load<u32>(column, 8)) !== load<u32>(column, 4)) {
        out = copy(out, load<u32>(column, 20), load<u32>(column, 24))
        continue
      }
      p += <usize>load<u8>(column, 1)
      const flags = <u32>load<u8>(column, 3)
      if (flags & isQuoted) store<u8>(out++, quoteSign)
      const kind = <i32>load<u8>(column)
      switch (kind) {
        case integer:
        case date:
        case datetime: {
          const raw8 = load<u64>(p)
          const rawStops = stopsOf(raw8)
          const raw = varintOf(raw8, rawStops, p)
          p = behindVarint(p, rawStops)
          const value = unzigzag(raw)
          const unused = <i64>(64 - load<u8>(column, 2))
          if (p === 0 || (value << unused) >> unused !== value) out = 0
          else {
            c = crcField8(c, field, value)
            if (kind === integer) {
              if (value < 0) store<u8>(out++, 0x2d)
              out = writeWhole(out, <u64>(value < 0 ? -value : value))
            } else if (kind === date) out = writeDate(out, value)
            else out = writeMilliseconds(out, value, column, flags)
          }
          break
        }
        case double: {
          const value = load<u64>(p)
          p += 8
          c = crcField8(c, field, value)
          out = writeDouble(out, value, flags)
          break
        }
        case boolean: {
          const value = <u32>load<u8>(p++)
          c = crc1(crc4(c ^ field), value)
          store<u64>(out, value === 1 ? 0x65757274 : 0x65736c6166)
          out = value > 1 ? 0 : out + 5 - value
          break
        }
        case float: {
          const value = load<u32>(p)
          p += 4
          c = crc8(<u64>(c ^ field) | ((<u64>value) << 32))
          out = writeFloat(out, value, flags)
          break
        }
        case timestamp: {
          const whole8 = load<u64>(p)
          const wholeStops = stopsOf(whole8)
          const whole = varintOf(whole8, wholeStops, p)
          p = behindVarint(p, wholeStops)
          if (p === 0) {
            out = 0
            break
          }
          const seconds = unzigzag(whole)
          const part8 = load<u64>(p)
          const partStops = stopsOf(part8)
          const part = varintOf(part8, partStops, p)
          p = behindVarint(p, partStops)
          const nanos = <i32>unzigzag(part)
          if (p === 0 || part > 0xffffffff || nanos < 0 || nanos > maxNanos) {
            out = 0
            break
          }
          c = crc4(crcField8(c, field, seconds) ^ nanos)
          out = writeClock(out, seconds, nanos, column, flags)
          break
        }
        default: {
          let size = <u64>load<u8>(p++)
          if (size > 127) {
            size = readLongVarint(p - 1)
            p = next
          }
          if (p === 0) {
            out = 0
            break
          }
          if (p > to || size > <u64>(to - p)) {
            p = to + 1
            out = 0
            break
          }
          const length = <u32>size
          c = crcBytes(crc4(c ^ field), p, p + length)
          if (out + <usize>length * expansion > textEnd) {
            why = full
            out = 0
            break
          }
          const nullAt = load<u32>(column, 20)
          const nullLength = load<u32>(column, 24)
          if (kind === text || (kind === base64 && length === 0 && !(flags & isQuoted)))
            out = writeField(out, p, length, nullAt, nullLength)
          else if (kind === decimal) out = writeDecimal(out, p, length, (flags & isOfOdpscmd) !== 0)
          else if (kind === jsonText) out = writeString(out, p, length)
          else {
            const begin = out
            out = writeBase64(out, p, length)
            if (out - begin === nullLength && memory.compare(begin, nullAt, nullLength) === 0) out = 0
          }
          p += length
        }
      }
      if (out === 0) {
        isGood = false
        break
      }
      if (flags & isQuoted) store<u8>(out++, quoteSign)
    }
    if (!isGood) {
      if (why === done) why = isMissing ? unknownDay : p > to ? done : odd
      break
    }
    if (load<u32>(p) !== storedEndTag) {
      why = p + 4 > to ? done : odd
      break
    }
    const checksum = ~c
    p += 4
    const sent8 = load<u64>(p)
    const sentStops = stopsOf(sent8)
    const sent = varintOf(sent8, sentStops, p)
    p = behindVarint(p, sentStops)
    if (p === 0 || p > to || <u32>sent !== checksum || <u32>(p - start) > maxRowBytes) {
      why = p > to ? done : odd
      break
    }
    totals = crc4(totals ^ checksum)
    out = copy(out, tail, tailLength)
    printed = out
    start = p
    if (hasNotes) keepNotes(columnsAt, columnsEnd)
  }
  store<u32>(toldAt, totals)
  store<u32>(toldAt, <u32>start, 4)
  store<u32>(toldAt, <u32>printed, 8)
  store<u32>(toldAt, why, 12)
  store<i32>(toldAt, missingDay, 16)
  return count
}

function writeMilliseconds(out: usize, value: i64, column: usize, flags: u32): usize {
  if (!(abs<f64>(<f64>value) <= largestTime) || value < load<i64>(column, 40)) return 0
  // From the year 0 on nothing is negative.
  const positive = value + 62167219200000
  if (positive < 0) return 0
  const seconds = <u64>positive / 1000
  const nanos = <u32>(<u64>positive - seconds * 1000) * 1000000
  return writeClock(out, <i64>seconds - 62167219200, nanos, column, flags)
}

function writeClock(out: usize, seconds: i64, nanos: u32, column: usize, flags: u32): usize {
  const local = (flags & isLocal) !== 0
  const steps = <usize>load<u32>(column, 28)
  const stepsEnd = <usize>load<u32>(column, 32)
  const end = writeTime(
    out,
    seconds,
    nanos,
    local,
    steps,
    stepsEnd,
    load<u32>(column, 56),
    load<u32>(column, 60),
  )
  if (isNoted || (flags & isAlwaysNoted) !== 0) store<u32>(column, 1, 52)
  if (end === 0 || !isNoted || !(flags & hasTail)) return end
  return writeTail(end, nanos, load<u32>(column, 36), (flags & hasMilliseconds) !== 0)
}

/** The digits of a second behind those that were printed, without zeros at their end. */
function writeTail(out: usize, nanos: u32, printed: u32, asMilliseconds: bool): usize {
  if (printed === 0) store<u8>(out++, 0x2e)
  let digits: u32 = 9
  let rest = nanos
  if (asMilliseconds && nanos % 1000000 === 0) {
    digits = 3
    rest = nanos / 1000000
  } else
    while (rest % 10 === 0) {
      rest /= 10
      digits--
    }
  const end = out + digits - printed
  for (let p = end; p > out; rest /= 10) store<u8>(--p, 0x30 | (rest % 10))
  return end
}

/** A cell counts as noted when its record is good. */
function keepNotes(from: usize, to: usize): void {
  for (let column = from; column < to; column += columnBytes) {
    store<u32>(column, load<u32>(column, 48) + load<u32>(column, 52), 48)
    store<u32>(column, 0, 52)
  }
}
