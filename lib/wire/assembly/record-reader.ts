import { crc1, crc4, crc8, crcBytes, crcField8, seen } from './checksum'
import { boolean, columnBytes, columnsAt, double, storedEndTag, float, instant, integer, text, time, totalsAt } from './layout'

/*
 * Reads records whose fields stand in the order of the columns, and verifies their checksums, into rows of slots (see
 * ../../codec/wasm/decoder-code.ts). Whatever else there is, the trailer, a record that is not all there, other orders, faults,
 * ends the run before that record: code that can say what is wrong looks at it.
 *
 * Numbers are read without looking for the end of the input; a record that ran over the end counts for nothing. Text beyond ASCII becomes
 * UTF-16 sixteen ASCII characters, or four of three bytes (Chinese, Japanese, Korean), at a time: `npm run bench -- memory text`.
 */

/** Longer ASCII text is left where it is. */
const maxCopied: u32 = 128
const largestTime: f64 = 8.64e15

const highBits: u64 = 0x8080808080808080

/** Of eight bytes that begin with a varint: the high bits of those that may be its last; 0 if none is. */
@inline
function stopsOf(x: u64): u64 {
  return ~x & highBits
}

@inline
function sizeOf(stops: u64): usize {
  return (<usize>ctz(stops) + 1) >>> 3
}

/** Puts the groups of seven bits together, all at once: no branch for the size of the number. */
@inline
function gather(x: u64, stops: u64): u64 {
  let v = x & (stops ^ (stops - 1)) & 0x7f7f7f7f7f7f7f7f
  v = (v & 0x007f007f007f007f) | ((v & 0x7f007f007f007f00) >>> 1)
  v = (v & 0x00003fff00003fff) | ((v & 0x3fff00003fff0000) >>> 2)
  return (v & 0x0fffffff) | ((v & 0x0fffffff00000000) >>> 4)
}

/** Where the bytes behind the varint that was read last begin; 0 when it had more than ten. */
let next: usize = 0

function readLongVarint(p: usize): u64 {
  let value: u64 = 0
  for (let i: u64 = 0; i < 10; i++) {
    const byte = <u64>load<u8>(p++)
    value |= (byte & 127) << (7 * i)
    if (byte < 128) {
      next = p
      return value
    }
  }
  next = 0
  return 0
}

@inline
function varintOf(x: u64, stops: u64, p: usize): u64 {
  return stops !== 0 ? gather(x, stops) : readLongVarint(p)
}

/** Where the bytes behind the varint just read begin: not by way of memory, as whatever is read next waits for it. */
@inline
function behindVarint(p: usize, stops: u64): usize {
  return stops !== 0 ? p + sizeOf(stops) : next
}

@inline
function unzigzag(value: u64): i64 {
  return <i64>(value >>> 1) ^ -(<i64>(value & 1))
}

@inline
function isTail(byte: u32): bool {
  return (byte & 0xc0) === 0x80
}

/** Writes the four characters of three bytes that `x` begins with; false, and nothing written, if it does not. */
@inline
function writeFour(out: usize, x: v128): bool {
  // f0 c0 c0, four times, in memory: the bits that tell heads and tails of characters; these have to be e0 80 80.
  const heads = v128.and(x, i32x4(0xf0c0c0f0, 0xc0f0c0c0, 0xc0c0f0c0, 0))
  const odd = v128.xor(heads, i32x4(0xe08080e0, 0x80e08080, 0x8080e080, 0))
  if (v128.any_true(odd)) return false
  // Each character in 32 bits: 0000xxxx 00yyyyyy 00zzzzzz, once its heads are gone; sixteen takes what is 0.
  const y = i8x16.swizzle(v128.xor(x, heads), i8x16(2, 1, 0, 16, 5, 4, 3, 16, 8, 7, 6, 16, 11, 10, 9, 16))
  const units = v128.or(
    v128.or(v128.and(y, i32x4.splat(0x3f)), v128.and(i32x4.shr_u(y, 2), i32x4.splat(0xfc0))),
    v128.and(i32x4.shr_u(y, 4), i32x4.splat(0xf000)),
  )
  // Below 0x800 fewer bytes would do; 0xd800 to 0xdfff are no characters.
  const high = v128.and(units, i32x4.splat(0xf800))
  if (v128.any_true(v128.or(i32x4.eq(high, i32x4.splat(0)), i32x4.eq(high, i32x4.splat(0xd800))))) return false
  v128.store64_lane(out, i16x8.narrow_i32x4_u(units, units), 0)
  return true
}

