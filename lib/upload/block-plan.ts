import { TunnelOptionError } from '../errors.js'
import { maxBlockIds } from './block-check.js'

/** Which block ids a stream may use, and how large its blocks are. A function of the options alone, so that a resumed upload
 * of the same rows cuts the same blocks. */
export interface BlockPlan {
  readonly firstId: number
  readonly idCount: number
  readonly blockBytes: number
  readonly blockRows: number
  readonly maxBlockBytes: number
  /** Whether the first blocks are smaller: nobody has said how large blocks are to be, and there are ids enough. */
  readonly startsSmall: boolean
}

export interface BlockPlanOptions {
  readonly blockIds?: { readonly start: number; readonly count: number } | undefined
  readonly blockBytes?: number | undefined
  readonly blockRows?: number | undefined
  readonly maxBlockBytes?: number | undefined
}

const defaultBlockBytes = 32 * 2 ** 20
const defaultMaxBlockBytes = 64 * 2 ** 20
/** An upload holds a few blocks in memory. So that small ones need little, blocks double from this size after so many of them. */
const firstBlockBytes = 8 * 2 ** 20
const blocksOfSize = 64
/** With fewer ids they would be missed later. */
const manyIds = 1024

/** @throws TunnelOptionError ODPS_INVALID_OPTION when the ids do not lie in 0…19999. */
export const planBlocks = (options: BlockPlanOptions): BlockPlan => {
  const { start = 0, count = maxBlockIds - start } = options.blockIds ?? {}
  if (start + count > maxBlockIds)
    throw new TunnelOptionError(
      'ODPS_INVALID_OPTION',
      `blockIds: ${start}…${start + count - 1} reaches beyond the last block id, ${maxBlockIds - 1}`,
    )
  const blockBytes = options.blockBytes ?? defaultBlockBytes
  return {
    firstId: start,
    idCount: count,
    blockBytes,
    blockRows: options.blockRows ?? Number.POSITIVE_INFINITY,
    maxBlockBytes: Math.max(blockBytes, options.maxBlockBytes ?? defaultMaxBlockBytes),
    startsSmall: options.blockBytes === undefined && count >= manyIds,
  }
}

export interface BlockLimits {
  readonly bytes: number
  readonly rows: number
}

/** The limits of the k-th block: they double when 50, 75 and 90 % of the ids are used, so that ids last. */
export const blockLimits = (plan: BlockPlan, k: number): BlockLimits => {
  const used = k / plan.idCount
  const factor = used < 0.5 ? 1 : used < 0.75 ? 2 : used < 0.9 ? 4 : 8
  const usual = plan.startsSmall
    ? Math.min(firstBlockBytes * 2 ** Math.floor(k / blocksOfSize), plan.blockBytes)
    : plan.blockBytes
  return { bytes: Math.min(usual * factor, plan.maxBlockBytes), rows: plan.blockRows * factor }
}
