import { crc32 } from 'node:zlib'
import type { RecordRun } from '../codec/rows/encoded-records.js'
import type { RecordEncoder } from '../codec/rows/record-encoder.js'
import type { Compressor } from '../compression/compressor.js'
import { LoopTurns } from '../session/loop-turns.js'
import type { BlockLimits } from './block-plan.js'

/** A block's body, ready to be sent, and sent again byte for byte. */
export interface PreparedBlock {
  readonly body: readonly Buffer[]
  readonly rows: number
  readonly rawBytes: number
  /** Of its rows: what the trailer tells of the records, or if asked for the CRC-32 of all bytes. */
  readonly checksum: number
}

/** Encoded bytes are compressed in slices of this size, so that no step holds the event loop for long. */
const sliceBytes = 256 * 1024

/*
 * A block may hold 64 MiB of records and has to be kept until it is confirmed, so it is kept compressed: bytes are encoded at
 * once and compressed while the block grows, and of a growing block only one slice is raw. The slice's buffer then serves
 * again. Where the next thing is to do is known beforehand as a number of bytes, so that a row costs one comparison.
 */

/** Turns rows into one block body after another. */
export class BlockBuilder {
  readonly #encoder: RecordEncoder
  readonly #newCompressor: () => Compressor
  readonly #turns = new LoopTurns()
  readonly #sumsBytes: boolean
  #sum = 0
  #limits: BlockLimits
  /** The next size of the block, in raw bytes, at which there is something to do. */
  #nextBytes = 0
  #compressor: Compressor | undefined
  #busy: Promise<void> | undefined

  /** @param sumsBytes the records' own checksums tell the values within a nested one, and not how it holds them */
  constructor(
    encoder: RecordEncoder,
    newCompressor: () => Compressor,
    limits: BlockLimits,
    sumsBytes = false,
  ) {
    this.#encoder = encoder
    this.#newCompressor = newCompressor
    this.#limits = limits
    this.#sumsBytes = sumsBytes
    this.#expect(0)
  }

  /** Whether the block has reached its limits, and is to be finished before the next row. */
  isFull = false

  get rows(): number {
    return this.#encoder.rows
  }

  /** Bytes of the records of the block that is growing. */
  get rawBytes(): number {
    return this.#encoder.rawBytes
  }

  /** Whether these are at least so many: cheap after every row. */
  reaches(rawBytes: number): boolean {
    return this.#encoder.rawReaches(rawBytes)
  }

  /**
   * Adds one row, all of it or nothing.
   * @returns a promise when the compressor asks to wait before the next row, or the event loop is due a turn
   * @throws TunnelValueError and leaves the block as it was
   */
  add(row: unknown, rowIndex: number): Promise<void> | undefined {
    const encoder = this.#encoder
    encoder.write(row, rowIndex)
    return this.#see()
  }

  /**
   * Adds records from the front of a run, up to the next one behind which there is something to do.
   * @returns like {@link add}
   */
  addRecords(run: RecordRun): Promise<void> | undefined {
    const encoder = this.#encoder
    encoder.append(run.take(this.#limits.rows - encoder.rows, this.#nextBytes - encoder.rawBytes))
    return this.#see()
  }

  #see(): Promise<void> | undefined {
    const encoder = this.#encoder
    if (encoder.rows >= this.#limits.rows) this.isFull = true
    return encoder.rawReaches(this.#nextBytes) ? this.#reach(encoder.rawBytes) : undefined
  }

  #reach(rawBytes: number): Promise<void> | undefined {
    if (rawBytes >= this.#limits.bytes) this.isFull = true
    if (this.#encoder.pendingBytes < sliceBytes) return undefined
    const slice = this.#encoder.take()
    this.#expect(rawBytes)
    return this.#compress(slice)
  }

  #expect(takenBytes: number): void {
    this.#nextBytes = Math.min(takenBytes + sliceBytes, this.#limits.bytes)
  }

  /**
   * Ends the block. The builder takes rows of the next block at once, while this one is still compressed.
   * @param limits of the next block
   */
  finish(limits = this.#limits): Promise<PreparedBlock> {
    const block = this.#finish()
    this.#limits = limits
    this.isFull = false
    this.#expect(0)
    return block
  }

  async #finish(): Promise<PreparedBlock> {
    const { rows } = this.#encoder
    const before = this.#encoder.rawBytes
    const pending = this.#encoder.pendingBytes
    const bytes = this.#encoder.finish()
    this.#addToSum(bytes)
    const checksum = this.#sumsBytes ? this.#sum : this.#encoder.finishedChecksum
    this.#sum = 0
    const compressor = this.#compressor ?? this.#newCompressor()
    const busy = this.#busy
    // Rows of the next block may be written over what is not compressed at once.
    const rest = busy === undefined ? bytes : Buffer.from(bytes)
    this.#compressor = undefined
    this.#busy = undefined
    try {
      if (busy !== undefined) await busy
      await compressor.write(rest)
      return { body: await compressor.finish(), rows, rawBytes: before - pending + rest.length, checksum }
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

  #addToSum(bytes: Buffer): void {
    if (this.#sumsBytes) this.#sum = crc32(bytes, this.#sum)
  }

  #compress(slice: Buffer): Promise<void> | undefined {
    this.#addToSum(slice)
    this.#compressor ??= this.#newCompressor()
    const written = this.#compressor.write(slice)
    this.#encoder.reclaim()
    const busy = written ?? this.#turns.due()
    if (busy === undefined) return undefined
    this.#busy = busy.finally(() => {
      this.#busy = undefined
    })
    return this.#busy
  }
}
