import { invalid, outOfRange } from '../../values/cell-problem.js'
import type { CellCodec } from '../cell-codec.js'

/* FLOAT and DOUBLE: IEEE 754, little-endian (protocol 4.2). */

export const doubleCodec: CellCodec = {
  write: (out, value) => {
    if (typeof value !== 'number') throw invalid('a number for DOUBLE', value)
    out.double(value)
  },
  read: from => from.double(),
}

/** Rounds to the nearest 32-bit float. */
export const floatCodec: CellCodec = {
  write: (out, value) => {
    if (typeof value !== 'number') throw invalid('a number for FLOAT', value)
    if (Number.isFinite(value) && !Number.isFinite(Math.fround(value)))
      throw outOfRange('FLOAT reaches about ±3.4e38')
    out.float(value)
  },
  read: from => from.float(),
}

/**
 * The number that digits stand for, rounded to the type; undefined where that would be another number altogether: infinite,
 * or 0 though the digits are not.
 */
export const floatOfDigits = (text: string, kind: 'float' | 'double'): number | undefined => {
  const number = kind === 'float' ? nearestFloat(text) : Number(text)
  if (!Number.isFinite(number)) return undefined
  return number === 0 && hasSize.test(text) ? undefined : number
}

const hasSize = /^[^eE]*[1-9]/

/**
 * The 32-bit float that is nearest to the digits, as C's strtof and Java's Float.parseFloat read them. The double that is nearest to
 * them may lie halfway between two floats where the digits themselves don't: rounding it again can give the farther one.
 */
export const nearestFloat = (text: string): number => {
  const number = Number(text)
  const rounded = Math.fround(number)
  const other = floatBeyond(number)
  if (other === undefined) return rounded
  const side = compareDigits(text, number)
  if (side === 0) return rounded
  return side < 0 === Math.abs(rounded) < Math.abs(other) ? rounded : other
}

/** Of a double that lies halfway between two floats the one that it isn't rounded to; undefined of all others. */
export const floatBeyond = (number: number): number | undefined => {
  const rounded = Math.fround(number)
  // A 32-bit float begins to be infinite halfway to the number behind the largest.
  if (!Number.isFinite(rounded))
    return Math.abs(number) === tooLarge ? Math.sign(number) * largest : undefined
  const other = 2 * number - rounded
  return other !== rounded && Math.fround(other) === other ? other : undefined
}

const largest = 2 ** 128 - 2 ** 104
const tooLarge = 2 ** 128 - 2 ** 103

/** Whether the size of the digits is less or more than that of a number, or the same. */
const compareDigits = (text: string, number: number): number => {
  const [, whole = '', fraction = '', power = '0'] = /^[+-]?(\d*)\.?(\d*)(?:[eE]([+-]?\d+))?$/.exec(text)!
  // Digits times ten to this exponent, against bits times two to that one.
  const tens = Number(power) - fraction.length
  const [bits, twos] = partsOf(number)
  const left = BigInt(whole + fraction) * 10n ** BigInt(Math.max(tens, 0)) * 2n ** BigInt(Math.max(-twos, 0))
  const right = bits * 2n ** BigInt(Math.max(twos, 0)) * 10n ** BigInt(Math.max(-tens, 0))
  return left < right ? -1 : left > right ? 1 : 0
}

/** A double's size as a whole number and the power of two to multiply it with. */
const partsOf = (number: number): [bits: bigint, twos: number] => {
  let size = Math.abs(number)
  let twos = 0
  for (; !Number.isInteger(size); twos--) size *= 2
  return [BigInt(size), twos]
}

/** What a type of floats has room for, in words for an error. */
export const floatRoom = {
  float: 'FLOAT reaches about ±3.4e38, and down to about 1.4e-45',
  double: 'DOUBLE reaches about ±1.8e308, and down to about 4.9e-324',
} as const
