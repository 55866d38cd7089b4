import type { RowOf } from '../schema/row-types.js'
import type { TableSchema } from '../schema/table-schema.js'
import { checkCsvOptions, type ParseCsvOptions, parseCsvSpec } from '../text/csv/csv-options.js'
import { type CsvOutcome, CsvRows } from '../text/csv/rows.js'
import { Utf8Chunks } from '../text/utf8-chunks.js'
import { stage } from './stage.js'

export type { ParseCsvOptions } from '../text/csv/csv-options.js'

/**
 * A row that `parseCsv` gives. A schema of `defineSchema` types its cells; each may be NULL, whatever the schema says, for a
 * file may say so: what refuses it is the upload.
 */
export type CsvRow<Schema, Options = NoOptions> = OrNull<
  RowOf<Schema, Options extends { readonly json: 'text' } ? { json: 'text' } : NoOptions>
>

type NoOptions = Record<never, never>

type OrNull<Cells> = { [Index in keyof Cells]: Cells[Index] | null }

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
export function parseCsv<Schema extends TableSchema, const Options extends ParseCsvOptions = NoOptions>(
  schema: Schema,
  options?: Options,
): (chunk: string | Uint8Array) => Promise<Generator<CsvRow<Schema, Options>, void, undefined>>
/** With the type of the rows given, for a schema that doesn't know it. */
export function parseCsv<Row extends readonly unknown[]>(
  schema: TableSchema,
  options?: ParseCsvOptions,
): (chunk: string | Uint8Array) => Promise<Generator<Row, void, undefined>>
export function parseCsv(schema: TableSchema, options: ParseCsvOptions = {}): unknown {
  checkCsvOptions('parseCsv', options, parseCsvSpec)
  const chunks = new Utf8Chunks('parseCsv')
  const rows = new CsvRows(schema, options)
  return stage(async (chunk: string | Uint8Array) => rowsOf(rows.next(chunks.next(chunk))), {
    flush: async () => {
      chunks.end()
      return rowsOf(rows.end())
    },
  })
}

/** Rows before an error still go on. */
function* rowsOf({ rows, error }: CsvOutcome): Generator<unknown[], void, undefined> {
  yield* rows
  if (error !== undefined) throw error
}
