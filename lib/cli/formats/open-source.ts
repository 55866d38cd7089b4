import type { ByteInput } from '../files/byte-input.js'
import { openArrow } from './arrow-source.js'
import { openDelimited } from './delimited-source.js'
import type { FileFormat } from './file-format.js'
import { openJson } from './json-source.js'
import { openParquet } from './parquet-source.js'
import type { RowSource, SourceField } from './row-source.js'
import type { TextOptions } from './text-options.js'

/**
 * Opens a file of any format, and reads as much of it as it takes to know its fields.
 * @param fields where they are known, because all records were looked at before
 */
export const openSource = async (
  input: ByteInput,
  format: FileFormat,
  options: TextOptions,
  fields?: readonly SourceField[],
): Promise<RowSource> => {
  switch (format.name) {
    case 'parquet':
      return openParquet(input, format.compression, options)
    case 'arrow':
    case 'arrow-stream':
      return openArrow(input, format, options)
    case 'ndjson':
    case 'json':
      return openJson(input.open(format.compression), format.name, options, { path: input.path, fields })
    default:
      return openDelimited(
        input.open(format.compression),
        format.name,
        options,
        input.path === '-' ? 'stdin' : input.path,
      )
  }
}
