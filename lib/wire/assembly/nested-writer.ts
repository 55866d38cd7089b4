import { crc1, crc4, crc8, crcBytes, crcRest } from './checksum'
import {
  boolean, double, float, inSlot, instant, integer, isInSlot, isNull, isOther, map, nodeBytes, struct, text, vector,
} from './layout'
import { utf8Size, writeUtf8 } from './utf'
import { writeSize, writeVarint, zigzag } from './varint'

/*
 * Writes nested values (protocol 4.4) from the tape, which has them leaf by leaf in the order of the record: a byte for every NULL flag in
 * `marks`, and in `values` eight bytes for every count and every leaf (sixteen for an instant). The text of leaves lies in the heaps, with that of flat columns.
 * What a value looks like is told by the nodes of its type (see layout.ts). The checksum takes leaves alone: no counts, no flags, and numbers as
 * the eight bytes they are, not as varints. Gain over generated code: `npm run bench -- memory nested`.
 */

let values: usize = 0
let marks: usize = 0
let nodes: usize = 0
let narrowUnit: usize = 1

let p: usize = 0
let c: u32 = 0
let isWide: bool = false
/** Where the heaps of text and bytes go on, and what was seen. */
export let narrowAt: usize = 0
export let wideAt: usize = 0
export let bytesAt: usize = 0
export let sawBeyond: bool = false
export let register: u32 = 0

export function openTapeToWrite(nodesFrom: usize, valuesFrom: usize, marksFrom: usize, unit: usize): void {
  nodes = nodesFrom
  values = valuesFrom
  marks = marksFrom
  narrowUnit = unit
}

/** Writes the value whose type is at `node`; returns where it ends. */
export function writeNested(
  at: usize,
  checksum: u32,
  node: u32,
  wideText: bool,
  narrow: usize,
  wide: usize,
  bytes: usize,
): usize {
  p = at
  c = checksum
  isWide = wideText
  narrowAt = narrow
  wideAt = wide
  bytesAt = bytes
  sawBeyond = false
  writeValue(nodes + <usize>node)
  register = c
  return p
}

function writeValue(node: usize): void {
  const kind = <i32>load<u32>(node)
  const first = nodes + <usize>load<u32>(node, 4)
  if (kind === struct) return writeAll(first, nodeBytes, load<u32>(node, 8), true)
  if (kind === vector) {
    const dimension = load<u32>(node, 8)
    p = writeSize(p, dimension)
    return writeAll(first, 0, dimension, false)
  }
  writeList(first)
  if (kind === map) writeList(nodes + <usize>load<u32>(node, 8))
}

function writeList(element: usize): void {
  const count = load<u32>(values)
  values += 8
  p = writeSize(p, count)
  writeAll(element, 0, count, true)
}

/**
 * Writes elements, or fields, whose types are `step` bytes apart. What changes is in variables of the loop, and only what is nested deeper, or
 * unusual text, finds it in those of the module: these are stored and loaded each time, and the next leaf would wait for that.
 */
function writeAll(node: usize, step: usize, count: u32, hasFlags: bool): void {
  let to = p
  let crc = c
  let at = values
  let flags = marks
  let from = narrowAt
  for (let i: u32 = 0; i < count; i++, node += step) {
    let mark: u32 = 0
    if (hasFlags) {
      mark = load<u8>(flags++)
      store<u8>(to++, mark & isNull)
      if (mark & isNull) continue
    }
    const kind = <i32>load<u32>(node)
    switch (kind) {
      case integer: {
        const value = mark & isOther ? load<i64>(at) : <i64>load<f64>(at)
        at += 8
        crc = crc8(<u64>value ^ <u64>crc)
        to = writeVarint(to, zigzag(value))
        break
      }
      case double: {
        const value = load<u64>(at)
        at += 8
        store<u64>(to, value)
        to += 8
        crc = crc8(value ^ <u64>crc)
        break
      }
      case boolean: {
        const value = load<u8>(at)
        at += 8
        store<u8>(to++, value)
        crc = crc1(crc, value)
        break
      }
      case float: {
        const value = load<u32>(at)
        at += 8
        store<u32>(to, value)
        to += 4
        crc = crc4(crc ^ value)
        break
      }
      case instant: {
        const seconds = mark & isOther ? load<i64>(at) : <i64>load<f64>(at)
        const nanos = load<i32>(at, 8)
        at += 16
        crc = crc4(crc8(<u64>seconds ^ <u64>crc) ^ nanos)
        to = writeVarint(to, zigzag(seconds))
        to = writeSize(to, <u32>((nanos << 1) ^ (nanos >> 31)))
        break
      }
      case text: {
        const units = load<u32>(at)
        if (units & isInSlot) {
          const bytes = inSlot(load<u64>(at))
          at += 8
          store<u64>(to, bytes)
          to += <usize>(units & 7) + 1
          crc = crcRest(crc, bytes >>> 8, units & 7)
          break
        }
        at += 8
        if (mark & isOther || isWide || narrowUnit === 2) {
          p = to
          c = crc
          narrowAt = from
          if (mark & isOther) writeBytes(units)
          else writeText(units)
          to = p
          crc = c
          from = narrowAt
          break
        }
        to = writeSize(to, units)
        let rest = units
        for (; rest >= 8; rest -= 8, from += 8, to += 8) {
          const next = load<u64>(from)
          store<u64>(to, next)
          crc = crc8(next ^ <u64>crc)
        }
        const last = load<u64>(from)
        store<u64>(to, last)
        crc = crcRest(crc, last, rest)
        from += rest
        to += rest
        break
      }
      default: {
        p = to
        c = crc
        values = at
        marks = flags
        narrowAt = from
        writeValue(node)
        to = p
        crc = c
        at = values
        flags = marks
        from = narrowAt
      }
    }
  }
  p = to
  c = crc
  values = at
  marks = flags
  narrowAt = from
}

function writeBytes(size: u32): void {
  p = writeSize(p, size)
  memory.copy(p, bytesAt, size)
  c = crcBytes(c, p, p + size)
  p += size
  bytesAt += size
}

/** Text of two bytes a character. */
function writeText(units: u32): void {
  const from = isWide ? wideAt : narrowAt
  const size = utf8Size(from, units)
  p = writeSize(p, size)
  const start = p
  p = writeUtf8(start, from, units)
  if (size !== units) sawBeyond = true
  c = crcBytes(c, start, p)
  if (isWide) wideAt += <usize>units << 1
  else narrowAt += <usize>units << 1
}
