import { encodeTrailer } from '../codec/stream/trailer.js'
import { type CompressionName, contentEncodingOf } from '../compression/compression.js'
import { type Compressor, createCompressor } from '../compression/compressor.js'
import { LoopTurns } from '../session/loop-turns.js'
import type { PreparedBlock } from '../upload/block-builder.js'
import type { BlockPlan } from '../upload/block-plan.js'
import { SessionTarget } from '../upload/session-target.js'
import type { SessionResult } from '../upload/session-transaction.js'
import type { Transaction, UploadContext } from '../upload/transaction.js'
import type { UploadSession } from '../upload/upload-session.js'
import { joinChecksums, type RawRecords } from './raw-records.js'

/*
 * Blocks of records that are there already: their bytes are compressed as they come, unless they still are, and the trailer is made of what the
 * trailers of the ranges said. A block ends only behind all records of an item, which is why it may be larger than its limit
 * by one.
 */

/** Bytes are compressed in slices of this size, so that no step holds the event loop for long. */
const sliceBytes = 256 * 1024

export interface RawBlockOptions {
  readonly plan: BlockPlan
  readonly compression: CompressionName
  readonly compressionLevel: number | undefined
}

export class RawTransaction implements Transaction<SessionResult> {
  readonly #target: SessionTarget
  readonly #context: UploadContext
  readonly #newCompressor: () => Compressor
  readonly #turns = new LoopTurns()
  #compressor: Compressor | undefined
  #rows = 0
  #rawBytes = 0
  #checksum = 0

  private constructor(target: SessionTarget, context: UploadContext, newCompressor: () => Compressor) {
    this.#target = target
    this.#context = context
    this.#newCompressor = newCompressor
  }

  static async open(
    session: UploadSession,
    { plan, compression, compressionLevel: level }: RawBlockOptions,
    context: UploadContext,
  ): Promise<RawTransaction> {
    const contentEncoding = contentEncodingOf(compression)
    const options = { plan, contentEncoding, resume: false, proof: undefined, ownIds: false }
    const target = await SessionTarget.open(session, options, context.call)
    const { pool } = context
    return new RawTransaction(target, context, () => createCompressor(compression, { level, pool }))
  }

  get result(): SessionResult {
    const { session, blockIds } = this.#target
    return { sessionId: session.sessionId, blockIds }
  }

  /** A row is records here, whole ones. */
  async add(row: unknown): Promise<void> {
    const records = row as RawRecords
    this.#compressor ??= this.#newCompressor()
    if (records.packed.length > 0) this.#compressor.join!(records.packed)
    for (const piece of records.pieces)
      for (let at = 0; at < piece.length; at += sliceBytes) {
        await this.#compressor?.write(piece.subarray(at, at + sliceBytes))
        await this.#turns.due()
      }
    this.#rows += records.rows
    this.#rawBytes += records.rawBytes
    this.#checksum = joinChecksums(this.#checksum, records.checksum, records.rows)
    const { bytes, rows } = this.#target.limits
    if (this.#rawBytes >= bytes || this.#rows >= rows) await this.#sendBlock()
  }

  close(): Promise<void> | undefined {
    return this.#rows > 0 ? this.#sendBlock() : undefined
  }

  async sent(): Promise<void> {
    await this.#context.sender.drain()
  }

  async commit(): Promise<void> {
    await this.#target.finish(this.#context.call)
  }

  destroy(): void {
    this.#compressor?.destroy()
    this.#compressor = undefined
  }

  async rest(): Promise<undefined> {}

  #sendBlock(): Promise<void> | undefined {
    const place = this.#target.place()
    const prepared = this.#finish()
    prepared.catch(() => {})
    return this.#context.sender.send(this.#target, place, () => prepared)
  }

  async #finish(): Promise<PreparedBlock> {
    const compressor = this.#compressor!
    const rows = this.#rows
    const trailer = encodeTrailer(rows, this.#checksum)
    const rawBytes = this.#rawBytes + trailer.length
    this.#compressor = undefined
    this.#rows = this.#rawBytes = this.#checksum = 0
    try {
      await compressor.write(trailer)
      return { body: await compressor.finish(), rows, rawBytes, checksum: 0 }
    } catch (error) {
      compressor.destroy()
      throw error
    }
  }
}
