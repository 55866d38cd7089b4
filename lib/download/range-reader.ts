import type { DecodeOptions } from '../codec/rows/record-decoder.js'
import type { CompressionName } from '../compression/compression.js'
import type { DownloadStats } from '../session/transfer-stats.js'
import { RangePlan } from './range-plan.js'
import { RangeRows, type RangeSource } from './range-rows.js'
import { ReadAheadBudget } from './read-ahead.js'
import type { RowRange } from './row-range.js'

export interface RangeReaderOptions {
  readonly columns: readonly string[] | undefined
  readonly compression: CompressionName
  readonly decode: DecodeOptions
  readonly rangeRows: number | undefined
  /** Ranges requested at once, the one that is read included. */
  readonly concurrency: number
  /** Undecoded bytes that ranges not yet due may hold in all. */
  readonly readAheadBytes: number
  readonly signal: AbortSignal | undefined
}

/** Reads ranges ahead, several at once, and gives their rows in order. */
export class RangeReader {
  readonly #source: RangeSource
  readonly #options: RangeReaderOptions
  readonly #plan: RangePlan
  readonly #budget: ReadAheadBudget
  readonly #stats: DownloadStats
  readonly #ranges: RangeRows[] = []
  #rawBytesBefore = 0

  constructor(source: RangeSource, whole: RowRange, options: RangeReaderOptions, stats: DownloadStats) {
    this.#source = source
    this.#options = options
    this.#stats = stats
    this.#plan = new RangePlan(whole, options.rangeRows)
    this.#budget = new ReadAheadBudget(options.readAheadBytes)
  }

  /** The next rows in order, at least one; undefined when all have been read. */
  async next(): Promise<unknown[] | undefined> {
    for (;;) {
      this.#fetchAhead()
      const due = this.#ranges[0]
      if (due === undefined) return undefined
      const rows = await due.next()
      if (rows !== undefined) return rows
      this.#endRange(due)
    }
  }

  /** Lets all requests go. */
  destroy(): void {
    for (const range of this.#ranges) range.destroy()
    this.#ranges.length = 0
  }

  readonly #onRetry = (): void => {
    this.#stats.retries++
  }

  #endRange(range: RangeRows): void {
    this.#ranges.shift()
    this.#stats.ranges++
    this.#plan.adapt(range.range.count, this.#stats.rawBytes - this.#rawBytesBefore)
    this.#rawBytesBefore = this.#stats.rawBytes
  }

  #fetchAhead(): void {
    while (this.#ranges.length < this.#options.concurrency) {
      const range = this.#plan.next()
      if (range === undefined) return
      this.#ranges.push(this.#open(range))
    }
  }

  #open(range: RowRange): RangeRows {
    const { columns, compression, decode, signal } = this.#options
    const rows = new RangeRows(this.#source, range, {
      columns,
      compression,
      decode,
      signal,
      budget: this.#budget,
      onRetry: this.#onRetry,
      onBytes: (wireBytes, rawBytes) => {
        this.#stats.wireBytes += wireBytes
        this.#stats.rawBytes += rawBytes
      },
    })
    rows.prefetch()
    return rows
  }
}
