import { storedEndTag } from '../layout'
import { writeVarint } from '../varint'
import { forgetRoom, isJsonValue, lacksRoom, readCell, register, textEnd } from './cells'
import { fieldBytes, fieldsAt, startsAt } from './layout'
import {
  behindLiteral,
  behindRecord,
  Csv,
  delimiter,
  findStarts,
  isEndAt,
  isJson,
  isNullInQuotes,
  Json,
  maxBytes,
  nullMask,
  nullSize,
  nullText,
  quote,
} from './syntax'
import { forgetWantedDay, wantedDay } from './times'

export { setSyntax } from './syntax'

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
    forgetRoom()
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
        if (!isJson<Of>() && isNullInQuotes && (load<u64>(p) & nullMask) === nullText && <u32>load<u8>(p + nullSize) === quote) break
      } else if ((load<u64>(p) & nullMask) === nullText && isEndAt<Of>(p + nullSize)) {
        if (load<u8>(d, 2) !== 0) break
        p += nullSize
        if (isOrdered && !isJson<Of>() && d + fieldBytes < fieldsEnd && <u32>load<u8>(p++) !== delimiter) break
        continue
      }
      if (isJson<Of>() && !isQuoted && !isJsonValue(<i32>load<u8>(d), p)) break
      store<u32>(w, load<u32>(d, 4))
      w = readCell<Of>(p, d, c, w, isQuoted, limit, room)
      if (w === 0) break
      p = textEnd
      c = register
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
