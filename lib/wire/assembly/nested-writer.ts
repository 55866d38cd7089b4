import { crc1, crc4, crc8, crcBytes, crcRest } from './checksum'
import {
  array, boolean, double, float, inSlot, instant, integer, isInSlot, isNull, isOther, map, nodeBytes, struct, text, vector,
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
  writeValue(nodes + <usize>node, 0)
  register = c
  return p
}

function putVarint(value: u64): void {
  p = writeVarint(p, value)
}

function writeValue(node: usize, mark: u32): void {
  const kind = <i32>load<u32>(node)
  switch (kind) {
    case array: {
      writeElements(nodes + <usize>load<u32>(node, 4))
      return
    }
    case map: {
      writeElements(nodes + <usize>load<u32>(node, 4))
      writeElements(nodes + <usize>load<u32>(node, 8))
      return
    }
    case struct: {
      const first = nodes + <usize>load<u32>(node, 4)
      const end = first + <usize>load<u32>(node, 8) * nodeBytes
      for (let field = first; field < end; field += nodeBytes) writeNullable(field)
      return
    }
    case vector: {
      const element = nodes + <usize>load<u32>(node, 4)
      const count = load<u32>(node, 8)
      putVarint(count)
      for (let i: u32 = 0; i < count; i++) writeLeaf(element, <i32>load<u32>(element), 0)
      return
    }
    default:
      writeLeaf(node, kind, mark)
  }
}

function writeElements(element: usize): void {
  const count = load<u32>(values)
  values += 8
  p = writeSize(p, count)
  const kind = <i32>load<u32>(element)
  if (kind < array) for (let i: u32 = 0; i < count; i++) writeNullableLeaf(element, kind)
  else for (let i: u32 = 0; i < count; i++) writeNullable(element)
}

function writeNullable(node: usize): void {
  const kind = <i32>load<u32>(node)
  if (kind < array) return writeNullableLeaf(node, kind)
  const mark = <u32>load<u8>(marks++)
  store<u8>(p++, mark & isNull)
  if (!(mark & isNull)) writeValue(node, mark)
}

@inline
function writeNullableLeaf(node: usize, kind: i32): void {
  const mark = <u32>load<u8>(marks++)
  store<u8>(p++, mark & isNull)
  if (!(mark & isNull)) writeLeaf(node, kind, mark)
}

function writeLeaf(node: usize, kind: i32, mark: u32): void {
  const at = values
  values = at + (kind === instant ? 16 : 8)
  switch (kind) {
    case integer: {
      const value = mark & isOther ? load<i64>(at) : <i64>load<f64>(at)
      c = crc8(<u64>value ^ <u64>c)
      putVarint(zigzag(value))
      return
    }
    case double: {
      const value = load<u64>(at)
      store<u64>(p, value)
      p += 8
      c = crc8(value ^ <u64>c)
      return
    }
    case boolean: {
      const value = load<u8>(at)
      store<u8>(p++, value)
      c = crc1(c, value)
      return
    }
    case float: {
      const value = load<u32>(at)
      store<u32>(p, value)
      p += 4
      c = crc4(c ^ value)
      return
    }
    case instant: {
      const seconds = mark & isOther ? load<i64>(at) : <i64>load<f64>(at)
      const nanos = load<i32>(at, 8)
      c = crc4(crc8(<u64>seconds ^ <u64>c) ^ nanos)
      putVarint(zigzag(seconds))
      putVarint(<u64>(<u32>((nanos << 1) ^ (nanos >> 31))))
      return
    }
    default:
      const units = load<u32>(at)
      if (units & isInSlot) writeInSlot(inSlot(load<u64>(at)), units & 7)
      else writeText(units, mark)
  }
}

@inline
function writeInSlot(bytes: u64, size: u32): void {
  store<u64>(p, bytes)
  p += <usize>size + 1
  c = crcRest(c, bytes >>> 8, size)
}

/** What changes in a loop is in a variable of its own: one that belongs to the module is stored and loaded each time. */
function writeText(units: u32, mark: u32): void {
  if (mark & isOther) {
    putVarint(units)
    memory.copy(p, bytesAt, units)
    c = crcBytes(c, p, p + units)
    p += units
    bytesAt += units
    return
  }
  if (!isWide && narrowUnit === 1) {
    let to = writeSize(p, units)
    let from = narrowAt
    let crc = c
    let rest = units
    for (; rest >= 8; rest -= 8, from += 8, to += 8) {
      const next = load<u64>(from)
      store<u64>(to, next)
      crc = crc8(next ^ <u64>crc)
    }
    const last = load<u64>(from)
    store<u64>(to, last)
    c = crcRest(crc, last, rest)
    narrowAt = from + rest
    p = to + rest
    return
  }
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
