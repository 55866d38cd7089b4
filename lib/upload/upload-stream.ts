import { Writable } from 'node:stream'
import { finished } from 'node:stream/promises'
import { AbortError, throwIfAborted, watchAbort } from '../abort.js'
import type { EncodeOptions, RecordEncoder } from '../codec/rows/record-encoder.js'
import { RowBatch } from '../codec/rows/row-batch.js'
import { ChunkPool } from '../compression/chunk-pool.js'
import { type CompressionName, contentEncodingOf, loadCompression } from '../compression/compression.js'
import { createCompressor } from '../compression/compressor.js'
import { tell } from '../diagnostics.js'
import { asError, TunnelError, TunnelSessionError, TunnelValueError } from '../errors.js'
import type { BlockProof } from '../internal-options.js'
import { loadEncoder } from '../session/load-codec.js'
import { describeStreamError } from '../session/stream-error.js'
import { newUploadStats, timed, type UploadStats } from '../session/transfer-stats.js'
import { BlockBuilder } from './block-builder.js'
import type { BlockLimits, BlockPlan } from './block-plan.js'
import { BlockUploader } from './block-uploader.js'
import { notIterable, RowInput, type Rows } from './row-input.js'
import { UploadOutcome } from './upload-outcome.js'
import type { UploadSession } from './upload-session.js'

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
/** Rows of `writeAll` that travel together. */
const pumpedRows = 256

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
  readonly #outcome = new UploadOutcome<UploadResult>(this)
  readonly #pool = new ChunkPool()
  #session: UploadSession | undefined
  #builder: BlockBuilder | undefined
  #uploader: BlockUploader | undefined
  #closing: Promise<void> | undefined
  #committing = false
  #rowIndex = 0
  #timer: NodeJS.Timeout | undefined
  #unwatch = (): void => {}

  constructor(config: UploadStreamConfig) {
    super({ objectMode: true, highWaterMark: config.highWaterMark })
    this.#config = config
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
   * `finish`; rejects with the stream's error. A failure is told once: by the event `error` if somebody listens for it, and
   * else by this promise, if it was asked for.
   */
  get committed(): Promise<UploadResult> {
    return this.#outcome.committed
  }

  /**
   * Writes many rows as one chunk, in order with other writes. Resolves when they are encoded (or skipped by `onRowError`),
   * not when they are on the service; rejects with the stream's error, and at once if the stream takes no more rows.
   */
  writeBatch(rows: readonly Row[]): Promise<void> {
    const refusal = this.#refusal() ?? notIterable('writeBatch', rows)
    if (refusal !== undefined) return Promise.reject(refusal)
    const write = this.#outcome.begin()
    const batch = rows instanceof RowBatch ? rows : RowBatch.from(rows)
    // What a write fails with is what the stream fails with, which ends all that is pending.
    this.write(batch, error => {
      if (!error) this.#outcome.end(write)
    })
    return write.promise
  }

  /**
   * Writes all rows of an iterable with back-pressure, in batches. Does not end the stream. Rejects with what the iterable
   * throws, which leaves the stream as it is, or as soon as the stream fails, also while a row is waited for: then the
   * iterable is let go.
   */
  writeAll(rows: Rows<Row>): Promise<void> {
    const refusal = this.#refusal() ?? notIterable('writeAll', rows)
    if (refusal !== undefined) return Promise.reject(refusal)
    const write = this.#outcome.begin()
    // Once the stream is destroyed, what the source still says is an echo of that.
    const end = (error?: Error): void => {
      if (!this.destroyed) this.#outcome.end(write, error)
    }
    this.#pump(rows).then(
      () => end(),
      error => end(asError(error)),
    )
    return write.promise
  }

  override _construct(callback: (error?: Error | null) => void): void {
    // What fails because the stream was destroyed meanwhile is not an error of its own.
    this.#open().then(
      () => callback(),
      error => callback(this.destroyed ? null : asError(error)),
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
    this.#closing.then(
      () => callback(),
      error => callback(asError(error)),
    )
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
    this.#builder?.destroy()
    this.#rest(error).then(outcome => {
      const told = describeStreamError(outcome, this.#stats, this.#session?.sessionId)
      this.#outcome.reject(told, told ?? destroyed())
      callback(told)
    }, callback)
  }

  /** Destroys the stream if it has not finished, and waits until it is closed. Never rejects. */
  override async [Symbol.asyncDispose](): Promise<void> {
    if (!this.writableFinished && !this.destroyed) this.destroy()
    if (!this.closed) await finished(this).catch(() => {})
  }

  /** Why no row is taken any more; Node would destroy a stream that is written to after its end. */
  #refusal(): Error | undefined {
    if (this.errored) return this.errored
    if (this.destroyed && !this.writableFinished) return destroyed()
    if (!this.writableEnded) return undefined
    return new TunnelError('ODPS_STREAM_ENDED', 'The upload stream has ended, and takes no more rows')
  }

  /** Never ends when the stream fails: then the write is settled by the failure. */
  async #pump(rows: Rows<Row>): Promise<void> {
    const source = RowInput.of(rows)
    const unwatch = watchAbort(this.#abort.signal, () => source.close())
    let batch = new RowBatch()
    try {
      for (;;) {
        const step = source.next()
        const { done, value } = step instanceof Promise ? await step : step
        if (done) break
        if (value instanceof RowBatch) for (const row of value) batch.push(row)
        else batch.push(isPromise(value) ? await value : value)
        if (batch.length < pumpedRows) continue
        await this.#writeRows(batch)
        batch = new RowBatch()
      }
      if (batch.length > 0) await this.#writeRows(batch)
    } finally {
      unwatch()
      source.close()
    }
  }

  /** Never ends when it fails. */
  async #writeRows(batch: RowBatch): Promise<void> {
    await new Promise<void>(resolve => {
      this.write(batch, error => {
        if (!error) resolve()
      })
    })
  }

  readonly #onSignal = (): void => {
    // Once the commit has left, its answer decides; an abort comes too late.
    if (!this.#committing) this.destroy(new AbortError(this.#config.signal?.reason))
    else this.#abort.abort(this.#config.signal?.reason)
  }

  #watchSignal(signal: AbortSignal | undefined): void {
    if (signal?.aborted) this.#onSignal()
    else if (signal !== undefined) this.#unwatch = watchAbort(signal, this.#onSignal)
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
    this.#timer = setInterval(() => this.#tellProgress(), progressIntervalMs).unref()
    tell(() => this.emit('session', session))
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
      onFailure: (error: unknown) => this.destroy(asError(error)),
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

  /** Synchronous until a block is full or the compressor is behind: waiting per row would cost more than the encoding. */
  #addRows(rows: readonly unknown[], from: number): Promise<void> | undefined {
    const builder = this.#builder!
    for (let i = from; i < rows.length; i++) {
      const busy = this.#addRow(builder, rows[i])
      const wait = builder.isFull ? this.#sendBlock(builder) : busy
      if (wait !== undefined)
        return wait.then(() => {
          // The rest is not taken, which must not look like success to who wrote it.
          if (this.destroyed) throw this.errored ?? destroyed()
          return this.#addRows(rows, i + 1)
        })
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
    this.#outcome.resolve(this.#result())
    this.#tellProgress()
  }

  #tellProgress(): void {
    tell(() => this.emit('progress', this.stats))
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
    return outcome
  }
}

const isPromise = (value: unknown): value is Promise<unknown> => value instanceof Promise

const destroyed = (): TunnelError =>
  new TunnelError(
    'ODPS_STREAM_DESTROYED',
    'The upload stream was destroyed before it finished; nothing was committed',
  )
