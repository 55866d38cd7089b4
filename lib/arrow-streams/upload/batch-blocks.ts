import { Framer } from '../../arrow/tunnel/frame.js'
import type { WireRows } from '../../arrow/tunnel/wire-plan.js'
import type { Compressor } from '../../compression/compressor.js'
import { LoopTurns } from '../../session/loop-turns.js'
import type { PreparedBlock } from '../../upload/block-builder.js'
import type { BlockLimits } from '../../upload/block-plan.js'

/*
 * A record batch is many small buffers: with twenty columns about sixty for each thousand rows. They are gathered before they are
 * hashed and compressed, which both cost something for every call; long ones are taken where they lie.
 */

/** What is gathered at most, and how long a buffer is that isn't. */
const [gatheredBytes, longBytes] = [64 * 1024, 16 * 1024]

/** Turns record batches into one block body after another: framed, and compressed while the block grows. */
export class BatchBlocks {
  rows = 0
  /** Bytes of messages in the block that is growing. */
  rawBytes = 0
  readonly #newCompressor: () => Compressor
  readonly #turns = new LoopTurns()
  readonly #framer = new Framer()
  #compressor: Compressor | undefined
  #gathered: Buffer | undefined

  constructor(newCompressor: () => Compressor) {
    this.#newCompressor = newCompressor
  }

  /** Whether the block has reached its limits. A batch is never parted, so the last one may lead beyond them. */
  isFull({ rows, bytes }: BlockLimits): boolean {
    return this.rows >= rows || this.rawBytes >= bytes
  }

  async add({ length, pieces }: WireRows): Promise<void> {
    this.rows += length
    this.#gathered ??= Buffer.allocUnsafeSlow(gatheredBytes)
    let filled = 0
    for (const piece of pieces) {
      this.rawBytes += piece.length
      if (filled > 0 && filled + piece.length > gatheredBytes) {
        await this.#frame(this.#gathered.subarray(0, filled))
        filled = 0
      }
      if (piece.length >= longBytes && filled === 0) await this.#frame(piece)
      else {
        this.#gathered.set(piece, filled)
        filled += piece.length
      }
    }
    if (filled > 0) await this.#frame(this.#gathered.subarray(0, filled))
  }

  /** Ends the block. No batch may be added before this resolves. */
  async finish(): Promise<PreparedBlock> {
    const framed: Uint8Array[] = []
    this.#framer.end(framed)
    await this.#compress(framed)
    const { rows, rawBytes } = this
    const body = await this.#compressor!.finish()
    this.#compressor = undefined
    this.rows = 0
    this.rawBytes = 0
    return { body, rows, rawBytes, checksum: 0 }
  }

  destroy(): void {
    this.#compressor?.destroy()
    this.#compressor = undefined
  }

  /** The bytes may be written over when it resolves. */
  async #frame(bytes: Uint8Array): Promise<void> {
    const framed: Uint8Array[] = []
    this.#framer.push(bytes, framed)
    await this.#compress(framed)
  }

  async #compress(framed: readonly Uint8Array[]): Promise<void> {
    this.#compressor ??= this.#newCompressor()
    for (const piece of framed) {
      const written = this.#compressor.write(piece) ?? this.#turns.due()
      if (written !== undefined) await written
    }
  }
}
