import type { FileHandle } from 'node:fs/promises'
import { isDeepStrictEqual } from 'node:util'
import { ArrowError } from '../../../arrow/ipc/error.js'
import { FlatTable, int64At, readMetadata } from '../../../arrow/ipc/flatbuffer.js'
import { checkLength, describeMessage, type Message } from '../../../arrow/ipc/message.js'
import { type ArrowField, readSchema } from '../../../arrow/ipc/schema.js'
import type { ArrowMessages } from '../../../arrow/ipc/stream.js'

/*
 * Arrow's file: the messages of a stream between two marks, and a footer that says where they are.
 *   file   := "ARROW1" 0 0, schema, messages, end, footer, int32 length of the footer, "ARROW1"
 * The footer counts, and dictionaries may lie behind the batches that need them. But a message that the footer does not
 * have would be rows that silently go missing; so the messages it names must fill the file.
 */

export const fileMagic: Buffer = Buffer.from('ARROW1')
const headLength = 8
const tailLength = 4 + fileMagic.length
const blockBytes = 24

interface Block {
  readonly kind: Message['kind']
  readonly at: number
  readonly metadataLength: number
  readonly bodyLength: number
}

export const openArrowFile = async (file: FileHandle, size: number): Promise<ArrowMessages> => {
  const tail = await read(file, Math.max(0, size - tailLength), Math.min(size, tailLength))
  if (size < headLength + tailLength || !tail.subarray(4).equals(fileMagic))
    throw new ArrowError('it does not end like an Arrow file; it was cut off, or its writer was not closed')
  const footerLength = tail.readInt32LE(0)
  const footerAt = size - tailLength - footerLength
  if (footerLength <= 0 || footerAt < headLength) throw new ArrowError('its footer does not fit into it')
  const footer = readFooter(await read(file, footerAt, footerLength))
  await checkPlaces(file, footer, footerAt)
  return { fields: footer.fields, messages: readBlocks(file, [...footer.dictionaries, ...footer.batches]) }
}

interface Footer {
  readonly fields: readonly ArrowField[]
  readonly dictionaries: readonly Block[]
  readonly batches: readonly Block[]
}

const readFooter = (bytes: Uint8Array): Footer =>
  readMetadata(() => {
    const footer = FlatTable.root(bytes)
    const schema = footer.table(1)
    if (schema === undefined) throw new ArrowError('its footer has no schema')
    const blocks = (field: number, kind: Message['kind']): Block[] =>
      footer.structs(field, blockBytes, (view, at) => ({
        kind,
        at: int64At(view, at),
        metadataLength: view.getInt32(at + 8, true),
        bodyLength: int64At(view, at + 16),
      }))
    return { fields: readSchema(schema), dictionaries: blocks(2, 'dictionary'), batches: blocks(3, 'batch') }
  })

/** Behind the head, the messages of the footer leave no room for another one. */
const checkPlaces = async (
  file: FileHandle,
  { fields, dictionaries, batches }: Footer,
  end: number,
): Promise<void> => {
  const named = [...dictionaries, ...batches].sort((a, b) => a.at - b.at)
  const first = named[0]?.at ?? end
  let at = headLength + (await checkHead(file, first - headLength, fields))
  for (const block of named) {
    if (block.metadataLength < 8 || block.bodyLength < 0)
      throw new ArrowError('its footer lists a message without a length')
    await checkGap(file, at, block.at)
    at = block.at + block.metadataLength + block.bodyLength
    if (at > end) throw new ArrowError('its footer lists a message beyond the end')
  }
  await checkGap(file, at, end)
}

const maxHeadLength = 2 ** 26

/**
 * How much of what lies before the first message of the footer is the head: a schema, which is the footer's. Polars leaves
 * out the length before it, and apache-arrow the schema.
 */
