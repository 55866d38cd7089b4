import { storedEndTag } from '../layout'
import { writeChecksum } from '../varint'
import { forgetRoom, lacksRoom, readCell, register } from './cells'
import { fieldBytes, fieldsAt, foundAt } from './layout'
import { Csv, findFields, Json } from './syntax'
import { forgetWantedDay, wantedDay } from './times'

export { setSyntax } from './syntax'

/*
 * CSV and lines of JSON to records (protocol 4.1, 4.2) in one pass. A cell never is a value of JS: its text is read from the file and its tag, value and checksum
 * are written at once. Only the common forms are known here. What looks otherwise, or is wrong, ends the pass before its record, and
 * whoever called reads that one by the careful way: so what may be refused, and in which words, is decided in one place only.
 *
 * The bytes are UTF-8 (proved before) and end with a line feed, at which whatever is searched without quotes ends at the latest; 32 bytes behind
 * may be read. First the fields of a record are found, then they are read as the columns come: two loops, as the first needs few registers, and the
 * second has none to spare.
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
 * @param count descriptors at `fieldsAt`, of the fields that are read, in the order of their columns
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
  forgetRoom()
  reason = allRead
  while (start < limit) {
    if (records === maxRecords || q > room) {
      reason = isFull
      break
    }
    const behind = findFields<Of>(start, limit, fields)
    let w = behind === 0 ? 0 : q
    let c: u32 = 0xffffffff
    if (w !== 0)
      for (let d = fieldsAt; d < fieldsEnd; d += fieldBytes) {
        const found = load<u64>(foundAt + (<usize>load<u32>(d, 12) << 3))
        if (found === 0) {
          if (load<u8>(d, 2) === 0) continue
          w = 0
          break
        }
        w = readCell<Of>(<usize>found, <usize>(found >>> 32), d, c, w, room)
        if (w === 0) break
        c = register
      }
    if (w === 0) {
      reason = lacksRoom && records > 0 ? isFull : isOdd
      break
    }
    store<u32>(w, storedEndTag)
    const checksum = ~c
    q = writeChecksum(w + 4, checksum)
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
  out: usize,
  outEnd: usize,
  slack: u32,
  ends: usize,
  checksums: usize,
  maxRecords: i32,
): i32 {
  return readRecords<Csv>(from, limit, count, fields, out, outEnd, slack, ends, checksums, maxRecords)
}

/** The same of lines of JSON. */
export function readJson(
  from: usize,
  limit: usize,
  count: i32,
  fields: i32,
  out: usize,
  outEnd: usize,
  slack: u32,
  ends: usize,
  checksums: usize,
  maxRecords: i32,
): i32 {
  return readRecords<Json>(from, limit, count, fields, out, outEnd, slack, ends, checksums, maxRecords)
}

export function dayWanted(): i32 {
  return wantedDay
}
