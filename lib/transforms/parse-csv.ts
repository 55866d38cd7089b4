import type { TableSchema } from '../schema/table-schema.js'
import { checkCsvOptions, type ParseCsvOptions, parseCsvSpec } from '../text/csv/options.js'
import { type CsvOutcome, CsvRows } from '../text/csv/rows.js'
import { Utf8Chunks } from '../text/utf8-chunks.js'
import { stage } from './stage.js'

export type { ParseCsvOptions } from '../text/csv/options.js'

/**
 * Parses CSV (RFC 4180, UTF-8) from chunks of bytes or text to rows, arrays in column order with values of the columns'
 * types. Line ends may be LF or CRLF, or CR alone if the first one is; a byte order mark is passed over, as are blank lines
 * in files of more than one column.
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
  return stage(async (chunk: string | Uint8Array) => rowsOf<Row>(rows.next(chunks.next(chunk))), {
    flush: async () => {
      chunks.end()
      return rowsOf<Row>(rows.end())
    },
  })
}

/** Rows before an error still go on. */
function* rowsOf<Row>({ rows, error }: CsvOutcome): Generator<Row, void, undefined> {
  yield* rows as Row[]
  if (error !== undefined) throw error
}
