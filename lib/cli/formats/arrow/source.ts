import { type Column, columnOf } from '../../../arrow/columns/column.js'
import { Dictionaries } from '../../../arrow/columns/dictionaries.js'
import { readBatch } from '../../../arrow/ipc/batch.js'
import { inflate } from '../../../arrow/ipc/body-compression.js'
import { ArrowError } from '../../../arrow/ipc/error.js'
import { readMetadata } from '../../../arrow/ipc/flatbuffer.js'
import type { Message } from '../../../arrow/ipc/message.js'
import type { ArrowField } from '../../../arrow/ipc/schema.js'
import { type ArrowMessages, openArrowStream } from '../../../arrow/ipc/stream.js'
import type { ByteInput } from '../../files/byte-input.js'
import { openRandomAccess } from '../../files/random-access.js'
import { CliError } from '../../usage-error.js'
import type { FileFormat } from '../file-format.js'
import type { RowSource } from '../row-source.js'
import { type TypedFileReader, type ValueBatch, ValueSource } from '../value-source.js'
import { fileMagic, openArrowFile } from './file.js'
import { fileTypeOf } from './file-type.js'

/*
 * Arrow files and streams as rows. A file has its footer at the end and must be read anywhere; a stream is read front
 * to back. Some programs give a stream the ending of a file, so the first bytes decide and not the name. One batch is
 * in memory at a time.
 */

/** Opens Arrow IPC, a file or a stream; record batches are read one at a time. */
export const openArrow = async (
  input: ByteInput,
  format: FileFormat,
  options: { readonly timeZone: string },
): Promise<RowSource> => new ValueSource(await openArrowReader(input, format), options)

export const openArrowReader = async (input: ByteInput, format: FileFormat): Promise<TypedFileReader> => {
  try {
    const opened = format.name === 'arrow' ? await openFile(input, format) : await openStream(input, format)
    return readerOf(opened, input.path)
  } catch (error) {
    throw explained(error, input.path)
  }
}

type Opened = ArrowMessages & { readonly close: () => Promise<void> }

/** Some programs give a stream the ending of a file. */
const openFile = async (input: ByteInput, { compression }: FileFormat): Promise<Opened> => {
  const { file, size, close } = await openRandomAccess(input, compression)
  try {
    const { buffer: head, bytesRead } = await file.read(
      Buffer.alloc(fileMagic.length),
      0,
      fileMagic.length,
      0,
    )
    const opened =
      bytesRead === fileMagic.length && head.equals(fileMagic)
        ? await openArrowFile(file, size)
        : await openArrowStream(
            recognised(file.createReadStream({ start: 0, autoClose: false, highWaterMark: 1 << 20 })),
          )
    return { ...opened, close }
  } catch (error) {
    await close()
    throw error
  }
}

const openStream = async (input: ByteInput, { compression }: FileFormat): Promise<Opened> => ({
  ...(await openArrowStream(recognised(input.open(compression)))),
  close: async () => {},
})

/** Says what the bytes are when they are of another kind that goes by the same name. */
async function* recognised(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  let isFirst = true
  for await (const chunk of chunks) {
    if (isFirst && chunk.length > 0) {
      isFirst = false
      const head = Buffer.from(chunk.buffer, chunk.byteOffset, Math.min(chunk.length, 6)).toString('latin1')
      if (head === 'ARROW1')
        throw new ArrowError('it is an Arrow file (ARROW1), not a stream; use --format arrow')
      if (head.startsWith('FEA1'))
        throw new ArrowError('it is Feather of version 1, which is not Arrow IPC; save it again as version 2')
    }
    yield chunk
  }
}

const explained = (error: unknown, path: string): unknown => {
  if (!(error instanceof ArrowError)) return error
  return new CliError(
    `${path} cannot be read as Arrow: ${error.message}`,
    'Check the file, and whether it is --format arrow or arrow-stream',
    { cause: error },
  )
}

const readerOf = ({ fields, messages, close }: Opened, path: string): TypedFileReader => ({
  fields: fields.map(field => ({ name: field.name, type: fileTypeOf(field) })),
  batches: wanted => readBatches({ fields, messages }, wanted, path),
  close: async () => {
    await messages.return()
    await close()
  },
})

/** Values are made of so many rows at a time. */
const rowsAtOnce = 4096

async function* readBatches(
  { fields, messages }: ArrowMessages,
  wanted: ReadonlySet<number>,
  path: string,
): AsyncGenerator<ValueBatch, void, undefined> {
  try {
    const dictionaries = new Dictionaries(fields)
    const used = new Dictionaries(fields.filter((_, i) => wanted.has(i)))
    for await (const message of messages) {
      if (message.kind === 'schema') throw new ArrowError('it has a second schema')
      if (message.kind === 'dictionary') await addDictionary(message, dictionaries, used)
      else yield* slices(await readColumns(message, fields, wanted, used))
    }
  } catch (error) {
    throw explained(error, path)
  }
}

/** Of dictionaries that nobody wants only the id is looked at. */
const addDictionary = async (message: Message, all: Dictionaries, used: Dictionaries): Promise<void> => {
  const { header } = message
  const { id, data, isDelta } = readMetadata(() => ({
    id: header.id(0),
    data: header.table(1),
    isDelta: header.bool(2),
  }))
  if (data === undefined || all.fieldOf(id) === undefined)
    throw new ArrowError(`it has a dictionary ${id} that no field refers to`)
  const field = used.fieldOf(id)
  if (field === undefined) return
  const { columns, codec } = readBatch(data, [field], message)
  used.add(id, await inflate(columns[0]!, codec), isDelta)
}

const readColumns = async (
  message: Message,
  fields: readonly ArrowField[],
  wanted: ReadonlySet<number>,
  dictionaries: Dictionaries,
): Promise<{ length: number; columns: readonly (Column | undefined)[] }> => {
  const { length, columns, codec } = readBatch(message.header, fields, message)
  const read: (Column | undefined)[] = []
  for (const [i, data] of columns.entries())
    read.push(wanted.has(i) ? columnOf(await inflate(data, codec), dictionaries.valuesOf) : undefined)
  return { length, columns: read }
}

function* slices({
  length,
  columns,
}: {
  readonly length: number
  readonly columns: readonly (Column | undefined)[]
}): Generator<ValueBatch, void, undefined> {
  for (let from = 0; from < length; from += rowsAtOnce)
    yield {
      rowCount: Math.min(rowsAtOnce, length - from),
      columns: columns.map(column => column && { at: row => column.at(from + row) }),
    }
}
