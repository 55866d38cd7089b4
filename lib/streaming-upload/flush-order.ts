import type { PreparedBlock } from '../upload/block-builder.js'
import type { PackAnswer } from './pack-target.js'

/*
 * Slots answer in any order, and who reads from a queue acknowledges up to a row. So a flush is told when all rows before it
 * are in the table as well: whoever starts again behind the last row told loses none. Rows of packs for several partitions lie
 * among each other, so such packs are told when all of them are in the table.
 */

/** Rows that are in the table, as all before them are. */
export interface Flush {
  /** Rows of the pack; skipped ones do not count. */
  readonly rows: number
  /** Bytes of its records, before compression. */
  readonly bytes: number
  /**
   * Index of the first and last row since the flush before, both inclusive, counting all rows written from 0. With `partitionBy`
   * the same for all packs that were sent together.
   */
  readonly firstRow: number
  readonly lastRow: number
  /** Where the pack went, `a=1,b=2`; with `partitionBy` only. */
  readonly partitionSpec?: string
  /** The service's id of the request, for its support. */
  readonly requestId: string | undefined
  /** The service's number of the pack; absent when it gives none. */
  readonly batchId?: number
}

export type RowSpan = Pick<Flush, 'firstRow' | 'lastRow'>

export interface PlacedPack {
  readonly place: number
  readonly partitionSpec?: string
}

/** Packs that were sent together. */
interface Sending {
  readonly span: RowSpan
  readonly flushes: Flush[]
  /** How many of them are not in the table yet. */
  left: number
}

export class FlushOrder {
  readonly #onFlush: (flush: Flush) => void
  /** In the order of their rows. */
  readonly #sendings: Sending[] = []
  readonly #byPlace = new Map<number, { readonly sending: Sending; readonly partitionSpec?: string }>()

  constructor(onFlush: (flush: Flush) => void) {
    this.#onFlush = onFlush
  }

  /** @param packs that have the rows of the span among them; at least one */
  begin(packs: readonly PlacedPack[], span: RowSpan): void {
    const sending: Sending = { span, flushes: [], left: packs.length }
    this.#sendings.push(sending)
    for (const { place, ...partition } of packs) this.#byPlace.set(place, { sending, ...partition })
  }

  taken(place: number, { rows, rawBytes: bytes }: PreparedBlock, { requestId, batchId }: PackAnswer): void {
    const { sending, ...partition } = this.#byPlace.get(place)!
    this.#byPlace.delete(place)
    const batch = batchId !== undefined && { batchId }
    sending.flushes.push({ rows, bytes, ...sending.span, ...partition, requestId, ...batch })
    sending.left--
    while (this.#sendings[0]?.left === 0)
      for (const flush of this.#sendings.shift()!.flushes) this.#onFlush(flush)
  }
}
