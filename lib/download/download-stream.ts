import { Readable } from 'node:stream'
import { finished } from 'node:stream/promises'
import { AbortError, watchAbort } from '../abort.js'
import type { DecodeOptions } from '../codec/rows/record-decoder.js'
import { tell } from '../diagnostics.js'
import { asError } from '../errors.js'
import { describeStreamError } from '../session/stream-error.js'
import { type DownloadStats, newDownloadStats, timed } from '../session/transfer-stats.js'
import type { DownloadSession } from './download-session.js'
import { PartitionReader, type RowReader } from './partition-reader.js'
import { RangeReader, type RangeReaderOptions } from './range-reader.js'
import { type CreateSession, RenewingSource } from './renewing-source.js'
import type { RowRange } from './row-range.js'

/** What a download runs on: options already checked, defaults filled in. */
export interface DownloadConfig extends Omit<RangeReaderOptions, 'signal' | 'decode'> {
  readonly open: (signal: AbortSignal, onRetry: () => void) => Promise<DownloadSession>
  /** Makes a session in place of one that is over. */
  readonly create: CreateSession
  /** What to read of the session; its row count is known only when it is open. */
  readonly range: (session: DownloadSession) => RowRange
  readonly decode: (session: DownloadSession) => DecodeOptions
  /** Reads all these, one after the other, instead of one session. */
  readonly partitions?:
    | ((signal: AbortSignal, onRetry: () => void) => AsyncIterable<DownloadConfig>)
    | undefined
  readonly highWaterMark: number
  readonly signal: AbortSignal | undefined
}

const progressIntervalMs = 250

/**
 * A Readable (object mode) that gives the rows of a table or of one partition, in order: arrays in column order,
 * or objects with `rowShape: 'object'`.
 *
 * `end` means that every row asked for came, and that every range was verified. Events: `session` (the
 * DownloadSession, once open and again when it had to be replaced), `progress` ({@link DownloadStats}, a few times a second).
 */
export class DownloadStream<Row = unknown> extends Readable {
  readonly #config: DownloadConfig
  readonly #abort = new AbortController()
  readonly #stats = newDownloadStats()
  #session: DownloadSession | undefined
  #reader: RowReader | undefined
  #rows: readonly unknown[] = []
  #at = 0
  #reading = false
  #wanted = false
  #timer: NodeJS.Timeout | undefined
  #unwatch = (): void => {}

  constructor(config: DownloadConfig) {
    super({ objectMode: true, highWaterMark: config.highWaterMark })
    this.#config = config
    if (config.signal?.aborted) this.#onSignal()
    else if (config.signal !== undefined) this.#unwatch = watchAbort(config.signal, this.#onSignal)
  }

  /** Live counters; the same object all along. */
  get stats(): Readonly<DownloadStats> {
    return this.#stats
  }

  /** The session, once it is open. */
  get session(): DownloadSession | undefined {
    return this.#session
  }

  /**
   * The stream itself, to be iterated: `for await (const row of stream.rows())` knows the type of the rows, while
   * Node's declarations make them `any` in a `for await` over the stream.
   */
  rows(): AsyncIterable<Row> {
    return this
  }

