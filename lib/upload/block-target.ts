import type { CallOptions } from '../session/call-options.js'
import type { PreparedBlock } from './block-builder.js'
import type { BlockLimits } from './block-plan.js'

/*
 * Where encoded blocks go, and what makes them count. An upload session is one such place, and so is each session of an
 * upload to many partitions; slots of a streaming upload and buckets of an upsert are others. Who builds blocks knows none
 * of them: it asks when a block is full, takes a place for it while it is still being compressed, so that places follow the
 * order of the rows, and hands it over.
 */
export interface BlockTarget {
  /** When the block that is growing now is full. */
  readonly limits: BlockLimits
  /**
   * Takes the place of the next block.
   * @throws TunnelSessionError ODPS_BLOCK_IDS_EXHAUSTED
   */
  place(): number
  /**
   * Sends a block until it is confirmed.
   * @returns the bytes sent; undefined when it was there already
   */
  put(place: number, block: PreparedBlock, options: CallOptions): Promise<number | undefined>
  /** Makes all blocks count. To be called when each has been put. */
  finish(options: CallOptions): Promise<void>
}
