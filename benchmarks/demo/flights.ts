import { fileURLToPath } from 'node:url'
import { asyncBufferFromFile, parquetMetadataAsync, parquetRead } from 'hyparquet'
import { compressors } from 'hyparquet-compressors'
import { defineSchema, RowBatch, Timestamp } from '../../lib/index.js'

/** US domestic flights from January to July 2001, 3 000 000 rows in order of date (package vega-datasets). */
const file = fileURLToPath(new URL('../data/flights-3m.parquet', import.meta.resolve('vega-datasets')))

export const flightsSchema = defineSchema(
  {
    date: 'timestamp_ntz',
    delay: 'bigint',
    distance: 'bigint',
    origin: 'string',
    destination: 'string',
  } as const,
  { partitionColumns: { month: 'string' } },
)

export type Flight = [date: Timestamp, delay: bigint, distance: bigint, origin: string, destination: string]

/** The first `limit` flights month by month; the file is read one row group at a time. */
export class Flights {
  readonly #groups: AsyncGenerator<FlightColumns>
  #group: FlightColumns | undefined
  #at = 0

  constructor(limit: number) {
    this.#groups = readGroups(limit)
  }

  /** The month of the next flight, `2001-01`; undefined after the last one. */
  async nextMonth(): Promise<string | undefined> {
    if (this.#group === undefined || this.#at === this.#group.rows) {
      const { value, done } = await this.#groups.next()
      this.#group = done ? undefined : value
      this.#at = 0
    }
    return this.#group && monthOf(flightAt(this.#group, this.#at))
  }

  /** The flights up to the end of the month, in batches. */
  async *batches(month: string): AsyncGenerator<RowBatch<Flight>> {
    while ((await this.nextMonth()) === month) yield this.#take(month)
  }

  #take(month: string): RowBatch<Flight> {
    const batch = new RowBatch<Flight>()
    for (const group = this.#group!; this.#at < group.rows && batch.length < batchRows; this.#at++) {
      const flight = flightAt(group, this.#at)
      if (monthOf(flight) !== month) break
      batch.push(flight)
    }
    return batch
  }
}

const batchRows = 500

/** One row group, by columns: far smaller than its rows. */
interface FlightColumns {
  readonly rows: number
  readonly columns: Readonly<Record<string, ArrayLike<unknown>>>
}

const flightAt = ({ columns }: FlightColumns, at: number): Flight => {
  const micros = columns['date']![at] as bigint
  return [
    new Timestamp(micros / 1_000_000n, Number(micros % 1_000_000n) * 1000),
    columns['delay']![at] as bigint,
    columns['distance']![at] as bigint,
    columns['origin']![at] as string,
    columns['destination']![at] as string,
  ]
}

async function* readGroups(limit: number): AsyncGenerator<FlightColumns> {
  const buffer = await asyncBufferFromFile(file)
  const metadata = await parquetMetadataAsync(buffer)
  let rowStart = 0
  for (const group of metadata.row_groups) {
    const rows = Math.min(Number(group.num_rows), limit - rowStart)
    if (rows <= 0) return
    const columns: Record<string, ArrayLike<unknown>> = {}
    await parquetRead({
      ...{ file: buffer, metadata, compressors, rowStart, rowEnd: rowStart + rows },
      parsers: { timestampFromMicroseconds: micros => micros },
      onChunk: ({ columnName, columnData }) => {
        columns[columnName] = columnData
      },
    })
    yield { rows, columns }
    rowStart += rows
  }
}

let lastDay = -1n
let lastMonth = ''

/** Rows come in order of date, so that most have the day of the one before. */
const monthOf = ([date]: Flight): string => {
  const day = date.seconds / 86_400n
  if (day !== lastDay) {
    lastDay = day
    lastMonth = date.toDate().toISOString().slice(0, 7)
  }
  return lastMonth
}

/** A hash over all rows in any order: the sum of a hash of each row. */
export class RowHash {
  #sum = 0
  #mixed = 0
  rows = 0

  add([date, delay, distance, origin, destination]: Flight): void {
    let hash = 0x811c9dc5
    const text = `${date.seconds}.${date.nanos}|${delay}|${distance}|${origin}|${destination}`
    for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
    this.#sum = (this.#sum + hash) | 0
    this.#mixed = (this.#mixed + Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d)) | 0
    this.rows++
  }

  toString(): string {
    return [this.#sum, this.#mixed].map(n => (n >>> 0).toString(16).padStart(8, '0')).join('')
  }
}
