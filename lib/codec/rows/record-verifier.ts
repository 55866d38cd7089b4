import { TunnelProtocolError } from '../../errors.js'
import type { Column } from '../../schema/table-schema.js'
import { layoutsOf } from '../codec-of.js'
import { slackOf } from '../generated/decoder-code.js'
import { StreamTotals } from '../stream/totals.js'
import { StreamWalker } from '../stream/walker.js'
import { ByteWindow } from '../stream/window.js'
import { createStagedVerifier, type StagedReader } from '../wasm/decode.js'

/*
 * Records that are handed on as they came, but not unseen: each is read as a decoder reads it, and its checksum compared,
 * only no values are made of it. What is left is how far the bytes are good.
 */

const maxRowBytes = 256 * 1024 * 1024
const pieceBytes = 64 * 1024

export interface RecordVerifier {
  /**
   * Takes bytes of a stream.
   * @throws TunnelProtocolError, TunnelChecksumError as a decoder does
   */
  push(chunk: Uint8Array): void
  /** Good records so far. */
  readonly rows: number
  /** Bytes of these records. */
  readonly recordBytes: number
  /** The checksum over their checksums. */
  readonly checksum: number
  /** Whether the trailer was seen and agrees. */
  readonly ended: boolean
}

/** @throws TunnelProtocolError ODPS_UNSUPPORTED_TYPE for a column of a type this library does not know. */
export const createRecordVerifier = (columns: readonly Column[], firstRow = 0): RecordVerifier =>
  new StreamVerifier(columns, firstRow)

class StreamVerifier implements RecordVerifier {
  readonly #window: ByteWindow
  readonly #totals = new StreamTotals()
  readonly #walker: StreamWalker
  readonly #staged: StagedReader | undefined
  recordBytes = 0
  ended = false

  constructor(columns: readonly Column[], firstRow: number) {
    const layouts = layoutsOf(columns)
    const limits = { maxRowBytes, firstRow }
    this.#window = new ByteWindow(slackOf(columns.length), pieceBytes)
    this.#walker = new StreamWalker(this.#window, layouts, this.#totals, limits)
    this.#staged = createStagedVerifier(columns, layouts, limits)
  }

  get rows(): number {
    return this.#totals.rows
  }

  get checksum(): number {
    return this.#totals.checksum
  }

  push(chunk: Uint8Array): void {
    for (let from = 0; from < chunk.length; from += pieceBytes) {
      this.#window.append(chunk.subarray(from, from + pieceBytes))
      this.#drain()
    }
  }

  /** WebAssembly goes as far as it can; the walker takes one step over what it left. */
  #drain(): void {
    while (this.#window.length > 0) {
      if (this.ended) throw trailingBytes()
      const before = this.#window.length
      if (!this.#walker.busy && this.#readStaged()) {
        this.recordBytes += before - this.#window.length
        continue
      }
      const step = this.#walker.walk()
      if (step === 'starved') return
      if (step === 'end') this.ended = true
      else {
        this.#totals.add(this.#walker.checksum)
        this.recordBytes += this.#walker.walkedBytes
      }
      this.#window.drop(this.#walker.walkedBytes)
    }
  }

  #readStaged(): boolean {
    return this.#staged !== undefined && this.#staged.readInto(this.#window, this.#totals, []) > 0
  }
}

const trailingBytes = (): TunnelProtocolError =>
  new TunnelProtocolError('ODPS_MALFORMED_STREAM', 'The record stream continues after its trailer', {
    retryable: true,
  })
