import { constants } from 'node:buffer'
import { ArrowError } from './error.js'
import { FlatTable, readMetadata } from './flatbuffer.js'
import { Span } from './span.js'

/* What the metadata of a message says: a table with the version, the kind, a header of that kind, and the body's length. */

export interface Message {
  readonly kind: 'schema' | 'dictionary' | 'batch'
  readonly header: FlatTable
  /** V4 has a buffer more than V5 for unions and runs. */
  readonly isV4: boolean
  readonly body: Uint8Array
  /** How the body is compressed, where the message says it and not its header: version 0.17 alone did that. */
  readonly oldCodec: 'lz4' | 'zstd' | undefined
}

/** One of a stream, in the pieces that came. They are joined only for those who ask. */
export class StreamMessage implements Message {
  readonly kind: Message['kind']
  readonly header: FlatTable
  readonly isV4: boolean
  readonly oldCodec: Message['oldCodec']
  readonly #bodyAt: number
  #pieces: readonly Uint8Array[]
  #bytes: Uint8Array | undefined

  constructor(
    { kind, header, isV4, oldCodec }: Omit<Message, 'body'>,
    pieces: readonly Uint8Array[],
    bodyAt: number,
  ) {
    this.kind = kind
    this.header = header
    this.isV4 = isV4
    this.oldCodec = oldCodec
    this.#pieces = pieces
    this.#bodyAt = bodyAt
  }

  /** All of it, what stands before its metadata included. */
  get pieces(): readonly Uint8Array[] {
    return this.#pieces
  }

  /** The same as one buffer, so that its body lies at a multiple of 8 bytes. */
  get bytes(): Uint8Array {
    if (this.#bytes === undefined) {
      this.#bytes = joined(this.#pieces)
      this.#pieces = [this.#bytes]
    }
    return this.#bytes
  }

  get body(): Uint8Array {
    return this.bytes.subarray(this.#bodyAt)
  }

  /** Where the body lies in the pieces. */
  get bodySpan(): Span {
    return new Span(this.#pieces, this.#bodyAt, totalLength(this.#pieces) - this.#bodyAt)
  }
}

const totalLength = (pieces: readonly Uint8Array[]): number =>
  pieces.reduce((sum, { length }) => sum + length, 0)

const joined = (pieces: readonly Uint8Array[]): Uint8Array => {
  const bytes = Buffer.allocUnsafeSlow(totalLength(pieces))
  let at = 0
  for (const piece of pieces) {
    bytes.set(piece, at)
    at += piece.length
  }
  return bytes
}

/** @throws ArrowError for a length that no buffer can have */
export const checkLength = (length: number, what: string): void => {
  if (length < 0) throw new ArrowError(`the ${what} of a message has the length ${length}`)
  if (length > constants.MAX_LENGTH)
    throw new ArrowError(`the ${what} of a message has ${length} bytes, more than Node.js can hold at once`)
}

const kinds = [undefined, 'schema', 'dictionary', 'batch'] as const
const [v4, v5] = [3, 4]

/** @throws ArrowError for another version, and for tensors */
export const describeMessage = (metadata: Uint8Array): Omit<Message, 'body'> & { bodyLength: number } =>
  readMetadata(() => {
    const message = FlatTable.root(metadata)
    const version = message.int16(0)
    if (version !== v4 && version !== v5)
      throw new ArrowError(`it has metadata of version ${version + 1}; only 4 and 5 are supported`)
    const kind = kinds[message.int8(1)]
    const header = message.table(2)
    if (kind === undefined || header === undefined)
      throw new ArrowError('it has a message that is not a schema, dictionary or record batch')
    const isV4 = version === v4
    return { kind, header, isV4, bodyLength: message.int64(3), oldCodec: oldCodecOf(message) }
  })

const oldCodecOf = (message: FlatTable): Message['oldCodec'] => {
  const pair = message.tables(4).find(each => each.text(0) === 'ARROW:experimental_compression')
  const codec = pair?.text(1)?.toLowerCase()
  if (codec === undefined || codec === 'lz4' || codec === 'zstd') return codec
  if (codec === 'uncompressed') return undefined
  throw new ArrowError(`its bodies are compressed by '${codec}', which is not supported`)
}
