import { createRequire } from 'node:module'
import { asyncBufferFromFile, parquetMetadataAsync, parquetRead } from 'hyparquet'
import { compressors } from 'hyparquet-compressors'
import { defineSchema, Timestamp } from '../../lib/index.js'

/** US domestic flights from January to July 2001, 3 000 000 rows in order of date (package vega-datasets). */
const file = createRequire(import.meta.url).resolve('vega-datasets/data/flights-3m.parquet')

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
  readonly #batches: AsyncGenerator<Flight[]>
  #rows: Flight[] = []
  #at = 0

  constructor(limit: number) {
    this.#batches = readFlights(limit)
  }

  /** The month of the next flight, `2001-01`; undefined after the last one. */
  async nextMonth(): Promise<string | undefined> {
    await this.#fill()
    const next = this.#rows[this.#at]
    return next && monthOf(next)
  }

  /** The flights up to the end of the month. */
  async *rows(month: string): AsyncGenerator<Flight> {
    while ((await this.nextMonth()) === month)
      while (this.#at < this.#rows.length && monthOf(this.#rows[this.#at]!) === month)
        yield this.#rows[this.#at++]!
  }

  async #fill(): Promise<void> {
    if (this.#at < this.#rows.length) return
    const { value, done } = await this.#batches.next()
    this.#rows = done ? [] : value
    this.#at = 0
  }
}

async function* readFlights(limit: number): AsyncGenerator<Flight[]> {
  const buffer = await asyncBufferFromFile(file)
  const metadata = await parquetMetadataAsync(buffer)
  let rowStart = 0
  for (const group of metadata.row_groups) {
    const rowEnd = Math.min(rowStart + Number(group.num_rows), limit)
    if (rowStart >= rowEnd) return
    let rows: Flight[] = []
    await parquetRead({
      ...{ file: buffer, metadata, compressors, rowStart, rowEnd },
      onComplete: read => {
        rows = (read as [Date, bigint, bigint, string, string][]).map(([date, ...rest]) => [
          Timestamp.from(date),
          ...rest,
        ])
      },
    })
    yield rows
    rowStart += Number(group.num_rows)
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
