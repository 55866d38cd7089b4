import { PrintedRows } from '../../../codec/rows/record-printing.js'
import { type Column, TunnelValueError } from '../../../index.js'
import { CellFailure, CsvFormatter, type WithoutForm } from '../../../text/csv/formatter.js'
import { CliError } from '../../usage-error.js'
import { cellPrinterOf } from '../cells.js'
import { type FileEncoder, fileEncoder } from '../encoding/encoding.js'
import type { FormatName } from '../file-format.js'
import { FilePieces, inPieces } from '../file-pieces.js'
import { type FileBatch, RowRefused, type WriteFormat, type WrittenPiece } from '../row-writer.js'
import type { TextOptions } from '../text-options.js'
import { noteOf } from './printing.js'
import { delimitedSyntax } from './syntax.js'

/*
 * Rows as CSV or TSV, in pieces that say how many rows they complete: the journal of a download notes after each piece
 * which rows are in which bytes, and a resumed download cuts the file there. That is why printed rows are also given
 * when their source fails. An encoding other than UTF-8 may lack a character; only then are the rows looked at again,
 * to name the one.
 */

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
): WriteFormat<FileBatch> =>
  async function* (batches, { isResumed = false, firstRow = 0 } = {}) {
    const encoder = await fileEncoder(options.encoding, isResumed)
    const lines = new DelimitedLines(columns, format, options, encoder, firstRow, onWithoutForm)
    if (options.header && !isResumed) yield { bytes: lines.header(), rows: 0 }
    yield* inPieces(batches, lines, batch => lines.add(batch))
  }

/** Lines that were printed and not encoded yet, and their rows to look for what is wrong with them. */
class DelimitedLines {
  readonly #columns: readonly Column[]
  readonly #printer: CsvFormatter
  readonly #encoder: FileEncoder
  readonly #options: TextOptions
  /** What is encoded; then text, and its rows. */
  readonly #pieces = new FilePieces()
  #text = ''
  #rows: Rows[] = []
  /** Rows before those of the text. */
  #before: number

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
    this.#options = options
    this.#before = firstRow
    this.#printer = new CsvFormatter(
      columns.map(column => cellPrinterOf(column, options)),
      { delimiter, end: recordDelimiter ?? '\n', quote, nullText, isJavacsv: options.isOdpscmd },
      onWithoutForm && ((column, what) => onWithoutForm(columns[column]!.name, what)),
    )
  }

  get length(): number {
    return this.#pieces.length + this.#text.length
  }

  header(): Buffer {
    const names = this.#columns.map(column => column.name)
    const bytes = this.#encoder.encode(this.#printer.record(names))
    if (bytes !== undefined) return bytes
    const name = names.find(each => this.#encoder.encode(each) === undefined)
    throw new CliError(
      `the column name '${name}' cannot be written in ${this.#options.encoding}`,
      chooseEncoding,
    )
  }

  add(batch: FileBatch): void {
    let from = 0
    for (const [i, item] of batch.entries()) {
      if (!(item instanceof PrintedRows)) continue
      this.#addRows(batch.slice(from, i) as Rows)
      this.#addPrinted(item)
      from = i + 1
    }
    this.#addRows((from === 0 ? batch : batch.slice(from)) as Rows)
  }

  #addRows(rows: Rows): void {
    if (rows.length === 0) return
    try {
      this.#text += this.#printer.records(rows)
    } catch (error) {
      throw error instanceof CellFailure ? this.#named(error) : error
    }
    this.#rows.push(rows)
  }

  #addPrinted({ bytes, rows, noted, release }: PrintedRows): void {
    this.#encodeText()
    this.#pieces.add(bytes, rows, release)
    this.#before += rows
    noted?.forEach((count, i) => {
      if (count === 0) return
      const { name, type } = this.#columns[i]!
      const note = noteOf(type, this.#options)
      if (note !== undefined) this.#options.notes.counter(name)(note, count)
    })
  }

  take(): readonly WrittenPiece[] {
    this.#encodeText()
    return this.#pieces.take()
  }

  #encodeText(): void {
    if (this.#rows.length === 0) return
    const bytes = this.#encoder.encode(this.#text) ?? this.#refuse()
    const before = this.#before
    this.#before = this.#rowsSoFar()
    this.#pieces.add(bytes, this.#before - before)
    this.#text = ''
    this.#rows = []
  }

  #rowsSoFar(): number {
    return this.#rows.reduce((sum, each) => sum + each.length, this.#before)
  }

  /** Looks for the cell that the encoding does not have. */
  #refuse(): never {
    let row = this.#before
    for (const cells of this.#rows.flat()) {
      for (const [i, cell] of cells.entries())
        if (
          this.#encoder.encode(this.#printer.records([cells.map((_, j) => (i === j ? cell : null))])) ===
          undefined
        )
          throw this.#notEncoded(cell, i, row)
      row++
    }
    throw new CliError(
      `the NULL text or a delimiter cannot be written in ${this.#options.encoding}`,
      chooseEncoding,
    )
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
          `${name} contains a character that ${this.#options.encoding} does not have`,
          chooseEncoding,
        )
  }

  #named({ row, column, cause }: CellFailure): unknown {
    if (!(cause instanceof TunnelValueError)) return cause
    return new RowRefused(
      this.#rowsSoFar() + row,
      `column '${this.#columns[column]!.name}': ${cause.message}`,
      'Leave the column out with --columns, or choose another --format, --delimiter, --quote or --null',
      { cause },
    )
  }
}

const chooseEncoding =
  'Choose --encoding utf-8 or gb18030, which cover all characters, or leave the column out with --columns'
