import { throwIfAborted } from '../abort.js'
import { type Column, selectColumns } from '../schema/table-schema.js'
import type { CallOptions } from '../session/call-options.js'
import type { NamedResult, NamedTable } from '../session/resource.js'
import { describeStreamError } from '../session/stream-error.js'
import { type DownloadStats, newDownloadStats, type QueryInstance, timed } from '../session/transfer-stats.js'
import { beginTrace, inScope, type Trace, tracedBy } from '../tracing.js'
import type { DownloadSession } from './download-session.js'
import { downloads } from './download-traces.js'
import { type ItemReader, PartitionReader } from './partition-reader.js'
import type { RangeFormat } from './range-decoder.js'
import { RangeReader, type RangeReaderOptions } from './range-reader.js'
import { ReadAhead } from './read-ahead.js'
import { type CreateSession, RenewingSource } from './renewing-source.js'
import type { RowRange } from './row-range.js'

/*
 * A download without a Node stream around it: sessions, ranges, counters, and an end for everything under way. What is
 * given out, a row at a time in a Readable or a batch at a time in a loop, is only a matter of who calls `next`.
 */

/** How a session is opened. */
export interface OpenCall extends CallOptions {
  readonly signal: AbortSignal
  readonly onRetry: () => void
  /** Of the download; a query keeps its own part up to date. */
  readonly stats: DownloadStats
  readonly onInstance: (instance: QueryInstance) => void
}

/** What a download runs on: options already checked, defaults filled in. */
export interface DownloadConfig<Item = unknown>
  extends Omit<RangeReaderOptions<Item>, 'signal' | 'format' | 'readAhead'> {
  /** Undecoded bytes that ranges not yet due may hold in all, at most. */
  readonly readAheadBytes: number
  /** For those who watch; undefined for a query, which has no instance yet. */
  readonly source: NamedTable | NamedResult | undefined
  readonly open: (call: OpenCall) => Promise<DownloadSession>
  /** Makes a session in place of one that is over. */
  readonly create: CreateSession
  /** What to read of the session; its row count is known only when it is open. */
  readonly range: (session: DownloadSession) => RowRange
  readonly format: (session: DownloadSession) => RangeFormat<Item>
  /** Reads all these, one after the other, instead of one session. */
  readonly partitions?: ((call: CallOptions) => AsyncIterable<DownloadConfig<Item>>) | undefined
  /** The columns of the partition follow those of each row. */
  readonly partitionColumns?: boolean | undefined
  readonly highWaterMark: number
  readonly signal: AbortSignal | undefined
  /** Whether several rows may be one item, as text. */
  readonly isPrinted?: boolean | undefined
}

export interface DownloadListeners {
  /** Called with every session that is opened. */
  readonly onSession: (session: DownloadSession) => void
  /** Called with the instance of a query, when it was submitted. */
  readonly onInstance: (instance: QueryInstance) => void
  /** Called four times a second, and once at the end. */
  readonly onProgress: () => void
}

const progressIntervalMs = 250

export class DownloadReader<Item> {
  /** `rows` is counted by whoever hands them out. */
  readonly stats = newDownloadStats(() => this.#concurrency)
  readonly #config: DownloadConfig<Item>
  readonly #listeners: DownloadListeners
  readonly #abort = new AbortController()
  #session: DownloadSession | undefined
  #opening: Promise<void> | undefined
  readonly #readAhead: ReadAhead
  #reader: ItemReader<Item> | undefined
  #timer: NodeJS.Timeout | undefined
  #trace: Trace | undefined
  #isComplete = false

  constructor(config: DownloadConfig<Item>, listeners: DownloadListeners) {
    this.#config = config
    this.#listeners = listeners
    this.#readAhead = new ReadAhead(config.readAheadBytes)
  }

  /** The one that is read, or was read last. */
  get session(): DownloadSession | undefined {
    return this.#session
  }

  /** Those of its rows, in order, once a session is open. */
  get columns(): readonly Column[] | undefined {
    if (this.#session === undefined) return undefined
    const { columns: names, partitionColumns } = this.#config
    const { schema } = this.#session
    const columns = names === undefined ? schema.columns : selectColumns(schema, names)
    if (!partitionColumns) return columns
    return [...columns, ...this.#session.partitionValues().map(({ column }) => column)]
  }

  /** For requests beside those of its rows: they end with the download, and their retries are counted. */
  get call(): Omit<OpenCall, 'stats' | 'onInstance'> {
    return { signal: this.#abort.signal, onRetry: this.#onRetry, [tracedBy]: this.#trace }
  }

  /** To be called once, before {@link next}. */
  async open(): Promise<void> {
    const { stats } = this
    this.#trace = beginTrace(downloads, () => ({ source: this.#config.source, stats }))
    this.#opening = inScope(this.#trace, () => this.#open())
    await this.#opening
  }

  async #open(): Promise<void> {
    this.#timer = setInterval(this.#listeners.onProgress, progressIntervalMs).unref()
    this.#reader = await this.#openReader(this.#config)
    throwIfAborted(this.#abort.signal)
  }

  /** The next items in order, at least one; undefined after the last, when all are verified. */
  async next(): Promise<Item[] | undefined> {
    const next = inScope(this.#trace, () => this.#reader!.next())
    const items = await timed(this.stats.phaseMs, 'wait', next)
    // What was let go has an end too, which must not look like the end of the rows.
    throwIfAborted(this.#abort.signal)
    if (items === undefined) {
      this.#isComplete = true
      clearInterval(this.#timer)
      this.#listeners.onProgress()
    }
    return items
  }

  /** Lets all requests go, at once, and resolves when they are over. */
  async destroy(reason?: unknown): Promise<void> {
    clearInterval(this.#timer)
    this.#abort.abort(reason)
    // A query that was submitted is stopped first.
    await this.#opening?.catch(() => {})
    await this.#reader?.destroy()
    const hasFailed = !this.#isComplete && reason !== undefined && reason !== null
    if (hasFailed) this.#trace?.fail(reason)
    else this.#trace?.end({ isComplete: this.#isComplete })
  }

  /** What an error that ends the download tells: its counters and session. */
  describe<E extends Error | null>(error: E): E {
    return describeStreamError(error, this.stats, this.#session?.sessionId)
  }

  /** The session's, once it is open. */
  get #concurrency(): number {
    return Math.min(
      this.#config.concurrency,
      this.#session?.budget.requests.allowed ?? this.#config.concurrency,
    )
  }

  readonly #onRetry = (): void => {
    this.stats.retries++
  }

  async #openReader(config: DownloadConfig<Item>): Promise<ItemReader<Item>> {
    const { call, stats } = this
    if (config.partitions !== undefined)
      return new PartitionReader(config.partitions(call), each => this.#openReader(each))
    const { onInstance } = this.#listeners
    const session = await timed(stats.phaseMs, 'open', config.open({ ...call, stats, onInstance }))
    const range = config.range(session)
    this.stats.totalRows += range.count
    const source = new RenewingSource(session, config.create, this.#onSession)
    const format = config.format(session)
    const options = { ...config, readAhead: this.#readAhead, format, ...call }
    const reader = new RangeReader<Item>(source, range, options, stats)
    this.#onSession(session)
    return reader
  }

  readonly #onSession = (session: DownloadSession): void => {
    this.#session = session
    this.#listeners.onSession(session)
  }
}
