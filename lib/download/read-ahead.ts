import type { ByteBudget, ByteShare } from '../budget/byte-budget.js'
import type { Clock } from '../http/clock.js'

/*
 * How many bytes ranges hold before their turn. Reading ahead pays while one connection brings less than the reader takes. Where
 * the reader is the slower one it costs: what waits leaves the processor's caches, and outlives the young generation of the engine,
 * so that each byte is fetched from memory again and old garbage is collected every few megabytes. So a download begins with
 * little, and takes twice as much each time its reader has waited for bytes while the ranges behind were held up.
 */

const firstBytes = 2 ** 20
/** Together, until it takes twice as much: all of it is taken after a tenth of a second of waiting. */
const waitMs = 20

/** What a download has found out, for all its ranges and partitions. */
export class ReadAhead {
  readonly #mostBytes: number
  #bytes: number
  #waitedMs = 0

  constructor(mostBytes: number) {
    this.#mostBytes = mostBytes
    this.#bytes = Math.min(firstBytes, mostBytes)
  }

  /** What the ranges of a session or partition hold. */
  share(memory: ByteBudget): ByteShare {
    return memory.share(this.#bytes)
  }

  /**
   * The reader begins to wait for bytes of an answer that is coming.
   * @returns to be called when it has them; undefined while `share` has room, as then more would not help
   */
  wait(share: ByteShare, clock: Clock): (() => void) | undefined {
    if (this.#bytes >= this.#mostBytes || share.used < this.#bytes) return undefined
    const from = clock.now()
    return () => this.#grow(share, clock.now() - from)
  }

  #grow(share: ByteShare, waitedMs: number): void {
    this.#waitedMs += waitedMs
    if (this.#waitedMs < waitMs) return
    this.#waitedMs = 0
    this.#bytes = Math.min(2 * this.#bytes, this.#mostBytes)
    share.raise(this.#bytes)
  }
}
