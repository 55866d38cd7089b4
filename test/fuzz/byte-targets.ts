import { createRecordDecoder } from '../../lib/codec/rows/record-decoder.js'
import { createRecordScanner } from '../../lib/codec/stream/record-scanner.js'
import { type CompressionName, contentEncodingOf } from '../../lib/compression/compression.js'
import { compress } from '../../lib/compression/compressor.js'
import { decompress } from '../../lib/compression/decompressor.js'
import type { Column } from '../../lib/schema/table-schema.js'
import { columnsOf, loadVectors, type RecordVector, streamOf } from '../codec/golden-vectors.js'
import { scanRecords } from '../codec/scan-records.js'
import type { Random } from '../faults/random.js'
import type { Target } from './run-fuzz.js'

const sets = [
  'records-scalar',
  'records-complex',
  'records-mixed',
  'footer',
  'malformed',
  'records-decode-special',
]

interface Sample {
  readonly columns: Column[]
  readonly bytes: Buffer
}

const samples: readonly Sample[] = sets
  .flatMap(set => loadVectors(set))
  .flatMap((vector: RecordVector) => {
    const bytes = streamOf(vector)
    return bytes === undefined || bytes.length > 20_000 ? [] : [{ columns: columnsOf(vector), bytes }]
  })

/** Names that are dangerous as keys of an object. */
const dangerous = ['__proto__', 'constructor', 'toString', 'hasOwnProperty']

const rename = (columns: readonly Column[]): Column[] =>
  columns.map((column, i) => ({ ...column, name: dangerous[i] ?? column.name }))

const inChunks = function* (bytes: Buffer, random: Random): Generator<Buffer, void, undefined> {
  const size = random.pick([1, 3, 17, 4096, 1 << 20])
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

const records: Target = {
  name: 'records',
  corpus: samples.map(({ bytes }) => bytes),
  isText: false,
  maxBytes: 64 * 1024,
  run: (input, random) => {
    const { columns } = random.pick(samples)
    const decoder = createRecordDecoder(random.chance(0.5) ? rename(columns) : columns, {
      rowShape: random.pick(['array', 'object']),
      bigint: random.pick(['bigint', 'number', 'string']),
      maxRowBytes: random.pick([1_000, 256 * 1024 * 1024]),
    })
    const rows: unknown[] = []
    for (const chunk of inChunks(input, random)) decoder.push(chunk, rows)
    decoder.end()
  },
}

/** What the emulator does with blocks. */
const scanner: Target = {
  ...records,
  name: 'record-scanner',
  run: (input, random) => {
    const scan = createRecordScanner(random.pick(samples).columns)
    for (const chunk of inChunks(input, random)) scanRecords(scan, chunk, [])
    scan.end()
  },
}

const payloads: readonly Buffer[] = [
  Buffer.alloc(0),
  Buffer.from('short'),
  Buffer.alloc(100_000, 'the same again '),
  Buffer.concat(samples.map(({ bytes }) => bytes)),
]

const compressed = async (name: CompressionName): Promise<Buffer[]> =>
  Promise.all(
    payloads.map(async payload => {
      const chunks: Buffer[] = []
      const source = async function* () {
        yield payload
      }
      for await (const chunk of compress(name, source())) chunks.push(chunk)
      return Buffer.concat(chunks)
    }),
  )

const reader = async (name: CompressionName): Promise<Target> => ({
  name,
  corpus: await compressed(name),
  isText: false,
  maxBytes: 128 * 1024,
  run: async (input, random) => {
    const source = async function* () {
      yield* inChunks(input, random)
    }
    for await (const _ of decompress(contentEncodingOf(name), source(), { maxBytes: 2 ** 28 }));
  },
})

export const byteTargets = async (): Promise<readonly Target[]> => [
  records,
  scanner,
  ...(await Promise.all((['deflate', 'snappy', 'zstd', 'lz4'] as const).map(reader))),
]
