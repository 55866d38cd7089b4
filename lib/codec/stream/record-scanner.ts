import { TunnelProtocolError } from '../../errors.js'
import type { Column } from '../../schema/table-schema.js'
import { endRecordTagBytes, tagBytes } from '../../wire/tags.js'
import { layoutsOf } from '../codec-of.js'
import type { ScannedRecord } from '../rows/record-projector.js'
import { StreamTotals } from './totals.js'
import { StreamWalker } from './walker.js'
import { ByteWindow } from './window.js'

export { createRecordProjector, type ScannedRecord } from '../rows/record-projector.js'
export { encodeTrailer } from './trailer.js'

/**
 * Cuts a record stream into records, verified and not decoded: what is stored and served again as it came, as the emulator does,
 * needs no values. The fields stay as they came; the end of a record comes out in its shortest form, whatever spelling of it the
 * sender has chosen.
 */
export interface RecordScanner {
  /**
   * Appends to `records` every complete record whose checksum agrees.
   * @throws TunnelProtocolError, TunnelChecksumError as a decoder does; bytes after the trailer are refused too
   */
  push(chunk: Uint8Array, records: ScannedRecord[]): void
  /** @throws TunnelProtocolError ODPS_TRUNCATED_STREAM when no complete, verified trailer was seen. */
  end(): void
  readonly rows: number
  readonly ended: boolean
}

/** @throws TunnelProtocolError ODPS_UNSUPPORTED_TYPE for a column of a type this library does not know. */
export const createRecordScanner = (
  columns: readonly Column[],
  { maxRowBytes = 256 * 1024 * 1024 }: { readonly maxRowBytes?: number } = {},
): RecordScanner => new StreamScanner(columns, maxRowBytes)

class StreamScanner implements RecordScanner {
  readonly #window = new ByteWindow(0)
  readonly #totals = new StreamTotals()
  readonly #walker: StreamWalker
  #ended = false
  #failure: { error: unknown } | undefined

  constructor(columns: readonly Column[], maxRowBytes: number) {
    this.#walker = new StreamWalker(this.#window, layoutsOf(columns), this.#totals, {
      maxRowBytes,
      firstRow: 0,
    })
  }

  get rows(): number {
    return this.#totals.rows
  }

  get ended(): boolean {
    return this.#ended
  }

  push(chunk: Uint8Array, records: ScannedRecord[]): void {
    if (this.#failure) throw this.#failure.error
    try {
      this.#window.append(chunk)
      while (this.#window.length > 0) {
        if (this.#ended) throw fault('ODPS_MALFORMED_STREAM', 'The record stream continues after its trailer')
        const step = this.#walker.walk()
        if (step === 'starved') return
        if (step === 'end') this.#ended = true
        else this.#cut(records)
        this.#window.drop(this.#walker.walkedBytes)
      }
    } catch (error) {
      this.#failure = { error }
      throw error
    }
  }

  #cut(records: ScannedRecord[]): void {
    const { checksum, fieldBytes, walkedBytes } = this.#walker
    const isShortest = walkedBytes === fieldBytes + endRecordTagBytes.length + tagBytes(checksum).length
    const bytes = isShortest
      ? this.#window.copy(0, walkedBytes)
      : endRecord(this.#window.slice(0, fieldBytes), checksum)
    records.push({ bytes, checksum })
    this.#totals.add(checksum)
  }

  end(): void {
    if (this.#failure) throw this.#failure.error
    if (this.#ended) return
    const what = `The record stream was cut: it ended after ${this.#totals.rows} whole rows without its trailer`
    throw fault('ODPS_TRUNCATED_STREAM', what)
  }
}

const fault = (code: 'ODPS_MALFORMED_STREAM' | 'ODPS_TRUNCATED_STREAM', what: string): TunnelProtocolError =>
  new TunnelProtocolError(code, what, { retryable: true })

/** The fields of a record, copied, with END_RECORD and the checksum behind them. */
const endRecord = (fields: Uint8Array, checksum: number): Buffer =>
  Buffer.concat([fields, new Uint8Array([...endRecordTagBytes, ...tagBytes(checksum)])])
