import { type Duplex, Readable, type Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { chain, chainUnchecked, none } from 'stream-chain'
import type { DownloadStream } from '../../lib/download/download-stream.js'
import { defineSchema, type RowOf } from '../../lib/schema/define-schema.js'
import type { TableSchema } from '../../lib/schema/table-schema.js'
import { batch } from '../../lib/transforms/batch.js'
import { formatCsv } from '../../lib/transforms/format-csv.js'
import { formatNdjson, parseNdjson } from '../../lib/transforms/ndjson.js'
import { objectsToRows, rowsToObjects } from '../../lib/transforms/object-rows.js'
import { type CsvRow, parseCsv } from '../../lib/transforms/parse-csv.js'
import { toTable } from '../../lib/transforms/to-table.js'
import type { UploadStream } from '../../lib/upload/upload-stream.js'

/** Nothing runs here: the compiler alone reads this file. */
const schema = defineSchema([
  ['id', 'bigint'],
  ['name', 'string'],
])
const required = defineSchema([
  ['id', 'bigint not null'],
  ['notes', 'json'],
])
const named = defineSchema({ id: 'bigint', name: 'string' })
type Row = RowOf<typeof schema>
type Equal<A, B> =
  (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : ['differ', A, B]
const same = <A, B>(_: Equal<A, B>): void => {}

export const usages = async (
  upload: UploadStream,
  typedUpload: UploadStream<Row>,
  download: DownloadStream,
  file: Writable,
): Promise<void> => {
  const source = Readable.from([Buffer.from('')])
  const clean = (row: unknown[]) => (row[0] === null ? none : row)
  await pipeline(source, chain([parseCsv(schema), clean, batch(100)]), upload)
  // In a pipeline @types/node takes only streams of bytes and text for transforms: single rows need one of these forms
  const rows: Duplex = chain([parseCsv(schema), clean])
  await pipeline(source, rows, upload)
  await pipeline(source, chainUnchecked([parseCsv(schema), clean]), upload)
  await pipeline(source, chain([parseCsv(schema), clean, batch(100), toTable(upload)]))
  await pipeline(source, chain([parseCsv(schema), toTable(typedUpload)]))
  await pipeline(source, chain([parseNdjson(), objectsToRows(schema), toTable(upload)]))
  await pipeline(download, chain([formatCsv(schema)]), file)
  await pipeline(download, chain([rowsToObjects(schema), formatNdjson()]), file)

  // The schema types the functions behind it; a cell of a file may be NULL whatever the schema says
  const typed = ([id, name]: [bigint | null, string | null]) => ({ id: id ?? 0n, name })
  await pipeline(source, chain([parseCsv(schema), typed, formatNdjson()]), file)
  for await (const row of chain([parseCsv(schema), typed])) row.id satisfies bigint
  for await (const row of chain([parseCsv(required)])) same<CsvRow<typeof required>, typeof row>(true)
  same<CsvRow<typeof required>, [bigint | null, unknown]>(true)
  same<CsvRow<typeof required, { json: 'text' }>, [bigint | null, string | null]>(true)
  same<CsvRow<TableSchema>, unknown[]>(true)
  same<CsvRow<typeof named>, (string | bigint | null)[]>(true)
  for await (const row of chain([parseCsv(required, { json: 'text' })])) row[1] satisfies string | null
  for await (const rows of chain([parseCsv(schema), batch<Row>(10)])) rows[0] satisfies Row | undefined
  const untyped: TableSchema = schema
  for await (const row of chain([parseCsv<Row>(untyped), typed])) row.id satisfies bigint

  // @ts-expect-error the function wants other rows
  chain([parseCsv(schema), (row: Date) => row])
  // @ts-expect-error the function wants other cells
  chain([parseCsv(schema), (row: [string | null, string | null]) => row])
  // @ts-expect-error delimiter is text
  parseCsv(schema, { delimiter: 1 })
  // @ts-expect-error an unknown option
  formatCsv(schema, { nul: '' })
}
