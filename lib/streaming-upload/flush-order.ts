import type { PreparedBlock } from '../upload/block-builder.js'
import type { PackAnswer } from './pack-target.js'

/*
 * Slots answer in any order, and who reads from a queue acknowledges up to a row. So a flush is told when all rows before it
 * are in the table as well: whoever starts again behind the last row told loses none.
 */

/** Rows that are in the table, as all before them are. */
export interface Flush {
  /** Rows of the pack; skipped ones do not count. */
  readonly rows: number
  /** Bytes of its records, before compression. */
  readonly bytes: number
  /** Index of the first and last row since the flush before, both inclusive, counting all rows written from 0. */
  readonly firstRow: number
  readonly lastRow: number
  /** The service's id of the request, for its support. */
  readonly requestId: string | undefined
  /** The service's number of the pack; absent when it gives none. */
  readonly batchId?: number
}

export type RowSpan = Pick<Flush, 'firstRow' | 'lastRow'>

export class FlushOrder {
  readonly #onFlush: (flush: Flush) => void
  readonly #spans = new Map<number, RowSpan>()
  readonly #taken = new Map<number, Flush>()
  #next = 0

  constructor(onFlush: (flush: Flush) => void) {
    this.#onFlush = onFlush
  }

  /** @param place counted from 0, without a gap */
  begin(place: number, span: RowSpan): void {
    this.#spans.set(place, span)
  }

  taken(place: number, { rows, rawBytes: bytes }: PreparedBlock, { requestId, batchId }: PackAnswer): void {
    const span = this.#spans.get(place)!
    this.#spans.delete(place)
    this.#taken.set(place, { rows, bytes, ...span, requestId, ...(batchId !== undefined && { batchId }) })
    for (let flush = this.#taken.get(this.#next); flush !== undefined; flush = this.#taken.get(this.#next)) {
      this.#taken.delete(this.#next++)
      this.#onFlush(flush)
    }
  }
}
