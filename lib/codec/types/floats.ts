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
      throw outOfRange('FLOAT goes to about ±3.4e38')
    out.float(value)
  },
  read: from => from.float(),
}
