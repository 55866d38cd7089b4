import { type Readable, Writable } from 'node:stream'
import { finished } from 'node:stream/promises'
import { AbortError, watchAbort } from '../abort.js'
import { EncodedRecords } from '../codec/rows/encoded-records.js'
import { RowBatch } from '../codec/rows/row-batch.js'
import { tell } from '../diagnostics.js'
import { asError, TunnelError } from '../errors.js'
import { type Deferred, deferred } from '../session/deferred.js'
import { describeStreamError, forbidRepeat } from '../session/stream-error.js'
import type { UploadStats } from '../session/transfer-stats.js'
import { notAList, notIterable, RowInput, type Rows } from './row-input.js'
import { pumpRows } from './row-pump.js'
import { UploadOutcome } from './upload-outcome.js'
import type { UploadTotals } from './upload-results.js'
import { Uploader, type UploaderConfig } from './uploader.js'

/*
 * A Node stream around an Uploader: chunks become rows, back-pressure becomes Node's, and events and promises tell what
 * became of it. `_write` encodes at once and calls back: a promise per row would cost more than the encoding. A destroyed
 * stream aborts its requests before Node gets round to `_destroy`, and is closed only when nothing is under way. What rows
 * go to is none of its business: each kind of upload adds its own events, and its own name for the end.
 */

export interface RowStreamConfig<Own extends object> extends UploaderConfig<Own> {
  readonly highWaterMark: number
  readonly signal: AbortSignal | undefined
}

/** The events of every stream that takes rows, and what their listeners get. */
export interface RowStreamEvents {
  /** Four times a second while open, and once before `finish`. */
  progress: [stats: Readonly<UploadStats>]
  finish: []
  error: [error: Error]
  /** All requests have ended. */
  close: []
  drain: []
  pipe: [source: Readable]
  unpipe: [source: Readable]
}

type Listener<Events, Name extends keyof Events> = (
  ...args: Events[Name] extends readonly unknown[] ? Events[Name] : never
) => void
/** Events whose argument a listener must take as it is. */
type ToldName<Events> = Exclude<keyof Events, Exclude<keyof RowStreamEvents, 'progress'>>
/** Any listener will do for what has no argument, also the `resolve` of a promise; not for what has one. */
type OtherName<Events, Name> = Name extends ToldName<Events> ? never : Name
type WriteCallback = (error: Error | null | undefined) => void

/*
 * Methods of Writable as they are, declared more narrowly. Text and bytes are among the chunks only because Node's own
 * interfaces of streams want them; they are refused as rows.
 */
// biome-ignore lint/correctness/noUnusedVariables: both declarations must have the same parameters
export interface RowStream<Row, Own extends object, Result, Events extends RowStreamEvents> {
  write(row: Row | RowBatch<Row>, callback?: WriteCallback): boolean
  write(chunk: string | Uint8Array, callback?: WriteCallback): boolean
  write(chunk: string, encoding?: BufferEncoding, callback?: WriteCallback): boolean
  end(callback?: () => void): this
  end(row: Row | RowBatch<Row>, callback?: () => void): this
  end(chunk: string | Uint8Array, callback?: () => void): this
  end(chunk: string, encoding?: BufferEncoding, callback?: () => void): this
  on<Name extends keyof Events>(event: Name, listener: Listener<Events, Name>): this
  on<Name extends string | symbol>(event: OtherName<Events, Name>, listener: (...args: never[]) => void): this
  once<Name extends keyof Events>(event: Name, listener: Listener<Events, Name>): this
  once<Name extends string | symbol>(
    event: OtherName<Events, Name>,
    listener: (...args: never[]) => void,
  ): this
  off<Name extends keyof Events>(event: Name, listener: Listener<Events, Name>): this
  off<Name extends string | symbol>(
    event: OtherName<Events, Name>,
    listener: (...args: never[]) => void,
  ): this
  addListener<Name extends keyof Events>(event: Name, listener: Listener<Events, Name>): this
  addListener<Name extends string | symbol>(
    event: OtherName<Events, Name>,
    listener: (...args: never[]) => void,
  ): this
}

/** Of a commit that was done in part, or may have been done. */
const commitCodes: readonly string[] = ['ODPS_COMMIT_UNKNOWN', 'ODPS_PARTIAL_COMMIT']

/**
 * A Writable (object mode) that takes rows. A chunk is one row: an array in column order, or an object keyed by column
 * name; or a {@link RowBatch}, as `batch(n)` makes them.
 */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: see above
export abstract class RowStream<
  Row,
  Own extends object,
  Result,
  // biome-ignore lint/correctness/noUnusedVariables: both declarations must have the same parameters
  Events extends RowStreamEvents,
