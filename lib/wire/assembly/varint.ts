/*
 * Varints and zigzag (protocol 4.2), written and read eight bytes at once: no loop, and no branch for the size of a number, which the
 * processor would guess wrong.
 */

export const highBits: u64 = 0x8080808080808080

/** Of eight bytes that begin with a varint: the high bits of those that may be its last; 0 if none is. */
@inline
export function stopsOf(x: u64): u64 {
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
export let next: usize = 0

export function readLongVarint(p: usize): u64 {
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
export function varintOf(x: u64, stops: u64, p: usize): u64 {
  return stops !== 0 ? gather(x, stops) : readLongVarint(p)
}

/** Where the bytes behind the varint just read begin: not by way of memory, as whatever is read next waits for it. */
@inline
export function behindVarint(p: usize, stops: u64): usize {
  return stops !== 0 ? p + sizeOf(stops) : next
}

@inline
export function unzigzag(value: u64): i64 {
  return <i64>(value >>> 1) ^ -(<i64>(value & 1))
}

@inline
function varintSize(value: u64): u32 {
  return (<u32>(63 - clz(value | 1)) * 9 + 73) >>> 6
}

/** Spreads the groups of seven bits over eight bytes at once: no branch for the size of the number. */
@inline
export function writeVarint(p: usize, value: u64): usize {
  let x = (value & 0xfffffff) | ((value & 0xfffffff0000000) << 4)
  x = (x & 0x3fff00003fff) | ((x & 0xfffc0000fffc000) << 2)
  x = (x & 0x7f007f007f007f) | ((x & 0x3f803f803f803f80) << 1)
  const size = varintSize(value)
  if (size <= 8) {
    store<u64>(p, x | (<u64>0x80808080808080 >>> (<u64>(8 - size) << 3)))
    return p + size
  }
  store<u64>(p, x | 0x8080808080808080)
  const rest = value >>> 56
  if (size === 9) {
    store<u8>(p, rest, 8)
    return p + 9
  }
  store<u8>(p, (rest & 127) | 128, 8)
  store<u8>(p, rest >>> 7, 9)
  return p + 10
}

@inline
export function zigzag(value: i64): u64 {
  return <u64>((value << 1) ^ (value >> 63))
}

/** Writes how long something is: what is mostly one byte needs no spreading. */
@inline
export function writeSize(p: usize, size: u32): usize {
  if (size < 128) {
    store<u8>(p, size)
    return p + 1
  }
  return writeVarint(p, size)
}

/** The same for a checksum, which is mostly five bytes. */
@inline
export function writeChecksum(p: usize, checksum: u32): usize {
  if (checksum < 0x10000000) return writeVarint(p, checksum)
  const x = (checksum & 0x3fff) | ((checksum & 0xfffc000) << 2)
  store<u32>(p, (x & 0x7f007f) | ((x & 0x3f803f80) << 1) | 0x80808080)
  store<u8>(p, checksum >>> 28, 4)
  return p + 5
}
