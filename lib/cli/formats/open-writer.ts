import type { Column } from '../../index.js'
import type { FormatName } from './file-format.js'
import type { WriteFormat } from './row-writer.js'
import type { TextOptions } from './text-options.js'

/** The code of a format is loaded with the first file of it. */
export const writerOf = async (
  columns: readonly Column[],
  format: FormatName,
  options: TextOptions,
): Promise<WriteFormat> => {
  switch (format) {
    case 'parquet':
      return (await import('./parquet/writer.js')).writeParquet(columns)
    case 'arrow':
    case 'arrow-stream':
      return (await import('./arrow/writer.js')).writeArrow(columns, format)
    case 'ndjson':
    case 'json':
      return (await import('./json/writer.js')).writeJson(columns, format, options.encoding)
    default:
      return (await import('./csv/writer.js')).writeDelimited(
        columns,
        format,
        options,
        options.isOdpscmd ? (column, what) => options.notes.counter(column)(what) : undefined,
      )
  }
}
