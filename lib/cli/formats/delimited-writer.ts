import type { Column } from '../../index.js'
import { CliError } from '../usage-error.js'
import { type CellPrinter, cellPrinterOf } from './cells.js'
import { textEncoder } from './encoding.js'
import type { FormatName } from './file-format.js'
import type { WriteFormat } from './row-writer.js'
import { delimiterOf, type TextOptions } from './text-options.js'

/** Prints rows as CSV or TSV. */
export const writeDelimited = (
  columns: readonly Column[],
  format: FormatName,
  options: TextOptions,
): WriteFormat =>
  async function* (batches, { isResumed = false } = {}) {
    const encode = await textEncoder(options.encoding)
    const printer = new RecordPrinter(columns, format, options)
    if (options.header && !isResumed) yield { bytes: encode(printer.header()), rows: 0 }
    for await (const rows of batches) yield { bytes: encode(printer.records(rows)), rows: rows.length }
  }

class RecordPrinter {
  readonly #columns: readonly Column[]
  readonly #printers: readonly CellPrinter[]
  readonly #delimiter: string
  readonly #end: string
  readonly #quote: string | undefined
  readonly #nullText: string
  readonly #needsQuotes: RegExp

  constructor(columns: readonly Column[], format: FormatName, options: TextOptions) {
    this.#columns = columns
    this.#printers = columns.map(column => cellPrinterOf(column.type, options))
    this.#delimiter = delimiterOf(format, options)
    this.#end = options.recordDelimiter ?? '\n'
    this.#quote = options.quote
    this.#nullText = options.nullText
    const special = [
      this.#delimiter,
      this.#end,
      ...(options.quote === undefined ? [] : [options.quote, '\r', '\n', '\ufeff']),
    ]
    this.#needsQuotes = new RegExp(special.map(escapeExpression).join('|'))
  }

  header(): string {
    return this.#line(this.#columns.map((column, i) => this.#field(column.name, i)))
  }

  records(rows: readonly (readonly unknown[])[]): string {
    let text = ''
    const printers = this.#printers
    for (const row of rows) {
      for (let i = 0; i < printers.length; i++) {
        const cell = row[i]
        if (i > 0) text += this.#delimiter
        text += cell === null || cell === undefined ? this.#nullText : this.#field(printers[i]!(cell), i)
      }
      text += this.#end
    }
    return text
  }

  #line(fields: readonly string[]): string {
    return fields.join(this.#delimiter) + this.#end
  }

  #field(text: string, column: number): string {
    const quote = this.#quote
    if (text !== this.#nullText && !this.#needsQuotes.test(text)) return text
    if (quote === undefined) {
      if (text === this.#nullText) return text
      const { name } = this.#columns[column]!
      throw new CliError(
        `a value of column '${name}' in the output holds a delimiter, and --quote '' leaves no way to write it`,
        'Choose another --delimiter or --record-delimiter, or a --quote',
      )
    }
    return quote + text.replaceAll(quote, quote + quote) + quote
  }
}

const escapeExpression = (text: string): string => text.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')
