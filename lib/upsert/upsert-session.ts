import { raceAbort, throwIfAborted } from '../abort.js'
import { checkOptions } from '../check-options.js'
import { contentEncodingOf } from '../compression/compression.js'
import { publishCommit } from '../diagnostics.js'
import { TunnelSessionError } from '../errors.js'
import { formatPartitionSpec, type PartitionSpec } from '../schema/partition-spec.js'
import type { TableName } from '../schema/table-name.js'
import type { TableSchema } from '../schema/table-schema.js'
import { type CallOptions, callOptionSpec } from '../session/call-options.js'
import type { TableResource } from '../session/table-resource.js'
import { inScope, tracedBy } from '../tracing.js'
import type { PreparedBlock } from '../upload/block-builder.js'
import { notIterable, RowInput, type Rows } from '../upload/row-input.js'
import { pumpRows } from '../upload/row-pump.js'
import type { SendingContext } from '../upload/transaction.js'
import type { UploadTotals } from '../upload/upload-results.js'
import { BucketWriter } from './bucket-writer.js'
import { type CommitTrack, commitUpsert } from './commit-upsert.js'
import type { UpsertEncoder } from './upsert-encoder.js'
import type { UpsertSettings } from './upsert-options.js'
import { deleteUpsert, putUpsert } from './upsert-requests.js'
import { isNoSuchSession, UpsertRoutes } from './upsert-routes.js'
import { deleteRow } from './upsert-rows.js'
import type { UpsertState } from './upsert-state.js'

/** What another process needs to attach. */
export interface UpsertSessionJson extends TableName {
  readonly partitionSpec?: string
  readonly sessionId: string
}

/** What a session of upserts tells at the end; `blocks` counts requests with rows. */
export interface UpsertResult extends UploadTotals {
  readonly sessionId: string
}

/** @internal What a session works with. */
export interface UpsertSessionParts {
  readonly resource: TableResource
  readonly state: UpsertState
  readonly encoder: UpsertEncoder
  readonly settings: UpsertSettings
  readonly context: SendingContext
  /** Ends all requests of the context; absent where that is somebody else's. */
  readonly stop?: (() => void) | undefined
  /** Called when the session holds no memory any more. */
  readonly release?: (() => void) | undefined
}

/*
 * A session takes rows until it is committed, and nothing is in the table before. What was sent can't be listed, as blocks
 * can: a session is whole when every request of this object was confirmed. One that failed leaves rows whose fate isn't known, so
 * the session then takes nothing more and commits nothing.
 */

/** Upserts into a table with a primary key that become visible together. Made by `createUpsertSession`. */
export class UpsertSession {
  readonly sessionId: string
  readonly schema: TableSchema
  /** Names of the columns of the primary key, in its order. */
  readonly primaryKey: readonly string[]
  readonly quotaName: string | undefined
  readonly #resource: TableResource
  readonly #settings: UpsertSettings
  readonly #context: SendingContext
  readonly #stop: (() => void) | undefined
  readonly #release: (() => void) | undefined
  readonly #routes: UpsertRoutes
  readonly #writer: BucketWriter
  readonly #track: CommitTrack = { hasArrived: false }
  #rowIndex = 0
  /** Calls that take rows. */
  #taking = 0
  #failure: Error | undefined
  #end: 'committing' | 'committed' | 'aborted' | undefined

  /** @internal */
  constructor({ resource, state, encoder, settings, context, stop, release }: UpsertSessionParts) {
    this.sessionId = state.sessionId
    this.schema = state.schema
    this.primaryKey = state.hashKey
    this.quotaName = state.quotaName
    this.#resource = resource
    this.#settings = settings
    this.#context = context
    this.#stop = stop
    this.#release = release
    this.#routes = new UpsertRoutes(resource, state)
    const put = this.#put.bind(this)
    this.#writer = new BucketWriter({ ...settings, buckets: state.slots.length, put }, encoder, context)
    this.#routes.keepAlive(context.call)
  }

  get table(): TableName {
    return this.#resource.name
  }

