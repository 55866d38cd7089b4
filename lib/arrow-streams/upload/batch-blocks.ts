import { Framer } from '../../arrow/tunnel/frame.js'
import type { WireRows } from '../../arrow/tunnel/wire-plan.js'
import type { Compressor } from '../../compression/compressor.js'
import { LoopTurns } from '../../session/loop-turns.js'
import type { PreparedBlock } from '../../upload/block-builder.js'
import type { BlockLimits } from '../../upload/block-plan.js'

/** Turns record batches into one block body after another: framed, and compressed while the block grows. */
export class BatchBlocks {
  rows = 0
  /** Bytes of messages in the block that is growing. */
  rawBytes = 0
  readonly #newCompressor: () => Compressor
  readonly #turns = new LoopTurns()
  readonly #framer = new Framer()
  #compressor: Compressor | undefined

  constructor(newCompressor: () => Compressor) {
    this.#newCompressor = newCompressor
  }

  /** Whether the block has reached its limits. A batch is never parted, so the last one may lead beyond them. */
  isFull({ rows, bytes }: BlockLimits): boolean {
    return this.rows >= rows || this.rawBytes >= bytes
  }

  async add({ length, pieces }: WireRows): Promise<void> {
    this.rows += length
    const framed: Uint8Array[] = []
    for (const piece of pieces) {
      this.rawBytes += piece.length
      this.#framer.push(piece, framed)
    }
    await this.#compress(framed)
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

  async #compress(framed: readonly Uint8Array[]): Promise<void> {
    this.#compressor ??= this.#newCompressor()
    for (const piece of framed) {
      const written = this.#compressor.write(piece) ?? this.#turns.due()
      if (written !== undefined) await written
    }
  }
}
