import type { RowRange } from './row-range.js'

/*
 * How many rows a request should ask for depends on what they weigh, which is known only when some have come. Too few
 * cost a request each; too many make the ranges behind them wait, and what is read ahead of them fills its budget. About
 * 8 MiB of records keep both small.
 */

/** Cuts what is to be read into ranges, one at a time, so that their size can follow what the rows weigh. */
export class RangePlan {
  readonly #end: number
  readonly #fixedRows: number | undefined
  #next: number
  #rows: number

  /**
   * @param rangeRows rows of every range; when absent ranges start at `firstRows` and adapt towards 8 MiB raw
   * @param firstRows default 10 000
   */
  constructor(whole: RowRange, rangeRows: number | undefined, firstRows = firstRangeRows) {
    this.#rows = firstRows
    this.#next = whole.start
    this.#end = whole.start + whole.count
    this.#fixedRows = rangeRows
  }

  /** The next range, undefined after the last. */
  next(): RowRange | undefined {
    if (this.#next >= this.#end) return undefined
    const start = this.#next
    const count = Math.min(this.#fixedRows ?? this.#rows, this.#end - start)
    this.#next += count
    return { start, count }
  }

  /** Learns from a range that was read. */
  adapt(rows: number, rawBytes: number): void {
    if (rows === 0) return
    const wanted = Math.ceil(targetBytes / Math.max(1, rawBytes / rows))
    this.#rows = Math.min(maxRangeRows, Math.max(minRangeRows, wanted))
  }
}

const firstRangeRows = 10_000
const minRangeRows = 100
const maxRangeRows = 1_000_000
const targetBytes = 8 * 2 ** 20
