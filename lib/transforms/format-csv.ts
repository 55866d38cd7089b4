import { RowCells } from '../codec/rows/row-cells.js'
import { TunnelOptionError, TunnelValueError } from '../errors.js'
import { type Column, selectColumns, type TableSchema } from '../schema/table-schema.js'
import { cellFormatterOf } from '../text/csv/cell-formatter.js'
import { type CsvOptions, checkCsvOptions, formatCsvSpec } from '../text/csv/csv-options.js'
import { CellFailure, CsvFormatter } from '../text/csv/formatter.js'
import { escapedBytes } from '../text/escaped-text.js'
import { type ColumnSource, checkSource, columnsAt } from './column-source.js'
import { nothing, stage } from './stage.js'

/** Options of {@link formatCsv}. */
export interface FormatCsvOptions extends CsvOptions {
  /** The columns that are in the rows, when the download was given a list. Default: all of the schema. */
  readonly columns?: readonly string[] | undefined
  /** Whether partition columns follow, as after a download with the same option. Default false. */
  readonly partitionColumns?: boolean | undefined
  /** Default `'\n'`. */
  readonly lineEnd?: '\n' | '\r\n' | undefined
  /** Whether the file starts with a byte order mark, by which Excel knows UTF-8. Default false. */
  readonly byteOrderMark?: boolean | undefined
  /** From how many characters on a chunk is handed on. Default 65 536; 0 makes one chunk a row. */
  readonly chunkBytes?: number | undefined
}

/**
 * Prints rows, arrays in column order or objects keyed by column name, as CSV (RFC 4180). NULL is `\N`, a string that
 * reads like that stands in quotes; BINARY is base64, nested values and JSON are JSON, times are ISO text.
 *
 * A function for `chain([...])` of stream-chain, good for one chain. Chunks of UTF-8 bytes come out; without any row,
 * the header alone.
 * @param source a schema, or the download whose rows these are: then the columns are those of its rows, and `columns` and
 * `partitionColumns` aren't passed
 * @throws TunnelValueError with column and row number for a row or cell that does not fit the schema.
 * @throws TunnelOptionError for a wrong option, at once.
 */
export const formatCsv = (
  source: TableSchema | ColumnSource,
  options: FormatCsvOptions = {},
): ((row: object) => Buffer) => {
  checkCsvOptions('formatCsv', options, formatCsvSpec)
  checkSource('formatCsv', source)
  checkColumnOptions(source, options)
  const { chunkBytes = 65_536 } = options
  let rows: CsvText | undefined
  let head = ''
  let text = ''
  const begin = (columns: readonly Column[]): CsvText => {
    rows = new CsvText(columns, options)
    head = rows.head()
    return rows
  }
  if (isSchema(source)) begin(columnsOf(source, options))
  const take = (): Buffer => {
    const bytes = escapedBytes(head + text)
    head = text = ''
    return bytes
  }
  return stage(
    (row: object) => {
      text += (rows ?? begin(columnsAt('formatCsv', source))).of(row)
      return text.length > chunkBytes ? take() : nothing
    },
    {
      flush: () => {
        // Without any row; nobody knows the columns of no partition.
        if (rows === undefined && source.columns !== undefined) begin(source.columns)
        return text === '' && (head === '' || options.header === false) ? undefined : take()
      },
    },
  )
}

const isSchema = (source: TableSchema | ColumnSource): source is TableSchema => 'partitionColumns' in source

const checkColumnOptions = (source: ColumnSource, options: FormatCsvOptions): void => {
  if (isSchema(source)) return
  for (const key of ['columns', 'partitionColumns'] as const)
    if (options[key] !== undefined)
      throw new TunnelOptionError(
        'ODPS_INVALID_OPTION',
        `formatCsv: the download knows its columns; pass ${key} to the download only`,
      )
}

const columnsOf = (
  schema: TableSchema,
  { columns, partitionColumns }: FormatCsvOptions,
): readonly Column[] => [
  ...(columns ? selectColumns(schema, columns) : schema.columns),
  ...(partitionColumns ? schema.partitionColumns : []),
]

/** Rows as text. */
class CsvText {
  readonly #columns: readonly Column[]
  readonly #options: FormatCsvOptions
  readonly #rows: RowCells
  readonly #formatter: CsvFormatter
  #rowIndex = 0

  constructor(columns: readonly Column[], options: FormatCsvOptions) {
    const { delimiter = ',', lineEnd = '\n', nullText = '\\N', timeZone = 'UTC', json = 'parsed' } = options
    this.#columns = columns
    this.#options = options
    this.#rows = new RowCells(columns)
    this.#formatter = new CsvFormatter(
      columns.map(({ type }) => cellFormatterOf(type, { timeZone, json })),
      { delimiter, end: lineEnd, quote: '"', nullText },
    )
  }

  /** What the file begins with. */
  head(): string {
    const mark = this.#options.byteOrderMark ? '\ufeff' : ''
    if (this.#options.header === false) return mark
    return mark + this.#formatter.record(this.#columns.map(column => column.name))
  }

  of(row: object): string {
    const cells = this.#rows.of(row, this.#rowIndex)
    try {
      const text = this.#formatter.records([cells])
      this.#rowIndex++
      return text
    } catch (error) {
      throw error instanceof CellFailure ? this.#named(error) : error
    }
  }

  #named({ column: i, cause }: CellFailure): unknown {
    if (!(cause instanceof TunnelValueError)) return cause
    const rowIndex = this.#rowIndex
    const column = this.#columns[i]!.name
    const message = `formatCsv: row ${rowIndex}, column '${column}': ${cause.message}`
    return new TunnelValueError(cause.code, message, { column, rowIndex })
  }
}
