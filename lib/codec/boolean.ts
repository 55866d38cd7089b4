import { type CellCodec, invalid } from './cell-codec.js'

export const booleanCodec: CellCodec = {
  write: (out, value) => {
    if (typeof value !== 'boolean') throw invalid('true or false', value)
    out.boolean(value)
  },
  read: from => from.boolean(),
}
