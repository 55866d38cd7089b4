import {
  anyOf,
  checkOptions,
  instanceOf,
  integer,
  isoTime,
  listOf,
  type OptionSpec,
} from './check-options.js'
import {
  type DownloadedRow,
  type DownloadStreamOptions,
  downloadConfig,
  downloadStreamSpec,
} from './download/download-options.js'
import {
  createDownloadSession,
  type DownloadSession,
  openDownloadSession,
} from './download/download-session.js'
import { DownloadStream, downloadRows, readBatches } from './download/download-stream.js'
import { TunnelOptionError } from './errors.js'
import { type Connection, connect, type TunnelOptions, tunnelOptionSpec } from './options.js'
import { type CreateTableTextOptions, formatCreateTable } from './schema/create-table-text.js'
import { asTableSchema, type ColumnTexts, type RowInputOf } from './schema/define-schema.js'
import { type PartitionSpecInput, parsePartitionSpec } from './schema/partition-spec.js'
import { parseTableName, printTableName, type TableNameParts } from './schema/table-name.js'
import { type TableSchema, tableSchema } from './schema/table-schema.js'
import { listPartitions, type PartitionInfo } from './session/partitions.js'
import { runStatement } from './session/run-statement.js'
import { getTable, type TableInfo } from './session/table-info.js'
import type { TableRef } from './session/table-ref.js'
import type { Rows } from './upload/row-source.js'
import { newUploadStream, type UploadStreamOptions, uploadStreamSpec } from './upload/upload-options.js'
import { uploadRows } from './upload/upload-rows.js'
import { createUploadSession, openUploadSession, type UploadSession } from './upload/upload-session.js'
import type { UploadResult, UploadStream } from './upload/upload-stream.js'

interface TableOptions {
  /** `table`, `schema.table` or `project.schema.table`. */
  readonly table: string
  /** Default: the Tunnel's. */
  readonly project?: string | undefined
  /** Default: the Tunnel's. */
  readonly schemaName?: string | undefined
  readonly partitionSpec?: PartitionSpecInput | undefined
}

export interface CreateUploadSessionOptions extends TableOptions {
  readonly createPartition?: boolean | undefined
  readonly overwrite?: boolean | undefined
  readonly signal?: AbortSignal | undefined
}

export interface CreateTableOptions extends CreateTableTextOptions {
  /** `table`, `schema.table` or `project.schema.table`. */
  readonly table: string
  /** Of `defineSchema` or of another table; or what `defineSchema` takes, `{ id: 'bigint not null' }`. */
  readonly schema: TableSchema | ColumnTexts
  readonly signal?: AbortSignal | undefined
}

export interface CreateDownloadSessionOptions extends TableOptions {
  readonly signal?: AbortSignal | undefined
}

export interface OpenSessionOptions extends TableOptions {
  readonly sessionId: string
  readonly signal?: AbortSignal | undefined
}

/** Takes the JSON of the session as it is. */
export interface OpenDownloadSessionOptions extends OpenSessionOptions {
  /** The rows the session has; another number is ODPS_RECORD_COUNT_MISMATCH. */
  readonly recordCount?: number | undefined
  /** The columns the session has; others are ODPS_SCHEMA_MISMATCH. */
  readonly schema?: TableSchema | undefined
  /** When its data was last modified, ISO 8601. */
  readonly lastModified?: string | undefined
}

const signal = instanceOf(AbortSignal)
const tableSpec: OptionSpec = {
  table: 'string',
  project: 'string',
  schemaName: 'string',
  partitionSpec: anyOf('string', 'object'),
}
const openSpec: OptionSpec = { ...tableSpec, sessionId: 'string', signal }
const openDownloadSpec: OptionSpec = {
  ...openSpec,
  recordCount: integer(0),
  schema: tableSchema,
  lastModified: isoTime,
}

/**
 * The way into one project's tables. Nothing is sent before a method is called.
 *
 * @throws TunnelOptionError ODPS_MISSING_ENDPOINT, ODPS_MISSING_CREDENTIALS, or what is wrong with an option
 */
export class Tunnel {
  readonly #connection: Connection

  constructor(options: TunnelOptions = {}) {
    this.#connection = connect(options)
  }

