import { Writable } from 'node:stream'
import { finished } from 'node:stream/promises'
import type { EncodeOptions, RecordEncoder } from '../codec/record-encoder.js'
import { RowBatch } from '../codec/row-batch.js'
import { ChunkPool } from '../compression/chunk-pool.js'
import { type CompressionName, contentEncodingOf, loadCompression } from '../compression/compression.js'
import { createCompressor } from '../compression/compressor.js'
import { TunnelError, TunnelSessionError, TunnelValueError } from '../errors.js'
import { AbortError, throwIfAborted } from '../http/abort.js'
import type { BlockProof } from '../internal-options.js'
import { loadEncoder } from '../session/load-codec.js'
import type { UploadSession } from '../session/upload-session.js'
import { BlockBuilder } from './block-builder.js'
import type { BlockLimits, BlockPlan } from './block-plan.js'
import { BlockUploader } from './block-uploader.js'
import { type Deferred, deferred } from './deferred.js'
import { describeStreamError } from './stream-error.js'
import { newUploadStats, timed, type UploadStats } from './transfer-stats.js'

/** Called with a row that does not fit: return to skip the row, throw to fail the stream. */
export type RowErrorHandler = (error: TunnelValueError, row: unknown, rowIndex: number) => void

/** What {@link UploadStream} runs on: options already checked, defaults filled in. */
export interface UploadStreamConfig {
  readonly open: (signal: AbortSignal, onRetry: () => void) => Promise<UploadSession>
  readonly plan: BlockPlan
  readonly compression: CompressionName
  readonly compressionLevel: number | undefined
  readonly concurrency: number
  readonly encode: EncodeOptions
  readonly onRowError: RowErrorHandler | 'fail'
  readonly maxRowErrors: number
  /** False leaves the commit to somebody else: `finish` then means that all blocks are on the service. */
  readonly commit: boolean
  /** The session is not this stream's own: blocks on the service may belong to others. */
  readonly attached: boolean
  /** Blocks on the service with our record count are taken for ours, and not sent again. */
  readonly resume: boolean
  /** With it, their rows must be ours too. */
  readonly proof: BlockProof | undefined
  /** The caller named the block ids, so that blocks under them may be replaced. */
  readonly ownIds: boolean
  readonly highWaterMark: number
  readonly signal: AbortSignal | undefined
}

export interface UploadResult {
  readonly sessionId: string
  /** Whether the rows are in the table; false with `commit: false`. */
  readonly committed: boolean
  /** Ids of the blocks this stream wrote or, on resume, found. */
  readonly blockIds: readonly number[]
  readonly blocks: number
  readonly rows: number
  readonly rawBytes: number
  readonly wireBytes: number
}

const progressIntervalMs = 250

/**
 * A Writable (object mode) that puts rows into a table. A chunk is one row: an array in column order, or an
 * object keyed by column name; or a {@link RowBatch}, as `batch(n)` makes them.
 *
 * `finish` means that the rows are committed. `destroy` never commits. Events: `session` (the UploadSession,
 * once open), `progress` ({@link UploadStats}, a few times a second).
 */
export class UploadStream<Row = unknown> extends Writable {
  readonly #config: UploadStreamConfig
  readonly #abort = new AbortController()
  readonly #stats = newUploadStats()
  readonly #settled: Deferred<UploadResult> = deferred()
  readonly #pool = new ChunkPool()
  #session: UploadSession | undefined
  #builder: BlockBuilder | undefined
  #uploader: BlockUploader | undefined
  #closing: Promise<void> | undefined
  #committing = false
  #rowIndex = 0
  #timer: NodeJS.Timeout | undefined

  constructor(config: UploadStreamConfig) {
    super({ objectMode: true, highWaterMark: config.highWaterMark })
    this.#config = config
    this.#settled.promise.catch(() => {})
    this.#watchSignal(config.signal)
  }

  /** Live counters; the same object all along. */
  get stats(): Readonly<UploadStats> {
    return this.#stats
  }

  /** The session, once it is open. */
  get session(): UploadSession | undefined {
    return this.#session
  }

  /**
   * Resolves when the rows are committed (with `commit: false`: when all blocks are on the service), before
   * `finish`; rejects with the stream's error. Whoever asks for it is told of the error by it, so that no listener for
   * `error` is needed beside it.
   */
  get committed(): Promise<UploadResult> {
    this.#tellByPromise()
    return this.#settled.promise
  }

