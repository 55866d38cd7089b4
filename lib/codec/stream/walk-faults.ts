import { TunnelProtocolError } from '../../errors.js'
import type { StreamTotals } from './totals.js'

/** What may be wrong with the bytes of a stream, told with the row they belong to. */
export class WalkFaults {
  /** Of one row. */
  readonly maxRowBytes: number
  readonly #totals: StreamTotals
  readonly #firstRow: number

  constructor(totals: StreamTotals, { maxRowBytes, firstRow }: { maxRowBytes: number; firstRow: number }) {
    this.#totals = totals
    this.maxRowBytes = maxRowBytes
    this.#firstRow = firstRow
  }

  /** The row that is walked over. */
  where(): string {
    return `row ${this.#firstRow + this.#totals.rows} of the stream`
  }

  malformed(what: string): TunnelProtocolError {
    const message = `The record stream is malformed: ${this.where()} ${what}`
    return new TunnelProtocolError('ODPS_MALFORMED_STREAM', message, { retryable: true })
  }

  tooLarge(): TunnelProtocolError {
    const message = `${this.where()} is larger than the limit of ${this.maxRowBytes} bytes for one row`
    return new TunnelProtocolError('ODPS_ROW_TOO_LARGE', message)
  }
}