/** UTF-8 as UTF-16; returns where it ends, 0 for bytes that are no UTF-8. */
function writeUtf16(out: usize, from: usize, size: u32): usize {
  const to = from + size
  while (from < to) {
    if (ASC_FEATURE_SIMD && from + 12 <= to) {
      const x = v128.load(from)
      const beyond = i8x16.bitmask(x)
      if (beyond & 1) {
        if (writeFour(out, x)) {
          from += 12
          out += 8
          continue
        }
      } else if (from + 16 <= to) {
        // What is not ASCII, and all behind it, is written over.
        v128.store(out, i16x8.extend_low_i8x16_u(x))
        v128.store(out, i16x8.extend_high_i8x16_u(x), 16)
        const count = <usize>ctz(beyond | 0x10000)
        from += count
        out += count << 1
        continue
      }
    }
    const four = load<u32>(from)
    if (from + 4 <= to && (four & 0x80808080) === 0) {
      let x = <u64>four
      x = (x | (x << 16)) & 0x0000ffff0000ffff
      store<u64>(out, (x | (x << 8)) & 0x00ff00ff00ff00ff)
      from += 4
      out += 8
      continue
    }
    const first = four & 255
    if (first < 0x80) {
      store<u16>(out, first)
      from++
      out += 2
      continue
    }
    const second = <u32>load<u8>(from, 1)
    if (first < 0xc2 || first > 0xf4 || !isTail(second)) return 0
    if (first < 0xe0) {
      if (from + 2 > to) return 0
      store<u16>(out, ((first & 31) << 6) | (second & 63))
      from += 2
      out += 2
      continue
    }
    const third = <u32>load<u8>(from, 2)
    if (!isTail(third)) return 0
    if (first < 0xf0) {
      const unit = ((first & 15) << 12) | ((second & 63) << 6) | (third & 63)
      if (from + 3 > to || unit < 0x800 || (unit & 0xf800) === 0xd800) return 0
      store<u16>(out, unit)
      from += 3
      out += 2
      continue
    }
    const fourth = <u32>load<u8>(from, 3)
    const point = ((first & 7) << 18) | ((second & 63) << 12) | ((third & 63) << 6) | (fourth & 63)
    if (from + 4 > to || !isTail(fourth) || point < 0x10000 || point > 0x10ffff) return 0
    store<u16>(out, 0xd7c0 + (point >>> 10))
    store<u16>(out, 0xdc00 | (point & 0x3ff), 2)
    from += 4
    out += 4
  }
  return out
}

/** Copies short text; up to fifteen bytes behind it are written too. */
@inline
function copyShort(to: usize, from: usize, size: u32): void {
  for (let i: usize = 0; i < size; i += 8) store<u64>(to + i, load<u64>(from + i))
}

/**
 * Reads up to `maxRows` records between `from` and `to`. A row begins with four words for each 32 columns (which are present,
 * which have text beyond ASCII, which have their text where it came), the end of its record and its checksum. Slots of
 * text have place and length, in bytes or, beyond ASCII and not where it came, in UTF-16 units. Where copied text ends is
 * told behind the register.
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
): i32 {
  const columnsEnd = columnsAt + <usize>columns * columnBytes
  const tail = <usize>((columns + 31) >>> 5) << 4
  let totals = load<u32>(totalsAt)
  let p = from
  let count = 0
  for (; count < maxRows && p < to; count++, rows += stride) {
    const start = p
    let c: u32 = 0xffffffff
    let field: u32 = 1
    let present: u32 = 0
    let beyond: u32 = 0
    let inPlace: u32 = 0
    let masks = rows
    for (let column = columnsAt; column < columnsEnd; column += columnBytes, field++) {
      const bit = (field - 1) & 31
      if (bit === 0 && field > 1) {
        store<u32>(masks, present)
        store<u32>(masks, beyond, 4)
        store<u32>(masks, inPlace, 8)
        masks += 16
        present = 0
        beyond = 0
        inPlace = 0
      }
      if ((load<u32>(p) & load<u32>(column, 12)) !== load<u32>(column, 4)) continue
      p += <usize>load<u8>(column, 1)
      present |= 1 << bit
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
          if (p === 0 || (value << unused) >> unused !== value) return finish(count, totals, narrow, wide)
          c = crcField8(c, field, value)
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
          if (value > 1) return finish(count, totals, narrow, wide)
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
          if (p === 0) return finish(count, totals, narrow, wide)
          const seconds = unzigzag(whole)
          const part8 = load<u64>(p)
          const partStops = stopsOf(part8)
          const part = varintOf(part8, partStops, p)
          p = behindVarint(p, partStops)
          if (p === 0 || part > 0xffffffff) return finish(count, totals, narrow, wide)
          const nanos = <i32>unzigzag(part)
          c = crc4(crcField8(c, field, seconds) ^ nanos)
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
          if (p === 0 || !(abs<f64>(number) <= largestTime)) return finish(count, totals, narrow, wide)
          c = crcField8(c, field, value)
          store<f64>(slot, number)
          break
        }
        default: {
          let size = <u64>load<u8>(p++)
          if (size > 127) {
            size = readLongVarint(p - 1)
            p = next
          }
          if (p === 0 || p > to || size > <u64>(to - p)) return finish(count, totals, narrow, wide)
          const length = <u32>size
          c = crcBytes(crc4(c ^ field), p, p + length)
          store<u32>(slot, <u32>p)
          store<u32>(slot, length, 4)
          const isAscii = (seen & highBits) === 0
          if (kind === text) {
            if (!isAscii) beyond |= 1 << bit
            const end = isAscii ? 0 : writeUtf16(wide, p, length)
            if (isAscii && length <= maxCopied) {
              copyShort(narrow, p, length)
              store<u32>(slot, <u32>narrow)
              narrow += length
            } else if (end !== 0) {
              store<u32>(slot, <u32>wide)
              store<u32>(slot, <u32>((end - wide) >>> 1), 4)
              wide = end
            } else inPlace |= 1 << bit
          }
          p += length
        }
      }
    }
    store<u32>(masks, present)
    store<u32>(masks, beyond, 4)
    store<u32>(masks, inPlace, 8)
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
  return finish(count, totals, narrow, wide)
}

@inline
function finish(count: i32, totals: u32, narrow: usize, wide: usize): i32 {
  store<u32>(totalsAt, totals)
  store<u32>(totalsAt, <u32>narrow, 4)
  store<u32>(totalsAt, <u32>wide, 8)
  return count
}
