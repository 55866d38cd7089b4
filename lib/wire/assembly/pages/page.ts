import { booleansAt, falseAt, trueAt } from './layout'

/*
 * Pages become addresses (see layout.ts). Whatever a page announces is held against its bytes here, as cli/formats/parquet does it:
 * a page that is not exactly what it announces is refused as a whole, and behind this nothing is checked any more but values.
 *
 * Small integers (levels, indexes) come in runs: a varint, even: twice how often the value behind it comes; odd: twice the number of
 * groups of 8 values that lie packed, the lowest bits first.
 */

/** Packed values come in groups of 8 or 32; the last group is filled up. */
const maxFilling: u64 = 255

export function makeBooleans(): void {
  store<u8>(falseAt, 0)
  store<u8>(trueAt, 1)
  store<u32>(booleansAt, <u32>falseAt)
  store<u32>(booleansAt, <u32>trueAt, 4)
}

/** One load a value: eight bytes from the first of its bits on hold it, whatever its width. */
export function unpack(from: usize, width: u32, count: u32, out: usize): void {
  const mask: u64 = ((<u64>1) << width) - 1
  let bit: usize = 0
  for (const end = out + (<usize>count << 2); out < end; out += 4, bit += width)
    store<u32>(out, <u32>((load<u64>(from + (bit >>> 3)) >>> (bit & 7)) & mask))
}

/** 1 for each of four places that has its bit. */
@inline
function marks(bits: v128, places: v128): v128 {
  return i32x4.shr_u(i32x4.eq(v128.and(bits, places), places), 31)
}

/** Sixteen at once, as those below: runs of levels are so short that loops would guess their ends wrong. Up to fifteen too many are written. */
function unpackBits(from: usize, count: u32, out: usize): void {
  for (const end = out + (<usize>count << 2); out < end; out += 64, from += 2) {
    const bits = i32x4.splat(load<u16>(from))
    v128.store(out, marks(bits, i32x4(1, 2, 4, 8)))
    v128.store(out, marks(bits, i32x4(0x10, 0x20, 0x40, 0x80)), 16)
    v128.store(out, marks(bits, i32x4(0x100, 0x200, 0x400, 0x800)), 32)
    v128.store(out, marks(bits, i32x4(0x1000, 0x2000, 0x4000, 0x8000)), 48)
  }
}

@inline
function fill(out: usize, count: usize, value: u32): void {
  const four = i32x4.splat(value)
  for (const end = out + (count << 2); out < end; out += 64) {
    v128.store(out, four)
    v128.store(out, four, 16)
    v128.store(out, four, 32)
    v128.store(out, four, 48)
  }
}

/** @returns whether there are exactly so many */
export function readRuns(from: usize, to: usize, width: u32, count: u32, out: usize): bool {
  let left = <u64>count
  while (left > 0) {
    let head: u64 = 0
    for (let shift: u64 = 0; ; shift += 7) {
      if (from >= to || shift > 28) return false
      const byte = <u64>load<u8>(from++)
      head |= (byte & 127) << shift
      if (byte < 128) break
    }
    if (head & 1) {
      const packed = (head >>> 1) << 3
      if (packed > left + maxFilling) return false
      const taken = packed < left ? packed : left
      const bits = (packed - taken < 8 ? taken : packed) * width
      if (<u64>from + ((bits + 7) >>> 3) > <u64>to) return false
      if (width === 1) unpackBits(from, <u32>taken, out)
      else unpack(from, width, <u32>taken, out)
      from += <usize>(head >>> 1) * width
      out += <usize>taken << 2
      left -= taken
    } else {
      const repeated = head >>> 1
      const size = <usize>((width + 7) >>> 3)
      if (repeated > left || from + size > to) return false
      const value = load<u64>(from) & ((<u64>1 << (<u64>size << 3)) - 1)
      if (value >>> width !== 0) return false
      from += size
      fill(out, <usize>repeated, <u32>value)
      out += <usize>repeated << 2
      left -= repeated
    }
  }
  return true
}

