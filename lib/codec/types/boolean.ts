import { invalid } from '../../values/cell-problem.js'
import type { CellCodec } from '../cell-codec.js'

export const booleanCodec: CellCodec = {
  write: (out, value) => {
    if (typeof value !== 'boolean') throw invalid('true or false', value)
    out.boolean(value)
  },
  read: from => from.boolean(),
}
