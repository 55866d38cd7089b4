import type { ByteInput } from '../files/byte-input.js'
import type { FileFormat } from './file-format.js'
import type { RowSource, SourceField } from './row-source.js'
import type { TextOptions } from './text-options.js'

/**
 * Opens a file of any format, and reads as much of it as it takes to know its fields. The code of a format is loaded with
 * the first file of it, so that no command starts slower for formats it doesn't use.
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
      return (await import('./parquet/source.js')).openParquet(input, format.compression, options)
    case 'arrow':
    case 'arrow-stream':
      return (await import('./arrow/source.js')).openArrow(input, format, options)
    case 'ndjson':
    case 'json':
      return (await import('./json/source.js')).openJson(
        input.open(format.compression),
        format.name,
        options,
        { path: input.path, fields },
      )
    default:
      return (await import('./csv/source.js')).openDelimited(
        input.open(format.compression),
        format.name,
        options,
        input.path === '-' ? 'stdin' : input.path,
        input.release,
      )
  }
}
