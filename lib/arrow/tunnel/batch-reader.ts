import { TunnelProtocolError } from '../../errors.js'
import type { Column } from '../../schema/table-schema.js'
import { isSnug, sizeProblem } from '../columns/sizes.js'
import { type ArrowData, readBatch } from '../ipc/batch.js'
import { ArrowError } from '../ipc/error.js'
import type { StreamMessage } from '../ipc/message.js'
import { MessageSplitter } from '../ipc/message-splitter.js'
import type { ArrowField } from '../ipc/schema.js'
import { Unframer } from './unframe.js'
import { variantsOf, wireFields } from './wire-fields.js'

/*
 * Reads an answer of the Arrow tunnel: framed chunks, in them record batches without a schema. A batch is given when a
 * checksum has confirmed its last byte, its parts fit the columns, and its buffers hold as many values as it announces.
 */

export interface WireBatch {
  /** Rows. */
  readonly length: number
  /** The types its columns have in this stream. */
  readonly fields: readonly ArrowField[]
  readonly columns: readonly ArrowData[]
  /** The encapsulated message as it came. */
  readonly bytes: Uint8Array
}

export class BatchReader {
  /** Rows of the batches that were given. */
  rows = 0
  readonly #columns: readonly Column[]
  readonly #unframer = new Unframer()
  readonly #splitter = new MessageSplitter()
  #fields: readonly ArrowField[] | undefined

  /**
   * @param fields the types that an earlier part of the same stream had
   * @throws TunnelProtocolError ODPS_UNSUPPORTED_TYPE
   */
  constructor(columns: readonly Column[], fields?: readonly ArrowField[]) {
    this.#columns = columns
    this.#fields = fields
    wireFields(columns)
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
  }

  #read(confirmed: readonly Uint8Array[], batches: WireBatch[]): void {
    const messages: StreamMessage[] = []
    try {
      for (const piece of confirmed) this.#splitter.push(piece, messages)
      for (const message of messages) {
        const batch = this.#readMessage(message)
        if (batch.length === 0) continue
        this.rows += batch.length
        batches.push(batch)
      }
    } catch (cause) {
      throw explained(cause, 'ODPS_MALFORMED_STREAM')
    }
  }

  #readMessage(message: StreamMessage): WireBatch {
    const { kind, bytes } = message
    if (kind !== 'batch') throw new ArrowError(`it has a ${kind}, and record batches alone are expected`)
    const fields = this.#fields ?? this.#settle(message)
    const { length, columns } = readColumns(message, fields)
    // Batches without rows don't show what their columns are.
    if (length > 0) this.#fields = fields
    return { length, fields, columns, bytes }
  }

  /** Finds the variant that the batch is of. */
  #settle(message: StreamMessage): readonly ArrowField[] {
    const found: { fields: readonly ArrowField[]; isSnug: boolean }[] = []
    let problem: unknown
    for (const variant of variantsOf(this.#columns)) {
      const fields = wireFields(this.#columns, variant)
      try {
        found.push({ fields, isSnug: readColumns(message, fields).columns.every(isSnug) })
      } catch (error) {
        if (!(error instanceof ArrowError)) throw error
        problem ??= error
      }
    }
    const [first] = found
    if (first === undefined) throw problem
    const snug = found.filter(each => each.isSnug)
    if (found.length > 1 && snug.length !== 1 && readColumns(message, first.fields).length > 0)
      throw new ArrowError('a record batch fits several types of its columns, so its values cannot be known')
    return (snug[0] ?? first).fields
  }
}

const readColumns = (message: StreamMessage, fields: readonly ArrowField[]) => {
  const batch = readBatch(message.header, fields, message)
  if (batch.codec !== undefined)
    throw new ArrowError('its buffers are compressed, which the tunnel has no way to say')
  for (const column of batch.columns) {
    const problem = sizeProblem(column)
    if (problem !== undefined) throw new ArrowError(problem)
  }
  return batch
}

const explained = (cause: unknown, code: 'ODPS_TRUNCATED_STREAM' | 'ODPS_MALFORMED_STREAM'): unknown =>
  cause instanceof ArrowError
    ? new TunnelProtocolError(code, `The Arrow stream cannot be read: ${cause.message}`, { cause })
    : cause
