import { Dictionaries } from '../../arrow/columns/dictionaries.js'
import { readBatch } from '../../arrow/ipc/batch.js'
import { inflate } from '../../arrow/ipc/body-compression.js'
import { ArrowError } from '../../arrow/ipc/error.js'
import { readMetadata } from '../../arrow/ipc/flatbuffer.js'
import type { StreamMessage } from '../../arrow/ipc/message.js'
import { MessageSplitter } from '../../arrow/ipc/message-splitter.js'
import { type ArrowField, readSchema } from '../../arrow/ipc/schema.js'
import { checkFields, WirePlan, type WireRows } from '../../arrow/tunnel/wire-plan.js'
import { TunnelValueError } from '../../errors.js'
import type { Column } from '../../schema/table-schema.js'

/*
 * One Arrow IPC stream on its way into a table. Its schema is looked at before a session exists, for what no column could
 * take; the columns of the table are asked for only then.
 */

export class BatchSource {
  readonly #columns: () => Promise<readonly Column[]>
  readonly #splitter = new MessageSplitter()
  #fields: readonly ArrowField[] | undefined
  #dictionaries = new Dictionaries([])
  #plan: WirePlan | undefined
  /** The first bytes, which tell a file from a stream. */
  #head = Buffer.alloc(0)

  /** @param columns of the table; called once the schema is known */
  constructor(columns: () => Promise<readonly Column[]>) {
    this.#columns = columns
  }

  /**
   * The batches with rows that are complete with these bytes, which may be written over when all have been given.
   * @param row index of the next row of the upload
   * @throws TunnelValueError for bytes that are not Arrow, or a value that does not fit; TunnelOptionError
   * ODPS_INVALID_COLUMNS for fields that the table does not take
   */
  async *push(bytes: Uint8Array, row: () => number): AsyncGenerator<WireRows, void, undefined> {
    try {
      this.#checkHead(bytes)
      const messages: StreamMessage[] = []
      this.#splitter.push(bytes, messages)
      for (const message of messages) {
        const batch = await this.#take(message, row())
        if (batch !== undefined && batch.length > 0) yield batch
      }
      this.#splitter.detach()
    } catch (error) {
      throw explained(error)
    }
  }

  /** @throws TunnelValueError when the stream has no schema, or no end mark */
  end(): void {
    try {
      this.#splitter.end()
      if (this.#splitter.hasEnded && this.#fields !== undefined) return
      throw new ArrowError(
        this.#fields === undefined
          ? 'it does not begin with a schema'
          : 'it ends without an end mark; either it was cut, or its writer was not closed',
      )
    } catch (error) {
      throw explained(error)
    }
  }

  #checkHead(bytes: Uint8Array): void {
    if (this.#head.length >= magic.length) return
    this.#head = Buffer.concat([this.#head, bytes.subarray(0, magic.length)])
    if (this.#head.subarray(0, magic.length).equals(magic))
      throw new ArrowError(
        'it is an Arrow file (ARROW1), not a stream; write it as an IPC stream, or upload the file with the command line',
      )
  }

  async #take(message: StreamMessage, firstRow: number): Promise<WireRows | undefined> {
    if (message.kind === 'schema') {
      if (this.#fields !== undefined) throw new ArrowError('it has a second schema')
      this.#fields = readMetadata(() => readSchema(message.header))
      checkFields(this.#fields)
      this.#dictionaries = new Dictionaries(this.#fields)
      this.#plan = new WirePlan(this.#fields, await this.#columns())
      return undefined
    }
    if (this.#plan === undefined) throw new ArrowError('it does not begin with a schema')
    if (message.kind === 'batch') return this.#plan.encode(message, this.#dictionaries.valuesOf, firstRow)
    await this.#addDictionary(message)
    return undefined
  }

  async #addDictionary(message: StreamMessage): Promise<void> {
    const { header } = message
    const { id, data, isDelta } = readMetadata(() => ({
      id: header.id(0),
      data: header.table(1),
      isDelta: header.bool(2),
    }))
    const field = this.#dictionaries.fieldOf(id)
    if (data === undefined || field === undefined)
      throw new ArrowError(`it has a dictionary ${id} that no field refers to`)
    const { columns, codec } = readBatch(data, [field], message)
    this.#dictionaries.add(id, await inflate(columns[0]!, codec), isDelta)
  }
}

const magic = Buffer.from('ARROW1')

/** What is wrong with the data of an upload, as its caller sees it. */
export const explained = (error: unknown): unknown =>
  error instanceof ArrowError
    ? new TunnelValueError('ODPS_INVALID_VALUE', `The Arrow stream cannot be read: ${error.message}`, {
        cause: error,
      })
    : error
