import type { Column } from '../../schema/table-schema.js'
import { fitOf, sizeProblem } from '../columns/sizes.js'
import { type ArrowBatch, type ArrowData, type Body, readBatch } from '../ipc/batch.js'
import { ArrowError } from '../ipc/error.js'
import type { StreamMessage } from '../ipc/message.js'
import type { ArrowField } from '../ipc/schema.js'
import type { Span } from '../ipc/span.js'
import { variantsOf, wireFields } from './wire-fields.js'

/** A batch that was checked, in the pieces that came. */
export class WireBatch {
  /** Rows. */
  readonly length: number
  /** The types its columns have in this stream. */
  readonly fields: readonly ArrowField[]
  readonly #message: StreamMessage
  readonly #read: () => readonly ArrowData[]
  #columns: readonly ArrowData[] | undefined

  constructor(
    message: StreamMessage,
    fields: readonly ArrowField[],
    length: number,
    read: () => readonly ArrowData[],
  ) {
    this.length = length
    this.fields = fields
    this.#message = message
    this.#read = read
  }

  /** The encapsulated message as it came. */
  get pieces(): readonly Uint8Array[] {
    return this.#message.pieces
  }

  /** They lie in one buffer, which is made for whoever asks. */
  get columns(): readonly ArrowData[] {
    this.#columns ??= this.#read()
    return this.#columns
  }
}

const dataIn = (
  { field, length, nullCount, buffers, children }: ArrowData<Span>,
  bytes: Uint8Array,
): ArrowData => ({
  ...{ field, length, nullCount },
  buffers: buffers.map(span => span.within(bytes)),
  children: children.map(child => dataIn(child, bytes)),
})

/**
 * Which types the columns have in the batches of one table. The first batch with rows settles it, for all that are read with
 * the same object.
 */
export class WireTypes {
  readonly columns: readonly Column[]
  #fields: readonly ArrowField[] | undefined
  /** Whoever reads the columns of one batch will read those of the next: then its parts are laid out only once. */
  #columnsAreRead = false

  /** @throws TunnelProtocolError ODPS_UNSUPPORTED_TYPE */
  constructor(columns: readonly Column[]) {
    this.columns = columns
    wireFields(columns)
  }

  /** What a schema says that comes before the first batch. */
  get fields(): readonly ArrowField[] {
    return this.#fields ?? wireFields(this.columns)
  }

  /** The batch by these types. @throws ArrowError when it has others */
  read(message: StreamMessage): WireBatch {
    const fields = this.#fields ?? this.#fieldsOf(message)
    const batch = this.#columnsAreRead ? readJoined(message, fields) : this.#readPieces(message, fields)
    // Batches without rows don't show what their columns are.
    if (batch.length > 0) this.#fields = fields
    return batch
  }

  #readPieces(message: StreamMessage, fields: readonly ArrowField[]): WireBatch {
    const { length, columns } = readColumns(message, fields, message.bodySpan)
    return new WireBatch(message, fields, length, () => {
      this.#columnsAreRead = true
      return columns.map(data => dataIn(data, message.bytes))
    })
  }

  /** Finds the variant that the batch is of: the only one that it fits, or that it fits best. */
  #fieldsOf(message: StreamMessage): readonly ArrowField[] {
    const found: { fields: readonly ArrowField[]; fit: number; length: number }[] = []
    let problem: unknown
    for (const variant of variantsOf(this.columns)) {
      const fields = wireFields(this.columns, variant)
      try {
        const { length, columns } = readColumns(message, fields, message.bodySpan)
        found.push({ fields, fit: Math.min(...columns.map(fitOf)), length })
      } catch (error) {
        if (!(error instanceof ArrowError)) throw error
        problem ??= error
      }
    }
    const [best, next] = found.sort((a, b) => b.fit - a.fit)
    if (best === undefined) throw problem
    if (best.fit === next?.fit && best.length > 0)
      throw new ArrowError('a record batch fits several types of its columns, so its values cannot be known')
    return best.fields
  }
}

const readJoined = (message: StreamMessage, fields: readonly ArrowField[]): WireBatch => {
  const { length, columns } = readColumns(message, fields, message.body)
  return new WireBatch(message, fields, length, () => columns)
}

const readColumns = <Bytes extends Uint8Array | Span>(
  { header, isV4, oldCodec }: StreamMessage,
  fields: readonly ArrowField[],
  body: Body<Bytes>,
): ArrowBatch<Bytes> => {
  const batch = readBatch(header, fields, { body, isV4, oldCodec })
  if (batch.codec !== undefined)
    throw new ArrowError('its buffers are compressed, which the tunnel has no way to say')
  for (const column of batch.columns) {
    const problem = sizeProblem(column)
    if (problem !== undefined) throw new ArrowError(problem)
  }
  return batch
}
