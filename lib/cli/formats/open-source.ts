import type { ByteInput } from '../files/byte-input.js'
import type { Terminal } from '../terminal.js'
import { openDelimited } from './delimited-source.js'
import type { FileFormat } from './file-format.js'
import { openJson } from './json-source.js'
import type { RowSource } from './row-source.js'
import type { TextOptions } from './text-options.js'

/** Opens a file of any format, and reads as much of it as it takes to know its fields. */
export const openSource = async (
  input: ByteInput,
  format: FileFormat,
  options: TextOptions,
  _terminal: Terminal,
): Promise<RowSource> => {
  const chunks = input.open(format.compression)
  switch (format.name) {
    case 'ndjson':
    case 'json':
      return openJson(chunks, format.name, options)
    default:
      return openDelimited(chunks, format.name, options)
  }
}
