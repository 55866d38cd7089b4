import { type Column, TunnelValueError } from '../../../index.js'
import { CellFailure, CsvFormatter, type WithoutForm } from '../../../text/csv/formatter.js'
import { CliError } from '../../usage-error.js'
import { cellPrinterOf } from '../cells.js'
import { type FileEncoder, fileEncoder } from '../encoding/encoding.js'
import type { FormatName } from '../file-format.js'
import { RowRefused, type WriteFormat } from '../row-writer.js'
import type { TextOptions } from '../text-options.js'
import { delimitedSyntax } from './syntax.js'

/*
 * Rows as CSV or TSV, in pieces that say how many rows they complete: the journal of a download notes after each piece
 * which rows are in which bytes, and a resumed download cuts the file there. That is why printed rows are also given
 * when their source fails. An encoding other than UTF-8 may lack a character; only then are the rows looked at again,
 * to name the one.
 */

/** Characters of text that are worth a piece of their own. */
const pieceCharacters = 256 * 1024

type Rows = readonly (readonly unknown[])[]

/**
 * Prints rows as CSV or TSV.
 * @param onWithoutForm called for a cell that has no form without quotes, which is then printed as it is; else it is an error
 */
export const writeDelimited = (
  columns: readonly Column[],
  format: FormatName,
  options: TextOptions,
  onWithoutForm?: (column: string, what: WithoutForm) => void,
): WriteFormat =>
  async function* (batches, { isResumed = false, firstRow = 0 } = {}) {
    const encoder = await fileEncoder(options.encoding, isResumed)
    const lines = new DelimitedLines(columns, format, options, encoder, firstRow, onWithoutForm)
    if (options.header && !isResumed) yield { bytes: lines.header(), rows: 0 }
    let failure: { readonly error: unknown } | undefined
    try {
      for await (const batch of batches) {
        lines.add(batch)
        if (lines.length < pieceCharacters) continue
        yield lines.take()
      }
    } catch (error) {
      failure = { error }
    }
    // Also when the rows have broken off: a download is resumed behind the last that was written.
    if (lines.length > 0) yield lines.take()
    if (failure !== undefined) throw failure.error
  }

/** Lines that were printed and not encoded yet, and their rows to look for what is wrong with them. */
class DelimitedLines {
  readonly #columns: readonly Column[]
  readonly #printer: CsvFormatter
  readonly #encoder: FileEncoder
  readonly #encoding: string
  #text = ''
  #rows: Rows[] = []
  /** Rows before those. */
  #written: number

  constructor(
    columns: readonly Column[],
    format: FormatName,
    options: TextOptions,
    encoder: FileEncoder,
    firstRow: number,
    onWithoutForm: ((column: string, what: WithoutForm) => void) | undefined,
  ) {
    const { delimiter, recordDelimiter, quote, nullText } = delimitedSyntax(format, options)
    this.#columns = columns
    this.#encoder = encoder
    this.#encoding = options.encoding
    this.#written = firstRow
    this.#printer = new CsvFormatter(
      columns.map(column => cellPrinterOf(column, options)),
      { delimiter, end: recordDelimiter ?? '\n', quote, nullText, isJavacsv: options.isOdpscmd },
      onWithoutForm && ((column, what) => onWithoutForm(columns[column]!.name, what)),
    )
  }

  get length(): number {
    return this.#text.length
  }

  header(): Buffer {
    const names = this.#columns.map(column => column.name)
    const bytes = this.#encoder.encode(this.#printer.record(names))
    if (bytes !== undefined) return bytes
    const name = names.find(each => this.#encoder.encode(each) === undefined)
    throw new CliError(`the column name '${name}' cannot be written in ${this.#encoding}`, chooseEncoding)
  }

  add(rows: Rows): void {
    try {
      this.#text += this.#printer.records(rows)
    } catch (error) {
      throw error instanceof CellFailure ? this.#named(error) : error
    }
    this.#rows.push(rows)
  }

  take(): { bytes: Buffer; rows: number } {
    const bytes = this.#encoder.encode(this.#text) ?? this.#refuse()
    const rows = this.#rows.reduce((sum, each) => sum + each.length, 0)
    this.#written += rows
    this.#text = ''
    this.#rows = []
    return { bytes, rows }
  }

  /** Looks for the cell that the encoding does not have. */
  #refuse(): never {
    let row = this.#written
    for (const cells of this.#rows.flat()) {
      for (const [i, cell] of cells.entries())
        if (
          this.#encoder.encode(this.#printer.records([cells.map((_, j) => (i === j ? cell : null))])) ===
          undefined
        )
          throw this.#notEncoded(cell, i, row)
      row++
    }
    throw new CliError(`the NULL text or a delimiter cannot be written in ${this.#encoding}`, chooseEncoding)
  }

  #notEncoded(cell: unknown, column: number, row: number): RowRefused {
    const name = `column '${this.#columns[column]!.name}'`
    return cell instanceof Uint8Array
      ? new RowRefused(
          row,
          `${name} contains bytes that are not UTF-8`,
          'With --encoding utf-8 they are written unchanged',
        )
      : new RowRefused(
          row,
          `${name} contains a character that ${this.#encoding} does not have`,
          chooseEncoding,
        )
  }

  #named({ row, column, cause }: CellFailure): unknown {
    if (!(cause instanceof TunnelValueError)) return cause
    const before = this.#rows.reduce((sum, each) => sum + each.length, this.#written)
    return new RowRefused(
      before + row,
      `column '${this.#columns[column]!.name}': ${cause.message}`,
      'Leave the column out with --columns, or choose another --format, --delimiter, --quote or --null',
      { cause },
    )
  }
}

const chooseEncoding =
  'Choose --encoding utf-8 or gb18030, which cover all characters, or leave the column out with --columns'
