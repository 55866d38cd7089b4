import { EventEmitter } from 'node:events'
import { watchAbort } from '../abort.js'
import { countPrinted } from '../codec/rows/record-printing.js'
import { tell } from '../diagnostics.js'
import { asError } from '../errors.js'
import type { Column } from '../schema/table-schema.js'
import type { DownloadStats, QueryInstance } from '../session/transfer-stats.js'
import { type DownloadConfig, DownloadReader } from './download-reader.js'
import type { DownloadSession } from './download-session.js'

/*
 * A loop over batches is the fast way to read, and used to be a bare generator: whoever wanted to show progress, or to
 * note the session for a resume, had to take the stream and its promise per row. So the generator is an object that tells
 * as much as the stream does. It tells nothing by `error`, since the loop throws already, and what a Readable does by
 * itself (to begin, to go on, to close) happens here only when the loop asks for it.
 */

/** The events of {@link RowBatches}, and what their listeners get. */
export interface RowBatchesEvents {
  /** The query was submitted. Only of queries. */
  instance: [instance: QueryInstance]
  /** The session is open; again when it had to be replaced, and for every partition. */
  session: [session: DownloadSession]
  /** Four times a second while the loop runs, and once after the last row. */
  progress: [stats: Readonly<DownloadStats>]
}

type Listener<Name extends keyof RowBatchesEvents> = (...args: RowBatchesEvents[Name]) => void

/**
 * An async generator of arrays of rows, in order. Nothing is sent before the first `next()`. It is iterated once: a second
 * loop goes on where the first one is. Leaving the loop, or `return()`, ends all requests before it resolves; a `next()` that is
 * waiting then gives the end. After an error, which the iteration throws, `stats` are final.
 */
export class RowBatches<Row = unknown> implements AsyncGenerator<Row[], void, undefined> {
  readonly #reader: DownloadReader<unknown>
  readonly #batches: AsyncGenerator<Row[], void, undefined>
  readonly #events = new EventEmitter()
  readonly #release: () => Promise<void>
  readonly #isPrinted: boolean
  #isLeft = false
  #ended: Promise<void> | undefined

  /** @internal @param release called when all is over */
  constructor(config: DownloadConfig, release: () => Promise<void> = async () => {}) {
    this.#release = release
    this.#isPrinted = config.isPrinted === true
    this.#reader = new DownloadReader(config, {
      onSession: session => tell(() => this.#events.emit('session', session)),
      onInstance: instance => tell(() => this.#events.emit('instance', instance)),
      onProgress: () => tell(() => this.#events.emit('progress', this.stats)),
    })
    this.#batches = this.#read(config.signal)
  }

  /** Live counters; the same object all along. `rows` are those of the batches given so far. */
  get stats(): Readonly<DownloadStats> {
    return this.#reader.stats
  }

  /** The session, once it is open. */
  get session(): DownloadSession | undefined {
    return this.#reader.session
  }

  /** The columns of its rows, in order; undefined until the session is open. */
  get columns(): readonly Column[] | undefined {
    return this.#reader.columns
  }

  next(): Promise<IteratorResult<Row[], void>> {
    return this.#batches.next()
  }

  async return(): Promise<IteratorResult<Row[], void>> {
    this.#isLeft = true
    await this.#end()
    return this.#batches.return()
  }

  async throw(error: unknown): Promise<IteratorResult<Row[], void>> {
    await this.return()
    throw error
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return()
  }

  on<Name extends keyof RowBatchesEvents>(event: Name, listener: Listener<Name>): this {
    this.#events.on(event, listener)
    return this
  }

  once<Name extends keyof RowBatchesEvents>(event: Name, listener: Listener<Name>): this {
    this.#events.once(event, listener)
    return this
  }

  off<Name extends keyof RowBatchesEvents>(event: Name, listener: Listener<Name>): this {
    this.#events.off(event, listener)
    return this
  }

  async *#read(signal: AbortSignal | undefined): AsyncGenerator<Row[], void, undefined> {
    const reader = this.#reader
    const stop = (): void => void reader.destroy(signal?.reason)
    if (signal?.aborted) stop()
    const unwatch = signal === undefined ? undefined : watchAbort(signal, stop)
    try {
      await reader.open()
      for (let rows = await reader.next(); rows !== undefined; rows = await reader.next()) {
        reader.stats.rows += this.#isPrinted ? countPrinted(rows) : rows.length
        yield rows as Row[]
      }
    } catch (error) {
      if (this.#isLeft) return
      await this.#end(error)
      throw reader.describe(asError(error))
    } finally {
      unwatch?.()
      await this.#end()
    }
  }

  async #end(reason?: unknown): Promise<void> {
    this.#ended ??= this.#reader.destroy(reason).then(this.#release)
    await this.#ended
  }
}

/** All rows at once. @throws what the download fails with */
export const downloadRows = async (config: DownloadConfig): Promise<unknown[]> => {
  const rows: unknown[] = []
  for await (const batch of new RowBatches(config)) for (const row of batch) rows.push(row)
  return rows
}
