import { createRecordScatterer, type EncodeOptions } from '../codec/rows/record-encoder.js'
import type { OnRecords, RecordScatterer, RecordStream } from '../codec/rows/record-scatterer.js'
import type { Column } from '../schema/table-schema.js'
import type { HashName } from './hash/hash-family.js'
import { createKeyHash, type KeyHash } from './hash/key-hash.js'
import { recordColumns } from './record-columns.js'
import { type KeyedTable, UpsertCells } from './upsert-cells.js'

/** Whether a key of an object that isn't a column is an error, and how values are encoded. */
export type UpsertEncodeOptions = Pick<EncodeOptions, 'json' | 'oldDates' | 'unknownColumns'>

/** Turns rows, deletions and partial rows into cells of records, and tells the bucket of each. */
export class UpsertEncoder {
  readonly #cells: UpsertCells
  readonly #hash: KeyHash
  readonly #columns: readonly Column[]
  readonly #options: EncodeOptions
  readonly #buckets: number
  #current: readonly unknown[] = []

  /** @throws TunnelOptionError for a key that can't be hashed; TunnelProtocolError for a column of an unknown type */
  constructor(table: KeyedTable, hasher: HashName, buckets: number, options: UpsertEncodeOptions) {
    const { unknownColumns = 'error', ...encode } = options
    this.#cells = new UpsertCells(table, unknownColumns)
    this.#hash = createKeyHash(table.columns, table.key, hasher)
    this.#columns = table.columns
    this.#options = encode
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

  /** Of the row that was looked at last: those of its record, good until the next one is looked at. */
  get cells(): readonly unknown[] {
    return this.#current
  }

  /** What turns the cells of this encoder into records of many streams. */
  scatter<Stream extends RecordStream>(onRecords: OnRecords<Stream>): RecordScatterer<Stream> {
    const create = (hasPartialRows: boolean): RecordScatterer<Stream> =>
      createRecordScatterer(recordColumns(this.#columns, hasPartialRows), this.#options, onRecords)
    return new UpsertScatterer(this.#cells, create)
  }
}

/** Takes the columns of partial rows when the first one comes; what waits is written before. */
class UpsertScatterer<Stream extends RecordStream> implements RecordScatterer<Stream> {
  readonly #cells: UpsertCells
  readonly #create: (hasPartialRows: boolean) => RecordScatterer<Stream>
  #hasPartialRows = false
  #scatterer: RecordScatterer<Stream>

  constructor(cells: UpsertCells, create: (hasPartialRows: boolean) => RecordScatterer<Stream>) {
    this.#cells = cells
    this.#create = create
    this.#scatterer = create(false)
  }

  add(cells: readonly unknown[], rowIndex: number, stream: Stream): void {
    if (this.#cells.hasPartialRows !== this.#hasPartialRows) this.#change()
    this.#scatterer.add(cells, rowIndex, stream)
  }

  flush(): void {
    this.#scatterer.flush()
  }

  mayHold(bytes: number): boolean {
    return this.#scatterer.mayHold(bytes)
  }

  #change(): void {
    this.#scatterer.flush()
    this.#scatterer = this.#create(true)
    this.#hasPartialRows = true
  }
}