const checkHead = async (
  file: FileHandle,
  length: number,
  fields: readonly ArrowField[],
): Promise<number> => {
  if (length < 0 || length > maxHeadLength) throw new ArrowError('its footer leaves out its beginning')
  const head = await read(file, headLength, length)
  const word = length < 8 ? 0 : head.readInt32LE(0)
  // Nothing, or the end mark of a file without batches.
  if (word === 0 || (word === -1 && head.readInt32LE(4) === 0)) return 0
  const framed = word === -1 ? 8 + head.readInt32LE(4) : 4 + word
  const ways =
    word === -1
      ? [[8, framed]]
      : [
          [0, length],
          [4, framed],
        ]
  for (const [from, to] of ways as [number, number][]) {
    if (to > length) continue
    const schema = schemaOf(head.subarray(from, to))
    if (schema === undefined) continue
    if (!isDeepStrictEqual(schema, fields))
      throw new ArrowError('its footer and its beginning have different schemas')
    if (from === 0 && hasMessage(head)) throw new ArrowError('its footer leaves out a message')
    return to
  }
  throw new ArrowError('it does not begin with a schema')
}

/** Undefined for bytes that are another message, or none. */
const schemaOf = (metadata: Uint8Array): ArrowField[] | undefined => {
  try {
    const { kind, header } = describeMessage(metadata)
    return kind === 'schema' ? readMetadata(() => readSchema(header)) : undefined
  } catch (error) {
    if (error instanceof ArrowError) return undefined
    throw error
  }
}

/** Whether a message begins there, which is not the end mark. */
const hasMessage = (bytes: Buffer): boolean => {
  for (let at = 0; at + 8 <= bytes.length; at += 8)
    if (bytes.readInt32LE(at) === -1 && bytes.readInt32LE(at + 4) !== 0) return true
  return false
}

/** Between two messages, and behind the last one, there is padding and the end mark at most. */
const checkGap = async (file: FileHandle, from: number, to: number): Promise<void> => {
  if (to < from) throw new ArrowError('its footer lists messages that overlap')
  const gap = await read(file, from, Math.min(to - from, 80))
  const padding = gap.subarray(gap.length >= 8 && gap.readInt32LE(0) === -1 ? 4 : 0)
  if (to - from > 72 || padding.some(byte => byte !== 0))
    throw new ArrowError(`its footer leaves out ${to - from} bytes`)
}

async function* readBlocks(
  file: FileHandle,
  blocks: readonly Block[],
): AsyncGenerator<Message, void, undefined> {
  const dictionaries = new Set<bigint>()
  for (const block of blocks) {
    const message = await readBlock(file, block)
    if (message.kind === 'dictionary') checkDictionary(message, dictionaries)
    yield message
  }
}

/** A file has no order in which one dictionary could follow another; it can only be added to. */
const checkDictionary = ({ header }: Message, known: Set<bigint>): void => {
  const { id, isDelta } = readMetadata(() => ({ id: header.id(0), isDelta: header.bool(2) }))
  if (known.has(id) && !isDelta)
    throw new ArrowError(`it has dictionary ${id} twice, which only a stream may have`)
  known.add(id)
}

const readBlock = async (file: FileHandle, block: Block): Promise<Message> => {
  const { kind, at, metadataLength, bodyLength } = block
  if (metadataLength < 8) throw disagreement()
  const head = await read(file, at, metadataLength)
  const isOld = head.readInt32LE(0) !== -1
  if (head.readInt32LE(isOld ? 0 : 4) + (isOld ? 4 : 8) !== metadataLength) throw disagreement()
  const described = describeMessage(head.subarray(isOld ? 4 : 8))
  if (described.kind !== kind || described.bodyLength !== bodyLength) throw disagreement()
  return { ...described, body: await read(file, at + metadataLength, bodyLength) }
}

const disagreement = (): ArrowError => new ArrowError('its footer does not agree with a message')

const read = async (file: FileHandle, at: number, length: number): Promise<Buffer> => {
  checkLength(length, 'part')
  const bytes = Buffer.allocUnsafeSlow(length)
  for (let done = 0; done < length; ) {
    const { bytesRead } = await file.read(bytes, done, length - done, at + done)
    if (bytesRead === 0) throw new ArrowError('it is shorter than its size')
    done += bytesRead
  }
  return bytes
}
