import pLimit, { type LimitFunction } from 'p-limit'
import { AbortError } from '../abort.js'
import type { ByteShare } from '../budget/byte-budget.js'
import type { ChunkPool } from '../compression/chunk-pool.js'
import type { CallOptions } from '../session/call-options.js'
import { deferred } from '../session/deferred.js'
import { timed, type UploadStats } from '../session/transfer-stats.js'
import type { PreparedBlock } from './block-builder.js'
import type { BlockTarget } from './block-target.js'

/*
 * Sends blocks, some at a time, to whatever targets an upload has. Waiting for a permit is the upload's back-pressure:
 * a block that waits keeps the rows behind it waiting, so that no more blocks exist than may be sent at once, and one.
 * Where memory is shared, a block is sent in any case, but the next one grows only beside it when there is room for both.
 */

export interface BlockSenderOptions {
  readonly concurrency: number
  /** Where bodies go back to that are on the service. */
  readonly pool: ChunkPool
  /** What blocks on their way hold. */
  readonly memory: ByteShare
  /** For every request. */
  readonly call: CallOptions & { readonly signal: AbortSignal }
  /** Called once for every block that could not be sent. */
  readonly onFailure: (error: Error) => void
}

export class BlockSender {
  readonly #options: BlockSenderOptions
  readonly #stats: UploadStats
  readonly #permits: LimitFunction
  readonly #underWay = new Set<Promise<unknown>>()

  constructor(options: BlockSenderOptions, stats: UploadStats) {
    this.#options = options
    this.#stats = stats
    this.#permits = pLimit(options.concurrency)
  }

  /**
   * Sends a block as soon as a permit is free.
   * @param place of the target, taken for it
   * @param prepare called when the block's turn has come
   * @returns a promise when it had to wait for one, which resolves when the next block may grow: the back-pressure
   */
  send(
    target: Pick<BlockTarget, 'put'>,
    place: number,
    prepare: () => Promise<PreparedBlock>,
  ): Promise<void> | undefined {
    const started = deferred<void>()
    const { isBounded } = this.#options.memory
    const sent = this.#permits(async () => {
      if (isBounded) return this.#putWithin(target, place, prepare, started.resolve)
      started.resolve()
      await this.#put(target, place, await prepare())
    })
    this.#watch(sent)
    const isFree = this.#permits.pendingCount === 0 && !isBounded
    return isFree ? undefined : timed(this.#stats.phaseMs, 'wait', started.promise)
  }

  /**
   * The same for a block whose bytes the caller holds of the common memory already.
   */
  sendHeld(target: Pick<BlockTarget, 'put'>, place: number, prepare: () => Promise<PreparedBlock>): void {
    this.#watch(this.#permits(async () => this.#put(target, place, await prepare())))
  }

  /** Does other work that goes to the service, as soon as a permit is free. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#permits(work)
    this.#watch(done)
    return done
  }

  #watch(work: Promise<unknown>): void {
    this.#underWay.add(work)
    work.then(() => this.#underWay.delete(work), this.#options.onFailure)
  }

  /** Resolves when all blocks are on the service; rejects with the first failure. */
  async drain(): Promise<void> {
    await Promise.all(this.#underWay)
  }

  /** Resolves when nothing is under way any more. */
  async rest(): Promise<void> {
    await Promise.allSettled(this.#underWay)
  }

  /** @param onRoom called when there is room for another block beside this one, or this one is gone */
  async #putWithin(
    target: Pick<BlockTarget, 'put'>,
    place: number,
    prepare: () => Promise<PreparedBlock>,
    onRoom: () => void,
  ): Promise<void> {
    try {
      const block = await prepare()
      const claim = this.#options.memory.claim(block.body.reduce((sum, { length }) => sum + length, 0))
      claim.granted.then(onRoom)
      await this.#put(target, place, block).finally(() => claim.release())
    } finally {
      onRoom()
    }
  }

  async #put(target: Pick<BlockTarget, 'put'>, place: number, block: PreparedBlock): Promise<void> {
    const { call, pool } = this.#options
    if (call.signal.aborted) throw new AbortError(call.signal.reason)
    const stats = this.#stats
    stats.rawBytes += block.rawBytes
    stats.blocksInFlight++
    const put = timed(stats.phaseMs, 'upload', target.put(place, block, call))
    const wireBytes = await put.finally(() => stats.blocksInFlight--)
    // Not after a failure: its request may still hold views of the body.
    pool.give(block.body)
    if (wireBytes === undefined) stats.blocksSkipped++
    else {
      stats.blocks++
      stats.wireBytes += wireBytes
    }
  }
}
