import { crcBytes } from '../checksum'
import { addByte, addEight, addField, addFour, addMore, addWhole, crcGathered } from '../gathered'
import { copyBeyond } from '../utf'
import { writeSize, writeVarint, zigzag } from '../varint'
import {
  boolean,
  columnBytes,
  columnsAt,
  digits,
  double,
  float,
  instant,
  int32,
  int64,
  milliseconds,
  ofBytes,
  ofDouble,
  ofFloat,
  ofInt96,
  otherDouble,
  otherFloat,
  otherWhole,
  text,
} from './layout'
import { isTaken, loadDouble, loadInt96, loadWhole, nanos } from './numbers'
import { hasAtMost, print, printedFrom, printedTo, register, writeBytes } from './text'

/* A record (protocol 4.1, 4.2) without its end, from the addresses of its values. */

/** What a float gets that is NaN, when it is a double in between. */
const quiet: u32 = 0x00400000

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
export let checksum: u32 = 0

/** Where what a checksum is taken of is gathered, and up to where text may be. */
let gatherFrom: usize = 0
let gatherTo: usize = 0

export function gatherBetween(from: usize, to: usize): void {
  gatherFrom = from
  gatherTo = to
}

/** Writes the values of a record. @returns where they end; 0 if one is refused, 1 if there is no room */
export function writeRow(place: usize, columnsEnd: usize, p: usize, to: usize, recordBytes: usize): usize {
  return writeValues(false, place, columnsEnd, p, to, recordBytes)
}

/** The same, with what the checksum is taken of gathered. */
export function writeLongRow(place: usize, columnsEnd: usize, p: usize, to: usize, recordBytes: usize): usize {
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
    c = addField(gathers, c, field, g)
    g += 4
    switch (<i32>load<u8>(column)) {
      case int32: {
        const value = <i64>load<i32>(at)
        if (value < load<i64>(column, 16) || value > load<i64>(column, 24)) return 0
        c = addWhole(gathers, c, field, g, value)
        g += 8
        p = writeVarint(p, zigzag(value))
        break
      }
      case int64: {
        const value = load<i64>(at)
        if (value < load<i64>(column, 16) || value > load<i64>(column, 24)) return 0
        c = addWhole(gathers, c, field, g, value)
        g += 8
        p = writeVarint(p, zigzag(value))
        break
      }
      case double: {
        const value = load<u64>(at)
        store<u64>(p, value)
        p += 8
        c = addEight(gathers, c, field, g, value)
        g += 8
        break
      }
      case float: {
        const bits = load<u32>(at)
        const value = (bits & 0x7fffffff) > 0x7f800000 ? bits | quiet : bits
        store<u32>(p, value)
        p += 4
        c = addFour(gathers, c, field, g, value)
        g += 4
        break
      }
      case boolean: {
        const value = load<u8>(at)
        store<u8>(p++, value)
        c = addByte(gathers, c, field, g, value)
        g++
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
        c = addMore(gathers, addEight(gathers, c, field, g, seconds), g + 8, <u32>rest)
        g += 12
        p = writeVarint(p, zigzag(seconds))
        p = writeVarint(p, <u64>(<u32>(rest << 1)))
        break
      }
      case milliseconds: {
        const value = loadMilliseconds(column, at)
        if (!areWhole || value < load<i64>(column, 16) || value > load<i64>(column, 24)) return 0
        c = addEight(gathers, c, field, g, value)
        g += 8
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
        c = addEight(gathers, c, field, g, value)
        g += 8
        p = writeVarint(p, zigzag(value))
        break
      }
      case otherDouble: {
        const number = loadDouble(<i32>load<u8>(column, 2), at)
        if (!isTaken) return 0
        const value = reinterpret<u64>(number)
        store<u64>(p, value)
        p += 8
        c = addEight(gathers, c, field, g, value)
        g += 8
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
        c = addFour(gathers, c, field, g, value)
        g += 4
      }
    }
  }
  if (gathers) c ^= crcGathered(gatherFrom, g)
  checksum = ~c
  return p
}
