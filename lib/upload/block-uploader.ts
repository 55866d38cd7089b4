import pLimit, { type LimitFunction } from 'p-limit'
import { AbortError } from '../abort.js'
import type { ChunkPool } from '../compression/chunk-pool.js'
import { TunnelSessionError } from '../errors.js'
import type { BlockProof } from '../internal-options.js'
import { deferred } from '../session/deferred.js'
import { timed, type UploadStats } from '../session/transfer-stats.js'
import type { PreparedBlock } from './block-builder.js'
import { type BlockLimits, type BlockPlan, blockLimits } from './block-plan.js'
import type { UploadSession } from './upload-session.js'

export interface BlockUploaderOptions {
  readonly plan: BlockPlan
  readonly concurrency: number
  readonly contentEncoding: string | undefined
  /** Record counts of blocks that need not be sent again when ours is the same. */
  readonly known: ReadonlyMap<number, number | undefined>
  /** With it, they must have the same rows too. */
  readonly proof: BlockProof | undefined
  /** Where bodies go back to that are on the service. */
  readonly pool: ChunkPool
  readonly signal: AbortSignal
  readonly onRetry: () => void
  /** Called once for every block that could not be uploaded. */
  readonly onFailure: (error: Error) => void
}

/** Gives blocks their ids and uploads them, some at a time. */
export class BlockUploader {
  readonly blockIds: number[] = []
  readonly #session: UploadSession
  readonly #options: BlockUploaderOptions
  readonly #stats: UploadStats
  readonly #permits: LimitFunction
  readonly #uploads = new Set<Promise<void>>()

  constructor(session: UploadSession, options: BlockUploaderOptions, stats: UploadStats) {
    this.#session = session
    this.#options = options
    this.#stats = stats
    this.#permits = pLimit(options.concurrency)
  }

  /** When the next block is full. */
  get limits(): BlockLimits {
    return blockLimits(this.#options.plan, this.blockIds.length)
  }

  /**
   * Uploads a block as soon as a permit is free.
   * @param finish ends it; takes the limits of the next one
   * @returns a promise when it had to wait for one, which resolves when the block's turn has come: the back-pressure
   * @throws TunnelSessionError ODPS_BLOCK_IDS_EXHAUSTED
   */
  send(finish: (next: BlockLimits) => Promise<PreparedBlock>): Promise<void> | undefined {
    const blockId = this.#nextId()
    const prepared = finish(this.limits)
    prepared.catch(() => {})
    const started = deferred<void>()
    const upload = this.#permits(async () => {
      started.resolve()
      await this.#upload(blockId, await prepared)
    })
    this.#uploads.add(upload)
    upload.then(() => this.#uploads.delete(upload), this.#options.onFailure)
    return this.#permits.pendingCount === 0 ? undefined : timed(this.#stats.phaseMs, 'wait', started.promise)
  }

  /** Resolves when all blocks are on the service; rejects with the first failure. */
  async drain(): Promise<void> {
    await Promise.all(this.#uploads)
  }

  /** Resolves when nothing is under way any more. */
  async rest(): Promise<void> {
    await Promise.allSettled(this.#uploads)
  }

  #nextId(): number {
    const { plan } = this.#options
    const { sessionId } = this.#session
    if (this.blockIds.length >= plan.idCount)
      throw new TunnelSessionError(
        'ODPS_BLOCK_IDS_EXHAUSTED',
        `All ${plan.idCount} block ids of session ${sessionId} are used; raise blockBytes, blockRows or blockIds.count`,
        { sessionId },
      )
    const blockId = plan.firstId + this.blockIds.length
    this.blockIds.push(blockId)
    return blockId
  }

  async #upload(blockId: number, block: PreparedBlock): Promise<void> {
    const { contentEncoding, onRetry, pool, proof, signal } = this.#options
    if (signal.aborted) throw new AbortError(signal.reason)
    const stats = this.#stats
    stats.rawBytes += block.rawBytes
    if (this.#isSent(blockId, block)) {
      stats.blocksSkipped++
      pool.give(block.body)
      return
    }
    const put = this.#session.putBlock(blockId, { ...block, contentEncoding }, { signal, onRetry })
    stats.blocksInFlight++
    const { wireBytes } = await timed(stats.phaseMs, 'upload', put).finally(() => stats.blocksInFlight--)
    // Not after a failure: its request may still hold views of the body.
    pool.give(block.body)
    stats.blocks++
    stats.wireBytes += wireBytes
    await proof?.onSent(blockId, block.checksum)
  }

  #isSent(blockId: number, { rows, checksum }: PreparedBlock): boolean {
    const { known, proof } = this.#options
    const former = proof?.former.get(blockId)
    if (proof !== undefined && former !== undefined && former !== checksum) throw proof.differs(blockId)
    return known.get(blockId) === rows && (proof === undefined || former === checksum)
  }
}
