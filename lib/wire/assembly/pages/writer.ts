import { crc1, crc4, crc8, crcBytes, crcField8, crcFieldWhole, crcRest } from '../checksum'
import { folded } from '../fold'
import { crcGathered } from '../gathered'
import { storedEndTag } from '../layout'
import { copyBeyond } from '../utf'
import { writeChecksum, writeSize, writeVarint, zigzag } from '../varint'
import {
  allWritten,
  boolean,
  columnBytes,
  columnsAt,
  digits,
  digitsEnd,
  double,
  float,
  instant,
  int32,
  int64,
  milliseconds,
  noRoom,
  ofBytes,
  ofDouble,
  ofFloat,
  ofInt96,
  otherDouble,
  otherFloat,
  otherWhole,
  refused,
  text,
} from './layout'
import {
  high,
  isTaken,
  loadDouble,
  loadInt96,
  loadWhole,
  loadWide,
  nanos,
  padDigits,
  writeDigits,
} from './numbers'

/* Writes records (protocol 4.1, 4.2) from the addresses of values, a row after the other. */

/** From here on bytes are copied and hashed in one go each. */
const manyBytes: usize = 192

/** From so many bytes on, on average, records are long (see ../gathered.ts): for less, it costs more than it gains. */
const manyWritten: u32 = 200

/** Rows whose values fit into the caches beside the records made of them. */
const touchedRows: u32 = 128

/** What a float gets that is NaN, when it is a double in between. */
const quiet: u32 = 0x00400000

/** The register after the bytes that were written last. */
let register: u32 = 0

/** Writes bytes behind their length, after the number of a field. @returns their end */
function writeBytes(p: usize, c: u32, field: u32, from: usize, size: u32): usize {
  p = writeSize(p, size)
  let rest = <usize>size
  if (rest >= manyBytes) {
    memory.copy(p, from, rest)
    register = crcBytes(crc4(c ^ field), from, from + rest)
    return p + rest
  }
  if (rest >= 8) {
    const first = load<u64>(from)
    store<u64>(p, first)
    c = crcField8(c, field, first)
    from += 8
    p += 8
    rest -= 8
  } else c = crc4(c ^ field)
  for (; rest >= 8; rest -= 8, from += 8, p += 8) {
    const next = load<u64>(from)
    store<u64>(p, next)
    c = crc8(next ^ <u64>c)
  }
  const last = load<u64>(from)
  store<u64>(p, last)
  register = crcRest(c, last, <u32>rest)
  return p + rest
}

/** Whether text has at most so many characters: bytes that don't continue one. */
function hasAtMost(characters: u32, from: usize, size: u32): bool {
  if (size <= characters) return true
  let count: u32 = 0
  for (const to = from + <usize>size; from < to; from++) count += <u32>((load<u8>(from) & 0xc0) !== 0x80)
  return count <= characters
}

/** Whether DECIMAL, or text, has room for the number that `column` has at `at`; its text is from `printedFrom` to `printedTo` then. */
let printedFrom: usize = 0
let printedTo: usize = 0

function print(column: usize, at: usize): bool {
  let low = loadWide(<i32>load<u8>(column, 2), at, <usize>load<u32>(column, 52))
  if (!isTaken) return false
  let upper = high
  const isNegative = upper < 0
  if (isNegative) {
    low = -low
    upper = ~upper + <i64>(low === 0)
  }
  const count = writeDigits(<u64>low, <u64>upper)
  const scale = load<u32>(column, 48)
  if (count > scale && count - scale > load<u32>(column, 40)) return false
  const shown = count > scale ? count : scale + 1
  padDigits(shown)
  let to = digitsEnd
  if (scale > 0) {
    let behind = scale
    for (const most = load<u32>(column, 44); behind > most; behind--) if (load<u8>(--to) !== 0x30) return false
    if (behind > 0) {
      memory.copy(digitsEnd - <usize>scale + 1, digitsEnd - <usize>scale, behind)
      store<u8>(digitsEnd - <usize>scale, 0x2e)
      to++
    }
  }
  let from = digitsEnd - <usize>shown
  if (isNegative) store<u8>(--from, 0x2d)
  printedFrom = from
  printedTo = to
  return <u32>(to - from) <= load<u32>(column, 56)
}

/** Thousandths of a second of a time; whether there are no finer parts is in `areWhole`. */
let areWhole: bool = true

@inline
function loadMilliseconds(column: usize, at: usize): i64 {
  if (<i32>load<u8>(column, 2) === ofInt96) {
    const seconds = loadInt96(at)
    const rest = nanos / 1_000_000
    areWhole = rest * 1_000_000 === nanos
    return seconds * 1000 + rest
  }
  const count = load<i64>(at)
  const finer = load<i64>(column, 32)
  if (finer === 1) {
    areWhole = true
    return count
  }
  const value = count / finer
  areWhole = value * finer === count
  return value
}

/** The checksum of the record that was written last, without its end. */
let checksum: u32 = 0

