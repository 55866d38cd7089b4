/* Parquet in memory, beside rows in memory: pages to records with and without values in between, and rows to pages. */
import { parquetMetadata, parquetReadObjects } from 'hyparquet'
import { parquetWriteBuffer } from 'hyparquet-writer'
import { writerOf } from '../../lib/cli/formats/open-writer.js'
import { openParquetFile } from '../../lib/cli/formats/parquet/file.js'
import type { TextOptions } from '../../lib/cli/formats/text-options.js'
import { ValueSource } from '../../lib/cli/formats/value-source.js'
import { createRecordDecoder } from '../../lib/codec/rows/record-decoder.js'
import { createRecordEncoder, type RecordEncoder } from '../../lib/codec/rows/record-encoder.js'
import type { Column } from '../../lib/schema/table-schema.js'
import { type WorkloadName, workloadOf } from '../workloads.js'
import type { Part } from './part.js'

/** Enough that what a file costs by itself does not weigh: that has a part of its own. */
const rowCounts = { narrow: 300_000, wide: 20_000, text: 10_000 } as const
const smallRows = 100
const pieceBytes = 256 * 1024

type ParquetWorkload = keyof typeof rowCounts & WorkloadName

export const parquetParts = async (text: TextOptions): Promise<Part[]> => {
  const parts: Part[] = []
  for (const name of Object.keys(rowCounts) as ParquetWorkload[]) parts.push(...(await partsOf(name, text)))
  return parts
}

const partsOf = async (name: ParquetWorkload, text: TextOptions): Promise<Part[]> => {
  const { columns, row } = workloadOf(name)
  const stream = encoded(
    columns,
    Array.from({ length: rowCounts[name] }, (_, i) => row(i)),
  ).finish()
  const cells = [...decoded(columns, stream)].flat()
  const file = bufferOf(await written(columns, [cells], text))
  const small = bufferOf(await written(columns, [cells.slice(0, smallRows)], text))
  const alone = await columnsOf(file)
  const right = Buffer.from(encoded(columns, cells).take())
  for (const fromPages of [false, true]) {
    const pieces: Uint8Array[] = []
    await toRecords(file, columns, fromPages, bytes => pieces.push(Buffer.from(bytes)))
    if (!Buffer.concat(pieces).equals(right))
      throw new Error(`${name}: the records of a Parquet file are not those of its rows`)
  }
  const part = (what: string, run: () => unknown): Part => ({
    name: `${name}, ${what}`,
    unit: 'rows/CPU s',
    run: async () => {
      await run()
      return cells.length
    },
  })
  return [
    part('rows in memory to records', () => encodeInPieces(columns, cells)),
    part('Parquet to records, by pages', () => toRecords(file, columns, true, () => {})),
    {
      name: `${name}, Parquet file of ${smallRows} rows to records`,
      unit: 'operations/CPU s',
      run: async () => {
        for (let i = 0; i < 20; i++) await toRecords(small, columns, true, () => {})
        return 20
      },
    },
    part('Parquet to records, by values', () => toRecords(file, columns, false, () => {})),
    part('records to rows in memory', () => {
      for (const _ of decoded(columns, stream));
    }),
    part('records to Parquet', () => written(columns, decoded(columns, stream), text)),
    part('columns to Parquet, by hyparquet-writer alone', () => parquetWriteBuffer(alone)),
  ]
}

const encoded = (columns: readonly Column[], rows: readonly unknown[]): RecordEncoder => {
  const encoder = createRecordEncoder(columns)
  for (let i = 0; i < rows.length; i++) encoder.write(rows[i], i)
  return encoder
}

/** As an upload does it, and as records come of pages: memory for all of them at once would cost more than they do. */
const encodeInPieces = (columns: readonly Column[], rows: readonly unknown[]): void => {
  const encoder = createRecordEncoder(columns)
  for (let i = 0; i < rows.length; i++) {
    encoder.write(rows[i], i)
    if (!encoder.pendingReaches(pieceBytes)) continue
    encoder.take()
    encoder.reclaim()
  }
  encoder.take()
}

/** As a download to a file has them, a batch at a time. */
function* decoded(columns: readonly Column[], stream: Buffer): Generator<unknown[][]> {
  const decoder = createRecordDecoder(columns, { string: 'exact', map: 'pairs', json: 'text' })
  for (let from = 0; from < stream.length; from += 65_536) {
    const rows: unknown[] = []
    decoder.push(stream.subarray(from, from + 65_536), rows)
    yield rows as unknown[][]
  }
  decoder.end()
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

/** @param take what is given is good until the next time */
const toRecords = async (
  file: ArrayBuffer,
  columns: readonly Column[],
  fromPages: boolean,
  take: (records: Uint8Array) => void,
): Promise<void> => {
  const reader = await openParquetFile(
    { byteLength: file.byteLength, slice: (start, end) => file.slice(start, end) },
    'memory',
  )
  const source = new ValueSource({ ...reader, close: async () => {} }, { timeZone: 'UTC' })
  const encoder = createRecordEncoder(columns)
  const plan = { columns, fieldOf: columns.map((_, i) => i), strict: true }
  for await (const { rows, records } of source.rows({ ...plan, records: fromPages ? {} : undefined })) {
    if (fromPages !== (records !== undefined)) throw new Error('records did not come the way they should')
    for (let i = 0; i < rows.length; i++) encoder.write(rows[i], i)
    take(records?.bytes ?? encoder.take())
  }
}

const bufferOf = ({ buffer, byteOffset, length }: Buffer): ArrayBuffer =>
  buffer.slice(byteOffset, byteOffset + length) as ArrayBuffer

/** What the package needs to write the same rows. */
const columnsOf = async (file: ArrayBuffer): Promise<Parameters<typeof parquetWriteBuffer>[0]> => {
  const { schema } = parquetMetadata(file)
  const rows = await parquetReadObjects({ file })
  const columnData = schema
    .slice(1)
    .map(({ name }) => ({ name, data: rows.map(row => row[name] as unknown) }))
  return { schema, columnData, rowGroupSize: 50_000 }
}