  override _construct(callback: (error?: Error | null) => void): void {
    // What fails because the stream was destroyed meanwhile is not an error of its own.
    this.#open().then(
      () => callback(),
      error => callback(this.destroyed ? null : asError(error)),
    )
  }

  override _read(): void {
    this.#wanted = true
    if (!this.#reading) this.#pushRows().catch(error => this.destroy(asError(error)))
  }

  /** Requests are aborted at once: Node itself would run `_destroy` only after `_construct` has ended. */
  override destroy(error?: Error): this {
    if (!this.destroyed) this.#abort.abort(error)
    return super.destroy(error ? asError(error) : error)
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    clearInterval(this.#timer)
    this.#abort.abort(error)
    this.#unwatch()
    this.#reader?.destroy()
    this.#rows = []
    callback(describeStreamError(error, this.#stats, this.#session?.sessionId))
  }

  /** Destroys the stream and waits until it is closed. Never rejects. */
  override async [Symbol.asyncDispose](): Promise<void> {
    if (!this.readableEnded && !this.destroyed) this.destroy()
    if (!this.closed) await finished(this).catch(() => {})
  }

  readonly #onSignal = (): void => {
    this.destroy(new AbortError(this.#config.signal?.reason))
  }

  async #open(): Promise<void> {
    this.#reader = await openReader(this.#config, {
      signal: this.#abort.signal,
      stats: this.#stats,
      onRetry: () => {
        this.#stats.retries++
      },
      onSession: session => {
        this.#session = session
        tell(() => this.emit('session', session))
      },
    })
    this.#timer = setInterval(() => this.#tellProgress(), progressIntervalMs).unref()
  }

  /**
   * Pushes rows as long as more are wanted, waiting only where a batch has ended. Node may ask for more from within
   * `push`, so what is wanted is kept apart from what `push` says, and only one of these runs at a time.
   */
  async #pushRows(): Promise<void> {
    this.#reading = true
    while (this.#wanted && !this.destroyed) {
      if (this.#at === this.#rows.length && !(await this.#nextBatch())) return
      this.#wanted = false
      this.#stats.rows++
      if (this.push(this.#rows[this.#at++])) this.#wanted = true
    }
    this.#reading = false
  }

  /** @returns false at the end, or when the stream was destroyed meanwhile */
  async #nextBatch(): Promise<boolean> {
    const rows = await timed(this.#stats.phaseMs, 'wait', this.#reader!.next())
    if (this.destroyed) return false
    if (rows === undefined) this.#end()
    else [this.#rows, this.#at] = [rows, 0]
    return rows !== undefined
  }

  #end(): void {
    clearInterval(this.#timer)
    this.#tellProgress()
    this.push(null)
  }

  #tellProgress(): void {
    tell(() => this.emit('progress', this.stats))
  }
}

interface ReadContext {
  readonly signal: AbortSignal
  readonly stats: DownloadStats
  readonly onRetry: () => void
  /** Called with every session that is opened. */
  readonly onSession: (session: DownloadSession) => void
}

const openReader = async (config: DownloadConfig, context: ReadContext): Promise<RowReader> => {
  const { signal, stats, onRetry, onSession } = context
  if (config.partitions !== undefined)
    return new PartitionReader(config.partitions(signal, onRetry), each => openReader(each, context))
  const session = await timed(stats.phaseMs, 'open', config.open(signal, onRetry))
  const range = config.range(session)
  stats.totalRows += range.count
  const source = new RenewingSource(session, config.create, onSession)
  const reader = new RangeReader(source, range, { ...config, decode: config.decode(session), signal }, stats)
  onSession(session)
  return reader
}

/** All rows at once. @throws what the download fails with */
export const downloadRows = async (config: DownloadConfig): Promise<unknown[]> => {
  const rows: unknown[] = []
  for await (const batch of readBatches(config)) for (const row of batch) rows.push(row)
  return rows
}

/** Reads without a stream: batches of rows as they come, the fast way in a `for await`. */
export async function* readBatches(config: DownloadConfig): AsyncGenerator<unknown[], void, undefined> {
  const stats: DownloadStats = newDownloadStats()
  let session: DownloadSession | undefined
  const reader = await openReader(config, {
    signal: config.signal ?? new AbortController().signal,
    stats,
    onRetry: () => {},
    onSession: current => {
      session = current
    },
  })
  try {
    for (let rows = await reader.next(); rows !== undefined; rows = await reader.next()) yield rows
  } catch (error) {
    throw describeStreamError(asError(error), stats, session?.sessionId)
  } finally {
    reader.destroy()
  }
}