/** Where what a checksum is taken of is gathered, and up to where text may be. */
let gatherFrom: usize = 0
let gatherTo: usize = 0

/** Writes the values of a record. @returns where they end; 0 if one is refused, 1 if there is no room */
function writeRow(place: usize, columnsEnd: usize, p: usize, to: usize, recordBytes: usize): usize {
  return writeValues(false, place, columnsEnd, p, to, recordBytes)
}

/** The same, with what the checksum is taken of gathered. */
function writeLongRow(place: usize, columnsEnd: usize, p: usize, to: usize, recordBytes: usize): usize {
  return writeValues(true, place, columnsEnd, p, to, recordBytes)
}

// Written out twice, as a branch for it at every value would cost short records more than their checksums can gain.
@inline
function writeValues(
  gathers: bool,
  place: usize,
  columnsEnd: usize,
  p: usize,
  to: usize,
  recordBytes: usize,
): usize {
  let c: u32 = 0xffffffff
  let g = gatherFrom
  for (let column = columnsAt; column < columnsEnd; column += columnBytes) {
    const at = <usize>load<u32>(<usize>load<u32>(column, 12) + place)
    if (at === 0) {
      if (!load<u8>(column, 3)) continue
      return 0
    }
    const field = load<u32>(column, 8)
    store<u32>(p, load<u32>(column, 4))
    p += <usize>load<u8>(column, 1)
    if (gathers) {
      store<u32>(g, c ^ field)
      g += 4
      c = 0
    }
    switch (<i32>load<u8>(column)) {
      case int32: {
        const value = <i64>load<i32>(at)
        if (value < load<i64>(column, 16) || value > load<i64>(column, 24)) return 0
        if (gathers) {
          store<u64>(g, value)
          g += 8
        } else c = crcFieldWhole(c, field, value)
        p = writeVarint(p, zigzag(value))
        break
      }
      case int64: {
        const value = load<i64>(at)
        if (value < load<i64>(column, 16) || value > load<i64>(column, 24)) return 0
        if (gathers) {
          store<u64>(g, value)
          g += 8
        } else c = crcFieldWhole(c, field, value)
        p = writeVarint(p, zigzag(value))
        break
      }
      case double: {
        const value = load<u64>(at)
        store<u64>(p, value)
        p += 8
        if (gathers) {
          store<u64>(g, value)
          g += 8
        } else c = crcField8(c, field, value)
        break
      }
      case float: {
        const bits = load<u32>(at)
        const value = (bits & 0x7fffffff) > 0x7f800000 ? bits | quiet : bits
        store<u32>(p, value)
        p += 4
        if (gathers) {
          store<u32>(g, value)
          g += 4
        } else c = crc8(<u64>(c ^ field) | (<u64>value << 32))
        break
      }
      case boolean: {
        const value = load<u8>(at)
        store<u8>(p++, value)
        if (gathers) store<u8>(g++, value)
        else c = crc1(crc4(c ^ field), value)
        break
      }
      case text: {
        const isBytes = <i32>load<u8>(column, 2) === ofBytes
        const size = isBytes ? load<u32>(at) : load<u32>(column, 52)
        const from = isBytes ? at + 4 : at
        const most = load<u32>(column, 40)
        if (size > most && !(load<u32>(column, 44) && hasAtMost(most, from, size))) return 0
        if (p + <usize>size + recordBytes > to) return 1
        if (gathers) {
          p = writeSize(p, size)
          if (g + <usize>size > gatherTo) {
            // Hashed where it lies; what is behind it is gathered anew.
            memory.copy(p, from, size)
            c = crcBytes(crcGathered(gatherFrom, g), from, from + <usize>size)
            g = gatherFrom
          } else {
            copyBeyond(p, from, size)
            copyBeyond(g, from, size)
            g += <usize>size
          }
          p += <usize>size
          break
        }
        p = writeBytes(p, c, field, from, size)
        c = register
        break
      }
      case instant: {
        let seconds: i64
        let rest: i64
        if (<i32>load<u8>(column, 2) === ofInt96) {
          seconds = loadInt96(at)
          rest = nanos
        } else {
          const count = load<i64>(at)
          const units = load<i64>(column, 32)
          seconds = count / units
          rest = count - seconds * units
          if (rest < 0) {
            seconds--
            rest += units
          }
          rest *= 1_000_000_000 / units
        }
        if (seconds < load<i64>(column, 16) || seconds > load<i64>(column, 24)) return 0
        if (gathers) {
          store<u64>(g, seconds)
          store<u32>(g, <u32>rest, 8)
          g += 12
        } else c = crc4(crcField8(c, field, seconds) ^ <u32>rest)
        p = writeVarint(p, zigzag(seconds))
        p = writeVarint(p, <u64>(<u32>(rest << 1)))
        break
      }
      case milliseconds: {
        const value = loadMilliseconds(column, at)
        if (!areWhole || value < load<i64>(column, 16) || value > load<i64>(column, 24)) return 0
        if (gathers) {
          store<u64>(g, value)
          g += 8
        } else c = crcField8(c, field, value)
        p = writeVarint(p, zigzag(value))
        break
      }
      case digits: {
        if (!print(column, at)) return 0
        const size = printedTo - printedFrom
        if (gathers) {
          p = writeSize(p, <u32>size)
          copyBeyond(p, printedFrom, <u32>size)
          copyBeyond(g, printedFrom, <u32>size)
          p += size
          g += size
          break
        }
        p = writeBytes(p, c, field, printedFrom, <u32>size)
        c = register
        break
      }
      case otherWhole: {
        const source = <i32>load<u8>(column, 2)
        const value = loadWhole(source, at, <usize>load<u32>(column, 52), load<i64>(column, 32))
        if (!isTaken || value < load<i64>(column, 16) || value > load<i64>(column, 24)) return 0
        if (gathers) {
          store<u64>(g, value)
          g += 8
        } else c = crcField8(c, field, value)
        p = writeVarint(p, zigzag(value))
        break
      }
      case otherDouble: {
        const number = loadDouble(<i32>load<u8>(column, 2), at)
        if (!isTaken) return 0
        const value = reinterpret<u64>(number)
        store<u64>(p, value)
        p += 8
        if (gathers) {
          store<u64>(g, value)
          g += 8
        } else c = crcField8(c, field, value)
        break
      }
      case otherFloat: {
        const source = <i32>load<u8>(column, 2)
        const number = loadDouble(source, at)
        const short = <f32>number
        // A whole number must not be rounded; another may, but not to infinity.
        const fits = source !== ofFloat && source !== ofDouble ? isTaken && <f64>short === number : isFinite(short) || !isFinite(number)
        if (!fits) return 0
        const value = reinterpret<u32>(short)
        store<u32>(p, value)
        p += 4
        if (gathers) {
          store<u32>(g, value)
          g += 4
        } else c = crc8(<u64>(c ^ field) | (<u64>value << 32))
      }
    }
  }
  if (gathers) c ^= crcGathered(gatherFrom, g)
  checksum = ~c
  return p
}

