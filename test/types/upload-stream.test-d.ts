/* Checked by `npm run types`: chunks, events, and an upload where Node wants a Writable. */
import { compose, Duplex, finished, pipeline, type Readable, Writable } from 'node:stream'
import { pipeline as runPipeline, finished as whenFinished } from 'node:stream/promises'
import type { WritableStream } from 'node:stream/web'
import {
  createUploadStream,
  defineSchema,
  RowBatch,
  type UploadSession,
  type UploadStats,
} from '../../lib/index.js'

const pairs = defineSchema([
  ['id', 'bigint not null'],
  ['name', 'string'],
])

export const chunks = (): void => {
  const upload = createUploadStream({ table: 't', schema: pairs })
  upload.write([1n, 'a'])
  upload.write({ id: 1n, name: null }, error => void error?.message)
  upload.write(RowBatch.from([[1n, 'a'] as [bigint, string]]))
  // @ts-expect-error the first cell is a number
  upload.write([true, 'a'])
  upload.end([1n, 'a'], () => {}).on('finish', () => {})
  upload.end(() => {})
  // @ts-expect-error no such column
  upload.end({ id: 1n, nme: 'a' })
  const untyped = createUploadStream({ table: 't' })
  untyped.write([1n, 'a'])
  untyped.end({ id: 1n })
}

export const events = async (): Promise<void> => {
  const upload = createUploadStream({ table: 't' })
  upload
    .on('progress', stats => stats.rows satisfies number)
    .once('session', session => session.sessionId satisfies string)
    .on('error', error => error.message satisfies string)
    .on('pipe', source => source.readable satisfies boolean)
    .on('close', () => {})
    .addListener('something else', () => {})
  const onProgress = ({ blocks }: Readonly<UploadStats>): number => blocks
  upload.on('progress', onProgress).off('progress', onProgress)
  // @ts-expect-error the listener gets stats
  upload.on('progress', (rows: number) => rows)
  // @ts-expect-error the listener gets a session
  upload.once('session', (stats: UploadStats) => stats)
  await new Promise((resolve, reject) => upload.once('drain', resolve).once('error', reject))
  const session = await new Promise<UploadSession>(resolve => upload.once('session', resolve))
  session.sessionId satisfies string
}

export const results = async (): Promise<void> => {
  const plain = await createUploadStream({ table: 't' }).committed
  plain.sessionId satisfies string
  // @ts-expect-error there are none
  void plain.checkpoints
  const endless = createUploadStream({ table: 't', schema: pairs, checkpoint: { rows: 10 } })
  endless.on('checkpoint', ({ lastRow, committedAt, sessions }) => {
    lastRow satisfies number
    committedAt satisfies Date
    sessions[0]?.partitionSpec satisfies string | undefined
  })
  const { checkpoints, sessionId } = await endless.committed
  checkpoints satisfies number
  // @ts-expect-error without rows there is no session
  sessionId satisfies string
  // @ts-expect-error no such limit
  createUploadStream({ table: 't', checkpoint: { every: 1 } })
}

export const partitioned = async (): Promise<void> => {
  const byNames = createUploadStream({ table: 't', schema: pairs, partitionBy: ['day'] })
  byNames.write([1n, 'a', '2001-02-03'])
  const { partitions } = await byNames.committed
  partitions[0]?.partitionSpec satisfies string | undefined
  const byFunction = createUploadStream({
    ...{ table: 't', schema: pairs },
    partitionBy: row => (Array.isArray(row) ? `id=${row[0]}` : { id: 1 }),
    checkpoint: { rows: 1 },
  })
  const { checkpoints } = await byFunction.committed
  checkpoints satisfies number
  // @ts-expect-error not one session
  void (await byFunction.committed).sessionId
  // @ts-expect-error no spec
  createUploadStream({ table: 't', partitionBy: () => true })
}

export const asWritable = async (source: Readable, rows: Duplex): Promise<void> => {
  const upload = createUploadStream({ table: 't', schema: pairs })
  upload satisfies Writable
  upload satisfies NodeJS.WritableStream
  await runPipeline(source, upload)
  await runPipeline(source, rows, upload)
  await runPipeline([[1n, 'a']], upload)
  await runPipeline(async function* () {
    yield [1n, 'a']
  }, upload)
  pipeline(source, upload, error => void error?.message)
  source.pipe(upload).on('progress', stats => stats.rows satisfies number)
  await whenFinished(upload)
  finished(upload, error => void error?.message)
  Writable.toWeb(upload) satisfies WritableStream
  compose(rows, upload) satisfies Duplex
  Duplex.from(upload) satisfies Duplex
}
