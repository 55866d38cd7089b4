import {
  createRecordScatterer,
  type EncodeOptions,
  type RecordScatterer,
} from '../codec/rows/record-encoder.js'
import type { StreamTotals } from '../codec/stream/totals.js'
import type { HashName } from './hash/hash-family.js'
import { createKeyHash, type KeyHash } from './hash/key-hash.js'
import { recordColumns } from './record-columns.js'
import { type KeyedTable, UpsertCells } from './upsert-cells.js'

/** Whether a key of an object that isn't a column is an error, and how values are encoded. */
export type UpsertEncodeOptions = Pick<EncodeOptions, 'json' | 'oldDates' | 'unknownColumns'>

/** Turns rows, deletions and partial rows into records, and tells the bucket of each. */
export class UpsertEncoder {
  readonly #cells: UpsertCells
  readonly #hash: KeyHash
  readonly #scatterer: RecordScatterer
  readonly #buckets: number
  #current: readonly unknown[] = []

  /** @throws TunnelOptionError for a key that can't be hashed; TunnelProtocolError for a column of an unknown type */
  constructor(table: KeyedTable, hasher: HashName, buckets: number, options: UpsertEncodeOptions) {
    const { unknownColumns = 'error', ...encode } = options
    this.#cells = new UpsertCells(table, unknownColumns)
    this.#hash = createKeyHash(table.columns, table.key, hasher)
    this.#scatterer = createRecordScatterer(recordColumns(table.columns), encode)
    this.#buckets = buckets
  }

  /**
   * Looks at one row.
   * @returns its bucket
   * @throws TunnelValueError for a row that does not fit
   */
  bucketOf(row: unknown, rowIndex: number): number {
    this.#current = this.#cells.of(row, rowIndex)
    return this.#hash(this.#current, rowIndex) % this.#buckets
  }

  /**
   * Encodes the row that was looked at last.
   * @param totals of its bucket, which it is added to
   * @returns its record, which the next one is written over
   * @throws TunnelValueError for a row that does not fit; the totals are then as before
   */
  encode(rowIndex: number, totals: StreamTotals): Buffer {
    return this.#scatterer.encode(this.#current, rowIndex, totals)
  }
}