> extends Writable {
  readonly #signal: AbortSignal | undefined
  readonly #uploader: Uploader<Own>
  readonly #outcome = new UploadOutcome<Result>(this)
  readonly #stopped = new AbortController()
  /** `writeAll`s whose source has not ended. */
  readonly #pumps = new Set<Promise<void>>()
  /** Resolves when Node has handed over all that was written before the end; then grows by what pumps write after it. */
  readonly #ended = deferred<void>()
  #late = this.#ended.promise
  #timer: NodeJS.Timeout | undefined
  #unwatch = (): void => {}

  /** @internal */
  constructor({ highWaterMark, signal, ...config }: RowStreamConfig<Own>) {
    super({ objectMode: true, highWaterMark })
    this.#signal = signal
    this.#uploader = new Uploader(config, error => this.destroy(asError(error)))
    if (signal?.aborted) this.#onSignal()
    else if (signal !== undefined) this.#unwatch = watchAbort(signal, this.#onSignal)
  }

  /** What the stream tells at its end. */
  protected abstract toResult(end: Own & UploadTotals): Result

  /** For `sessionId` of an error. */
  protected get lastSessionId(): string | undefined {
    return undefined
  }

  /** Resolves before `finish`; rejects with the stream's error, if that was not told by the event. */
  protected get outcome(): Promise<Result> {
    return this.#outcome.committed
  }

  /** Live counters; the same object all along. */
  get stats(): Readonly<UploadStats> {
    return this.#uploader.stats
  }

  /**
   * Writes many rows as one chunk, in order with other writes. They are not copied: leave the array alone until this
   * resolves. Resolves when they are encoded (or skipped by `onRowError`), not when they are on the service; rejects with the
   * stream's error, and at once if the stream takes no more rows.
   */
  writeBatch(rows: readonly Row[]): Promise<void> {
    const refusal = this.#refusal() ?? notAList('writeBatch', rows)
    if (refusal !== undefined) return Promise.reject(refusal)
    const write = this.#outcome.begin()
    // What a write fails with is what the stream fails with, which ends all that is pending.
    this.#writeRows(rows, () => this.#outcome.end(write))
    return write.promise
  }

  /**
   * Like `writeBatch`, of records that are encoded already, into one partition or a table without.
   * @internal
   */
  writeRecords(records: EncodedRecords): Promise<void> {
    const refusal = this.#refusal()
    if (refusal !== undefined) return Promise.reject(refusal)
    const write = this.#outcome.begin()
    this.#writeChunk(records, () => this.#outcome.end(write))
    return write.promise
  }

  /**
   * Writes all rows of an iterable with back-pressure, in batches. Does not end the stream; if `end()` is called meanwhile, the
   * stream finishes after the last of these rows. Rejects with what the iterable throws, which leaves the stream as it is unless it
   * was to end, or as soon as the stream fails, also while a row is waited for: then the iterable is let go.
   */
  writeAll(rows: Rows<Row>): Promise<void> {
    const refusal = this.#refusal() ?? notIterable('writeAll', rows)
    if (refusal !== undefined) return Promise.reject(refusal)
    const write = this.#outcome.begin()
    const pump = this.#pump(rows, write)
    this.#pumps.add(pump)
    pump.finally(() => this.#pumps.delete(pump))
    return write.promise
  }

  override _construct(callback: (error?: Error | null) => void): void {
    this.#open().then(
      () => callback(),
      // What fails because the stream was destroyed meanwhile is not an error of its own.
      error => callback(this.destroyed ? null : asError(error)),
    )
  }

  override _write(chunk: unknown, _encoding: string, callback: (error?: Error | null) => void): void {
    settle(() => this.#takeChunk(chunk), callback)
  }

  override _writev(chunks: { chunk: unknown }[], callback: (error?: Error | null) => void): void {
    settle(() => this.#takeChunks(chunks, 0), callback)
  }

  override _final(callback: (error?: Error | null) => void): void {
    settle(() => this.#finish(), callback)
  }

  /** Requests are aborted at once: Node itself would run `_destroy` only after `_construct` has ended. */
  override destroy(error?: Error): this {
    const reason = error ? asError(error) : error
    if (!this.destroyed) this.#abort(reason)
    return super.destroy(reason)
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    clearInterval(this.#timer)
    this.#abort(error)
    this.#unwatch()
    this.#uploader.rest().then(unknown => {
      const told = describeStreamError(unknown ?? error, this.stats, this.lastSessionId)
      if (this.mayHaveRows(told)) forbidRepeat(told)
      this.#outcome.reject(told, told ?? this.#uploader.destroyed)
      callback(told)
    }, callback)
  }

  /** Whether rows are in the table, or may be, although the stream failed. */
  protected mayHaveRows(error: Error | null): boolean {
    return this.stats.checkpoints > 0 || (error instanceof TunnelError && commitCodes.includes(error.code))
  }

  /** Destroys the stream if it has not finished, and waits until it is closed. Never rejects. */
  override async [Symbol.asyncDispose](): Promise<void> {
    if (!this.writableFinished && !this.destroyed) this.destroy()
    if (!this.closed) await finished(this).catch(() => {})
  }

  /** Why no row is taken any more; Node would destroy a stream that is written to after its end. */
  #refusal(): Error | undefined {
    if (this.errored) return this.errored
    if (this.destroyed && !this.writableFinished) return this.#uploader.destroyed
    if (!this.writableEnded) return undefined
    return new TunnelError('ODPS_STREAM_ENDED', 'The upload stream has ended, and accepts no more rows')
  }

  async #pump(rows: Rows<Row>, write: Deferred<void>): Promise<void> {
    // Once the stream is destroyed, what the source still says is an echo of that.
    const end = (error?: Error): void => {
      if (this.destroyed) return
      // Somebody who has called end() means all rows, so fewer must not be committed.
      if (error !== undefined && this.writableEnded) this.destroy(error)
      else this.#outcome.end(write, error)
    }
    let source: RowInput | undefined
    let unwatch = (): void => {}
    try {
      const opened = RowInput.of(rows)
      source = opened
      unwatch = watchAbort(this.#stopped.signal, () => opened.close())
      // A write that fails never resolves: what the stream fails with ends it.
      await pumpRows(source, batch => new Promise<void>(resolve => this.#writeRows(batch, resolve)))
      end()
    } catch (error) {
      end(asError(error))
    } finally {
      unwatch()
      source?.close()
    }
  }

  #writeRows(rows: readonly unknown[], onTaken: () => void): void {
    this.#writeChunk(rows instanceof RowBatch ? rows : new HeldRows(rows), onTaken)
  }

  /** After `end()` only pumps write. Node would refuse their chunks, so they go past it, one after the other. */
  #writeChunk(chunk: unknown, onTaken: () => void): void {
    if (this.writableEnded) {
      const taken = this.#late.then(() => this.#takeChunk(chunk))
      this.#late = taken.then(onTaken, error => void this.destroy(asError(error)))
      return
    }
    super.write(chunk, error => {
      if (!error) onTaken()
    })
  }

  readonly #onSignal = (): void => {
    const reason = this.#signal?.reason
    // Once the commit has left, its answer decides; an abort comes too late.
    if (!this.#uploader.isCommitting) this.destroy(new AbortError(reason))
    else this.#uploader.abort(reason)
  }

  #abort(error: Error | null | undefined): void {
    this.#uploader.abort(error, error ?? undefined)
    this.#stopped.abort()
  }

  async #open(): Promise<void> {
    await this.#uploader.open()
    if (!this.destroyed) this.#timer = setInterval(() => this.#tellProgress(), progressIntervalMs).unref()
  }

  #takeChunks(chunks: readonly { chunk: unknown }[], from: number): Promise<void> | undefined {
    for (let i = from; i < chunks.length; i++) {
      const wait = this.#takeChunk(chunks[i]!.chunk)
      if (wait !== undefined) return wait.then(() => this.#takeChunks(chunks, i + 1))
    }
    return undefined
  }

  #takeChunk(chunk: unknown): Promise<void> | undefined {
    if (chunk instanceof RowBatch) return this.#uploader.add(chunk)
    if (chunk instanceof EncodedRecords) return this.#uploader.addRecords(chunk)
    return chunk instanceof HeldRows ? this.#uploader.add(chunk.rows) : this.#uploader.addRow(chunk)
  }

  async #finish(): Promise<void> {
    this.#ended.resolve()
    await Promise.all(this.#pumps)
    if (this.destroyed) return
    const end = await this.#uploader.finish()
    clearInterval(this.#timer)
    this.#outcome.resolve(this.toResult(end))
    this.#tellProgress()
  }

  #tellProgress(): void {
    tell(() => this.emit('progress', this.stats))
  }
}

const progressIntervalMs = 250

/** Calls back at once, unless there is something to wait for. */
const settle = (begin: () => Promise<void> | undefined, callback: (error?: Error | null) => void): void => {
  let wait: Promise<void> | undefined
  try {
    wait = begin()
  } catch (error) {
    callback(asError(error))
    return
  }
  if (wait === undefined) callback()
  else
    wait.then(
      () => callback(),
      error => callback(asError(error)),
    )
}

/** Rows that travel as one chunk in the array they came in; a plain array would be one row. */
class HeldRows {
  readonly rows: readonly unknown[]

  constructor(rows: readonly unknown[]) {
    this.rows = rows
  }
}
