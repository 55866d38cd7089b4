import { type Duplex, Readable, type Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { chain, chainUnchecked, none } from 'stream-chain'
import type { DownloadStream } from '../../lib/download/download-stream.js'
import { defineSchema, type RowOf } from '../../lib/schema/define-schema.js'
import { batch } from '../../lib/transforms/batch.js'
import { formatCsv } from '../../lib/transforms/format-csv.js'
import { formatNdjson, parseNdjson } from '../../lib/transforms/ndjson.js'
import { objectsToRows, rowsToObjects } from '../../lib/transforms/object-rows.js'
import { parseCsv } from '../../lib/transforms/parse-csv.js'
import { toTable } from '../../lib/transforms/to-table.js'
import type { UploadStream } from '../../lib/upload/upload-stream.js'

/** Nothing runs here: the compiler alone reads this file. */
const schema = defineSchema([
  ['id', 'bigint'],
  ['name', 'string'],
])
type Row = RowOf<typeof schema>

export const usages = async (
  upload: UploadStream,
  typedUpload: UploadStream<Row>,
  download: DownloadStream,
  file: Writable,
): Promise<void> => {
  const source = Readable.from([Buffer.from('')])
  const clean = (row: unknown[]) => (row[0] === null ? none : row)
  // In a pipeline @types/node takes only streams of bytes and text for transforms, so rows need one of these forms
  const rows: Duplex = chain([parseCsv(schema), clean])
  await pipeline(source, rows, upload)
  await pipeline(source, chainUnchecked([parseCsv(schema), clean]), upload)
  await pipeline(source, chain([parseCsv(schema), clean, batch(100), toTable(upload)]))
  await pipeline(source, chain([parseCsv(schema), toTable(typedUpload)]))
  await pipeline(source, chain([parseNdjson(), objectsToRows(schema), toTable(upload)]))
  await pipeline(download, chain([formatCsv(schema)]), file)
  await pipeline(download, chain([rowsToObjects(schema), formatNdjson()]), file)

  const typed = (row: Row) => ({ id: row[0] ?? 0n, name: row[1] })
  await pipeline(source, chain([parseCsv<Row>(schema), typed, formatNdjson()]), file)
  for await (const row of chain([parseCsv<Row>(schema), typed])) row.id satisfies bigint
  for await (const rows of chain([parseCsv<Row>(schema), batch<Row>(10)])) rows[0] satisfies Row | undefined

  // @ts-expect-error the function wants other rows
  chain([parseCsv<Row>(schema), (row: Date) => row])
  // @ts-expect-error delimiter is text
  parseCsv(schema, { delimiter: 1 })
  // @ts-expect-error an unknown option
  formatCsv(schema, { nul: '' })
}
