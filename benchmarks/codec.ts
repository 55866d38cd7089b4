/* Rows a second through the record codec, one core, checksums on: `npx tsx benchmarks/codec.ts [workload …]`.
 * With --full the streams of all rows are proved first, not only those of the first 1000. */
import { createHash } from 'node:crypto'
import {
  createProtobufDecoder,
  createRecordDecoder,
  type DecodeOptions,
  type RecordDecoder,
} from '../lib/codec/record-decoder.js'
import {
  createProtobufEncoder,
  createRecordEncoder,
  type RecordEncoder,
} from '../lib/codec/record-encoder.js'
import { createRecordScanner, type ScannedRecord } from '../lib/codec/record-scanner.js'
import type { Column } from '../lib/schema/table-schema.js'
import { type Workload, workloadHashes, workloads } from './workloads.js'

const seconds = Number(process.env['BENCH_SECONDS'] ?? 2)
const chunkBytes = 64 * 1024
const benchRows = { narrow: 40_000, wide: 20_000, text: 8_000 }

/** Proves the stream before anything is timed: the bytes, and the rows back. */
const prove = ({ name, columns, row }: Workload, count: number): void => {
  const hash = createHash('sha256')
  const encoder = createRecordEncoder(columns)
  const again = createRecordEncoder(columns)
  const decoder = createRecordDecoder(columns)
  const pass = (bytes: Buffer): void => {
    const rows: unknown[] = []
    decoder.push(bytes, rows)
    hash.update(bytes)
    for (const [i, decoded] of rows.entries()) again.write(decoded, i)
    const made = again.take()
    if (!made.equals(bytes.subarray(0, made.length)))
      throw new Error(`${name}: the decoded rows do not make the same stream`)
  }
  for (let i = 0; i < count; i++) {
    encoder.write(row(i), i)
    if (encoder.pendingBytes > chunkBytes) pass(encoder.take())
  }
  pass(encoder.finish())
  decoder.end()
  if (again.rows !== count) throw new Error(`${name}: ${again.rows} rows came back`)
  if (hash.digest('hex') !== workloadHashes[name][count])
    throw new Error(`${name}: the stream is not the known one`)
}

const encodeAll = (encoder: RecordEncoder, rows: readonly unknown[]): Buffer[] => {
  const parts: Buffer[] = []
  for (let i = 0; i < rows.length; i++) {
    encoder.write(rows[i], i)
    if (encoder.pendingBytes > 256 * 1024) parts.push(encoder.take())
  }
  parts.push(encoder.finish())
  return parts
}

const decodeAll = (decoder: RecordDecoder, stream: Buffer): number => {
  let count = 0
  for (let from = 0; from < stream.length; from += chunkBytes) {
    const rows: unknown[] = []
    decoder.push(stream.subarray(from, from + chunkBytes), rows)
    count += rows.length
  }
  decoder.end()
  return count
}

const scanAll = (columns: readonly Column[], stream: Buffer): number => {
  const scanner = createRecordScanner(columns)
  let count = 0
  for (let from = 0; from < stream.length; from += chunkBytes) {
    const records: ScannedRecord[] = []
    scanner.push(stream.subarray(from, from + chunkBytes), records)
    count += records.length
  }
  scanner.end()
  return count
}

/** The best of many short runs: other work on the machine only ever makes a run slower. */
const best = (run: () => void): number => {
  let least = Number.POSITIVE_INFINITY
  const until = performance.now() + seconds * 1000
  for (let runs = 0; runs < 5 || performance.now() < until; runs++) {
    const start = performance.now()
    run()
    least = Math.min(least, performance.now() - start)
  }
  return least / 1000
}

const report = (name: string, way: string, rows: number, bytes: number, time: number): void => {
  const rate = `${(rows / time / 1e6).toFixed(3)} M rows/s`
  const speed = `${(bytes / time / 1e6).toFixed(0)} MB/s`
  console.log(`${name.padEnd(7)} ${way.padEnd(28)} ${rate.padStart(15)} ${speed.padStart(10)}`)
}

const asObject = (workload: Workload, row: readonly unknown[]): object =>
  Object.fromEntries(workload.columns.map((column, k) => [column.name, row[k]]))

const measure = (workload: Workload): void => {
  const { name, columns } = workload
  const count = benchRows[name]
  const rows = Array.from({ length: count }, (_, i) => workload.row(i))
  const objects = rows.map(row => asObject(workload, row))
  const stream = Buffer.concat(encodeAll(createRecordEncoder(columns), rows))
  const encode = (way: string, encoder: RecordEncoder, input: readonly unknown[]): void =>
    report(
      name,
      way,
      count,
      stream.length,
      best(() => encodeAll(encoder, input)),
    )
  const decode = (way: string, create: typeof createRecordDecoder, options: DecodeOptions = {}): void =>
    report(
      name,
      way,
      count,
      stream.length,
      best(() => decodeAll(create(columns, options), stream)),
    )
  encode('encode arrays', createRecordEncoder(columns), rows)
  encode('encode objects', createRecordEncoder(columns), objects)
  encode('encode arrays, protobufjs', createProtobufEncoder(columns), rows)
  decode('decode arrays', createRecordDecoder)
  decode('decode objects', createRecordDecoder, { rowShape: 'object' })
  decode('decode arrays, bigint string', createRecordDecoder, { bigint: 'string' })
  decode('decode arrays, protobufjs', createProtobufDecoder)
  report(
    name,
    'scan',
    count,
    stream.length,
    best(() => scanAll(columns, stream)),
  )
}

const full = process.argv.includes('--full')
const wanted = process.argv.slice(2).filter(word => word !== '--full')
for (const workload of workloads) {
  if (wanted.length > 0 && !wanted.includes(workload.name)) continue
  prove(workload, full ? workload.rows : 1000)
  measure(workload)
}
