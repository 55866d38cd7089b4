import type { Column } from '../../index.js'
import { CsvPrinter } from '../../transforms/csv-printer.js'
import { CliError } from '../usage-error.js'
import { cellPrinterOf } from './cells.js'
import { textEncoder } from './encoding.js'
import type { FormatName } from './file-format.js'
import type { WriteFormat } from './row-writer.js'
import { delimiterOf, type TextOptions } from './text-options.js'

/** Characters of text that are worth a piece of their own. */
const pieceCharacters = 256 * 1024

/** Prints rows as CSV or TSV. */
export const writeDelimited = (
  columns: readonly Column[],
  format: FormatName,
  options: TextOptions,
): WriteFormat =>
  async function* (batches, { isResumed = false } = {}) {
    const encode = await textEncoder(options.encoding)
    const printer = printerOf(columns, format, options)
    if (options.header && !isResumed)
      yield { bytes: encode(printer.record(columns.map(column => column.name))), rows: 0 }
    let text = ''
    let rows = 0
    let failure: { readonly error: unknown } | undefined
    try {
      for await (const batch of batches) {
        text += printer.records(batch)
        rows += batch.length
        if (text.length < pieceCharacters) continue
        yield { bytes: encode(text), rows }
        text = ''
        rows = 0
      }
    } catch (error) {
      failure = { error }
    }
    // Also when the rows have broken off: a download is resumed behind the last that was written.
    if (rows > 0) yield { bytes: encode(text), rows }
    if (failure !== undefined) throw failure.error
  }

const printerOf = (columns: readonly Column[], format: FormatName, options: TextOptions): CsvPrinter =>
  new CsvPrinter(
    columns.map(column => cellPrinterOf(column, options)),
    {
      delimiter: delimiterOf(format, options),
      end: options.recordDelimiter ?? '\n',
      quote: options.quote,
      nullText: options.nullText,
    },
    column => {
      throw new CliError(
        `a value of column '${columns[column]!.name}' in the output holds a delimiter, and --quote '' leaves no way to write it`,
        'Choose another --delimiter or --record-delimiter, or a --quote',
      )
    },
  )
