import { Readable } from 'node:stream'
import { finished } from 'node:stream/promises'
import { AbortError, watchAbort } from '../abort.js'
import { tell } from '../diagnostics.js'
import { asError } from '../errors.js'
import type { DownloadStats } from '../session/transfer-stats.js'
import { type DownloadConfig, DownloadReader } from './download-reader.js'
import type { DownloadSession } from './download-session.js'

/*
 * Node's Readable stands between the rows and whoever reads them, and it costs more per row than the decoding. So rows
 * are pushed for as long as they are wanted, from a batch that is at hand, and a promise is awaited only where a batch
 * has ended. Everything else (sessions, ranges, what is under way) is the reader's; a failure or the end of the stream
 * only lets it go.
 */

/** The events of a {@link DownloadStream}, and what their listeners get. */
export interface DownloadEvents<Row = unknown> {
  /** The session is open; again when it had to be replaced, and for every partition. */
  session: [session: DownloadSession]
  /** Four times a second while the session is open, and once before `end`. */
  progress: [stats: Readonly<DownloadStats>]
  data: [row: Row]
  /** Every row asked for came, and every range was verified. */
  end: []
  error: [error: Error]
  /** All requests have been let go. */
  close: []
  pause: []
  readable: []
  resume: []
}

type Listener<Row, Name extends keyof DownloadEvents> = (...args: DownloadEvents<Row>[Name]) => void
/** Any listener will do for what has no argument, also the `resolve` of a promise; not for what has one. */
type OtherName<Name> = Name extends 'session' | 'progress' | 'data' ? never : Name

/* Methods of Readable as they are, declared more narrowly. */
export interface DownloadStream<Row = unknown> {
  on<Name extends keyof DownloadEvents>(event: Name, listener: Listener<Row, Name>): this
  on<Name extends string | symbol>(event: OtherName<Name>, listener: (...args: never[]) => void): this
  once<Name extends keyof DownloadEvents>(event: Name, listener: Listener<Row, Name>): this
  once<Name extends string | symbol>(event: OtherName<Name>, listener: (...args: never[]) => void): this
  off<Name extends keyof DownloadEvents>(event: Name, listener: Listener<Row, Name>): this
  off<Name extends string | symbol>(event: OtherName<Name>, listener: (...args: never[]) => void): this
  addListener<Name extends keyof DownloadEvents>(event: Name, listener: Listener<Row, Name>): this
  addListener<Name extends string | symbol>(
    event: OtherName<Name>,
    listener: (...args: never[]) => void,
  ): this
}

/**
 * A Readable (object mode) that gives the rows of a table or of one partition, in order: arrays in column order,
 * or objects with `rowShape: 'object'`.
 *
 * `end` means that every row asked for came, and that every range was verified. Events beside Node's: `session` (the
 * DownloadSession, once open and again when it had to be replaced), `progress` ({@link DownloadStats}, a few times a second).
 */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: see above
export class DownloadStream<Row = unknown> extends Readable {
  readonly #signal: AbortSignal | undefined
  readonly #reader: DownloadReader<unknown>
  #rows: readonly unknown[] = []
  #at = 0
  #reading = false
  #wanted = false
  #unwatch = (): void => {}

  /** @internal */
  constructor(config: DownloadConfig) {
    super({ objectMode: true, highWaterMark: config.highWaterMark })
    this.#signal = config.signal
    this.#reader = new DownloadReader(config, {
      onSession: session => tell(() => this.emit('session', session)),
      onProgress: () => tell(() => this.emit('progress', this.stats)),
    })
    if (config.signal?.aborted) this.#onSignal()
    else if (config.signal !== undefined) this.#unwatch = watchAbort(config.signal, this.#onSignal)
  }

  /** Live counters; the same object all along. */
  get stats(): Readonly<DownloadStats> {
    return this.#reader.stats
  }

  /** The session, once it is open. */
  get session(): DownloadSession | undefined {
    return this.#reader.session
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
    this.#reader.open().then(
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
    if (!this.destroyed) this.#reader.destroy(error)
    return super.destroy(error ? asError(error) : error)
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#reader.destroy(error)
    this.#unwatch()
    this.#rows = []
    callback(this.#reader.describe(error))
  }

  /** Destroys the stream and waits until it is closed. Never rejects. */
  override async [Symbol.asyncDispose](): Promise<void> {
    if (!this.readableEnded && !this.destroyed) this.destroy()
    if (!this.closed) await finished(this).catch(() => {})
  }

  readonly #onSignal = (): void => {
    this.destroy(new AbortError(this.#signal?.reason))
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
      this.#reader.stats.rows++
      if (this.push(this.#rows[this.#at++])) this.#wanted = true
    }
    this.#reading = false
  }

  /** @returns false at the end, or when the stream was destroyed meanwhile */
  async #nextBatch(): Promise<boolean> {
    const rows = await this.#reader.next()
    if (this.destroyed) return false
    if (rows === undefined) this.push(null)
    else [this.#rows, this.#at] = [rows, 0]
    return rows !== undefined
  }
}
