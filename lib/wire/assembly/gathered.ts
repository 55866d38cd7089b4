import { crc1, crc4, crc8, crcBytes, crcField8, crcFieldWhole } from './checksum'
import { fold, folded, registers } from './fold'
import { foldedAt } from './layout'

/*
 * The checksum of a record is taken of the numbers of its fields and its values, which do not stand in it like that. Of short records it is
 * taken value by value, by tables. What that of long ones is taken of is written a second time, one behind the other, to be folded at once when
 * the record ends (see fold.ts): that is quicker than tables, and leaves text to be copied without a branch for its size, which
 * the processor would guess wrong. Gain: `npm run bench -- memory wide encode`, `micro`.
 *
 * Both writers have one loop over the columns, compiled twice. What differs are the functions below: each takes the register and where the
 * gathered bytes end, and adds a part of a field to one or the other. While bytes are gathered, the register is 0.
 */

/** From the register 0. Before the bytes there are `folded` zeros, which add nothing: so they are folded in whole turns and leave no rest. */
export function crcGathered(from: usize, to: usize): u32 {
  if (!ASC_FEATURE_SIMD || to - from <= 2 * folded) return crcBytes(0, from, to)
  const turns = (to - from + folded - 1) / folded
  fold(0, to - turns * folded, <u32>turns * registers)
  return crcBytes(0, foldedAt, foldedAt + folded)
}

/** The number of a field, which only what is gathered has apart. @returns the register, as the others do */
@inline
export function addField(gathers: bool, c: u32, field: u32, g: usize): u32 {
  if (!gathers) return c
  store<u32>(g, c ^ field)
  return 0
}

/** A value of one byte behind the number of its field. */
@inline
export function addByte(gathers: bool, c: u32, field: u32, g: usize, value: u32): u32 {
  if (!gathers) return crc1(crc4(c ^ field), value)
  store<u8>(g, <u8>value)
  return 0
}

/** The same of four bytes. */
@inline
export function addFour(gathers: bool, c: u32, field: u32, g: usize, value: u32): u32 {
  if (!gathers) return crc8(<u64>(c ^ field) | (<u64>value << 32))
  store<u32>(g, value)
  return 0
}

/** The same of eight bytes. */
@inline
export function addEight(gathers: bool, c: u32, field: u32, g: usize, value: u64): u32 {
  if (!gathers) return crcField8(c, field, value)
  store<u64>(g, value)
  return 0
}

/** The same of a whole number, of which most are small. */
@inline
export function addWhole(gathers: bool, c: u32, field: u32, g: usize, value: i64): u32 {
  if (!gathers) return crcFieldWhole(c, field, value)
  store<u64>(g, value)
  return 0
}

/** Four bytes more of the same field. */
@inline
export function addMore(gathers: bool, c: u32, g: usize, value: u32): u32 {
  if (!gathers) return crc4(c ^ value)
  store<u32>(g, value)
  return 0
}
