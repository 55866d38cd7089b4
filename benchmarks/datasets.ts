import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createRecordDecoder } from '../lib/codec/rows/record-decoder.js'
import { createRecordEncoder } from '../lib/codec/rows/record-encoder.js'
import { formatDataType } from '../lib/schema/data-type.js'
import type { Column } from '../lib/schema/table-schema.js'
import type { ColumnText, LoadJob } from './contenders/jobs.js'
import { Flights, flightsSchema } from './demo/flights.js'
import { workloadHashes, workloadNames, workloadOf } from './workloads.js'

export const datasetNames = [...workloadNames, 'flights'] as const
export type DatasetName = (typeof datasetNames)[number]

/**
 * Rows of a workload, and their raw record stream in a file: every contender decodes it. The rows that it encodes it
 * makes itself, but for the flights: those it reads from the file.
 */
export interface Dataset {
  readonly name: DatasetName
  readonly columns: readonly Column[]
  readonly texts: readonly ColumnText[]
  readonly rows: number
  readonly file: string
  readonly bytes: number
  readonly sha256: string
}

/** Few enough to stay in the processor's caches, as rows that were just made do. */
const rowCounts: Readonly<Record<DatasetName, number>> = {
  narrow: 10_000,
  wide: 4_000,
  text: 2_000,
  nested: 5_000,
  flights: 10_000,
}

/** Larger than what any Zstandard compressor here looks back at: rows that come again later cost it as much as new ones. */
const zstdBytes = 10e6

/** The dataset for transfers with a compression that finds repeated rows far back. */
export const enlarged = (dataset: Dataset, folder: string): Promise<Dataset> =>
  makeDataset(dataset.name, folder, Math.ceil((zstdBytes * dataset.rows) / dataset.bytes))

const encodeRows = (columns: readonly Column[], rows: Iterable<unknown>): Buffer => {
  const encoder = createRecordEncoder(columns)
  for (const row of rows) encoder.write(row, encoder.rows)
  return encoder.finish()
}

const generated = function* (row: (i: number) => unknown[], count: number): Generator<unknown[]> {
  for (let i = 0; i < count; i++) yield row(i)
}

const flightRows = async (count: number): Promise<unknown[]> => {
  const flights = new Flights(count)
  const rows: unknown[] = []
  for (let month = await flights.nextMonth(); month !== undefined; month = await flights.nextMonth())
    for await (const batch of flights.batches(month)) rows.push(...batch)
  return rows
}

/** The stream of a workload; that of a generator's first rows must be the known one. */
const streamOf = async (name: DatasetName, count: number): Promise<[readonly Column[], Buffer]> => {
  if (name === 'flights') {
    const { columns } = flightsSchema
    return [columns, encodeRows(columns, await flightRows(count))]
  }
  const { columns, row } = workloadOf(name)
  if (canonicalHash(columns, encodeRows(columns, generated(row, 1000))) !== workloadHashes[name][1000])
    throw new Error(`${name}: the stream of 1000 rows is not the known one`)
  return [columns, encodeRows(columns, generated(row, count))]
}

export const loadJobOf = ({ name, file, texts, rows }: Dataset): LoadJob => ({
  workload: name,
  rows,
  file,
  columns: texts,
})

export const makeDataset = async (
  name: DatasetName,
  folder: string,
  rows = rowCounts[name],
): Promise<Dataset> => {
  const [columns, stream] = await streamOf(name, rows)
  const texts = textsOf(columns)
  const file = join(folder, `${name}-${rows}.records`)
  mkdirSync(folder, { recursive: true })
  writeFileSync(file, stream)
  return { name, columns, texts, rows, file, bytes: stream.length, sha256: canonicalHash(columns, stream) }
}

const chunkBytes = 64 * 1024

/**
 * The hash of the rows in a stream, whoever wrote it: decoded, checked and encoded again, because clients spell
 * checksums in five bytes or in ten, and the entries of a map in any order.
 */
export const canonicalHash = (columns: readonly Column[], stream: Buffer): string => {
  const maps = columns.flatMap(({ type }, i) => (type.kind === 'map' ? [i] : []))
  const hash = createHash('sha256')
  const decoder = createRecordDecoder(columns)
  const encoder = createRecordEncoder(columns)
  for (let from = 0; from < stream.length; from += chunkBytes) {
    const rows: unknown[] = []
    decoder.push(stream.subarray(from, from + chunkBytes), rows)
    for (const row of rows as unknown[][]) {
      for (const i of maps) row[i] = sorted(row[i])
      encoder.write(row, encoder.rows)
    }
    hash.update(encoder.take())
  }
  decoder.end()
  return hash.update(encoder.finish()).digest('hex')
}

/** All rows, as arrays. */
export const rowsOf = ({ columns, file }: Dataset): unknown[][] => {
  const decoder = createRecordDecoder(columns)
  const rows: unknown[] = []
  decoder.push(readFileSync(file), rows)
  decoder.end()
  return rows as unknown[][]
}

/** Whether these are the same rows in the same order. */
export const areSameRows = (
  columns: readonly Column[],
  a: Iterable<unknown>,
  b: Iterable<unknown>,
): boolean =>
  canonicalHash(columns, encodeRows(columns, a)) === canonicalHash(columns, encodeRows(columns, b))

/** Whether a stream that a contender wrote has the rows of the dataset. */
export const holdsRowsOf = ({ columns, sha256 }: Dataset, file: string): boolean =>
  canonicalHash(columns, readFileSync(file)) === sha256

const sorted = (map: unknown): unknown =>
  map instanceof Map ? new Map([...map].sort(([a], [b]) => (String(a) < String(b) ? -1 : 1))) : map

export const textsOf = (columns: readonly Column[]): ColumnText[] =>
  columns.map(({ name, type }) => ({ name, type: formatDataType(type) }))
