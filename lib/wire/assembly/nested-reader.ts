import { crc1, crc4, crc8, crcBytes, crcCopied, seen } from './checksum'
import {
  array, boolean, double, float, instant, integer, isBeyond, isInPlace, isNull, largestTime, map, maxCopied, maxNanos, nodeBytes, struct, text, time, vector,
} from './layout'
import { writeUtf16 } from './utf'
import { behindVarint, highBits, stopsOf, unzigzag, varintOf } from './varint'

/*
 * Reads nested values (protocol 4.4) to the tape: as nested-writer.ts has it, except that a mark tells of text that is read where it lies, and that
 * text has its place and length (see record-reader.ts). Whatever is odd ends it: no more is read, and the record counts for nothing.
 */

let values: usize = 0
let marks: usize = 0
let nodes: usize = 0
let to: usize = 0

let p: usize = 0
let c: u32 = 0
let mark: u32 = 0
/** Where the heaps of text go on, and the register. */
export let narrowEnd: usize = 0
export let wideEnd: usize = 0
export let registerBehind: u32 = 0

export function openTapeToRead(nodesFrom: usize, valuesFrom: usize, marksFrom: usize, end: usize): void {
  nodes = nodesFrom
  values = valuesFrom
  marks = marksFrom
  to = end
}

/** Reads the value whose type is at `node`; returns where it ends: behind the input if it is not all there, 0 if it is odd. */
export function readNested(at: usize, checksum: u32, node: u32, narrow: usize, wide: usize): usize {
  p = at
  c = checksum
  narrowEnd = narrow
  wideEnd = wide
  if (!readValue(nodes + <usize>node)) return p > to ? p : 0
  registerBehind = c
  return p
}

function readValue(node: usize): bool {
  const kind = <i32>load<u32>(node)
  switch (kind) {
    case array:
      return readElements(nodes + <usize>load<u32>(node, 4))
    case map: {
      if (!readElements(nodes + <usize>load<u32>(node, 4))) return false
      const keys = elements
      return readElements(nodes + <usize>load<u32>(node, 8)) && elements === keys
    }
    case struct: {
      const first = nodes + <usize>load<u32>(node, 4)
      const end = first + <usize>load<u32>(node, 8) * nodeBytes
      for (let field = first; field < end; field += nodeBytes) if (!readNullable(field)) return false
      return true
    }
    case vector: {
      const element = nodes + <usize>load<u32>(node, 4)
      const count = readCount()
      if (p === 0 || count !== <u64>load<u32>(node, 8)) return false
      for (let i: u64 = 0; i < count; i++) if (p >= to || !readLeaf(element, <i32>load<u32>(element))) return false
      return true
    }
    default:
      return readLeaf(node, kind)
  }
}

/** An unsigned number; `p` is 0 behind one of more than ten bytes. */
function readCount(): u64 {
  const count8 = load<u64>(p)
  const stops = stopsOf(count8)
  const count = varintOf(count8, stops, p)
  p = behindVarint(p, stops)
  return count
}

/** The same for how long something is, which is mostly one byte. */
@inline
function readSize(): u64 {
  const first = <u64>load<u8>(p)
  if (first > 127) return readCount()
  p++
  return first
}

/** How many elements were read last. */
let elements: u64 = 0

/** An element takes a byte at least, so that no count makes the tape longer than the input. */
function readElements(element: usize): bool {
  const count = readSize()
  if (p === 0 || p > to || count > <u64>(to - p)) return false
  store<u64>(values, count)
  values += 8
  const kind = <i32>load<u32>(element)
  if (kind < array) {
    for (let i: u64 = 0; i < count; i++) if (!readNullableLeaf(element, kind)) return false
  } else for (let i: u64 = 0; i < count; i++) if (!readNullable(element)) return false
  elements = count
  return true
}

function readNullable(node: usize): bool {
  const kind = <i32>load<u32>(node)
  if (kind < array) return readNullableLeaf(node, kind)
  const flag = <u32>load<u8>(p++)
  if (p > to || flag > 1) return false
  // What is nested has marks of its own.
  store<u8>(marks++, flag)
  return flag === isNull || readValue(node)
}

/** Where the text of a leaf is, is told in its mark. */
@inline
function readNullableLeaf(node: usize, kind: i32): bool {
  const flag = <u32>load<u8>(p++)
  if (p > to || flag > 1) return false
  mark = flag
  const isGood = flag === isNull || readLeaf(node, kind)
  store<u8>(marks++, mark)
  return isGood
}

function readLeaf(node: usize, kind: i32): bool {
  switch (kind) {
    case integer: {
      const value = unzigzag(readCount())
      const unused = <i64>(64 - load<u32>(node, 4))
      if (p === 0 || (value << unused) >> unused !== value) return false
      c = crc8(<u64>value ^ <u64>c)
      store<i64>(values, value)
      break
    }
    case double: {
      const value = load<u64>(p)
      p += 8
      c = crc8(value ^ <u64>c)
      store<u64>(values, value)
      break
    }
    case boolean: {
      const value = <u32>load<u8>(p++)
      if (value > 1) return false
      c = crc1(c, value)
      store<u32>(values, value)
      break
    }
    case float: {
      const value = load<u32>(p)
      p += 4
      c = crc4(c ^ value)
      store<u32>(values, value)
      break
    }
    case instant: {
      const seconds = unzigzag(readCount())
      if (p === 0) return false
      const part = readCount()
      if (p === 0 || part > 0xffffffff) return false
      const nanos = <i32>unzigzag(part)
      if (nanos > maxNanos || nanos < (load<u32>(node, 4) ? -maxNanos : 0)) return false
      c = crc4(crc8(<u64>seconds ^ <u64>c) ^ nanos)
      store<i64>(values, seconds)
      store<i32>(values, nanos, 8)
      values += 8
      break
    }
    case time: {
      const value = unzigzag(readCount())
      const number = <f64>value
      if (p === 0 || !(abs<f64>(number) <= largestTime)) return false
      c = crc8(<u64>value ^ <u64>c)
      store<f64>(values, number)
      break
    }
    default:
      if (!readText(kind)) return false
  }
  values += 8
  return p <= to
}

function readText(kind: i32): bool {
  const size = readSize()
  if (p === 0 || p > to || size > <u64>(to - p)) return false
  const length = <u32>size
  store<u32>(values, length, 4)
  if (kind === text && length <= maxCopied) {
    c = crcCopied(c, narrowEnd, p, length)
    if ((seen & highBits) === 0) {
      store<u32>(values, <u32>narrowEnd)
      narrowEnd += length
      p += length
      return true
    }
  } else c = crcBytes(c, p, p + length)
  store<u32>(values, <u32>p)
  if (kind === text) {
    const isAscii = (seen & highBits) === 0
    const end = isAscii ? 0 : writeUtf16(wideEnd, p, length)
    if (end !== 0) {
      store<u32>(values, <u32>wideEnd)
      store<u32>(values, <u32>((end - wideEnd) >>> 1), 4)
      wideEnd = end
      mark = isBeyond
    } else mark = isAscii ? isInPlace : isBeyond | isInPlace
  }
  p += length
  return true
}
