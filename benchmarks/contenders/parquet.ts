/* Parquet in memory, beside rows in memory: pages to records with and without values in between, and rows to pages. */
import { readFileSync } from 'node:fs'
import { parquetMetadata, parquetReadObjects } from 'hyparquet'
import { parquetWriteBuffer } from 'hyparquet-writer'
import { writerOf } from '../../lib/cli/formats/open-writer.js'
import { openParquetFile } from '../../lib/cli/formats/parquet/file.js'
import type { FileBytes } from '../../lib/cli/formats/parquet/page-stream.js'
import type { TextOptions } from '../../lib/cli/formats/text-options.js'
import { ValueSource } from '../../lib/cli/formats/value-source.js'
import { createRecordEncoder } from '../../lib/codec/rows/record-encoder.js'
import type { Column } from '../../lib/schema/table-schema.js'
import { programRows, workloadOf } from '../workloads.js'
import { decodedBatches, encode, type HeldRows, parquetRowCounts } from './held-rows.js'
import type { Part } from './part.js'

const smallRows = 100
const batchRows = 1000

export interface ParquetParts {
  readonly toRecords: readonly Part[]
  readonly fromRecords: readonly Part[]
}

/**
 * @param ofPyarrow the name of a file that pyarrow made of the same rows, if there is one
 * @throws Error where the records of a file are not those of its rows
 */
export const parquetParts = async (
  held: HeldRows,
  text: TextOptions,
  ofPyarrow: string | undefined,
): Promise<ParquetParts> => {
  const { name, columns, rows } = held
  const count = parquetRowCounts[name]
  const file = await written(columns, generatedBatches(held, count), text)
  const small = await written(columns, generatedBatches(held, smallRows), text)
  const alone = await columnsOf(await written(columns, storedBatches(held), text))
  const pyarrow = ofPyarrow === undefined ? undefined : readFileSync(ofPyarrow)
  await prove(held, count, [file, ...(pyarrow ? [pyarrow] : [])])
  const part = (what: string, partRows: number, run: () => unknown): Part => ({
    name: `${name}, ${what}`,
    unit: 'rows/CPU s',
    run: async () => {
      await run()
      return partRows
    },
  })
  const reading = (what: string, bytes: Buffer, fromPages: boolean): Part =>
    part(what, count, () => toRecords(bytes, columns, fromPages, () => {}))
  return {
    toRecords: [
      ...(pyarrow ? [reading('Parquet of pyarrow to records', pyarrow, true)] : []),
      reading('Parquet to records, by pages', file, true),
      {
        name: `${name}, Parquet file of ${smallRows} rows to records`,
        unit: 'operations/CPU s',
        run: async () => {
          for (let i = 0; i < 20; i++) await toRecords(small, columns, true, () => {})
          return 20
        },
      },
      reading('Parquet to records, by values', file, false),
    ],
    fromRecords: [
      part('columns to Parquet, by hyparquet-writer alone', rows.length, () => parquetWriteBuffer(alone)),
      part('records to Parquet', rows.length, () => written(columns, storedBatches(held), text)),
    ],
  }
}

/** As a download to a file has them: `stream` decoded with these. */
const storedBatches = ({ columns, stream }: Pick<HeldRows, 'columns' | 'stream'>): Generator<unknown[][]> =>
  decodedBatches(columns, stream, {
    ...({ string: 'exact', map: 'pairs', json: 'text' } as const),
  }) as Generator<unknown[][]>

/** Many rows, of which none stay in memory. */
function* generatedBatches({ name, columns }: HeldRows, count: number): Generator<unknown[][]> {
  const workload = workloadOf(name)
  for (let from = 0; from < count; from += batchRows) {
    const rows = [...programRows(workload, from, Math.min(batchRows, count - from))]
    yield* storedBatches({ columns, stream: encode(columns, rows).finish() })
  }
}

const prove = async (held: HeldRows, count: number, files: readonly Buffer[]): Promise<void> => {
  const { name, columns } = held
  const expected: Buffer[] = []
  for (const rows of generatedBatches(held, count)) expected.push(Buffer.from(encode(columns, rows).take()))
  const right = Buffer.concat(expected)
  for (const file of files)
    for (const fromPages of [false, true]) {
      const pieces: Uint8Array[] = []
      await toRecords(file, columns, fromPages, bytes => pieces.push(Buffer.from(bytes)))
      if (!Buffer.concat(pieces).equals(right))
        throw new Error(`${name}: the records of a Parquet file are not those of its rows`)
    }
}

const written = async (
  columns: readonly Column[],
  batches: Iterable<readonly unknown[][]>,
  text: TextOptions,
): Promise<Buffer> => {
  const { write } = await writerOf(columns, 'parquet', text)
  const pieces: Uint8Array[] = []
  for await (const { bytes } of write(asynchronous(batches))) pieces.push(bytes)
  return Buffer.concat(pieces)
}

async function* asynchronous<T>(items: Iterable<T>): AsyncGenerator<T> {
  yield* items
}

/** Read as a file on a disk is: into memory that is there. */
const fileOf = (bytes: Buffer): FileBytes => ({
  byteLength: bytes.length,
  slice: (start, end = bytes.length) =>
    Uint8Array.prototype.slice.call(bytes, start, end).buffer as ArrayBuffer,
  readInto: async (target, start) => {
    bytes.copy(target, 0, start, start + target.length)
  },
})

/** @param take what is given is good until the next time */
const toRecords = async (
  bytes: Buffer,
  columns: readonly Column[],
  fromPages: boolean,
  take: (records: Uint8Array) => void,
): Promise<void> => {
  const reader = await openParquetFile(fileOf(bytes), 'memory')
  const source = new ValueSource({ ...reader, close: async () => {} }, { timeZone: 'UTC' })
  const encoder = createRecordEncoder(columns)
  const plan = { columns, fieldOf: columns.map((_, i) => i), strict: true }
  for await (const { rows, records } of source.rows({ ...plan, records: fromPages ? {} : undefined })) {
    if (fromPages !== (records !== undefined)) throw new Error('records did not come the way they should')
    for (let i = 0; i < rows.length; i++) encoder.write(rows[i], i)
    take(records?.bytes ?? encoder.take())
  }
}

/** What the package needs to write the same rows. */
const columnsOf = async (bytes: Buffer): Promise<Parameters<typeof parquetWriteBuffer>[0]> => {
  const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) as ArrayBuffer
  const { schema } = parquetMetadata(file)
  const rows = await parquetReadObjects({ file })
  const columnData = schema
    .slice(1)
    .map(({ name }) => ({ name, data: rows.map(row => row[name] as unknown) }))
  return { schema, columnData, rowGroupSize: 50_000 }
}
