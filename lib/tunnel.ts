import { Catalogue } from './catalogue/catalogue.js'
import { checkOptions } from './check-options.js'
import { type Connected, connectionKey } from './connection.js'
import type { CopyResult, CopyTableOptions } from './copy/copy-options.js'
import { loadCopy } from './copy/copy-table.js'
import { downloadConfig } from './download/download-config.js'
import {
  type DownloadedRow,
  type DownloadStreamOptions,
  downloadStreamSpec,
} from './download/download-options.js'
import type { DownloadSession } from './download/download-session.js'
import {
  type CreateDownloadSessionOptions,
  createDownloadSessionSpec,
  type OpenDownloadSessionOptions,
  openDownloadSessionSpec,
} from './download/download-session-options.js'
import { DownloadStream } from './download/download-stream.js'
import { createDownloadSession, openDownloadSession } from './download/open-download-session.js'
import { downloadRows, RowBatches } from './download/row-batches.js'
import type { PartitionCommit } from './errors.js'
import { type Connection, connect, type TunnelOptions } from './options.js'
import { type ExecuteResult, executeStatement } from './query/execute.js'
import { queryConfig } from './query/query-config.js'
import {
  type ExecuteOptions,
  executeOptionSpec,
  type QueryOptions,
  queryOptionSpec,
} from './query/query-options.js'
import type { RowInputOf } from './schema/define-schema.js'
import type { TableSchema } from './schema/table-schema.js'
import type { Resource } from './session/resource.js'
import { resourceOf } from './session/resource-options.js'
import {
  type OpenSessionOptions,
  openSessionSpec,
  type TableOptions,
  tableResource,
} from './session/table-options.js'
import type { TableResource } from './session/table-resource.js'
import { newStreamingUploadStream } from './streaming-upload/create-streaming-upload-stream.js'
import {
  type AnyStreamingOptions,
  type PartitionedStreamingOptions,
  type StreamingUploadOptions,
  streamingUploadSpec,
  type UnpartitionedStreamingOptions,
} from './streaming-upload/streaming-options.js'
import type { StreamingUploadStream } from './streaming-upload/streaming-upload-stream.js'
import { taken } from './taken-options.js'
import type { CheckpointOptions } from './upload/checkpoints.js'
import { newUploadStream, type PartitionsResultOf, type UploadResultOf } from './upload/new-upload-stream.js'
import { finishCommit, finishCommitSpec } from './upload/partitions/finish-commit.js'
import type { Rows } from './upload/row-input.js'
import {
  type AnyUploadOptions,
  type PartitionedRow,
  type PartitionedUploadOptions,
  type UnpartitionedUploadOptions,
  type UploadStreamOptions,
  uploadStreamSpec,
} from './upload/upload-options.js'
import type { UploadTotals } from './upload/upload-results.js'
import { uploadRows } from './upload/upload-rows.js'
import { createUploadSession, openUploadSession, type UploadSession } from './upload/upload-session.js'
import { type CreateUploadSessionOptions, createUploadSessionSpec } from './upload/upload-session-options.js'
import type { UploadStream } from './upload/upload-stream.js'
import {
  type CreateUpsertSessionOptions,
  createUpsertSessionSpec,
  type OpenUpsertSessionOptions,
  openUpsertSessionSpec,
  type UpsertStreamOptions,
  upsertStreamSpec,
} from './upsert/upsert-options.js'
import type { UpsertSession } from './upsert/upsert-session.js'
import { loadUpserts, UpsertStream, type UpsertStreamOf } from './upsert/upsert-stream.js'

/**
 * The way into one project's tables. Nothing is sent before a method is called.
 *
 * @throws TunnelOptionError ODPS_MISSING_ENDPOINT, ODPS_MISSING_CREDENTIALS, or what is wrong with an option
 */
export class Tunnel extends Catalogue implements Connected {
  readonly #connection: Connection

  constructor(options: TunnelOptions = {}) {
    const connection = connect(options)
    super(connection)
    this.#connection = connection
  }

  /** For the functions that take a Tunnel as an option */
  get [connectionKey](): object {
    return this.#connection
  }

  /** @throws TunnelOptionError at once, before any I/O */
  createUploadStream<
    Schema extends TableSchema = TableSchema,
    Limits extends CheckpointOptions | undefined = undefined,
  >(
    options: UnpartitionedUploadOptions<Schema, Limits>,
  ): UploadStream<RowInputOf<Schema>, UploadResultOf<Limits>>
  createUploadStream<
    Schema extends TableSchema = TableSchema,
    Limits extends CheckpointOptions | undefined = undefined,
  >(
    options: PartitionedUploadOptions<Schema, Limits>,
  ): UploadStream<PartitionedRow, PartitionsResultOf<Limits>>
  createUploadStream<
    Schema extends TableSchema = TableSchema,
    Limits extends CheckpointOptions | undefined = undefined,
  >(options: UploadStreamOptions<Schema, Limits>): UploadStream<RowInputOf<Schema>, UploadResultOf<Limits>>
  createUploadStream(options: AnyUploadOptions): unknown {
    return this.#newUploadStream('createUploadStream', options)
  }

