import { type CellTextOptions, parseCell } from '../codec/cell-text.js'
import { TunnelValueError } from '../errors.js'
import type { Column, TableSchema } from '../schema/table-schema.js'
import { type FieldPositions, positionsOfHeader, positionsWithoutHeader } from './csv-header.js'
import { type CsvOptions, checkCsvOptions, parseCsvSpec } from './csv-options.js'
import { CsvReader, type CsvRecord, type CsvRecords } from './csv-records.js'
import { stage } from './stage.js'
import { Utf8Chunks } from './utf8-chunks.js'

export interface ParseCsvOptions extends CsvOptions {
  /** Longest record that is taken; a quote that is never closed ends there. Default 64 MiB. */
  readonly maxLineBytes?: number | undefined
  /** Columns of the header that the table does not have. Default `'error'`. */
  readonly unknownColumns?: 'error' | 'ignore' | undefined
  /** Columns of the table that the header does not have. Default `'error'`. */
  readonly missingColumns?: 'error' | 'null' | undefined
}

/**
 * Parses CSV (RFC 4180, UTF-8) from chunks of bytes or text to rows, arrays in column order with values of the columns'
 * types. Line ends may be LF or CRLF, a byte order mark is passed over, as are blank lines in files of more than one
 * column.
 *
 * The header's names match without case, in any order. Cells are what `formatCsv` prints: NULL is `\N`, an empty field an
 * empty string, BINARY base64, nested values JSON.
 *
 * A function for `chain([...])` of stream-chain, good for one chain.
 * @throws TunnelValueError with column and row number (from 0, the header not counted) for a cell that does not fit; for a
 * header that does not match, a record of another length, broken quotes, or input that is not UTF-8.
 * @throws TunnelOptionError for a wrong option, at once.
 */
export const parseCsv = <Row extends readonly unknown[] = unknown[]>(
  schema: TableSchema,
  options: ParseCsvOptions = {},
): ((chunk: string | Uint8Array) => Promise<Generator<Row, void, undefined>>) => {
  checkCsvOptions('parseCsv', options, parseCsvSpec)
  const chunks = new Utf8Chunks('parseCsv')
  const rows = new CsvRows(schema, options)
  let reader: Promise<CsvReader> | undefined
  const open = (): Promise<CsvReader> => {
    reader ??= CsvReader.open(rows.nullText, options.delimiter ?? ',', options.maxLineBytes ?? 64 << 20)
    return reader
  }
  return stage(
    async (chunk: string | Uint8Array) => {
      const bytes = chunks.next(chunk)
      return rows.of(await (await open()).next(bytes)) as Generator<Row, void, undefined>
    },
    {
      flush: async () => {
        chunks.end()
        return reader && (rows.of(await (await reader).end()) as Generator<Row, void, undefined>)
      },
      abort: async () => (await reader)?.close(),
    },
  )
}

/** Makes rows of records: the header, then the cells. */
class CsvRows {
  readonly nullText: string
  readonly #schema: TableSchema
  readonly #options: ParseCsvOptions
  readonly #cellOptions: CellTextOptions
  #positions: FieldPositions | undefined
  #rowIndex = 0

  constructor(schema: TableSchema, options: ParseCsvOptions) {
    this.nullText = options.nullText ?? '\\N'
    this.#schema = schema
    this.#options = options
    this.#cellOptions = { timeZone: options.timeZone ?? 'UTC', json: options.json ?? 'parsed' }
    if (options.header === false) this.#positions = positionsWithoutHeader(schema)
  }

  /** Rows before an error still go on. */
  *of({ records, error }: CsvRecords): Generator<unknown[], void, undefined> {
    for (const record of records) {
      if (this.#isBlank(record)) continue
      if (this.#positions) yield this.#row(record, this.#positions)
      else this.#positions = this.#header(record)
    }
    if (error) throw error
  }

  #isBlank({ fields }: CsvRecord): boolean {
    return fields.length === 1 && fields[0] === '' && this.#positions?.fields !== 1
  }

  #header({ fields }: CsvRecord): FieldPositions {
    const { unknownColumns = 'error', missingColumns = 'error' } = this.#options
    return positionsOfHeader(fields, this.#schema, { unknownColumns, missingColumns })
  }

  #row(record: CsvRecord, positions: FieldPositions): unknown[] {
    const rowIndex = this.#rowIndex++
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
      return parseCell(text, column.type, this.#cellOptions)
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
