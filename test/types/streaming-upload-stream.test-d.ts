/* Checked by `npm run types`: rows, events and the end of a streaming upload. */
import type { Writable } from 'node:stream'
import {
  createStreamingUploadStream,
  defineSchema,
  type Flush,
  type PartitionedRow,
  RowBatch,
  type StreamingUploadStream,
  Tunnel,
} from '../../lib/index.js'

const pairs = defineSchema([
  ['id', 'bigint not null'],
  ['name', 'string'],
])

export const chunks = (): void => {
  const upload = createStreamingUploadStream({ table: 't', schema: pairs })
  upload.write([1n, 'a'])
  upload.write(RowBatch.from([[1n, 'a'] as [bigint, string]]))
  upload.end({ id: 1n, name: null })
  // @ts-expect-error the first cell is a number
  upload.write([true, 'a'])
  const untyped: StreamingUploadStream = new Tunnel().createStreamingUploadStream({ table: 't' })
  untyped.write({ id: 1n })
  untyped satisfies Writable
}

export const partitioned = (): void => {
  const byNames = createStreamingUploadStream({ table: 't', schema: pairs, partitionBy: ['day'] })
  byNames satisfies StreamingUploadStream<PartitionedRow>
  byNames.write([1n, 'a', '2001-02-03'])
  byNames.write({ id: 1n, name: 'a', day: '2001-02-03' })
  const byFunction = new Tunnel().createStreamingUploadStream({
    ...{ table: 't', schema: pairs },
    partitionBy: row => (Array.isArray(row) ? `id=${row[0]}` : { id: 1 }),
  })
  byFunction satisfies StreamingUploadStream<PartitionedRow>
  // @ts-expect-error no spec
  createStreamingUploadStream({ table: 't', partitionBy: () => true })
}

export const events = async (): Promise<void> => {
  const upload = createStreamingUploadStream({ table: 't', onSchemaChange: 'reload', flushIntervalMs: 10 })
  upload
    .on('flush', ({ rows, bytes, lastRow, requestId, batchId, partitionSpec }) => {
      rows satisfies number
      bytes satisfies number
      lastRow satisfies number
      requestId satisfies string | undefined
      batchId satisfies number | undefined
      partitionSpec satisfies string | undefined
    })
    .on('progress', stats => stats.blocks satisfies number)
    .once('error', error => error.message satisfies string)
    .on('close', () => {})
  // @ts-expect-error the listener gets a flush
  upload.on('flush', (rows: number) => rows)
  // @ts-expect-error there is no commit
  void upload.committed
  const flush = await new Promise<Flush>(resolve => upload.once('flush', resolve))
  flush.firstRow satisfies number
  const { rows, packs } = await upload.flushed
  rows satisfies number
  packs satisfies number
  // @ts-expect-error checkpoints are for uploads that commit
  createStreamingUploadStream({ table: 't', checkpoint: { rows: 1 } })
}
