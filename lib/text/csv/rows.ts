import { type TunnelErrorCode, TunnelValueError } from '../../errors.js'
import type { TableSchema } from '../../schema/table-schema.js'
import { type CellTextOptions, cellOfText } from '../cell-text.js'
import type { ScannedField } from './cell-reader.js'
import type { ParseCsvOptions } from './csv-options.js'
import { type FieldPositions, positionsOfHeader, positionsWithoutHeader } from './header.js'
import { cellForm, cellFormOf, decimalRoomOf } from './quick-cells.js'
import { type BadCsvRecord, type CsvBatch, CsvReader, textOfField } from './reader.js'
import { MalformedRecord } from './record.js'

/** Rows of a chunk, and what is wrong behind them. */
export interface CsvOutcome {
  readonly rows: unknown[][]
  readonly error: unknown
}

const nothingYet: CsvOutcome = { rows: [], error: undefined }

/**
 * Makes rows of chunks of UTF-8: finds the fields of the columns in the header, then reads cells by their columns. A record that is wrong
 * ends the rows, and those before it still count: so it is given beside them and not thrown. The command line, which goes on
 * behind bad records, uses the reader itself.
 */
export class CsvRows {
  readonly #schema: TableSchema
  readonly #options: ParseCsvOptions
  readonly #nullText: string
  readonly #reader: CsvReader
  #hasBegun = false

  constructor(schema: TableSchema, options: ParseCsvOptions) {
    this.#schema = schema
    this.#options = options
    this.#nullText = options.nullText ?? '\\N'
    this.#reader = new CsvReader(
      {
        delimiter: options.delimiter ?? ',',
        recordDelimiter: undefined,
        quote: '"',
        nullText: this.#nullText,
        maxRecordBytes: options.maxLineBytes ?? 64 << 20,
      },
      { first: options.header === false ? 'unused' : 'header', mayHaveMark: true },
    )
  }

  next(bytes: Buffer): CsvOutcome {
    return this.#hasBegun ? this.#outcome(this.#reader.next(bytes)) : this.#begin(bytes, false)
  }

  end(): CsvOutcome {
    const begun = this.#hasBegun ? nothingYet : this.#begin(Buffer.alloc(0), true)
    if (begun.error !== undefined || !this.#hasBegun) return begun
    const last = this.#outcome(this.#reader.end())
    return { rows: [...begun.rows, ...last.rows], error: last.error }
  }

  #begin(bytes: Buffer, isLast: boolean): CsvOutcome {
    const begun = this.#reader.begin(bytes, isLast)
    if (begun === undefined) return nothingYet
    const { record, rest } = begun
    if (record instanceof MalformedRecord) return { rows: [], error: malformed(record, 'in the header') }
    if (record === undefined && this.#options.header !== false) return nothingYet
    try {
      this.#setFields(record === undefined ? positionsWithoutHeader(this.#schema) : this.#positions(record))
    } catch (error) {
      return { rows: [], error }
    }
    this.#hasBegun = true
    return this.#outcome(this.#reader.next(rest))
  }

  #positions(header: readonly Parameters<typeof textOfField>[0][]): FieldPositions {
    const { unknownColumns = 'error', missingColumns = 'error' } = this.#options
    const names = header.map(field => textOfField(field, this.#nullText) ?? '')
    return positionsOfHeader(names, this.#schema, { unknownColumns, missingColumns })
  }

  #setFields({ fields, ofColumn }: FieldPositions): void {
    const cellOptions = { timeZone: this.#options.timeZone ?? 'UTC', json: this.#options.json ?? 'parsed' }
    this.#reader.setFields({
      fields: Array.from({ length: fields }, (_, field) => this.#field(ofColumn.indexOf(field), cellOptions)),
      cells: this.#schema.columns.length,
      strictLength: true,
      notText: 'expected text in UTF-8',
    })
  }

  #field(cell: number, options: CellTextOptions): ScannedField {
    const column = this.#schema.columns[cell]
    if (column === undefined) return { cell, form: cellForm.text, parse: text => text }
    const isUtc = options.timeZone === 'UTC'
    const marks = `"${this.#options.delimiter ?? ','}`
    const form = cellFormOf(column.type, { nullText: this.#nullText, marks, isUtc, as: 'values' })
    const room = decimalRoomOf(column.type)
    return { cell, form, room, parse: text => cellOfText(text, column.type, options) }
  }

  #outcome({ rows, bad: [first] }: CsvBatch): CsvOutcome {
    if (first === undefined) return { rows, error: undefined }
    return { rows: rows.slice(0, first.rowsBefore), error: this.#errorOf(first) }
  }

  #errorOf({ code, reason, record, cell, isEmpty }: BadCsvRecord): TunnelValueError {
    const rowIndex = record - 1
    const column = cell === undefined ? undefined : this.#schema.columns[cell]!.name
    const hint = isEmpty ? "; if empty fields mean NULL, set nullText: ''" : ''
    if (column !== undefined)
      return problem(code, `row ${rowIndex}, column '${column}': ${reason}${hint}`, { column, rowIndex })
    if (code === 'ODPS_ROW_LENGTH') return problem(code, `row ${rowIndex} ${reason}`, { rowIndex })
    return malformed({ code, reason }, `in row ${rowIndex}`, { rowIndex })
  }
}

const malformed = (
  { code, reason }: Pick<BadCsvRecord, 'code' | 'reason'>,
  where: string,
  place: { rowIndex?: number } = {},
): TunnelValueError => {
  const isTooLong = code === 'ODPS_FIELD_TOO_LONG'
  const what = isTooLong ? 'a record is longer than maxLineBytes' : reason
  const next = isTooLong ? '; is a quote not closed? If not, raise maxLineBytes' : ''
  return problem(code, `${what}, ${where}${next}`, place)
}

const problem = (
  code: TunnelErrorCode,
  message: string,
  place: { column?: string; rowIndex?: number } = {},
): TunnelValueError => new TunnelValueError(code, `parseCsv: ${message}`, place)