/** Puts 1 where there is a value. @returns how many there are; -1 for damage */
export function markLevels(cells: usize, count: u32, from: usize, to: usize): i32 {
  if (!readRuns(from, to, 1, count, cells)) return -1
  const end = cells + (<usize>count << 2)
  let sum: u64 = 0
  for (; cells + 8 <= end; cells += 8) sum += load<u64>(cells)
  if (cells < end) sum += load<u32>(cells)
  return <i32>sum + <i32>(sum >>> 32)
}

/** Values of `width` bytes. `isMarked`: only where there is a 1. */
export function placeFixed(cells: usize, count: u32, isMarked: bool, at: usize, width: usize): void {
  const end = cells + (<usize>count << 2)
  if (!isMarked) for (; cells < end; cells += 4, at += width) store<u32>(cells, <u32>at)
  else
    for (; cells < end; cells += 4) {
      const mask: u32 = 0 - load<u32>(cells)
      store<u32>(cells, <u32>at & mask)
      at += width & <usize>mask
    }
}

/** Values behind their lengths. @returns where they end; 0 for damage */
export function placeBytes(cells: usize, count: u32, isMarked: bool, at: usize, to: usize): usize {
  for (const end = cells + (<usize>count << 2); cells < end; cells += 4) {
    if (isMarked && load<u32>(cells) === 0) continue
    if (at + 4 > to) return 0
    const length = <usize>load<u32>(at)
    if (length > to - at - 4) return 0
    store<u32>(cells, <u32>at)
    at += 4 + length
  }
  return at
}

/** The values of a table, by their indexes there. @returns whether all are in it */
function look(cells: usize, count: u32, table: usize, size: u32): bool {
  for (const end = cells + (<usize>count << 2); cells < end; cells += 4) {
    const index = load<u32>(cells)
    if (index >= size) return false
    store<u32>(cells, load<u32>(table + (<usize>index << 2)))
  }
  return true
}

/** Puts values one after the other where there is a 1. */
function scatter(cells: usize, count: u32, values: usize): void {
  for (const end = cells + (<usize>count << 2); cells < end; cells += 4) {
    const mark = load<u32>(cells)
    store<u32>(cells, load<u32>(values) & (0 - mark))
    values += <usize>mark << 2
  }
}

/** `present` indexes in runs of `width` bits; `scratch` has room for them. */
export function placeIndexed(
  cells: usize,
  count: u32,
  present: u32,
  from: usize,
  to: usize,
  width: u32,
  scratch: usize,
  table: usize,
  size: u32,
): bool {
  const values = present === count ? cells : scratch
  if (width === 0) fill(values, present, 0)
  else if (!readRuns(from, to, width, present, values)) return false
  if (!look(values, present, table, size)) return false
  if (present !== count) scatter(cells, count, scratch)
  return true
}

/** Booleans as bits; all of these are there. */
export function placeBits(cells: usize, count: u32, present: u32, from: usize, scratch: usize): void {
  const values = present === count ? cells : scratch
  unpackBits(from, present, values)
  look(values, present, booleansAt, 2)
  if (present !== count) scatter(cells, count, scratch)
}

/** The values of a page that are int32 from `least` to `greatest`, or none. */
export function areWithin(cells: usize, count: u32, least: i32, greatest: i32): bool {
  for (const end = cells + (<usize>count << 2); cells < end; cells += 4) {
    const at = <usize>load<u32>(cells)
    if (at === 0) continue
    const value = load<i32>(at)
    if (value < least || value > greatest) return false
  }
  return true
}

/** None of the values, which are behind their lengths, has no bytes. */
export function areFilled(cells: usize, count: u32): bool {
  for (const end = cells + (<usize>count << 2); cells < end; cells += 4) {
    const at = <usize>load<u32>(cells)
    if (at !== 0 && load<u32>(at) === 0) return false
  }
  return true
}
