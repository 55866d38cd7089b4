import { ArrowError } from './error.js'
import { type FlatTable, int64At, readMetadata } from './flatbuffer.js'
import type { Message } from './message.js'
import type { ArrowField, ArrowType } from './schema.js'

/*
 * A record batch: counts and places of buffers, listed depth first over the fields of the schema, and the bytes they
 * point into. This file deals them out to the fields, also to those that nobody reads, and leaves none over.
 */

interface Sized {
  readonly length: number
}

/** What a batch has of a field: its buffers as they lie there, which may be compressed; or only where they lie. */
export interface ArrowData<Bytes extends Sized = Uint8Array> {
  /** With a dictionary these are indices, and there are no children. */
  readonly field: ArrowField
  readonly length: number
  readonly nullCount: number
  readonly buffers: readonly Bytes[]
  readonly children: readonly ArrowData<Bytes>[]
}

export interface ArrowBatch<Bytes extends Sized = Uint8Array> {
  readonly length: number
  readonly codec: 'lz4' | 'zstd' | undefined
  readonly columns: readonly ArrowData<Bytes>[]
}

/** What the buffers of a batch are parts of. */
export interface Body<Bytes> extends Sized {
  subarray(from: number, to: number): Bytes
}

export const readBatch = <Bytes extends Sized>(
  batch: FlatTable,
  fields: readonly ArrowField[],
  { body, isV4, oldCodec }: Pick<Message, 'isV4' | 'oldCodec'> & { readonly body: Body<Bytes> },
): ArrowBatch<Bytes> =>
  readMetadata(() => {
    const parts = new BatchParts(batch, body, isV4)
    const length = batch.int64(0)
    const columns = fields.map(field => parts.take(field))
    parts.checkUsedUp()
    const wrong = columns.find(column => column.length !== length)
    if (length < 0 || wrong !== undefined)
      throw new ArrowError(
        `a record batch of ${length} rows has ${wrong?.length} in field '${wrong?.field.name}'`,
      )
    return { length, codec: codecOf(batch) ?? oldCodec, columns }
  })

const codecOf = (batch: FlatTable): ArrowBatch['codec'] => {
  const compression = batch.table(3)
  if (compression === undefined) return undefined
  const codec = (['lz4', 'zstd'] as const)[compression.int8(0)]
  if (codec === undefined || compression.int8(1) !== 0)
    throw new ArrowError('its bodies use an unknown compression')
  return codec
}

class BatchParts<Bytes extends Sized> {
  readonly #nodes: readonly { length: number; nullCount: number }[]
  readonly #buffers: readonly { at: number; length: number }[]
  readonly #viewBuffers: readonly number[]
  readonly #body: Body<Bytes>
  readonly #isV4: boolean
  #node = 0
  #buffer = 0
  #view = 0

  constructor(batch: FlatTable, body: Body<Bytes>, isV4: boolean) {
    this.#nodes = batch.structs(1, 16, (view, at) => ({
      length: int64At(view, at),
      nullCount: int64At(view, at + 8),
    }))
    this.#buffers = batch.structs(2, 16, (view, at) => ({
      at: int64At(view, at),
      length: int64At(view, at + 8),
    }))
    this.#viewBuffers = batch.structs(4, 8, int64At)
    this.#body = body
    this.#isV4 = isV4
  }

  take(field: ArrowField): ArrowData<Bytes> {
    const node = this.#nodes[this.#node++]
    if (node === undefined) throw new ArrowError('a record batch has fewer fields than the schema')
    if (node.length < 0 || node.nullCount < 0 || node.nullCount > node.length)
      throw new ArrowError(`field '${field.name}' has ${node.nullCount} NULLs among ${node.length} values`)
    const count = field.dictionary === undefined ? this.#bufferCount(field.type) : 2
    const buffers: Bytes[] = []
    for (let i = 0; i < count; i++) buffers.push(this.#takeBuffer())
    const children = field.dictionary === undefined ? field.children.map(child => this.take(child)) : []
    return { field, ...node, buffers, children }
  }

  checkUsedUp(): void {
    const isUsedUp =
      this.#node === this.#nodes.length &&
      this.#buffer === this.#buffers.length &&
      this.#view === this.#viewBuffers.length
    if (!isUsedUp) throw new ArrowError('a record batch has more parts than the schema')
  }

  #takeBuffer(): Bytes {
    const buffer = this.#buffers[this.#buffer++]
    if (buffer === undefined) throw new ArrowError('a record batch has fewer buffers than the schema')
    const { at, length } = buffer
    if (at < 0 || length < 0 || at + length > this.#body.length)
      throw new ArrowError('a record batch has a buffer beyond its end')
    if (at % 8 !== 0)
      throw new ArrowError('a record batch has a buffer that does not begin at a multiple of 8 bytes')
    return this.#body.subarray(at, at + length)
  }

  /** Which cells are there comes first, where a type has that. */
  #bufferCount(type: ArrowType): number {
    switch (type.name) {
      case 'null':
        return 0
      case 'run_end_encoded':
        return this.#isV4 ? 1 : 0
      case 'struct':
      case 'fixed_size_list':
        return 1
      case 'union':
        return (this.#isV4 ? 1 : 0) + (type.mode === 'dense' ? 2 : 1)
      case 'list_view':
        return 3
      case 'binary':
      case 'utf8':
        return type.offsets === 'view' ? 2 + this.#takeViewBuffers() : 3
      default:
        return 2
    }
  }

  #takeViewBuffers(): number {
    const count = this.#viewBuffers[this.#view++]
    if (count === undefined || count < 0 || count > this.#buffers.length)
      throw new ArrowError('a record batch lacks the number of buffers of its views')
    return count
  }
}
