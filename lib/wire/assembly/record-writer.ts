import { crc4, crc8, crcBytes, crcField8, crcRest } from './checksum'
import { folded } from './fold'
import { addByte, addEight, addField, addFour, addMore, addWhole, crcGathered } from './gathered'
import {
  boolean, columnBytes, columnsAt, double, endBytes, storedEndTag, float, inSlot, instant, integer, isInSlot, nested, totalsAt,
} from './layout'
import { bytesAt, narrowAt, openTapeToWrite, register, sawBeyond, wideAt, writeNested } from './nested-writer'
import { copyBeyond, utf8Size, writeUtf8 } from './utf'
import { writeChecksum, writeSize, writeVarint, zigzag } from './varint'

/* Writes records (protocol 4.1, 4.2) from staged rows (see ../../codec/wasm/encoder-code.ts). */

/** Text as UTF-8, for what is put together in JS. */
export { writeUtf8 } from './utf'

/** Text of so many UTF-16 units has at most 127 bytes, so that their number takes one. */
const shortUnits: u32 = 42

/**
 * The register after the number of a field and the first `size` < 8 bytes of `data`. Up to four of them go with the number into one step,
 * at the end of eight bytes as in `crcRest`.
 */
@inline
function crcFieldRest(c: u32, field: u32, data: u64, size: u32): u32 {
  const x = c ^ field
  return size <= 4 ? crc8(((data << 32) | <u64>x) << (<u64>(4 - size) << 3)) : crcRest(crc4(x), data, size)
}

/** What the checksums of records with so many bytes are taken of is gathered, on average: for less, it costs more than it gains. */
const manyGathered: u32 = 256

/** How many bytes the numbers of the fields and their values come to, about: all but few values take four and eight. */
function cellBytes(rows: i32, columns: i32, slots: usize, stride: usize): u32 {
  let cells: u32 = 0
  for (let row = 0; row < rows; row++, slots += stride)
    for (let i = 0; i < columns; i += 32) cells += popcnt(load<u32>(slots + <usize>(i >> 2)))
  return 12 * cells
}

/**
 * Writes `rows` staged rows of `stride` bytes. Text of the narrow heap has `narrowUnit` bytes a character, text of the
 * wide heap two; the third heap holds bytes. Nested values are on a tape of `values` and `marks`, and have the types of `nodes`.
 * Where `ends` isn't 0, the end of each record and its checksum go there. `gather`, if it isn't 0, is where there is room for what the checksum of
 * a record is taken of, behind `folded` bytes, and `text` the characters in both heaps; with nested values it has to be 0.
 * @returns where the records end
 */
export function writeRecords(
  rows: i32,
  columns: i32,
  slots: usize,
  stride: usize,
  narrow: usize,
  narrowUnit: usize,
  wide: usize,
  bytes: usize,
  nodes: usize,
  values: usize,
  marks: usize,
  out: usize,
  ends: usize,
  gather: usize,
  text: u32,
): usize {
  openTapeToWrite(nodes, values, marks, narrowUnit)
  // Written out twice, as a branch for it at every value would cost short records more than their checksums can gain.
  if (ASC_FEATURE_SIMD && gather !== 0 && text + cellBytes(rows, columns, slots, stride) >= manyGathered * <u32>rows) {
    memory.fill(gather, 0, folded)
    return writeAll(true, rows, columns, slots, stride, narrow, narrowUnit, wide, bytes, out, ends, gather + folded)
  }
  return writeAll(false, rows, columns, slots, stride, narrow, narrowUnit, wide, bytes, out, ends, 0)
}

