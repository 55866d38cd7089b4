import type { OnRecords, RecordScatterer, RecordStream } from '../codec/rows/record-scatterer.js'
import { StreamTotals } from '../codec/stream/totals.js'
import { encodeTrailer } from '../codec/stream/trailer.js'
import { formatPartitionSpec } from '../schema/partition-spec.js'
import type { TableSchema } from '../schema/table-schema.js'
import type { PreparedBlock } from '../upload/block-builder.js'
import type { BlockLimits } from '../upload/block-plan.js'
import { BytePages, PagedBytes, type TakenBytes } from '../upload/partitions/byte-pages.js'
import { createPartitionKeys, type PartitionBy, specOf } from '../upload/partitions/partition-keys.js'
import type { EndedPack, GrowingPacks } from './growing-packs.js'

/*
 * Rows of many partitions in any order. A compressor for each would cost hundreds of kilobytes per partition, so rows are kept as
 * bare records, in pages that all partitions share, and compressed when they are sent. The limits are for all of them
 * together, and all are sent together: only so can one number tell which rows are in the table, however they were mixed.
 */

/** More partitions than this would be more requests at once than any slot count is made for, and mostly empty pages. */
export const maxGrowing = 1024

export interface PartitionPacksOptions {
  readonly by: PartitionBy<never>
  readonly schema: TableSchema
  readonly unknownColumns: 'error' | 'ignore'
  readonly limits: BlockLimits
  readonly scatter: (onRecords: OnRecords<PartitionPack>) => RecordScatterer<PartitionPack>
  /** @param records a record stream */
  readonly compress: (records: TakenBytes, rows: number) => Promise<PreparedBlock>
}

export interface PartitionPack extends RecordStream {
  readonly partitionSpec: string
  readonly records: PagedBytes
}

export class PartitionPacks implements GrowingPacks {
  readonly #options: PartitionPacksOptions
  readonly #keys
  readonly #scatterer: RecordScatterer<PartitionPack>
  readonly #pages = new BytePages()
  readonly #byKey = new Map<string, PartitionPack>()
  #bytes = 0
  rows = 0

  /** @throws TunnelOptionError ODPS_INVALID_OPTION when `by` has not exactly the partition columns of the table */
  constructor(options: PartitionPacksOptions) {
    const { by, schema, unknownColumns } = options
    this.#options = options
    this.#scatterer = options.scatter((pack, records) => {
      this.#pages.append(pack.records, records)
      this.#bytes += records.length
    })
    this.#keys = createPartitionKeys(by, undefined, schema, unknownColumns, {
      where: 'createStreamingUploadStream',
      names: 'partitionBy',
    })
  }

  get isFull(): boolean {
    const { rows, bytes } = this.#options.limits
    if (this.rows >= rows || this.#byKey.size >= maxGrowing) return true
    if (this.#scatterer.mayHold(bytes - this.#bytes)) this.#scatterer.flush()
    return this.#bytes >= bytes
  }

  add(row: unknown, rowIndex: number): undefined {
    const { cells, place } = this.#keys.locate(row, rowIndex)
    const pack = this.#byKey.get(place.key) ?? this.#newPack(place.values)
    this.#scatterer.add(cells, rowIndex, pack)
    this.#byKey.set(place.key, pack)
    this.rows++
  }

  end(): readonly EndedPack[] {
    this.#scatterer.flush()
    const packs = Array.from(this.#byKey.values(), pack => this.#end(pack))
    this.#byKey.clear()
    this.#bytes = 0
    this.rows = 0
    return packs
  }

  destroy(): void {
    this.end()
  }

  #newPack(values: readonly string[]): PartitionPack {
    const spec = specOf(this.#options.schema.partitionColumns, values)
    return {
      partitionSpec: formatPartitionSpec(spec),
      records: new PagedBytes(),
      totals: new StreamTotals(),
      waiting: -1,
    }
  }

  #end({ partitionSpec, records, totals: { rows, checksum } }: PartitionPack): EndedPack {
    const trailer = encodeTrailer(rows, checksum)
    this.#pages.append(records, trailer)
    const taken = this.#pages.take(records)
    return {
      partitionSpec,
      prepare: () => this.#options.compress(taken, rows),
    }
  }
}
