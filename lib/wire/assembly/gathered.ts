import { crcBytes } from './checksum'
import { fold, folded, registers } from './fold'
import { foldedAt } from './layout'

/*
 * The checksum of a record is taken of the numbers of its fields and its values, which do not stand in it like that. Of short records it is
 * taken value by value, by tables. What that of long ones is taken of is written a second time, one behind the other, to be folded at once when
 * the record ends (see fold.ts): that is quicker than tables, and leaves text to be copied without a branch for its size, which
 * the processor would guess wrong. Gain: `npm run bench -- memory wide encode`, `micro`.
 */

/** From the register 0. Before the bytes there are `folded` zeros, which add nothing: so they are folded in whole turns and leave no rest. */
export function crcGathered(from: usize, to: usize): u32 {
  if (!ASC_FEATURE_SIMD || to - from <= 2 * folded) return crcBytes(0, from, to)
  const turns = (to - from + folded - 1) / folded
  fold(0, to - turns * folded, <u32>turns * registers)
  return crcBytes(0, foldedAt, foldedAt + folded)
}
