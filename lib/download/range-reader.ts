import type { ByteShare } from '../budget/byte-budget.js'
import type { CompressionName } from '../compression/compression.js'
import type { DownloadStats } from '../session/transfer-stats.js'
import { type Trace, tracedBy } from '../tracing.js'
import type { ItemReader } from './partition-reader.js'
import type { RangeFormat } from './range-decoder.js'
import { RangePlan } from './range-plan.js'
import { RangeRows, type RangeSource } from './range-rows.js'
import type { ReadAhead } from './read-ahead.js'
import type { RowRange } from './row-range.js'

export interface RangeReaderOptions<Item> {
  readonly columns: readonly string[] | undefined
  readonly compression: CompressionName
  readonly format: RangeFormat<Item>
  readonly rangeRows: number | undefined
  /** Rows of the first ranges, while nobody knows what rows weigh. Default 10 000. */
  readonly firstRangeRows?: number | undefined
  /** Ranges requested at once, the one that is read included. */
  readonly concurrency: number
  /** How many undecoded bytes ranges not yet due may hold in all. */
  readonly readAhead: ReadAhead
  readonly signal: AbortSignal | undefined
  /** What its ranges are a part of. */
  readonly [tracedBy]?: Trace | undefined
}

/**
 * Reads ranges ahead, several at once, and gives their items in order.
 *
 * One request brings a table no faster than one connection carries, and the service answers a range only after it has
 * found its first row. So several are asked for, and only the one that is due is decoded; the others fill a budget that
 * they share, compressed. Their order is that of the table, because nobody could tell afterwards which rows came first.
 */
export class RangeReader<Item> implements ItemReader<Item> {
  readonly #source: RangeSource
  readonly #options: RangeReaderOptions<Item>
  readonly #plan: RangePlan
  readonly #budget: ByteShare
  readonly #stats: DownloadStats
  readonly #ranges: RangeRows<Item>[] = []
  #rawBytesBefore = 0

  constructor(source: RangeSource, whole: RowRange, options: RangeReaderOptions<Item>, stats: DownloadStats) {
    this.#source = source
    this.#options = options
    this.#stats = stats
    this.#plan = new RangePlan(whole, options.rangeRows, options.firstRangeRows)
    this.#budget = options.readAhead.share(source.memory)
  }

  /** The next items in order, at least one; undefined when all have been read. */
  async next(): Promise<Item[] | undefined> {
    for (;;) {
      this.#fetchAhead()
      const due = this.#ranges[0]
      if (due === undefined) return undefined
      const items = await due.next()
      if (items !== undefined) return items
      this.#endRange(due)
    }
  }

  async destroy(): Promise<void> {
    await Promise.all(this.#ranges.splice(0).map(range => range.destroy()))
  }

  readonly #onRetry = (): void => {
    this.#stats.retries++
  }

  #endRange(range: RangeRows<Item>): void {
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

  #open(range: RowRange): RangeRows<Item> {
    const { columns, compression, format, readAhead, signal } = this.#options
    const rows = new RangeRows<Item>(this.#source, range, {
      columns,
      compression,
      format,
      signal,
      budget: this.#budget,
      onRetry: this.#onRetry,
      onWait: () => readAhead.wait(this.#budget, this.#source.clock),
      [tracedBy]: this.#options[tracedBy],
      onBytes: (wireBytes, rawBytes) => {
        this.#stats.wireBytes += wireBytes
        this.#stats.rawBytes += rawBytes
      },
    })
    rows.prefetch()
    return rows
  }
}
