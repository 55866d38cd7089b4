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
  const number = kind === 'float' ? Math.fround(Number(text)) : Number(text)
  if (!Number.isFinite(number)) return undefined
  return number === 0 && hasSize.test(text) ? undefined : number
}

const hasSize = /^[^eE]*[1-9]/

/** What a type of floats has room for, in words for an error. */
export const floatRoom = {
  float: 'FLOAT reaches about ±3.4e38, and down to about 1.4e-45',
  double: 'DOUBLE reaches about ±1.8e308, and down to about 4.9e-324',
} as const
