import { fold, folded, foldedBits } from './fold'
import { foldedAt, shiftAt } from './layout'

/*
 * CRC-32C by tables, as in ../crc32c.ts: the register is the inverted checksum. Many bytes are folded first, where there is SIMD; where there
 * is none, they are hashed in four lanes.
 */

/** Sixteen tables of 256 words at the start of the memory. */
const tableWords: i32 = 16 * 256
/** With tables that move a register over a lane of zero bytes. */
const laneBytes: usize = 256

export function makeTables(): void {
  for (let byte: u32 = 0; byte < 256; byte++) {
    let register = byte
    for (let bit = 0; bit < 8; bit++) register = register & 1 ? (register >>> 1) ^ 0x82f63b78 : register >>> 1
    store<u32>(<usize>byte << 2, register)
  }
  for (let i = 256; i < tableWords; i++) {
    const before = load<u32>((<usize>i - 256) << 2)
    store<u32>(<usize>i << 2, (before >>> 8) ^ load<u32>((<usize>before & 255) << 2))
  }
  if (!ASC_FEATURE_SIMD) makeShiftTables()
}

/** A register after `laneBytes` zero bytes is the XOR of what its bits give one by one: four tables of 256. */
function makeShiftTables(): void {
  for (let bit: u32 = 0; bit < 32; bit++) {
    let register: u32 = 1 << bit
    for (let i: usize = 0; i < laneBytes; i++) register = crc1(register, 0)
    const table = shiftAt + (<usize>(bit >>> 3) << 10)
    const low: u32 = 1 << (bit & 7)
    for (let byte = low; byte < 256; byte++)
      if (byte & low) {
        const at = table + (<usize>byte << 2)
        store<u32>(at, load<u32>(at) ^ register)
      }
  }
}

@inline
function shiftLane(c: u32): u32 {
  return (
    load<u32>(shiftAt + (<usize>(c & 255) << 2)) ^
    load<u32>(shiftAt + (<usize>((c >>> 8) & 255) << 2), 1024) ^
    load<u32>(shiftAt + (<usize>((c >>> 16) & 255) << 2), 2048) ^
    load<u32>(shiftAt + (<usize>(c >>> 24) << 2), 3072)
  )
}

@inline
export function crc1(c: u32, byte: u32): u32 {
  return (c >>> 8) ^ load<u32>(<usize>((c ^ byte) & 255) << 2)
}

@inline
export function crc4(x: u32): u32 {
  return (
    load<u32>(<usize>((x << 2) & 1020), 3072) ^
    load<u32>(<usize>((x >>> 6) & 1020), 2048) ^
    load<u32>(<usize>((x >>> 14) & 1020), 1024) ^
    load<u32>(<usize>((x >>> 22) & 1020), 0)
  )
}

@inline
export function crc8(x: u64): u32 {
  return (
    load<u32>(<usize>((<u32>x << 2) & 1020), 7168) ^
    load<u32>(<usize>((<u32>x >>> 6) & 1020), 6144) ^
    load<u32>(<usize>((<u32>x >>> 14) & 1020), 5120) ^
    load<u32>(<usize>((<u32>x >>> 22) & 1020), 4096) ^
    crc4(<u32>(x >>> 32))
  )
}

/** The register after the number of a field, as int32, and eight bytes: 4.6 feeds numbers, not tags. */
@inline
export function crcField8(c: u32, field: u32, value: u64): u32 {
  const x = c ^ field
  return (
    load<u32>(<usize>((x << 2) & 1020), 11264) ^
    load<u32>(<usize>((x >>> 6) & 1020), 10240) ^
    load<u32>(<usize>((x >>> 14) & 1020), 9216) ^
    load<u32>(<usize>((x >>> 22) & 1020), 8192) ^
    crc8(value)
  )
}

/** The register after four bytes ff, from 0: what the high half of a small number below zero adds. */
const afterOnes: u32 = 0xb798b438

/** The register after the number of a field and a whole number; of one in 33 bits, as most are, its high half needs no tables. */
@inline
export function crcFieldWhole(c: u32, field: u32, value: i64): u32 {
  const sign = <u32>(value >>> 32)
  if (sign + 1 > 1) return crcField8(c, field, value)
  const x = c ^ field
  const low = <u32>value
  return (
    load<u32>(<usize>((x << 2) & 1020), 11264) ^
    load<u32>(<usize>((x >>> 6) & 1020), 10240) ^
    load<u32>(<usize>((x >>> 14) & 1020), 9216) ^
    load<u32>(<usize>((x >>> 22) & 1020), 8192) ^
    load<u32>(<usize>((low << 2) & 1020), 7168) ^
    load<u32>(<usize>((low >>> 6) & 1020), 6144) ^
    load<u32>(<usize>((low >>> 14) & 1020), 5120) ^
    load<u32>(<usize>((low >>> 22) & 1020), 4096) ^
    (sign & afterOnes)
  )
}

