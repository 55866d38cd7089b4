import { type CellTextOptions, parseCell } from '../codec/cell-text.js'
import { TunnelValueError } from '../errors.js'
import type { Column, TableSchema } from '../schema/table-schema.js'
import { type FieldPositions, positionsOfHeader, positionsWithoutHeader } from './csv-header.js'
import type { CsvRecord } from './csv-records.js'
import type { ParseCsvOptions } from './parse-csv.js'

/** Makes rows of records: the header, then the cells. */
export class CsvRows {
  readonly nullText: string
  readonly cellOptions: CellTextOptions
  readonly #schema: TableSchema
  readonly #options: ParseCsvOptions
  #positions: FieldPositions | undefined
  /** Of the next row, from 0. */
  rowIndex = 0

  constructor(schema: TableSchema, options: ParseCsvOptions) {
    this.nullText = options.nullText ?? '\\N'
    this.#schema = schema
    this.#options = options
    this.cellOptions = { timeZone: options.timeZone ?? 'UTC', json: options.json ?? 'parsed' }
    if (options.header === false) this.#positions = positionsWithoutHeader(schema)
  }

  /** Undefined as long as the header has not come. */
  get positions(): FieldPositions | undefined {
    return this.#positions
  }

  /** @returns undefined for the header and for a blank line */
  of(record: CsvRecord): unknown[] | undefined {
    if (this.#isBlank(record)) return undefined
    if (this.#positions) return this.#row(record, this.#positions)
    this.#positions = this.#header(record)
    return undefined
  }

  /** @throws TunnelValueError without column and row */
  parse(text: string, { type }: Column): unknown {
    return parseCell(text, type, this.cellOptions)
  }

  #isBlank({ fields }: CsvRecord): boolean {
    return fields.length === 1 && fields[0] === '' && this.#positions?.fields !== 1
  }

  #header({ fields }: CsvRecord): FieldPositions {
    const { unknownColumns = 'error', missingColumns = 'error' } = this.#options
    return positionsOfHeader(fields, this.#schema, { unknownColumns, missingColumns })
  }

  #row(record: CsvRecord, positions: FieldPositions): unknown[] {
    const rowIndex = this.rowIndex++
    if (record.fields.length !== positions.fields)
      throw new TunnelValueError(
        'ODPS_ROW_LENGTH',
        `parseCsv: row ${rowIndex} has ${record.fields.length} fields, not ${positions.fields}`,
        { rowIndex },
      )
    return this.#schema.columns.map((column, i) => {
      const field = positions.ofColumn[i]!
      const text = record.fields[field]
      if (text === undefined || (text === this.nullText && !record.isQuoted(field))) return null
      return this.#cell(text, column, rowIndex)
    })
  }

  #cell(text: string, column: Column, rowIndex: number): unknown {
    try {
      return this.parse(text, column)
    } catch (error) {
      if (!(error instanceof TunnelValueError)) throw error
      const hint = text === '' && this.nullText !== '' ? "; if empty fields mean NULL, set nullText: ''" : ''
      throw new TunnelValueError(
        error.code,
        `parseCsv: row ${rowIndex}, column '${column.name}': ${error.message}${hint}`,
        { column: column.name, rowIndex },
      )
    }
  }
}
