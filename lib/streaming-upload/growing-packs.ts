import { BlockBuilder, type PreparedBlock } from '../upload/block-builder.js'

/** What rows become that are not sent yet: one pack, or one for each partition. They are sent together. */
export interface GrowingPacks {
  /** Of all. */
  readonly rows: number
  /** They have reached their limits, and are to be sent before the next row. */
  readonly isFull: boolean
  /**
   * Takes one row, all of it or nothing.
   * @returns a promise when the next row has to wait
   * @throws TunnelValueError for a row that does not fit
   */
  add(row: unknown, rowIndex: number): Promise<void> | undefined
  /** Ends all, and begins anew. */
  end(): readonly EndedPack[]
  /** Forgets all. */
  destroy(): void
}

export interface EndedPack {
  /** `a=1,b=2`; undefined where the session has the partition, or the table has none. */
  readonly partitionSpec?: string
  /** To be called when it may be sent. */
  prepare(): Promise<PreparedBlock>
}

/** All rows go to one place; they are compressed while they come. */
export class OnePack extends BlockBuilder implements GrowingPacks {
  end(): readonly EndedPack[] {
    const prepared = this.finish()
    prepared.catch(() => {})
    return [{ prepare: () => prepared }]
  }
}
