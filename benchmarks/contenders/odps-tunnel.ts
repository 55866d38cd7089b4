/* This library as a contender; see ../README.md for the jobs. */
import { closeSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { createProtobufDecoder, createRecordDecoder } from '../../lib/codec/rows/record-decoder.js'
import { createRecordEncoder } from '../../lib/codec/rows/record-encoder.js'
import { type CompressionName, parseDataType, RowBatch, Tunnel } from '../../lib/index.js'
import type { Column } from '../../lib/schema/table-schema.js'
import { partitionOf, programRows, type WorkloadName, workloadOf, workloads } from '../workloads.js'
import { answerJobs, costOf, peakBytes } from './answering.js'
import type { ColumnText, GenerateJob, LoadJob, Place, TransferJob } from './jobs.js'
import { profileOf } from './profiling.js'

/** What a stream takes from a socket or a decompressor at once. */
const chunkBytes = 64 * 1024
const batchRows = 256

let columns: Column[] = []
let stream = Buffer.alloc(0)
let rows: unknown[][] = []
let batches: RowBatch<unknown[]>[] = []
let tunnel: Tunnel | undefined

const encode = (rounds: number): number => {
  for (let round = 0; round < rounds; round++) {
    const encoder = createRecordEncoder(columns)
    for (let i = 0; i < rows.length; i++) {
      encoder.write(rows[i], i)
      if (!encoder.pendingReaches(4 * chunkBytes)) continue
      encoder.take()
      encoder.reclaim()
    }
    encoder.finish()
    encoder.reclaim()
  }
  return rounds * rows.length
}

const writeRows = (file: string, source: Iterable<unknown>): void => {
  const encoder = createRecordEncoder(columns)
  const target = openSync(file, 'w')
  for (const row of source) {
    encoder.write(row, encoder.rows)
    if (encoder.pendingReaches(4 * chunkBytes)) writeSync(target, encoder.take())
  }
  writeSync(target, encoder.finish())
  closeSync(target)
}

const decodedRows = (): unknown[] => {
  const decoder = createRecordDecoder(columns)
  const decoded: unknown[] = []
  decoder.push(stream, decoded)
  decoder.end()
  return decoded
}

/** The rows of a batch are dropped when the next one comes, as behind a stream. */
const decode = (rounds: number): number => {
  let count = 0
  for (let round = 0; round < rounds; round++) {
    const decoder = createRecordDecoder(columns)
    for (let from = 0; from < stream.length; from += chunkBytes) {
      const batch: unknown[] = []
      decoder.push(stream.subarray(from, from + chunkBytes), batch)
      count += batch.length
    }
    decoder.end()
  }
  return count
}

/**
 * The rows as most programs have them: safe integers as numbers, strings of their own, arrays without holes. They do not
 * come from the decoder that is measured: of rows that are kept the engine would learn what is wrong for rows that are not.
 */
const readRows = (): unknown[][] => {
  const decoder = createProtobufDecoder(columns)
  const decoded: unknown[][] = []
  decoder.push(stream, decoded)
  decoder.end()
  return decoded.map(cells => Array.from(cells, asProgram))
}

const asProgram = (cell: unknown): unknown => {
  if (typeof cell === 'string') return Buffer.from(cell).toString()
  return typeof cell === 'bigint' && Number.isSafeInteger(Number(cell)) ? Number(cell) : cell
}

const columnsOf = (texts: readonly ColumnText[]): Column[] =>
  texts.map(({ name, type }) => ({ name, type: parseDataType(type), nullable: true }))

const load = ({ file, columns: texts, workload, rows: count }: LoadJob): { rows: number } => {
  columns = columnsOf(texts)
  stream = readFileSync(file)
  const known = workloads.find(({ name }) => name === workload)
  rows = known ? [...programRows(known, 0, count)] : readRows()
  batches = []
  for (let from = 0; from < rows.length; from += batchRows)
    batches.push(RowBatch.from(rows.slice(from, from + batchRows)) as RowBatch<unknown[]>)
  return { rows: rows.length }
}

const generateToFile = ({ workload, rows: count, columns: texts, file }: GenerateJob): void => {
  columns = columnsOf(texts)
  writeRows(file, programRows(workloadOf(workload as WorkloadName), 0, count))
}

const connect = (place: Place): Tunnel => {
  const { endpoint, project, accessKeyId, accessKeySecret } = place
  tunnel ??= new Tunnel({ endpoint, project, credentials: { accessKeyId, accessKeySecret } })
  return tunnel
}

const upload = async ({ place, table, compression, rounds }: TransferJob): Promise<number> => {
  const sink = connect(place).createUploadStream({
    table,
    compression: compression as CompressionName,
    overwrite: true,
  })
  for (let round = 0; round < rounds; round++) for (const batch of batches) await sink.writeBatch(batch)
  sink.end()
  return (await sink.committed).rows
}

/** Each row into the partition that its last cell names. */
const fanout = async ({ place, table, compression, rounds }: TransferJob): Promise<number> => {
  const sink = connect(place).createUploadStream({
    ...{ table, compression: compression as CompressionName, overwrite: true, partitionBy: ['pt'] },
  })
  for (let round = 0; round < rounds; round++)
    for (const batch of partitionedBatches()) await sink.writeBatch(batch)
  sink.end()
  return (await sink.committed).rows
}

let partitioned: RowBatch<unknown[]>[] | undefined

const partitionedBatches = (): RowBatch<unknown[]>[] => {
  if (partitioned !== undefined) return partitioned
  const all = rows.map((row, i) => [...row, partitionOf(i)])
  partitioned = []
  for (let from = 0; from < all.length; from += batchRows)
    partitioned.push(RowBatch.from(all.slice(from, from + batchRows)) as RowBatch<unknown[]>)
  return partitioned
}

const upsert = async ({ place, table, compression, rounds }: TransferJob): Promise<number> => {
  const sink = connect(place).createUpsertStream({ table, compression: compression as CompressionName })
  for (let round = 0; round < rounds; round++) for (const batch of batches) await sink.writeBatch(batch)
  sink.end()
  return (await sink.committed).rows
}

const download = async ({ place, table, compression }: TransferJob): Promise<number> => {
  let count = 0
  const source = { table, compression: compression as CompressionName }
  for await (const batch of connect(place).readBatches(source)) count += batch.length
  return count
}

/** Into the table beside it that is named by the way. */
const copy = async ({ place, table, compression }: TransferJob): Promise<number> => {
  const { rows } = await connect(place).copyTable({
    from: { table },
    to: { table: `${table}_copy` },
    overwrite: true,
    compression: compression as CompressionName,
  })
  return rows
}

const pipe = async ({ place, table, compression: name }: TransferJob): Promise<number> => {
  const compression = name as CompressionName
  const source = connect(place).createDownloadStream({ table, compression })
  const sink = connect(place).createUploadStream({ table: `${table}_pipeline`, compression, overwrite: true })
  await pipeline(source, sink)
  return sink.stats.rows
}

const downloadToFile = async ({ place, table, compression, file }: TransferJob): Promise<void> => {
  const encoder = createRecordEncoder(columns)
  const source = { table, compression: compression as CompressionName }
  for await (const batch of connect(place).readBatches(source))
    for (const row of batch) encoder.write(row, encoder.rows)
  writeFileSync(file!, encoder.finish())
}

/** Loaded by the jobs that need it: it would weigh on the memory and the start of all others. */
const arrow = () => import('./arrow.js')

const works: Readonly<Record<string, (job: TransferJob) => number | Promise<number>>> = {
  encode: ({ rounds }) => encode(rounds),
  decode: ({ rounds }) => decode(rounds),
  upload,
  download,
  fanout,
  upsert,
  copy,
  pipeline: pipe,
  arrowDecode: async job => (await arrow()).arrowDecode(job),
  arrowDecodeIpc: async job => (await arrow()).arrowDecodeIpc(job),
  arrowEncode: async job => (await arrow()).arrowEncode(job),
  arrowDownload: async job => (await arrow()).arrowDownload(job),
}

answerJobs({
  load,
  describe: (job: Pick<LoadJob, 'columns'>) => {
    columns = columnsOf(job.columns)
  },
  peak: () => ({ peakBytes: peakBytes() }),
  ...Object.fromEntries(
    Object.entries(works).map(([name, work]) => [name, (job: TransferJob) => costOf(() => work(job))]),
  ),
  profile: (job: TransferJob & { work: string; ms: number }) =>
    profileOf(() => works[job.work]!(job), job.ms),
  encodeToFile: ({ file }: { file: string }) => writeRows(file, rows),
  decodeToFile: ({ file }: { file: string }) => writeRows(file, decodedRows()),
  generateToFile,
  downloadToFile,
  arrowLoad: async (job: LoadJob) => (await arrow()).arrowLoad(job),
  arrowFill: async (job: TransferJob) => (await arrow()).arrowFill(job),
  arrowServe: async (job: TransferJob & { replayUrl: string }) => (await arrow()).arrowServe(job),
  arrowEncodeToFile: async (job: { file: string }) => (await arrow()).arrowEncodeToFile(job),
})
