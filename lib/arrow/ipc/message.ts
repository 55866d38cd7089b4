import { constants } from 'node:buffer'
import { ChunkReader } from '../../compression/chunk-reader.js'
import { ArrowError } from './error.js'
import { FlatTable, readMetadata } from './flatbuffer.js'
import { type ArrowField, readSchema } from './schema.js'

/*
 * Arrow's stream: messages one behind the other, the schema first, and a mark at the end.
 *   message := FFFFFFFF, int32 length of the metadata, metadata, body       (before version 0.15 without the FFFFFFFF)
 *   end     := a message whose metadata has no length
 * The format lets a writer just stop instead of writing the end. A stream that was cut between two messages looks the
 * same, so here the end must be there, and nothing behind it.
 */

export interface Message {
  readonly kind: 'schema' | 'dictionary' | 'batch'
  readonly header: FlatTable
  /** V4 has a buffer more than V5 for unions and runs. */
  readonly isV4: boolean
  readonly body: Uint8Array
  /** How the body is compressed, where the message says it and not its header: version 0.17 alone did that. */
  readonly oldCodec: 'lz4' | 'zstd' | undefined
}

export interface ArrowMessages {
  readonly fields: readonly ArrowField[]
  /** Dictionaries and record batches; a dictionary comes before those that need it. */
  readonly messages: AsyncGenerator<Message, void, undefined>
}

const continuation = -1

export const openArrowStream = async (chunks: AsyncIterable<Uint8Array>): Promise<ArrowMessages> => {
  const messages = readMessages(chunks)
  try {
    const first = await messages.next()
    if (first.done || first.value.kind !== 'schema') throw new ArrowError('it does not begin with a schema')
    const { header } = first.value
    return { fields: readMetadata(() => readSchema(header)), messages }
  } catch (error) {
    await messages.return()
    throw error
  }
}

async function* readMessages(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Message, void, undefined> {
  const input = new ChunkReader(chunks)
  try {
    for (;;) {
      const length = await metadataLength(input)
      if (length === 0) break
      const described = describeMessage(await take(input, length, 'metadata'))
      yield { ...described, body: await take(input, described.bodyLength, 'body') }
    }
    if (await input.has(1)) throw new ArrowError('bytes follow its end mark')
  } finally {
    await input.close()
  }
}

const metadataLength = async (input: ChunkReader): Promise<number> => {
  const next = async (): Promise<number> => {
    if (await input.has(4)) return input.take(4).readInt32LE(0)
    throw new ArrowError('it ends without an end mark; either it was cut, or its writer was not closed')
  }
  const word = await next()
  return word === continuation ? next() : word
}

const take = async (input: ChunkReader, length: number, what: string): Promise<Uint8Array> => {
  checkLength(length, what)
  if (await input.has(length)) return input.take(length)
  throw new ArrowError(
    `it is cut inside the ${what} of a message: ${length} bytes are announced, ${input.length} are there`,
  )
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
      throw new ArrowError(`it has metadata of version ${version + 1}, and only 4 and 5 are known`)
    const kind = kinds[message.int8(1)]
    const header = message.table(2)
    if (kind === undefined || header === undefined)
      throw new ArrowError('it has a message that is no schema, dictionary or record batch')
    const isV4 = version === v4
    return { kind, header, isV4, bodyLength: message.int64(3), oldCodec: oldCodecOf(message) }
  })

const oldCodecOf = (message: FlatTable): Message['oldCodec'] => {
  const pair = message.tables(4).find(each => each.text(0) === 'ARROW:experimental_compression')
  const codec = pair?.text(1)?.toLowerCase()
  if (codec === undefined || codec === 'lz4' || codec === 'zstd') return codec
  if (codec === 'uncompressed') return undefined
  throw new ArrowError(`its bodies are compressed by '${codec}', which is not known`)
}
