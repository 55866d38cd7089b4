import pLimit, { type LimitFunction } from 'p-limit'
import { AbortError } from '../abort.js'
import type { ChunkPool } from '../compression/chunk-pool.js'
import type { CallOptions } from '../session/call-options.js'
import { deferred } from '../session/deferred.js'
import { timed, type UploadStats } from '../session/transfer-stats.js'
import type { PreparedBlock } from './block-builder.js'
import type { BlockTarget } from './block-target.js'

/*
 * Sends blocks, some at a time, to whatever targets an upload has. Waiting for a permit is the upload's back-pressure:
 * a block that waits keeps the rows behind it waiting, so that no more blocks exist than may be sent at once, and one.
 */

export interface BlockSenderOptions {
  readonly concurrency: number
  /** Where bodies go back to that are on the service. */
  readonly pool: ChunkPool
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
   * @returns a promise when it had to wait for one, which resolves when the block's turn has come: the back-pressure
   */
  send(target: BlockTarget, place: number, prepare: () => Promise<PreparedBlock>): Promise<void> | undefined {
    const started = deferred<void>()
    const sent = this.#permits(async () => {
      started.resolve()
      await this.#put(target, place, await prepare())
    })
    this.#watch(sent)
    return this.#permits.pendingCount === 0 ? undefined : timed(this.#stats.phaseMs, 'wait', started.promise)
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

  async #put(target: BlockTarget, place: number, block: PreparedBlock): Promise<void> {
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