  /** Writes many rows as one chunk, in order with other writes. Resolves when they are taken over; rejects with the stream's error. */
  writeBatch(rows: readonly Row[]): Promise<void> {
    this.#tellByPromise()
    return new Promise((resolve, reject) => {
      const batch = rows instanceof RowBatch ? rows : RowBatch.from(rows)
      this.write(batch, error => (error ? reject(error) : resolve()))
    })
  }

  /** Writes all rows of an iterable with back-pressure, in batches. Does not end the stream. */
  async writeAll(rows: Iterable<Row> | AsyncIterable<Row>): Promise<void> {
    let batch: Row[] = []
    for await (const row of rows) {
      batch.push(row)
      if (batch.length < 256) continue
      await this.writeBatch(batch)
      batch = []
    }
    if (batch.length > 0) await this.writeBatch(batch)
  }

  override _construct(callback: (error?: Error | null) => void): void {
    // What fails because the stream was destroyed meanwhile is not an error of its own.
    this.#open().then(
      () => callback(),
      error => callback(this.destroyed ? null : error),
    )
  }

  override _write(chunk: unknown, _encoding: string, callback: (error?: Error | null) => void): void {
    this.#take(chunk instanceof RowBatch ? chunk : [chunk], callback)
  }

  override _writev(chunks: { chunk: unknown }[], callback: (error?: Error | null) => void): void {
    const rows = chunks.flatMap(({ chunk }) => (chunk instanceof RowBatch ? [...chunk] : [chunk]))
    this.#take(rows, callback)
  }

  override _final(callback: (error?: Error | null) => void): void {
    this.#closing = this.#close()
    this.#closing.then(() => callback(), callback)
  }

  /** Requests are aborted at once: Node itself would run `_destroy` only after `_construct` has ended. */
  override destroy(error?: Error): this {
    if (!this.destroyed) this.#abort.abort(error)
    return super.destroy(error)
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    clearInterval(this.#timer)
    this.#abort.abort(error)
    this.#config.signal?.removeEventListener('abort', this.#onSignal)
    this.#builder?.destroy()
    this.#rest(error).then(callback, callback)
  }

  /** Destroys the stream if it has not finished, and waits until it is closed. Never rejects. */
  override async [Symbol.asyncDispose](): Promise<void> {
    if (!this.writableFinished && !this.destroyed) this.destroy()
    if (!this.closed) await finished(this).catch(() => {})
  }

  /** Node ends the process for an `error` event that nobody listens to; a rejected promise that was asked for tells as well. */
  #tellByPromise(): void {
    if (!this.listeners('error').includes(ignore)) this.on('error', ignore)
  }

  readonly #onSignal = (): void => {
    // Once the commit has left, its answer decides; an abort comes too late.
    if (!this.#committing) this.destroy(new AbortError(this.#config.signal?.reason))
    else this.#abort.abort(this.#config.signal?.reason)
  }

  #watchSignal(signal: AbortSignal | undefined): void {
    if (signal?.aborted) this.#onSignal()
    else signal?.addEventListener('abort', this.#onSignal, { once: true })
  }

  readonly #onRetry = (): void => {
    this.#stats.retries++
  }

  async #open(): Promise<void> {
    const { compression, encode, open } = this.#config
    await loadCompression(compression)
    const opening = timed(this.#stats.phaseMs, 'open', open(this.#abort.signal, this.#onRetry))
    const [session, { createRecordEncoder }] = await Promise.all([opening, loadEncoder()])
    const known = this.#config.attached ? await this.#knownBlocks(session) : new Map()
    this.#uploader = this.#newUploader(session, known)
    const encoder = createRecordEncoder(session.schema.columns, { ...session.encodeOptions, ...encode })
    this.#builder = this.#newBuilder(encoder, this.#uploader.limits)
    this.#session = session
    this.#timer = setInterval(() => this.emit('progress', this.stats), progressIntervalMs).unref()
    this.emit('session', session)
  }

  #newBuilder(encoder: RecordEncoder, limits: BlockLimits): BlockBuilder {
    const pool = this.#pool
    const { compression, compressionLevel: level, proof } = this.#config
    return new BlockBuilder(
      encoder,
      () => createCompressor(compression, { level, pool }),
      limits,
      proof !== undefined,
    )
  }

  #newUploader(session: UploadSession, known: ReadonlyMap<number, number | undefined>): BlockUploader {
    const { compression, concurrency, plan, proof } = this.#config
    const options = {
      plan,
      concurrency,
      contentEncoding: contentEncodingOf(compression),
      known,
      proof,
      pool: this.#pool,
      signal: this.#abort.signal,
      onRetry: this.#onRetry,
      onFailure: (error: Error) => this.destroy(error),
    }
    return new BlockUploader(session, options, this.#stats)
  }

  /** What is on the service already: to be skipped when resumed, never to be replaced by chance. */
  async #knownBlocks(session: UploadSession): Promise<Map<number, number | undefined>> {
    const { sessionId } = session
    const { ownIds, resume } = this.#config
    const { blocks } = await session.load({ signal: this.#abort.signal, onRetry: this.#onRetry })
    if (blocks.length > 0 && !ownIds && !resume)
      throw new TunnelSessionError(
        'ODPS_BLOCK_EXISTS',
        `Session ${sessionId} holds ${blocks.length} blocks already: give blockIds to say which ids are this stream's to write or replace, or resume: true to go on with the same rows`,
        { sessionId },
      )
    return new Map(resume ? blocks.map(({ blockId, recordCount }) => [blockId, recordCount]) : [])
  }

  #take(rows: readonly unknown[], callback: (error?: Error | null) => void): void {
    let wait: Promise<void> | undefined
    try {
      wait = this.#addRows(rows, 0)
    } catch (error) {
      callback(error as Error)
      return
    }
    if (wait === undefined) callback()
    else wait.then(() => callback(), callback)
  }

  /** Synchronous until a block is full or the compressor is behind: waiting per row would cost more than the encoding. */
  #addRows(rows: readonly unknown[], from: number): Promise<void> | undefined {
    const builder = this.#builder!
    for (let i = from; i < rows.length; i++) {
      const busy = this.#addRow(builder, rows[i])
      const wait = builder.isFull ? this.#sendBlock(builder) : busy
      if (wait !== undefined)
        return wait.then(() => (this.destroyed ? undefined : this.#addRows(rows, i + 1)))
    }
    return undefined
  }

  #sendBlock(builder: BlockBuilder): Promise<void> | undefined {
    const uploader = this.#uploader!
    return uploader.send(limits => builder.finish(limits))
  }

  #addRow(builder: BlockBuilder, row: unknown): Promise<void> | undefined {
    const index = this.#rowIndex++
    try {
      const busy = builder.add(row, index)
      this.#stats.rows++
      return busy
    } catch (error) {
      this.#skipRow(error, row, index)
      return undefined
    }
  }

  #skipRow(error: unknown, row: unknown, index: number): void {
    const { onRowError, maxRowErrors } = this.#config
    if (onRowError === 'fail' || !(error instanceof TunnelValueError)) throw error
    onRowError(error, row, index)
    if (++this.#stats.rowErrors > maxRowErrors) throw error
  }

  async #close(): Promise<void> {
    if (this.#builder!.rows > 0) this.#sendBlock(this.#builder!)
    await this.#uploader!.drain()
    if (this.#config.commit) await this.#commit()
    clearInterval(this.#timer)
    this.emit('progress', this.stats)
    this.#settled.resolve(this.#result())
  }

  async #commit(): Promise<void> {
    throwIfAborted(this.#abort.signal)
    this.#committing = true
    const { attached, resume } = this.#config
    const ids = resume || !attached ? this.#uploader!.blockIds : undefined
    const options = { signal: this.#abort.signal, onRetry: this.#onRetry }
    await timed(this.#stats.phaseMs, 'commit', this.#session!.commit(ids, options))
  }

  #result(): UploadResult {
    const { rows, rawBytes, wireBytes } = this.#stats
    const { blockIds } = this.#uploader!
    return {
      sessionId: this.#session!.sessionId,
      committed: this.#config.commit,
      blockIds,
      blocks: blockIds.length,
      rows,
      rawBytes,
      wireBytes,
    }
  }

  /** Lets what was begun come to rest. After a commit has left, only its answer may say what became of the rows. */
  async #rest(error: Error | null): Promise<Error | null> {
    let outcome = error
    await this.#uploader?.rest()
    this.#pool.clear()
    if (this.#committing)
      await this.#closing?.catch(reason => {
        if (reason instanceof TunnelSessionError) outcome = reason
      })
    this.#settled.reject(describeStreamError(outcome, this.#stats, this.#session?.sessionId) ?? destroyed())
    return outcome
  }
}

const ignore = (): void => {}

const destroyed = (): TunnelError =>
  new TunnelError(
    'ODPS_STREAM_DESTROYED',
    'The upload stream was destroyed before it finished; nothing was committed',
  )
