import type { RecordEncoder } from '../codec/record-encoder.js'
import type { Compressor } from '../compression/compressor.js'
import { LoopTurns } from '../session/loop-turns.js'

/** A block's body, ready to be sent, and sent again byte for byte. */
export interface PreparedBlock {
  readonly body: readonly Buffer[]
  readonly rows: number
  readonly rawBytes: number
}

/** Encoded bytes are compressed in slices of this size, so that no step holds the event loop for long. */
const sliceBytes = 256 * 1024

/**
 * Turns rows into one block body after another: encodes at once and compresses while the block grows, so that
 * of a growing block only the compressed bytes and one raw slice are kept.
 */
export class BlockBuilder {
  readonly #encoder: RecordEncoder
  readonly #newCompressor: () => Compressor
  readonly #turns = new LoopTurns()
  #compressor: Compressor | undefined
  #busy: Promise<void> | undefined

  constructor(encoder: RecordEncoder, newCompressor: () => Compressor) {
    this.#encoder = encoder
    this.#newCompressor = newCompressor
  }

  get rows(): number {
    return this.#encoder.rows
  }

  get rawBytes(): number {
    return this.#encoder.rawBytes
  }

  /**
   * Adds one row, all of it or nothing.
   * @returns a promise when the compressor asks to wait before the next row, or the event loop is due a turn
   * @throws TunnelValueError and leaves the block as it was
   */
  add(row: unknown, rowIndex: number): Promise<void> | undefined {
    this.#encoder.write(row, rowIndex)
    return this.#encoder.pendingBytes < sliceBytes ? undefined : this.#compress(this.#encoder.take())
  }

  /** Ends the block. The builder takes rows of the next block at once, while this one is still compressed. */
  async finish(): Promise<PreparedBlock> {
    const { rows } = this.#encoder
    const before = this.#encoder.rawBytes
    const pending = this.#encoder.pendingBytes
    const rest = this.#encoder.finish()
    const compressor = this.#compressor ?? this.#newCompressor()
    const busy = this.#busy
    this.#compressor = undefined
    this.#busy = undefined
    try {
      await busy
      await compressor.write(rest)
      return { body: await compressor.finish(), rows, rawBytes: before - pending + rest.length }
    } catch (error) {
      compressor.destroy()
      throw error
    }
  }

  /** Forgets the growing block. */
  destroy(): void {
    this.#encoder.discard()
    this.#compressor?.destroy()
    this.#compressor = undefined
    this.#busy = undefined
  }

  #compress(slice: Buffer): Promise<void> | undefined {
    this.#compressor ??= this.#newCompressor()
    const busy = this.#compressor.write(slice) ?? this.#turns.due()
    if (busy === undefined) return undefined
    this.#busy = busy.finally(() => {
      this.#busy = undefined
    })
    return this.#busy
  }
}
