/* Compiled, never run: what a program of a user names, under strict flags of its own. */
import { Readable, Writable } from 'node:stream'
import { finished, pipeline } from 'node:stream/promises'
import {
  batch,
  createDownloadStream,
  createQueryStream,
  createUploadStream,
  type DownloadSession,
  type DownloadStream,
  defineSchema,
  formatCsv,
  type PartitionInfo,
  parseCsv,
  type RowBatches,
  type RowObjectOf,
  type TableInfo,
  Timestamp,
  Tunnel,
  TunnelError,
  TunnelServiceError,
  TunnelSessionError,
  TunnelValueError,
  toTable,
  type UploadResult,
  type UploadSession,
  type UploadStream,
  type UploadStreamOptions,
} from 'odps-tunnel'
import {
  type ArrowDownloadStream,
  createArrowDownloadStream,
  createArrowUploadStream,
  downloadArrow,
  uploadArrow,
} from 'odps-tunnel/arrow'
import { type Emulator, type FaultRule, startEmulator } from 'odps-tunnel/emulator'
import { EnvHttpProxyAgent } from 'undici'

const faults: FaultRule[] = [{ action: 'putBlock', after: 1, times: 2, fault: { status: 500 } }]
const emulator: Emulator = await startEmulator({ faults })
const tunnel = new Tunnel({
  endpoint: emulator.endpoint,
  project: 'p',
  credentials: async () => ({ accessKeyId: 'a', accessKeySecret: 'b', expiration: new Date() }),
  retry: { attempts: 3 },
  dispatcher: new EnvHttpProxyAgent(),
})

const options: UploadStreamOptions = { table: 't', partitionSpec: { month: '2001-01' }, blockRows: 10 }
const upload: UploadStream = createUploadStream({
  tunnel,
  ...options,
  onRowError: error => console.log(error.column),
})
upload.on('session', (session: UploadSession) => console.log(session.sessionId))
await pipeline([[1n, 'a', Timestamp.from(new Date())]], upload)
await upload.writeBatch([[1n], { id: 1 }])
await upload.writeAll([[1n]])
const result: UploadResult = await upload.committed
console.log(result.rows, upload.stats.phaseMs.commit, upload[Symbol.asyncDispose])

const download: DownloadStream = createDownloadStream({
  tunnel,
  table: 't',
  columns: ['id'],
  rowShape: 'object',
})
download.on('session', session => console.log(session.recordCount)).once('end', () => {})
// @ts-expect-error progress is told by counters
download.on('progress', (rows: number) => rows)
for await (const row of download) console.log(row)

const batches: RowBatches<unknown[]> = tunnel.readBatches({ table: 't' })
batches.on('progress', stats => console.log(stats.rows))
const generator: AsyncGenerator<unknown[][]> = batches
for await (const rows of generator) console.log(rows.length, batches.session?.sessionId)

const found = createQueryStream({ tunnel, sql: 'SELECT 1', limited: true })
found.on('instance', ({ instanceId }) => console.log(instanceId, found.stats.query?.possiblyCut))
await pipeline(found, async function* (rows) {
  for await (const row of rows) yield row
})

const session: DownloadSession = await tunnel.createDownloadSession({ table: 't' })
const rows: unknown[] = await session.download(0, 10, { compression: 'raw', bigint: 'string' })
for await (const batch of session.readBatches({ start: 0, count: 5 })) rows.push(...batch)
const table: TableInfo = await tunnel.getTable('t')
for await (const partition of tunnel.listPartitions('t') satisfies AsyncIterable<PartitionInfo>)
  console.log(partition.spec[0]?.value, table.schema.columns[0]?.name)

const codes = (error: unknown): string | number | undefined => {
  if (error instanceof TunnelServiceError) return error.statusCode
  if (error instanceof TunnelSessionError) return error.sessionId
  if (error instanceof TunnelValueError) return error.rowIndex
  return error instanceof TunnelError ? error.code : undefined
}

const schema = defineSchema({ id: 'bigint not null', name: 'string' })
const typed = createUploadStream({ tunnel, table: 't', schema })
await typed.writeBatch([{ id: 1n }, [2n, 'b']])
// @ts-expect-error a column that the schema does not have
await typed.writeBatch([{ id: 1n, nme: 'a' }])
typed.on('progress', stats => console.log(stats.rows, typed.write([1n, 'a']))).once('finish', () => {})
// @ts-expect-error a listener for something else
typed.on('session', (rows: number) => rows)
await new Promise((resolve, reject) => typed.once('drain', resolve).once('error', reject))
await finished(typed)
console.log(Writable.toWeb(typed), Readable.from([]).pipe(typed).stats)
const objects = createDownloadStream({ tunnel, table: 't', schema, rowShape: 'object' })
for await (const row of objects.rows()) console.log((row satisfies RowObjectOf<typeof schema>).id + 1n)
const links = [parseCsv(schema), batch(100), formatCsv(schema), toTable(typed)]

export { codes, links }

const ipc: ArrowDownloadStream<Buffer> = createArrowDownloadStream({ tunnel, table: 't', as: 'ipc' })
ipc.on('data', (bytes: Buffer) => console.log(bytes.length, ipc.stats.rows))
const whole: Buffer = await downloadArrow(session, 0, 10, { as: 'ipc', columns: ['id'] })
await pipeline(createArrowDownloadStream({ tunnel, table: 't' }), new Writable({ objectMode: true }))
console.log(whole.length)

const arrowUpload = createArrowUploadStream({ tunnel, table: 't', as: 'ipc', blockRows: 10 })
await pipeline(createArrowDownloadStream({ tunnel, table: 't', as: 'ipc' }), arrowUpload)
arrowUpload.on('session', (opened: UploadSession) => console.log(opened.sessionId))
const uploadSession = await tunnel.createUploadSession({ table: 't' })
console.log((await uploadArrow(uploadSession, 0, whole, { as: 'ipc' })).rows)

/** An interface has no index signature, and is a row all the same. */
interface Trip {
  readonly id: bigint
  readonly name: string | null
}
const trips: Trip[] = [{ id: 1n, name: 'a' }]
await tunnel.upload({ table: 't' }, trips)
await upload.writeBatch(trips)
await upload.writeAll(trips)
await tunnel.createUpsertStream({ table: 't' }).writeBatch(trips)
