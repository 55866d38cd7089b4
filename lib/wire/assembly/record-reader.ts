import { crc1, crc4, crc8, crcBytes, crcFieldCopied, crcField8, crcFieldWhole, seen } from './checksum'
import {
  boolean, columnBytes, columnsAt, double, float, instant, integer, largestTime, maxCopied, nested, storedEndTag, text, time, totalsAt,
} from './layout'
import { narrowEnd, openTapeToRead, readNested, registerBehind, wideEnd } from './nested-reader'
import { writeUtf16 } from './utf'
import { behindVarint, highBits, next, readLongVarint, stopsOf, unzigzag, varintOf } from './varint'

/*
 * Reads records whose fields stand in the order of the columns, and verifies their checksums, into rows of slots (see
 * ../../codec/wasm/decoder-code.ts). Whatever else there is, the trailer, a record that is not all there, other orders, faults,
 * ends the run before that record: code that can say what is wrong looks at it.
 *
 * Numbers are read without looking for the end of the input; a record that ran over the end counts for nothing.
 */

/**
 * Reads up to `maxRows` records between `from` and `to`. A row begins with four words for each 32 columns (which are present,
 * which have text beyond ASCII, which have their text where it came), the end of its record and its checksum. Slots of
 * text have place and length, in bytes or, beyond ASCII and not where it came, in UTF-16 units. Where copied text ends, and the
 * reading did, is told behind the register. Nested values, of the types of `nodes`, go to the tape of `values` and `marks`.
 * @returns the number of rows
 */
