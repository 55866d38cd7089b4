import { Readable, type ReadableOptions } from 'node:stream'
import { finished } from 'node:stream/promises'
import { AbortError, watchAbort } from '../abort.js'
import { tell } from '../diagnostics.js'
import { asError } from '../errors.js'
import type { DownloadStats, QueryInstance } from '../session/transfer-stats.js'
import { type DownloadConfig, DownloadReader } from './download-reader.js'
import type { DownloadSession } from './download-session.js'

/*
 * What the streams of a download have in common, whatever their chunks are: they open, tell of themselves, abort at once,
 * and end with one error or none. What they push of the items that are read is left to each kind.
 */

/** The events of a {@link DownloadStream}, and what their listeners get. */
export interface DownloadEvents<Row = unknown> {
  /** The query was submitted. Only of queries. */
  instance: [instance: QueryInstance]
  /** The session is open; again when it had to be replaced, and for every partition. */
  session: [session: DownloadSession]
  /** Four times a second, and once before `end`. */
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
type OtherName<Name> = Name extends 'session' | 'progress' | 'instance' | 'data' ? never : Name

/* Methods of Readable as they are, declared more narrowly. */
// biome-ignore lint/correctness/noUnusedVariables: both declarations of a class need the same parameters
export interface ItemStream<Item, Row> {
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

// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: see above
// biome-ignore lint/correctness/noUnusedVariables: the interface of the same name uses it
export abstract class ItemStream<Item, Row> extends Readable {
  /** @internal */
  protected readonly reader: DownloadReader<Item>
  readonly #signal: AbortSignal | undefined
  #unwatch = (): void => {}

  /** @internal */
  constructor(config: DownloadConfig<Item>, options: ReadableOptions) {
    super({ ...options, highWaterMark: config.highWaterMark })
    this.#signal = config.signal
    this.reader = new DownloadReader(config, {
      onSession: session => tell(() => this.emit('session', session)),
      onInstance: instance => tell(() => this.emit('instance', instance)),
      onProgress: () => tell(() => this.emit('progress', this.stats)),
    })
    if (config.signal?.aborted) this.#onSignal()
    else if (config.signal !== undefined) this.#unwatch = watchAbort(config.signal, this.#onSignal)
  }

  /** Live counters; the same object all along. */
  get stats(): Readonly<DownloadStats> {
    return this.reader.stats
  }

  /** The session, once it is open. */
  get session(): DownloadSession | undefined {
    return this.reader.session
  }

  override _construct(callback: (error?: Error | null) => void): void {
    // What fails because the stream was destroyed meanwhile is not an error of its own.
    this.begin().then(
      () => callback(),
      error => callback(this.destroyed ? null : asError(error)),
    )
  }

  /** Requests are aborted at once: Node itself would run `_destroy` only after `_construct` has ended. */
  override destroy(error?: Error): this {
    if (!this.destroyed) this.reader.destroy(error)
    return super.destroy(error ? asError(error) : error)
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.reader.destroy(error)
    this.#unwatch()
    this.forget()
    callback(this.reader.describe(error))
  }

  /** Destroys the stream and waits until it is closed. Never rejects. */
  override async [Symbol.asyncDispose](): Promise<void> {
    if (!this.readableEnded && !this.destroyed) this.destroy()
    if (!this.closed) await finished(this).catch(() => {})
  }

  /** @internal Loads what is needed and opens the session. */
  protected begin(): Promise<void> {
    return this.reader.open()
  }

  /** @internal Forgets what has been read and not been pushed. */
  protected abstract forget(): void

  readonly #onSignal = (): void => {
    this.destroy(new AbortError(this.#signal?.reason))
  }
}