  /** @throws TunnelOptionError at once, before any I/O */
  createUploadStream<Schema extends TableSchema = TableSchema>(
    options: UploadStreamOptions<Schema>,
  ): UploadStream<RowInputOf<Schema>> {
    checkOptions('createUploadStream', options, uploadStreamSpec)
    return newUploadStream(this.#connection.client, this.#table(options), options)
  }

  /** @throws TunnelOptionError at once, before any I/O */
  createDownloadStream<const Options extends DownloadStreamOptions>(
    options: Options,
  ): DownloadStream<DownloadedRow<Options>> {
    checkOptions('createDownloadStream', options, downloadStreamSpec)
    const config = downloadConfig(this.#connection.client, this.#table(options), options)
    return new DownloadStream(config)
  }

  /** Rows in batches, in order, fetched ahead: the fast way in a `for await`. Options as for a download stream. */
  readBatches<const Options extends DownloadStreamOptions>(
    options: Options,
  ): AsyncGenerator<DownloadedRow<Options>[], void, undefined> {
    checkOptions('readBatches', options, downloadStreamSpec)
    const config = downloadConfig(this.#connection.client, this.#table(options), options)
    return readBatches(config) as AsyncGenerator<DownloadedRow<Options>[], void, undefined>
  }

  /**
   * Puts all rows into a table, and resolves when they are committed: `createUploadStream`, fed with an iterable, an async
   * iterable, a Readable or a web ReadableStream. Rejects with what these rows fail with, or with the upload's error;
   * then nothing is committed.
   */
  async upload<Schema extends TableSchema = TableSchema>(
    options: UploadStreamOptions<Schema>,
    rows: Rows<RowInputOf<Schema>>,
  ): Promise<UploadResult> {
    return uploadRows(() => {
      checkOptions('upload', options, uploadStreamSpec)
      return newUploadStream(this.#connection.client, this.#table(options), options)
    }, rows)
  }

  /** All rows of a table or partition, in memory. Options as for a download stream. */
  async download<const Options extends DownloadStreamOptions>(
    options: Options,
  ): Promise<DownloadedRow<Options>[]> {
    checkOptions('download', options, downloadStreamSpec)
    const config = downloadConfig(this.#connection.client, this.#table(options), options)
    return (await downloadRows(config)) as DownloadedRow<Options>[]
  }

  async createUploadSession(options: CreateUploadSessionOptions): Promise<UploadSession> {
    const spec: OptionSpec = {
      ...tableSpec,
      createPartition: 'boolean',
      overwrite: 'boolean',
      signal,
    }
    checkOptions('createUploadSession', options, spec)
    return createUploadSession(this.#connection.client, { ...options, table: this.#table(options) })
  }

  /** Attaches to a session that another process or machine created; takes the JSON of the session there. */
  async openUploadSession(options: OpenSessionOptions): Promise<UploadSession> {
    checkOptions('openUploadSession', options, openSpec)
    return openUploadSession(this.#connection.client, { ...options, table: this.#table(options) })
  }

  async createDownloadSession(options: CreateDownloadSessionOptions): Promise<DownloadSession> {
    checkOptions('createDownloadSession', options, { ...tableSpec, signal })
    return createDownloadSession(this.#connection.client, { ...options, table: this.#table(options) })
  }

  /** Attaches to a session that another process or machine created; takes the JSON of the session there. */
  async openDownloadSession(options: OpenDownloadSessionOptions): Promise<DownloadSession> {
    checkOptions('openDownloadSession', options, openDownloadSpec)
    return openDownloadSession(this.#connection.client, { ...options, table: this.#table(options) })
  }

  /** Schema, partition columns, size and row count (where known) of a table. */
  async getTable(name: string): Promise<TableInfo> {
    return getTable(this.#connection.client, this.#table({ table: name }).name)
  }

  /**
   * Creates a table by a statement, `CREATE TABLE`, and waits until it is there. The columns may be those of
   * `defineSchema`, or of another table.
   */
  async createTable(options: CreateTableOptions): Promise<void> {
    checkOptions('createTable', options, {
      table: 'string',
      schema: anyOf('object', listOf('any')),
      ifNotExists: 'boolean',
      comment: 'string',
      lifecycleDays: integer(1),
      signal,
    })
    const { signal: abort, ...text } = options
    const schema = asTableSchema(options.schema)
    const { name } = this.#table({ table: options.table })
    const title = printTableName(name)
    const sql = formatCreateTable(title, schema, text)
    await runStatement(this.#connection.client, name, `Creating the table ${title}`, sql, { signal: abort })
  }

  /**
   * The partitions of a table, page by page as they are read.
   * @param prefix only those whose outer levels are these, `'year=2001'`
   */
  listPartitions(name: string, prefix?: PartitionSpecInput): AsyncIterable<PartitionInfo> {
    const outer = prefix === undefined ? undefined : parsePartitionSpec(prefix)
    return listPartitions(this.#connection.client, this.#table({ table: name }).name, outer)
  }

  /** Drops the connections; streams that still run fail. A dispatcher of the caller's is left alone. */
  async close(): Promise<void> {
    await this.#connection.client.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  #table(options: TableOptions): TableRef {
    return tableRef(options, this.#connection)
  }
}

const tableRef = (options: TableOptions, defaults: TableNameParts): TableRef => ({
  name: parseTableName(options.table, options, defaults),
  ...(options.partitionSpec !== undefined && { partition: parsePartitionSpec(options.partitionSpec) }),
})

/** The options of a top-level function: those of the stream, and either a Tunnel or how to connect. */
export type WithConnection<Options> = Options & TunnelOptions & { readonly tunnel?: Tunnel | undefined }

/**
 * A stream that puts rows into a table; see {@link Tunnel.createUploadStream}. Without `tunnel` it connects by
 * itself, and closes its connections when it closes.
 */
export const createUploadStream = <Schema extends TableSchema = TableSchema>(
  options: WithConnection<UploadStreamOptions<Schema>>,
): UploadStream<RowInputOf<Schema>> => uploadStreamOf('createUploadStream', options)

const uploadStreamOf = <Schema extends TableSchema>(
  where: string,
  options: WithConnection<UploadStreamOptions<Schema>>,
): UploadStream<RowInputOf<Schema>> => {
  const [connection, own] = splitOptions<UploadStreamOptions<Schema>>(where, options, uploadStreamSpec)
  if (options.tunnel !== undefined) return options.tunnel.createUploadStream(own)
  const { client, ...defaults } = connect(connection)
  const stream = newUploadStream(client, tableRef(own, defaults), own)
  return stream.once('close', () => client.close())
}

/**
 * A stream that gives the rows of a table; see {@link Tunnel.createDownloadStream}. Without `tunnel` it connects
 * by itself, and closes its connections when it closes.
 */
export const createDownloadStream = <const Options extends WithConnection<DownloadStreamOptions>>(
  options: Options,
): DownloadStream<DownloadedRow<Options>> => {
  const [connection, own] = splitOptions<DownloadStreamOptions>(
    'createDownloadStream',
    options,
    downloadStreamSpec,
  )
  if (options.tunnel !== undefined)
    return options.tunnel.createDownloadStream(own) as DownloadStream<DownloadedRow<Options>>
  const { client, ...defaults } = connect(connection)
  const config = downloadConfig(client, tableRef(own, defaults), own)
  const stream = new DownloadStream<DownloadedRow<Options>>(config)
  return stream.once('close', () => client.close())
}

/**
 * Puts all rows into a table; see {@link Tunnel.upload}. Without `tunnel` it connects by itself, and closes its connections
 * at the end.
 */
export const upload = async <Schema extends TableSchema = TableSchema>(
  options: WithConnection<UploadStreamOptions<Schema>>,
  rows: Rows<RowInputOf<Schema>>,
): Promise<UploadResult> => uploadRows(() => uploadStreamOf('upload', options), rows)

/**
 * All rows of a table or partition, in memory; see {@link Tunnel.download}. Without `tunnel` it connects by itself, and
 * closes its connections at the end.
 */
export const download = async <const Options extends WithConnection<DownloadStreamOptions>>(
  options: Options,
): Promise<DownloadedRow<Options>[]> => {
  const [connection, own] = splitOptions<DownloadStreamOptions>('download', options, downloadStreamSpec)
  if (options.tunnel !== undefined) return options.tunnel.download(own) as Promise<DownloadedRow<Options>[]>
  const { client, ...defaults } = connect(connection)
  try {
    return (await downloadRows(
      downloadConfig(client, tableRef(own, defaults), own),
    )) as DownloadedRow<Options>[]
  } finally {
    await client.close()
  }
}

const splitOptions = <Options extends object>(
  where: string,
  options: WithConnection<Options>,
  spec: OptionSpec,
): [TunnelOptions, Options] => {
  checkOptions(where, options, { ...tunnelOptionSpec, ...spec, tunnel: instanceOf(Tunnel) })
  const entries = Object.entries(options ?? {}).filter(([, value]) => value !== undefined)
  const connection = entries.filter(([key]) => Object.hasOwn(tunnelOptionSpec, key))
  const doubtful = connection.find(([key]) => !Object.hasOwn(spec, key))
  if (options?.tunnel !== undefined && doubtful !== undefined)
    throw new TunnelOptionError(
      'ODPS_INVALID_OPTION',
      `${where}: ${doubtful[0]} belongs to the Tunnel; leave it out together with tunnel`,
    )
  const own = entries.filter(([key]) => Object.hasOwn(spec, key))
  // What only the command line sets has symbols for keys.
  const inner = Object.getOwnPropertySymbols(options ?? {}).map(
    key => [key, (options as Record<symbol, unknown>)[key]] as const,
  )
  return [Object.fromEntries(connection), Object.fromEntries([...own, ...inner]) as Options]
}