  /**
   * A stream whose rows are in the table soon after they are written, without a commit. A row may get there twice, when the
   * answer to its pack was lost.
   *
   * @throws TunnelOptionError at once, before any I/O
   */
  createStreamingUploadStream<Schema extends TableSchema = TableSchema>(
    options: UnpartitionedStreamingOptions<Schema>,
  ): StreamingUploadStream<RowInputOf<Schema>>
  createStreamingUploadStream<Schema extends TableSchema = TableSchema>(
    options: PartitionedStreamingOptions<Schema>,
  ): StreamingUploadStream<PartitionedRow>
  createStreamingUploadStream<Schema extends TableSchema = TableSchema>(
    options: StreamingUploadOptions<Schema>,
  ): StreamingUploadStream<RowInputOf<Schema>>
  createStreamingUploadStream(options: AnyStreamingOptions): unknown {
    checkOptions('createStreamingUploadStream', options, streamingUploadSpec)
    const own = taken(options)
    return newStreamingUploadStream(this.#table(own), own)
  }

  /** @throws TunnelOptionError at once, before any I/O */
  createDownloadStream<const Options extends DownloadStreamOptions>(
    options: Options,
  ): DownloadStream<DownloadedRow<Options>> {
    checkOptions('createDownloadStream', options, downloadStreamSpec)
    const own = taken(options)
    return new DownloadStream(downloadConfig(this.#resource('createDownloadStream', own), own))
  }

  /**
   * Rows in batches, in order, fetched ahead: the fast way in a `for await`. An async generator that tells of itself as the
   * stream does. Options as for a download stream.
   *
   * @throws TunnelOptionError at once, before any I/O
   */
  readBatches<const Options extends DownloadStreamOptions>(
    options: Options,
  ): RowBatches<DownloadedRow<Options>> {
    checkOptions('readBatches', options, downloadStreamSpec)
    const own = taken(options)
    return new RowBatches(downloadConfig(this.#resource('readBatches', own), own))
  }

  /**
   * Puts all rows into a table, and resolves when they are committed: `createUploadStream`, fed with an iterable, an async
   * iterable, a Readable or a web ReadableStream. Rejects with what these rows fail with, or with the upload's error;
   * then nothing is committed.
   */
  upload<Schema extends TableSchema = TableSchema, Limits extends CheckpointOptions | undefined = undefined>(
    options: UnpartitionedUploadOptions<Schema, Limits>,
    rows: Rows<RowInputOf<Schema>>,
  ): Promise<UploadResultOf<Limits> & UploadTotals>
  upload<Schema extends TableSchema = TableSchema, Limits extends CheckpointOptions | undefined = undefined>(
    options: PartitionedUploadOptions<Schema, Limits>,
    rows: Rows<PartitionedRow>,
  ): Promise<PartitionsResultOf<Limits> & UploadTotals>
  upload<Schema extends TableSchema = TableSchema, Limits extends CheckpointOptions | undefined = undefined>(
    options: UploadStreamOptions<Schema, Limits>,
    rows: Rows<RowInputOf<Schema>>,
  ): Promise<UploadResultOf<Limits> & UploadTotals>
  async upload(options: AnyUploadOptions, rows: Rows<unknown>): Promise<unknown> {
    return uploadRows(() => this.#newUploadStream('upload', options), rows)
  }

  /**
   * Commits the partitions that an upload with `partitionBy` could not: takes `error.partitions` of ODPS_PARTIAL_COMMIT, or its JSON.
   * Those whose outcome is unknown are looked up first. May be called again with what its own error says.
   *
   * @returns the same partitions, all committed
   * @throws TunnelSessionError ODPS_PARTIAL_COMMIT, or what the first one failed with when none is committed
   */
  async finishCommit(
    partitions: readonly PartitionCommit[],
    options: { readonly signal?: AbortSignal | undefined } = {},
  ): Promise<PartitionCommit[]> {
    checkOptions('finishCommit', { ...options, partitions }, finishCommitSpec)
    return finishCommit(this.#connection.client, partitions, options)
  }

  /** All rows of a table or partition, in memory. Options as for a download stream. */
  async download<const Options extends DownloadStreamOptions>(
    options: Options,
  ): Promise<DownloadedRow<Options>[]> {
    checkOptions('download', options, downloadStreamSpec)
    const own = taken(options)
    const config = downloadConfig(this.#resource('download', own), own)
    return (await downloadRows(config)) as DownloadedRow<Options>[]
  }

  /**
   * The rows that a query gives, when it has ended: a download stream that submits the query first. The event `instance`
   * tells its id, `stats.query` how far it is. `destroy` and `signal` stop it on the service.
   *
   * @throws TunnelOptionError at once, before any I/O
   */
  createQueryStream<const Options extends QueryOptions>(
    options: Options,
  ): DownloadStream<DownloadedRow<Options>> {
    checkOptions('createQueryStream', options, queryOptionSpec)
    return new DownloadStream(queryConfig('createQueryStream', this.#connection, taken(options)))
  }

  /** All rows that a query gives, in memory. Options as for a query stream. */
  async query<const Options extends QueryOptions>(options: Options): Promise<DownloadedRow<Options>[]> {
    checkOptions('query', options, queryOptionSpec)
    const config = queryConfig('query', this.#connection, taken(options))
    return (await downloadRows(config)) as DownloadedRow<Options>[]
  }

  /**
   * Runs a statement without rows, and waits until it has ended. It is never sent twice.
   *
   * @throws TunnelQueryError ODPS_QUERY_FAILED, ODPS_QUERY_CANCELLED; ODPS_QUERY_UNKNOWN when the answer was lost and the
   * instance was not found
   */
  async execute(options: ExecuteOptions): Promise<ExecuteResult> {
    checkOptions('execute', options, executeOptionSpec)
    return executeStatement(this.#connection, taken(options))
  }

  /**
   * Copies a table, or partitions of it, into a table of this Tunnel. Where the columns of both are the same, records go over
   * as they are, without being parsed. Each partition is committed on its own.
   *
   * @throws TunnelOptionError before anything is created or read, when rows of one table don't fit the other;
   * TunnelValueError for a value that doesn't fit; what a download and an upload fail with. The error's `result` tells what
   * is committed, and goes on as `resume`.
   */
  async copyTable(options: CopyTableOptions): Promise<CopyResult> {
    const own = taken(options)
    const { copyTables } = await loadCopy()
    return copyTables(this.#connection, own)
  }

  async createUploadSession(options: CreateUploadSessionOptions): Promise<UploadSession> {
    checkOptions('createUploadSession', options, createUploadSessionSpec)
    const own = taken(options)
    return createUploadSession(this.#table(own), own)
  }

  /** Attaches to a session that another process or machine created; takes the JSON of the session there. */
  async openUploadSession(options: OpenSessionOptions): Promise<UploadSession> {
    checkOptions('openUploadSession', options, openSessionSpec)
    const own = taken(options)
    return openUploadSession(this.#table(own), own)
  }

  /**
   * Puts rows into a table with a primary key, each in place of the row with its key, and deletes rows. Visible at the end, all
   * at once.
   * @throws TunnelOptionError at once, before any I/O
   */
  createUpsertStream<Schema extends TableSchema = TableSchema>(
    options: UpsertStreamOptions<Schema>,
  ): UpsertStreamOf<Schema> {
    checkOptions('createUpsertStream', options, upsertStreamSpec)
    const own = taken(options)
    return new UpsertStream(this.#table(own), own)
  }

  async createUpsertSession(options: CreateUpsertSessionOptions): Promise<UpsertSession> {
    checkOptions('createUpsertSession', options, createUpsertSessionSpec)
    const own = taken(options)
    const { createUpsertSession } = await loadUpserts()
    return createUpsertSession(this.#table(own), own)
  }

  /** Attaches to a session that another process or machine created; takes the JSON of the session there. */
  async openUpsertSession(options: OpenUpsertSessionOptions): Promise<UpsertSession> {
    checkOptions('openUpsertSession', options, openUpsertSessionSpec)
    const own = taken(options)
    const { openUpsertSession } = await loadUpserts()
    return openUpsertSession(this.#table(own), own)
  }

  async createDownloadSession(options: CreateDownloadSessionOptions): Promise<DownloadSession> {
    checkOptions('createDownloadSession', options, createDownloadSessionSpec)
    const own = taken(options)
    return createDownloadSession(this.#resource('createDownloadSession', own), own)
  }

  /** Attaches to a session that another process or machine created; takes the JSON of the session there. */
  async openDownloadSession(options: OpenDownloadSessionOptions): Promise<DownloadSession> {
    checkOptions('openDownloadSession', options, openDownloadSessionSpec)
    const own = taken(options)
    return openDownloadSession(this.#resource('openDownloadSession', own), own)
  }

  /** Drops the connections; streams that still run fail. A dispatcher of the caller's is left alone. */
  async close(): Promise<void> {
    await this.#connection.client.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  #resource(where: string, options: Parameters<typeof resourceOf>[2]): Resource {
    return resourceOf(where, this.#connection, options)
  }

  #newUploadStream(where: string, options: AnyUploadOptions): UploadStream<unknown, object> {
    checkOptions(where, options, uploadStreamSpec)
    const own = taken(options)
    return newUploadStream(this.#table(own), own)
  }

  #table(options: TableOptions): TableResource {
    return tableResource(this.#connection, options)
  }
}