export function readRecords(
  columns: i32,
  from: usize,
  to: usize,
  maxRows: i32,
  maxRowBytes: u32,
  rows: usize,
  stride: usize,
  narrow: usize,
  wide: usize,
  nodes: usize,
  values: usize,
  marks: usize,
): i32 {
  openTapeToRead(nodes, values, marks, to)
  const columnsEnd = columnsAt + <usize>columns * columnBytes
  const tail = <usize>((columns + 31) >>> 5) << 4
  let totals = load<u32>(totalsAt)
  let p = from
  let count = 0
  for (; count < maxRows && p < to; count++, rows += stride) {
    const start = p
    let c: u32 = 0xffffffff
    let field: u32 = 1
    let column = columnsAt
    let masks = rows
    do {
      const groupEnd = min(columnsEnd, column + 32 * columnBytes)
      let present: u32 = 0
      let beyond: u32 = 0
      let inPlace: u32 = 0
      for (let bit: u32 = 1; column < groupEnd; column += columnBytes, field++, bit <<= 1) {
        if ((load<u32>(p) & load<u32>(column, 12)) !== load<u32>(column, 4)) continue
        p += <usize>load<u8>(column, 1)
        present |= bit
        const slot = rows + <usize>load<u32>(column, 8)
        const kind = <i32>load<u8>(column)
        switch (kind) {
          case integer: {
            const raw8 = load<u64>(p)
            const rawStops = stopsOf(raw8)
            const raw = varintOf(raw8, rawStops, p)
            p = behindVarint(p, rawStops)
            const value = unzigzag(raw)
            const unused = <i64>(64 - load<u8>(column, 2))
            if (p === 0 || (value << unused) >> unused !== value) return finish(count, totals, narrow, wide, p)
            c = crcFieldWhole(c, field, value)
            store<i64>(slot, value)
            break
          }
          case double: {
            const value = load<u64>(p)
            p += 8
            c = crcField8(c, field, value)
            store<u64>(slot, value)
            break
          }
          case boolean: {
            const value = <u32>load<u8>(p++)
            if (value > 1) return finish(count, totals, narrow, wide, p)
            c = crc1(crc4(c ^ field), value)
            store<u32>(slot, value)
            break
          }
          case float: {
            const value = load<u32>(p)
            p += 4
            c = crc8(<u64>(c ^ field) | (<u64>value << 32))
            store<u32>(slot, value)
            break
          }
          case instant: {
            const whole8 = load<u64>(p)
            const wholeStops = stopsOf(whole8)
            const whole = varintOf(whole8, wholeStops, p)
            p = behindVarint(p, wholeStops)
            if (p === 0) return finish(count, totals, narrow, wide, p)
            const seconds = unzigzag(whole)
            const part8 = load<u64>(p)
            const partStops = stopsOf(part8)
            const part = varintOf(part8, partStops, p)
            p = behindVarint(p, partStops)
            if (p === 0 || part > 0xffffffff) return finish(count, totals, narrow, wide, p)
            const nanos = <i32>unzigzag(part)
            c = crc4(crcFieldWhole(c, field, seconds) ^ nanos)
            store<i64>(slot, seconds)
            store<i32>(slot, nanos, 8)
            break
          }
          case time: {
            const raw8 = load<u64>(p)
            const rawStops = stopsOf(raw8)
            const raw = varintOf(raw8, rawStops, p)
            p = behindVarint(p, rawStops)
            const value = unzigzag(raw)
            const number = <f64>value
            if (p === 0 || !(abs<f64>(number) <= largestTime)) return finish(count, totals, narrow, wide, p)
            c = crcField8(c, field, value)
            store<f64>(slot, number)
            break
          }
          case nested: {
            p = readNested(p, crc4(c ^ field), load<u32>(column, 8), narrow, wide)
            if (p === 0) return finish(count, totals, narrow, wide, p)
            c = registerBehind
            narrow = narrowEnd
            wide = wideEnd
            break
          }
          case text: {
            // Most text is short: its size is one byte, and it is copied.
            const size = <u32>load<u8>(p)
            if (size <= maxCopied) {
              p++
              if (p > to || size > <u32>(to - p)) return finish(count, totals, narrow, wide, to + 1)
              store<u32>(slot, size, 4)
              c = crcFieldCopied(c, field, narrow, p, size)
              if ((seen & highBits) === 0) {
                store<u32>(slot, <u32>narrow)
                narrow += size
                p += size
                break
              }
              beyond |= bit
              const end = writeUtf16(wide, p, size)
              if (end === 0) {
                store<u32>(slot, <u32>p)
                inPlace |= bit
              } else {
                store<u32>(slot, <u32>wide)
                store<u32>(slot, <u32>((end - wide) >>> 1), 4)
                wide = end
              }
              p += size
              break
            }
          }
          // Longer text goes the way of bytes.
          default: {
            const size8 = load<u64>(p)
            const sizeStops = stopsOf(size8)
            const size = varintOf(size8, sizeStops, p)
            p = behindVarint(p, sizeStops)
            if (p === 0 || p > to || size > <u64>(to - p))
              return finish(count, totals, narrow, wide, p === 0 || size > <u64>maxRowBytes ? 0 : to + 1)
            const length = <u32>size
            store<u32>(slot, <u32>p)
            store<u32>(slot, length, 4)
            c = crcBytes(crc4(c ^ field), p, p + length)
            if (kind === text) {
              const isAscii = (seen & highBits) === 0
              if (!isAscii) beyond |= bit
              const end = isAscii ? 0 : writeUtf16(wide, p, length)
              if (end !== 0) {
                store<u32>(slot, <u32>wide)
                store<u32>(slot, <u32>((end - wide) >>> 1), 4)
                wide = end
              } else inPlace |= bit
            }
            p += length
          }
      }
      }
      store<u32>(masks, present)
      store<u32>(masks, beyond, 4)
      store<u32>(masks, inPlace, 8)
      masks += 16
    } while (column < columnsEnd)
    if (load<u32>(p) !== storedEndTag) break
    const checksum = ~c
    p += 4
    const sent8 = load<u64>(p)
    const sentStops = stopsOf(sent8)
    const sent = varintOf(sent8, sentStops, p)
    p = behindVarint(p, sentStops)
    if (p === 0 || p > to || <u32>sent !== checksum || <u32>(p - start) > maxRowBytes) break
    store<u32>(rows + tail, <u32>p)
    store<u32>(rows + tail, checksum, 4)
    totals = crc4(totals ^ checksum)
  }
  return finish(count, totals, narrow, wide, p)
}

/** @param p where the reading ended: behind `to` where a record may go on behind it, 0 where that isn't known */
@inline
function finish(count: i32, totals: u32, narrow: usize, wide: usize, p: usize): i32 {
  store<u32>(totalsAt, totals)
  store<u32>(totalsAt, <u32>narrow, 4)
  store<u32>(totalsAt, <u32>wide, 8)
  store<u32>(totalsAt, <u32>p, 12)
  return count
}