/** Sixteen bytes, the register in the first four; the second eight do not wait for the first. */
@inline
export function crc16(x: u64, y: u64): u32 {
  return (
    load<u32>(<usize>((<u32>x << 2) & 1020), 15360) ^
    load<u32>(<usize>((<u32>x >>> 6) & 1020), 14336) ^
    load<u32>(<usize>((<u32>x >>> 14) & 1020), 13312) ^
    load<u32>(<usize>((<u32>x >>> 22) & 1020), 12288) ^
    load<u32>(<usize>(<u32>(x >>> 30) & 1020), 11264) ^
    load<u32>(<usize>(<u32>(x >>> 38) & 1020), 10240) ^
    load<u32>(<usize>(<u32>(x >>> 46) & 1020), 9216) ^
    load<u32>(<usize>(<u32>(x >>> 54) & 1020), 8192) ^
    crc8(y)
  )
}

/**
 * The register after the first `size` < 8 bytes of `data`, in one step: moved to the end of eight bytes they meet the
 * tables of their places, and the zeros before them add nothing. A loop over them is slower, as it guesses the size wrong.
 */
@inline
export function crcRest(c: u32, data: u64, size: u32): u32 {
  if (size === 0) return c
  const bits = <u64>size << 3
  return <u32>(<u64>c >>> bits) ^ crc8((data ^ <u64>c) << (64 - bits))
}

/** The same with no branch for a size of 0, where it comes up too often to be guessed. */
@inline
function crcEnd(c: u32, data: u64, size: u32): u32 {
  const bits = <u64>size << 3
  return <u32>(<u64>c >>> bits) ^ crc8(((data ^ <u64>c) << 1) << (63 - bits))
}

/** All bits that were set in the bytes passed last by `crcBytes`, or while they were copied. */
export let seen: u64 = 0

/** Fewer bytes are hashed by tables alone: from here on folding pays. */
const manyBytes: usize = 192

/** The same in 32 bits, for JS. */
export function seenBits(): u32 {
  return <u32>(seen | (seen >>> 32))
}

/** The register after bytes. */
export function crcBytes(register: u32, from: usize, to: usize): u32 {
  if (ASC_FEATURE_SIMD) {
    if (to - from < manyBytes) return crcTables(register, from, to, 0)
    const blocks = <u32>((to - from) >>> 4)
    fold(register, from, blocks)
    const bits = foldedBits
    const c = crcTables(0, foldedAt, foldedAt + folded, 0)
    return crcTables(c, from + (<usize>blocks << 4), to, bits)
  }
  return crcLanes(register, from, to)
}

/**
 * The register after text of a few bytes, which is copied on the way: one loop whose end the processor guesses wrong, in place of three.
 * Up to eight bytes behind the copy are written too.
 */
@inline
export function crcCopied(register: u32, to: usize, from: usize, size: u32): u32 {
  let c = register
  let bits: u64 = 0
  let rest = size
  for (; rest >= 8; rest -= 8, from += 8, to += 8) {
    const x = load<u64>(from)
    store<u64>(to, x)
    bits |= x
    c = crc8(x ^ <u64>c)
  }
  const last = load<u64>(from)
  store<u64>(to, last)
  seen = bits | ((last << 1) << (63 - (<u64>rest << 3)))
  return crcEnd(c, last, rest)
}

/** The same after the number of a field: the first eight bytes go into one step with it. */
@inline
export function crcFieldCopied(c: u32, field: u32, to: usize, from: usize, size: u32): u32 {
  if (size < 8) return crcCopied(crc4(c ^ field), to, from, size)
  const x = load<u64>(from)
  store<u64>(to, x)
  const register = crcCopied(crcField8(c, field, x), to + 8, from + 8, size - 8)
  seen |= x
  return register
}

/** In four lanes at once, as none has to wait for the tables of another. */
function crcLanes(register: u32, from: usize, to: usize): u32 {
  let c = register
  let bits: u64 = 0
  for (; from + 4 * laneBytes <= to; from += 4 * laneBytes) {
    let c1: u32 = 0
    let c2: u32 = 0
    let c3: u32 = 0
    for (let p = from; p < from + laneBytes; p += 8) {
      const x = load<u64>(p)
      const x1 = load<u64>(p, laneBytes)
      const x2 = load<u64>(p, 2 * laneBytes)
      const x3 = load<u64>(p, 3 * laneBytes)
      bits |= x | x1 | x2 | x3
      c = crc8(x ^ <u64>c)
      c1 = crc8(x1 ^ <u64>c1)
      c2 = crc8(x2 ^ <u64>c2)
      c3 = crc8(x3 ^ <u64>c3)
    }
    c = shiftLane(shiftLane(shiftLane(c) ^ c1) ^ c2) ^ c3
  }
  return crcTables(c, from, to, bits)
}

/** Sixteen bytes after the other; `bits` are those seen before. */
function crcTables(register: u32, from: usize, to: usize, bits: u64): u32 {
  let c = register
  for (; from + 16 <= to; from += 16) {
    const x = load<u64>(from)
    const y = load<u64>(from, 8)
    bits |= x | y
    c = crc16(x ^ <u64>c, y)
  }
  if (from + 8 <= to) {
    const x = load<u64>(from)
    bits |= x
    c = crc8(x ^ <u64>c)
    from += 8
  }
  const rest = <u32>(to - from)
  if (rest > 0) {
    const x = load<u64>(from)
    bits |= x << ((8 - <u64>rest) << 3)
    c = crcRest(c, x, rest)
  }
  seen = bits
  return c
}
