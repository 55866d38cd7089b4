/* Compiled, never run, with the package apache-arrow: record batches have its types. */
import type { RecordBatch, Table } from 'apache-arrow'
import { createArrowDownloadStream, createArrowUploadStream } from 'odps-tunnel/arrow'

const stream = createArrowDownloadStream({ table: 't' })
for await (const batch of stream.chunks()) {
  const own: RecordBatch = batch
  const rows: number = batch.numRows
  // @ts-expect-error a record batch has no such member
  console.log(own, rows, batch.noSuchMember)
}
stream.on('data', batch => console.log(batch.schema.names))

declare const table: Table
const upload = createArrowUploadStream({ table: 't' })
upload.write(table)
for (const batch of table.batches) upload.write(batch)
// @ts-expect-error a row is not a chunk
upload.write([1n, 'a'])
