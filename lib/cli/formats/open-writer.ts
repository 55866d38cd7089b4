import type { Column } from '../../index.js'
import { writeArrow } from './arrow-writer.js'
import { writeDelimited } from './delimited-writer.js'
import type { FormatName } from './file-format.js'
import { writeJson } from './json-writer.js'
import { writeParquet } from './parquet-writer.js'
import type { WriteFormat } from './row-writer.js'
import type { TextOptions } from './text-options.js'

export const writerOf = (
  columns: readonly Column[],
  format: FormatName,
  options: TextOptions,
): WriteFormat => {
  switch (format) {
    case 'parquet':
      return writeParquet(columns)
    case 'arrow':
    case 'arrow-stream':
      return writeArrow(columns, format)
    case 'ndjson':
    case 'json':
      return writeJson(columns, format, options.encoding)
    default:
      return writeDelimited(
        columns,
        format,
        options,
        options.isOdpscmd ? (column, what) => options.notes.counter(column)(what) : undefined,
      )
  }
}
