import { TunnelProtocolError } from '../../errors.js'
import { ArrowError } from '../ipc/error.js'
import type { StreamMessage } from '../ipc/message.js'
import { MessageSplitter } from '../ipc/message-splitter.js'
import { Unframer } from './unframe.js'
import type { WireBatch, WireTypes } from './wire-types.js'

/*
 * Reads an answer of the Arrow tunnel: framed chunks, in them record batches without a schema. A batch is given when a
 * checksum has confirmed its last byte, its parts fit the columns, and its buffers hold as many values as it announces.
 */

export class BatchReader {
  /** Rows of the batches that were given. */
  rows = 0
  /** Whether the end was seen, with the checksum of all bytes. */
  ended = false
  readonly #types: WireTypes
  readonly #unframer = new Unframer()
  readonly #splitter = new MessageSplitter()

  constructor(types: WireTypes) {
    this.#types = types
  }

  /** Bytes of messages that were confirmed. */
  get rawBytes(): number {
    return this.#unframer.payloadBytes
  }

  /** Appends the batches with rows that are complete. @throws TunnelProtocolError, TunnelChecksumError */
  push(bytes: Uint8Array, batches: WireBatch[]): void {
    const confirmed: Uint8Array[] = []
    this.#unframer.push(bytes, confirmed)
    this.#read(confirmed, batches)
  }

  /**
   * The stream has ended; its last batches may be confirmed only now.
   * @throws TunnelProtocolError ODPS_TRUNCATED_STREAM, TunnelChecksumError
   */
  end(batches: WireBatch[]): void {
    const confirmed: Uint8Array[] = []
    this.#unframer.end(confirmed)
    this.#read(confirmed, batches)
    try {
      this.#splitter.end()
    } catch (cause) {
      throw explained(cause, 'ODPS_TRUNCATED_STREAM')
    }
    this.ended = true
  }

  #read(confirmed: readonly Uint8Array[], batches: WireBatch[]): void {
    const messages: StreamMessage[] = []
    try {
      for (const piece of confirmed) this.#splitter.push(piece, messages)
      for (const message of messages) {
        if (message.kind !== 'batch')
          throw new ArrowError(`it has a ${message.kind}, and record batches alone are expected`)
        const batch = this.#types.read(message)
        if (batch.length === 0) continue
        this.rows += batch.length
        batches.push(batch)
      }
    } catch (cause) {
      throw explained(cause, 'ODPS_MALFORMED_STREAM')
    }
  }
}

const explained = (cause: unknown, code: 'ODPS_TRUNCATED_STREAM' | 'ODPS_MALFORMED_STREAM'): unknown =>
  cause instanceof ArrowError
    ? new TunnelProtocolError(code, `The Arrow stream cannot be read: ${cause.message}`, { cause })
    : cause
