import type { Column } from '../../index.js'
import type { FormatName } from './file-format.js'
import type { FileBatch, FileWriter, WriteFormat } from './row-writer.js'
import type { TextOptions } from './text-options.js'

/** The code of a format is loaded with the first file of it. */
export const writerOf = async (
  columns: readonly Column[],
  format: FormatName,
  options: TextOptions,
): Promise<FileWriter> => {
  switch (format) {
    case 'parquet':
      return ofRows((await import('./parquet/writer.js')).writeParquet(columns))
    case 'arrow':
    case 'arrow-stream':
      return ofRows((await import('./arrow/writer.js')).writeArrow(columns, format))
    case 'ndjson':
    case 'json': {
      const { writeJson } = await import('./json/writer.js')
      const { jsonLinesPrinting } = await import('./json/printing.js')
      const write = writeJson(columns, format, options.encoding)
      return {
        write,
        printing: format === 'ndjson' ? await jsonLinesPrinting(columns, options.encoding) : undefined,
      }
    }
    default: {
      const { writeDelimited } = await import('./csv/writer.js')
      const { csvPrinting } = await import('./csv/printing.js')
      const onWithoutForm: Parameters<typeof writeDelimited>[3] = options.isOdpscmd
        ? (column, what) => options.notes.counter(column)(what)
        : undefined
      return {
        write: writeDelimited(columns, format, options, onWithoutForm),
        printing: await csvPrinting(columns, format, options),
      }
    }
  }
}

/** Without a printing all rows are cells. */
const ofRows = (write: WriteFormat): FileWriter => ({
  write: write as WriteFormat<FileBatch>,
  printing: undefined,
})