/** Exported, or the compiler would leave out what makes it. */
export let touched: u32 = 0

/**
 * Looks at values of the next rows, a column after the other, so that those which are in no cache are fetched together: a row has one of
 * each column, far from each other, and would wait for them one by one.
 */
function touch(columnsEnd: usize, row: u32, rows: u32): void {
  let sum: u32 = 0
  for (let column = columnsAt; column < columnsEnd; column += columnBytes) {
    let cells = <usize>load<u32>(column, 12) + (<usize>row << 2)
    for (const end = cells + (<usize>rows << 2); cells < end; cells += 4) sum += load<u8>(<usize>load<u32>(cells))
  }
  touched = sum
}

/** Whether the records of the last call were long on average, so that what the checksums of the next ones are taken of is gathered. */
let areLong: bool = false

/** Where the records of the last call end. */
export let writtenTo: usize = 0
/** The rows that it wrote. */
export let writtenRows: u32 = 0

/**
 * Writes records of the next `rows` rows from `p` on; each where there is room for `recordBytes` besides its text.
 * @param gather where there is room for what the checksum of a record is taken of, its text up to `gatherBytes`
 * @param ends gets where each record ends, counted from `start`, and `checksums` what its checksum is
 * @returns how it ended
 */
export function writeRows(
  rows: u32,
  columns: u32,
  start: usize,
  p: usize,
  to: usize,
  recordBytes: usize,
  ends: usize,
  checksums: usize,
  gather: usize,
  gatherBytes: usize,
): i32 {
  const columnsEnd = columnsAt + <usize>columns * columnBytes
  memory.fill(gather, 0, folded)
  gatherFrom = gather + folded
  gatherTo = gather + gatherBytes
  let end = allWritten
  let row: u32 = 0
  const from = p
  for (; row < rows; row++) {
    if (row % touchedRows === 0) touch(columnsEnd, row, min(rows - row, touchedRows))
    const place = <usize>row << 2
    const written =
      p + recordBytes > to
        ? 1
        : areLong
          ? writeLongRow(place, columnsEnd, p, to, recordBytes)
          : writeRow(place, columnsEnd, p, to, recordBytes)
    if (written <= 1) {
      end = written === 1 ? noRoom : refused
      break
    }
    store<u32>(written, storedEndTag)
    p = writeChecksum(written + 4, checksum)
    store<u32>(ends + place, <u32>(p - start))
    store<u32>(checksums + place, checksum)
  }
  writtenTo = p
  writtenRows = row
  if (row > 0) areLong = p - from >= <usize>(manyWritten * row)
  const done = row << 2
  for (let column = columnsAt; column < columnsEnd; column += columnBytes)
    store<u32>(column, load<u32>(column, 12) + done, 12)
  return end
}
