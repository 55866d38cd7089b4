import { type CellTextOptions, printCell } from '../codec/cell-text.js'
import { RowCells } from '../codec/row-cells.js'
import { TunnelValueError } from '../errors.js'
import { type Column, selectColumns, type TableSchema } from '../schema/table-schema.js'
import { type CsvOptions, checkCsvOptions, formatCsvSpec } from './csv-options.js'
import { nothing, stage } from './stage.js'

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

type Cells = readonly (string | null)[]

/**
 * Prints rows, arrays in column order or objects keyed by column name, as CSV (RFC 4180). NULL is `\N`, a string that
 * reads like that stands in quotes; BINARY is base64, nested values and JSON are JSON, times are ISO text.
 *
 * A function for `chain([...])` of stream-chain, good for one chain. Chunks of UTF-8 bytes come out; without any row,
 * the header alone.
 * @throws TunnelValueError with column and row number for a row or cell that does not fit the schema.
 * @throws TunnelOptionError for a wrong option, at once.
 */
export const formatCsv = (
  schema: TableSchema,
  options: FormatCsvOptions = {},
): ((row: object) => Promise<Buffer>) => {
  checkCsvOptions('formatCsv', options, formatCsvSpec)
  const { header = true, chunkBytes = 65_536 } = options
  const cells = new CsvCells(columnsOf(schema, options), options)
  let waiting: Cells[] = header ? [cells.names] : []
  let characters = 0
  let text: TextOf | undefined
  const print = async (): Promise<Buffer> => {
    const records = waiting
    waiting = []
    characters = 0
    text ??= await loadText(options)
    return text(records)
  }
  return stage(
    (row: object) => {
      const record = cells.of(row)
      waiting.push(record)
      for (const cell of record) characters += (cell?.length ?? 2) + 1
      return characters > chunkBytes ? print() : nothing
    },
    { flush: () => (waiting.length > 0 ? print() : undefined) },
  )
}

const columnsOf = (
  schema: TableSchema,
  { columns, partitionColumns }: FormatCsvOptions,
): readonly Column[] => [
  ...(columns ? selectColumns(schema, columns) : schema.columns),
  ...(partitionColumns ? schema.partitionColumns : []),
]

type TextOf = (records: readonly Cells[]) => Buffer

/** The first chunk carries the byte order mark. A cell that starts like one, or holds either line end, needs quotes. */
const loadText = async (options: FormatCsvOptions): Promise<TextOf> => {
  const { delimiter = ',', lineEnd = '\n', nullText = '\\N' } = options
  const { stringify } = await import('csv-stringify/sync')
  let mark = options.byteOrderMark ? '\ufeff' : ''
  return records => {
    const text = stringify(records as Cells[], {
      delimiter,
      record_delimiter: lineEnd,
      quoted_match: nullText === '' ? /^\ufeff|[\r\n]|^$/ : /^\ufeff|[\r\n]/,
      cast: {
        null: () => nullText,
        ...(nullText !== '' && {
          string: (value: string) => (value === nullText ? { value, quoted: true } : value),
        }),
      },
    })
    const bytes = Buffer.from(mark + text)
    mark = ''
    return bytes
  }
}

/** Rows as text cells, null for NULL. */
class CsvCells {
  readonly names: readonly string[]
  readonly #columns: readonly Column[]
  readonly #rows: RowCells
  readonly #cellOptions: CellTextOptions
  #rowIndex = 0

  constructor(columns: readonly Column[], options: FormatCsvOptions) {
    this.names = columns.map(column => column.name)
    this.#columns = columns
    this.#rows = new RowCells(columns)
    this.#cellOptions = { timeZone: options.timeZone ?? 'UTC', json: options.json ?? 'parsed' }
  }

  of(row: object): Cells {
    const rowIndex = this.#rowIndex++
    const cells = this.#rows.of(row, rowIndex)
    return this.#columns.map((column, i) => {
      const cell = cells[i]
      return cell === null || cell === undefined ? null : this.#print(cell, column, rowIndex)
    })
  }

  #print(cell: unknown, column: Column, rowIndex: number): string {
    try {
      return printCell(cell, column.type, this.#cellOptions)
    } catch (error) {
      if (!(error instanceof TunnelValueError)) throw error
      const message = `formatCsv: row ${rowIndex}, column '${column.name}': ${error.message}`
      throw new TunnelValueError(error.code, message, { column: column.name, rowIndex })
    }
  }
}
