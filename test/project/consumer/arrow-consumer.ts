/* Compiled, never run, with the package apache-arrow: record batches have its types. */
import type { RecordBatch } from 'apache-arrow'
import { createArrowDownloadStream } from 'odps-tunnel/arrow'

const stream = createArrowDownloadStream({ table: 't' })
for await (const batch of stream.chunks()) {
  const own: RecordBatch = batch
  const rows: number = batch.numRows
  // @ts-expect-error a record batch has no such member
  console.log(own, rows, batch.noSuchMember)
}
stream.on('data', batch => console.log(batch.schema.names))
