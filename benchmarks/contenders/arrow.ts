/* Arrow in memory, for the contender odps-tunnel; see ../README.md for the jobs. */
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { BatchReader } from '../../lib/arrow/tunnel/batch-reader.js'
import { type WireBatch, WireTypes } from '../../lib/arrow/tunnel/wire-types.js'
import type { RecordBatch } from '../../lib/arrow-streams/apache-arrow.js'
import {
  type BatchOutput,
  IpcOutput,
  RecordBatchOutput,
} from '../../lib/arrow-streams/download/batch-output.js'
import { createArrowDownloadStream, createArrowUploadStream } from '../../lib/arrow-streams/index.js'
import { BatchBlocks } from '../../lib/arrow-streams/upload/batch-blocks.js'
import { recordBatchInput } from '../../lib/arrow-streams/upload/batch-input.js'
import { ChunkPool } from '../../lib/compression/chunk-pool.js'
import { createCompressor } from '../../lib/compression/compressor.js'
import { parseDataType, Tunnel } from '../../lib/index.js'
import type { Column } from '../../lib/schema/table-schema.js'
import type { ColumnText, Place } from './jobs.js'

/** What a stream takes from a socket or a decompressor at once. */
const chunkBytes = 64 * 1024

let columns: Column[] = []
let stream = Buffer.alloc(0)
let batches: RecordBatch[] = []

const decodeOnce = async <Chunk>(
  output: BatchOutput<Chunk>,
  take: (chunk: Chunk) => void,
): Promise<number> => {
  await output.prepare()
  const types = new WireTypes(columns)
  const reader = new BatchReader(types)
  const read: WireBatch[] = []
  const give = (): void => {
    for (const batch of read.splice(0)) for (const chunk of output.add(batch, types.fields)) take(chunk)
  }
  for (let from = 0; from < stream.length; from += chunkBytes) {
    reader.push(stream.subarray(from, from + chunkBytes), read)
    give()
  }
  reader.end(read)
  give()
  return reader.rows
}

const encodeOnce = async (): Promise<{ rows: number; body: readonly Buffer[] }> => {
  const input = recordBatchInput(async () => columns)
  const pool = new ChunkPool()
  const blocks = new BatchBlocks(() => createCompressor('raw', { pool }))
  for (const batch of batches) for await (const made of input.batches(batch, () => 0)) await blocks.add(made)
  const { rows, body } = await blocks.finish()
  pool.give(body)
  return { rows, body }
}

const repeat = async (rounds: number, work: () => Promise<number>): Promise<number> => {
  let rows = 0
  for (let round = 0; round < rounds; round++) rows += await work()
  return rows
}

export const arrowLoad = async ({
  file,
  columns: texts,
}: {
  file: string
  columns: readonly ColumnText[]
}): Promise<{ rows: number }> => {
  columns = texts.map(({ name, type }) => ({ name, type: parseDataType(type), nullable: true }))
  stream = readFileSync(file)
  batches = []
  return { rows: await decodeOnce(new RecordBatchOutput(), batch => batches.push(batch)) }
}

export const arrowEncodeToFile = async ({ file }: { file: string }): Promise<void> =>
  writeFileSync(file, Buffer.concat((await encodeOnce()).body))

export const arrowDecode = ({ rounds }: { rounds: number }): Promise<number> =>
  repeat(rounds, () => decodeOnce(new RecordBatchOutput(), () => {}))

export const arrowDecodeIpc = ({ rounds }: { rounds: number }): Promise<number> =>
  repeat(rounds, () => decodeOnce(new IpcOutput(), () => {}))

export const arrowEncode = ({ rounds }: { rounds: number }): Promise<number> =>
  repeat(rounds, async () => (await encodeOnce()).rows)

let served: { readonly tunnel: Tunnel; readonly table: string } | undefined

/** Puts the batches so many times into a table. */
export const arrowFill = async ({
  place,
  table,
  rounds,
}: {
  place: Place
  table: string
  rounds: number
}): Promise<{ rows: number }> => {
  const { endpoint, project, ...credentials } = place
  const tunnel = new Tunnel({ endpoint, project, credentials })
  const upload = createArrowUploadStream({ tunnel, table, compression: 'raw', overwrite: true })
  upload.on('error', () => {})
  for (let round = 0; round < rounds; round++)
    for (const batch of batches) if (!upload.write(batch)) await once(upload, 'drain')
  upload.end()
  const { rows } = await upload.committed
  await tunnel.close()
  return { rows }
}

/** Says what `arrowDownload` reads, and reads it once so that the replay has it. */
export const arrowServe = async ({
  place,
  replayUrl,
  table,
}: {
  place: Place
  replayUrl: string
  table: string
}): Promise<{ rows: number }> => {
  const { endpoint, project, ...credentials } = place
  served = { tunnel: new Tunnel({ endpoint, project, credentials, tunnelEndpoint: replayUrl }), table }
  return { rows: await arrowDownload({ rounds: 1 }) }
}

/** The whole table as bytes of an IPC stream, from the service, with its checksums. */
export const arrowDownload = ({ rounds }: { rounds: number }): Promise<number> =>
  repeat(rounds, async () => {
    const stream = createArrowDownloadStream({ ...served!, compression: 'raw', as: 'ipc' })
    let bytes = 0
    for await (const chunk of stream.chunks()) bytes += chunk.length
    if (bytes === 0) throw new Error('no bytes came')
    return stream.stats.rows
  })