  get partition(): PartitionSpec | undefined {
    return this.#resource.partition
  }

  /** As of the last answer: `normal`, `committing`, `committed`, `expired`, `critical`, `aborted`. */
  get status(): string {
    return this.#routes.status
  }

  /**
   * Takes rows, each in place of the row with its key; `deleteRow` and `partialRow` make others. Resolves when they are encoded:
   * buckets are sent when they have enough of them. Of one key the last row wins, also over several calls that wait for each
   * other.
   *
   * @throws TunnelValueError for a row that does not fit, its index counted over all rows of the session; those before it are
   * taken. What the rows throw. TunnelSessionError ODPS_SESSION_STATUS when the session is committed or over; what a
   * request failed with.
   */
  async upsert(rows: Rows<unknown>, options: CallOptions = {}): Promise<void> {
    checkOptions('upsert', options, callOptionSpec)
    await this.#take('upsert', rows, row => row, options)
  }

  /**
   * Deletes the rows with these keys: objects with exactly the columns of the primary key, or arrays of their values in its
   * order. Otherwise as {@link upsert}.
   */
  async delete(keys: Rows<object>, options: CallOptions = {}): Promise<void> {
    checkOptions('delete', options, callOptionSpec)
    await this.#take('delete', keys, key => deleteRow(key as object), options)
  }

  /** Sends all rows that were taken, and waits until they are on the service. They become visible with the commit. */
  async flush(options: CallOptions = {}): Promise<void> {
    checkOptions('flush', options, callOptionSpec)
    this.#checkOpen()
    await this.#flush(options)
  }

  /** Asks the service for the status. */
  async load(options: CallOptions = {}): Promise<{ readonly status: string }> {
    checkOptions('load', options, callOptionSpec)
    const { status } = await this.#routes.load(options)
    return { status }
  }