@inline
function writeAll(
  gathers: bool,
  rows: i32,
  columns: i32,
  slots: usize,
  stride: usize,
  narrow: usize,
  narrowUnit: usize,
  wide: usize,
  bytes: usize,
  out: usize,
  ends: usize,
  gather: usize,
): usize {
  const columnsEnd = columnsAt + <usize>columns * columnBytes
  let p = out
  let totals = load<u32>(totalsAt)
  for (let row = 0; row < rows; row++, slots += stride) {
    let c: u32 = 0xffffffff
    let field: u32 = 1
    let present: u32 = 0
    let other: u32 = 0
    let masks = slots
    let g = gather
    for (let column = columnsAt; column < columnsEnd; column += columnBytes, field++) {
      const bit = (field - 1) & 31
      if (bit === 0) {
        present = load<u32>(masks)
        other = load<u32>(masks, 4)
        masks += 8
      }
      if (((present >>> bit) & 1) === 0) continue
      store<u32>(p, load<u32>(column, 4))
      p += <usize>load<u8>(column, 1)
      c = addField(gathers, c, field, g)
      g += 4
      const slot = slots + <usize>load<u32>(column, 8)
      switch (<i32>load<u8>(column)) {
        case integer: {
          const value = (other >>> bit) & 1 ? load<i64>(slot) : <i64>load<f64>(slot)
          c = addWhole(gathers, c, field, g, value)
          g += 8
          p = writeVarint(p, zigzag(value))
          break
        }
        case double: {
          const value = load<u64>(slot)
          store<u64>(p, value)
          p += 8
          c = addEight(gathers, c, field, g, value)
          g += 8
          break
        }
        case boolean: {
          const value = load<u8>(slot)
          store<u8>(p++, value)
          c = addByte(gathers, c, field, g, value)
          g++
          break
        }
        case float: {
          const value = load<u32>(slot)
          store<u32>(p, value)
          p += 4
          c = addFour(gathers, c, field, g, value)
          g += 4
          break
        }
        case instant: {
          const seconds = (other >>> bit) & 1 ? load<i64>(slot) : <i64>load<f64>(slot)
          const nanos = load<i32>(slot, 8)
          c = addMore(gathers, addWhole(gathers, c, field, g, seconds), g + 8, nanos)
          g += 12
          p = writeVarint(p, zigzag(seconds))
          p = writeSize(p, <u32>((nanos << 1) ^ (nanos >> 31)))
          break
        }
        case nested: {
          const node = load<u32>(column, 8)
          p = writeNested(p, crc4(c ^ field), node, load<u8>(column, 2) !== 0, narrow, wide, bytes)
          c = register
          narrow = narrowAt
          wide = wideAt
          bytes = bytesAt
          if (sawBeyond) store<u8>(column, 1, 3)
          break
        }
        default: {
          const units = load<u32>(slot)
          if (units & isInSlot) {
            const size = units & 7
            const bytes = inSlot(load<u64>(slot))
            store<u64>(p, bytes)
            p += <usize>size + 1
            if (gathers) {
              store<u64>(g, bytes >>> 8)
              g += size
            } else c = crcFieldRest(c, field, bytes >>> 8, size)
            break
          }
          const isWide = load<u8>(column, 2)
          if ((other >>> bit) & 1) {
            p = writeVarint(p, units)
            memory.copy(p, bytes, units)
            if (gathers) {
              memory.copy(g, bytes, units)
              g += units
            } else c = crcBytes(crc4(c ^ field), p, p + units)
            p += units
            bytes += units
          } else if (!isWide && narrowUnit === 1) {
            p = writeSize(p, units)
            if (gathers) {
              copyBeyond(p, narrow, units)
              copyBeyond(g, narrow, units)
              narrow += units
              p += units
              g += units
              break
            }
            let rest = units
            if (rest >= 8) {
              const first = load<u64>(narrow)
              store<u64>(p, first)
              c = crcField8(c, field, first)
              narrow += 8
              p += 8
              rest -= 8
            } else c = crc4(c ^ field)
            for (; rest >= 8; rest -= 8, narrow += 8, p += 8) {
              const next = load<u64>(narrow)
              store<u64>(p, next)
              c = crc8(next ^ <u64>c)
            }
            const last = load<u64>(narrow)
            store<u64>(p, last)
            c = crcRest(c, last, rest)
            narrow += rest
            p += rest
          } else {
            const from = isWide ? wide : narrow
            const isShort = units <= shortUnits
            const start = isShort ? p + 1 : writeVarint(p, utf8Size(from, units))
            const end = writeUtf8(start, from, units)
            const size = <u32>(end - start)
            if (isShort) store<u8>(p, size)
            if (size !== units) store<u8>(column, 1, 3)
            if (gathers) {
              copyBeyond(g, start, size)
              g += size
            } else c = crcBytes(crc4(c ^ field), start, end)
            p = end
            if (isWide) wide += <usize>units << 1
            else narrow += <usize>units << 1
          }
        }
      }
    }
    if (gathers) c ^= crcGathered(gather, g)
    const checksum = ~c
    totals = crc4(totals ^ checksum)
    store<u32>(p, storedEndTag)
    p = writeChecksum(p + 4, checksum)
    if (ends === 0) continue
    store<u32>(ends, <u32>p)
    store<u32>(ends, checksum, 4)
    ends += endBytes
  }
  store<u32>(totalsAt, totals)
  return p
}