  /**
   * Flushes, and makes all rows of the session visible, those that other processes have sent too. Waits until the service has applied them,
   * 120 seconds at most. Repeating it is harmless.
   *
   * @throws TunnelSessionError ODPS_SESSION_STATUS (nothing was committed), ODPS_COMMIT_UNKNOWN
   */
  async commit(options: CallOptions = {}): Promise<UpsertResult> {
    checkOptions('commit', options, callOptionSpec)
    if (this.#end === 'committed') return this.#result
    this.#checkOpen()
    if (this.#taking > 0) throw this.#statusError('rows are still being taken; wait for them')
    await this.#flush(options)
    await this.settle(options)
    return this.#result
  }

  /** Gives up everything that was sent. A session that isn't there any more is no error. */
  async abort(options: CallOptions = {}): Promise<void> {
    checkOptions('abort', options, callOptionSpec)
    if (this.#end === 'aborted') return
    if (this.#end !== undefined) throw this.#statusError(`it is ${this.#end}`)
    this.#end = 'aborted'
    await this.#rest()
    try {
      await deleteUpsert(this.#resource, this.sessionId, this.#routes.slotOf(0), options, 'safe')
    } catch (error) {
      if (!isNoSuchSession(error)) throw error
    }
  }

  /** What `Tunnel.openUpsertSession` in another process takes. Holds no credentials. */
  toJSON(): UpsertSessionJson {
    const { partition, sessionId } = this
    return {
      ...this.table,
      ...(partition !== undefined && { partitionSpec: formatPartitionSpec(partition) }),
      sessionId,
    }
  }

  /** Aborts the session unless it is committed, or its commit may have been carried out. Never rejects. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.giveUp()
  }

  /** @internal Takes one row of the stream that owns the session. */
  add(row: unknown, rowIndex: number): Promise<void> | undefined {
    return this.#writer.add(row, rowIndex)
  }

  /** @internal Sends all rows that were taken. */
  async sent(): Promise<void> {
    await this.#writer.flush()
  }

  /** @internal Commits what was sent. */
  async settle(options: CallOptions): Promise<void> {
    throwIfAborted(options.signal)
    this.#end = 'committing'
    try {
      const settledBy = await this.#settle(options)
      const { sessionId } = this
      const { blocks } = this.#context.stats
      publishCommit(() => ({ sessionId, table: this.#resource.title, blocks, settledBy }))
      this.#end = 'committed'
      this.#routes.stop()
      this.#writer.clear()
      this.#release?.()
    } finally {
      if (this.#end === 'committing') this.#end = undefined
    }
  }

  /** @internal Forgets what was not sent. */
  destroy(): void {
    this.#writer.destroy()
  }

  /** @internal Aborts the session on the service with one request, unless it may be committed. Never rejects. */
  async giveUp(): Promise<void> {
    if (this.#end !== undefined) return
    this.#end = 'aborted'
    await this.#rest()
    if (this.#track.hasArrived) return
    await deleteUpsert(this.#resource, this.sessionId, this.#routes.slotOf(0), {}, 'never').catch(() => {})
  }

  /** @internal */
  fail(error: Error): void {
    this.#failure ??= error
    this.#writer.destroy()
  }

  get #result(): UpsertResult {
    const { rows, rawBytes, wireBytes, blocks } = this.#context.stats
    return { sessionId: this.sessionId, committed: true, blocks, rows, rawBytes, wireBytes }
  }

  async #take(
    where: string,
    rows: Rows<unknown>,
    wrap: (row: unknown) => unknown,
    { signal }: CallOptions,
  ): Promise<void> {
    const refusal = notIterable(where, rows)
    if (refusal !== undefined) throw refusal
    this.#checkOpen()
    const source = new RowInput(rows)
    this.#taking++
    try {
      await pumpRows(source, async batch => {
        for (const row of batch) {
          throwIfAborted(signal)
          this.#checkOpen()
          const wait = this.#writer.add(wrap(row), this.#rowIndex++)
          this.#context.stats.rows++
          if (wait !== undefined) await raceAbort(wait, signal)
        }
      })
      this.#checkOpen()
    } finally {
      this.#taking--
      source.close()
    }
  }

  async #flush({ signal }: CallOptions): Promise<void> {
    await raceAbort(this.#writer.flush(), signal)
    this.#checkOpen()
  }

  async #put(bucket: number, block: PreparedBlock, call: CallOptions): Promise<number> {
    const contentEncoding = contentEncodingOf(this.#settings.compression)
    const body = { ...block, contentEncoding }
    const route = this.#routes.routeOf(bucket, call)
    await inScope(call[tracedBy], () => putUpsert(this.#resource, this.sessionId, bucket, body, route, call))
    return block.body.reduce((sum, part) => sum + part.length, 0)
  }

  async #settle(options: CallOptions): Promise<'answer' | 'load'> {
    const status = await this.#statusNow(options)
    if (status === 'committed') return 'load'
    if (status !== 'normal' && status !== 'committing')
      throw this.#statusError(`it is ${status}; upsert again in a new session`)
    return inScope(options[tracedBy], () =>
      commitUpsert(this.#resource, this.sessionId, this.#routes, this.#track, options),
    )
  }

  /** One that is gone after a commit was sent has been committed. */
  async #statusNow(options: CallOptions): Promise<string> {
    try {
      return (await this.#routes.load(options)).status
    } catch (error) {
      if (this.#track.hasArrived && isNoSuchSession(error)) return 'committed'
      throw error
    }
  }

  /** Ends all that is under way. */
  async #rest(): Promise<void> {
    this.#routes.stop()
    this.#writer.destroy()
    this.#stop?.()
    await this.#context.sender.rest()
    this.#release?.()
  }

  #checkOpen(): void {
    if (this.#end !== undefined) throw this.#statusError(`it is ${this.#end}`)
    if (this.#failure !== undefined) throw this.#failure
  }

  #statusError(what: string): TunnelSessionError {
    const { sessionId, status } = this
    const message = `Upsert session ${sessionId} of ${this.#resource.title}: ${what}`
    return new TunnelSessionError('ODPS_SESSION_STATUS', message, { sessionId, status })
  }
}
