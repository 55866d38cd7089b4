import type { DecodeOptions, RecordDecoder } from '../codec/rows/record-decoder.js'
import type { CompressionName } from '../compression/compression.js'
import { decompress } from '../compression/decompressor.js'
import {
  type FailedAttempt,
  failedAttempt,
  TunnelChecksumError,
  type TunnelError,
  TunnelProtocolError,
  TunnelRequestError,
  withHistory,
} from '../errors.js'
import type { Clock } from '../http/clock.js'
import type { RetryEvent } from '../http/request-spec.js'
import { isTooLate, type RetryRules, retryDelay } from '../http/retry-policy.js'
import type { CallOptions } from '../session/call-options.js'
import { loadDecoder } from '../session/load-codec.js'
import { LoopTurns } from '../session/loop-turns.js'
import { ChunkQueue } from './chunk-queue.js'
import type { RangeRequest, RangeResponse } from './range-request.js'
import { ReadAheadBudget } from './read-ahead.js'
import { type RowRange, remainingRange } from './row-range.js'

/** What rows are read from: a download session. */
export interface RangeSource {
  openRange(request: RangeRequest): Promise<RangeResponse>
  /** Tells of the failure and waits before the rest of the range is asked for. */
  waitBeforeResume(event: RetryEvent, options: CallOptions): Promise<void>
  /** How often, and for how long, a range may fail in a row without a new row. */
  readonly resumeRules: RetryRules
  readonly clock: Clock
}

export interface RangeRowsOptions extends CallOptions {
  readonly columns: readonly string[] | undefined
  readonly compression: CompressionName
  readonly decode: DecodeOptions
  readonly budget?: ReadAheadBudget | undefined
  /** Told of received (compressed) and of decoded bytes. */
  readonly onBytes?: ((wireBytes: number, rawBytes: number) => void) | undefined
}

/** A damaged answer is asked for again this often, if none of its rows was delivered. */
const damageRepeats = 2
const defaultReadAheadBytes = 4 * 2 ** 20

/**
 * The rows of one range, batch by batch, checked.
 *
 * An answer that was cut goes on at the first row not delivered yet, and so does one that ended properly with
 * fewer rows than asked for. Rows whose record checksum has not been seen are never delivered, and the last
 * ones wait for the trailer: a range never ends normally without it. An answer whose trailer or records
 * disagree with its checksums is an error, unless none of the range's rows was delivered: then it is asked for
 * again, twice at most.
 */
export class RangeRows {
  readonly range: RowRange
  readonly #source: RangeSource
  readonly #options: RangeRowsOptions
  readonly #budget: ReadAheadBudget
  readonly #turns = new LoopTurns()
  #answer: Answer | undefined
  #delivered = 0
  /** What failed since the last row. */
  #failures: FailedAttempt[] = []
  #failingSince = 0

  constructor(source: RangeSource, range: RowRange, options: RangeRowsOptions) {
    this.range = range
    this.#source = source
    this.#options = options
    this.#budget = options.budget ?? new ReadAheadBudget(defaultReadAheadBytes)
  }

  /** Sends the request and lets its answer fill the read-ahead, before the rows are asked for. */
  prefetch(): void {
    if (this.#delivered < this.range.count) this.#answer ??= this.#ask()
  }

  /** The next rows, at least one; undefined when the range is complete and verified. */
  async next(): Promise<unknown[] | undefined> {
    while (this.#delivered < this.range.count) {
      this.#answer ??= this.#ask()
      try {
        const rows = await this.#answer.next()
        await this.#turns.due()
        if (rows !== undefined) return this.#deliver(rows)
        throw shortAnswer(this.range, this.#delivered)
      } catch (error) {
        await this.#resume(error)
      }
    }
    return this.#answer === undefined ? undefined : this.#finish(this.#answer)
  }

  destroy(): void {
    this.#answer?.close()
    this.#answer = undefined
  }

  #deliver(rows: unknown[]): unknown[] {
    this.#delivered += rows.length
    this.#failures = []
    return rows
  }

  /** Everything is delivered and verified. Reading to the end of the bytes lets the connection be used again. */
  async #finish(answer: Answer): Promise<undefined> {
    this.#answer = undefined
    await answer.drain().catch(() => {})
    answer.close()
  }

  #ask(): Answer {
    const { columns, compression, decode, signal, onRetry, onBytes } = this.#options
    const { start, count } = remainingRange(this.range, this.#delivered)
    const response = this.#source.openRange({ start, count, columns, compression, signal, onRetry })
    return new Answer(response, count, { ...decode, firstRow: start }, this.#budget, onBytes)
  }

  async #resume(error: unknown): Promise<void> {
    const opened = this.#answer?.opened ?? false
    this.destroy()
    if (!opened || !this.#mayResume(error)) throw withHistory(error, this.#failures)
    const { clock, resumeRules } = this.#source
    const failures = this.#failures.length
    if (failures === 0) this.#failingSince = clock.now()
    const delayMs = retryDelay(failures, 0, resumeRules, clock.random()) ?? 0
    const tooLate = isTooLate(this.#failingSince, clock.now() + delayMs, resumeRules)
    if (failures >= resumeRules.attempts || tooLate) throw withHistory(error, this.#failures)
    this.#failures.push(failedAttempt(error, delayMs))
    await this.#source.waitBeforeResume({ error, attempt: failures + 1, delayMs }, this.#options)
  }

  #mayResume(error: unknown): error is TunnelError {
    if (error instanceof TunnelRequestError) return true
    if (error instanceof TunnelProtocolError && error.code === 'ODPS_TRUNCATED_STREAM') return true
    const damaged = error instanceof TunnelProtocolError || error instanceof TunnelChecksumError
    return damaged && this.#delivered === 0 && this.#failures.length < damageRepeats
  }
}

/** One answer, from its bytes to its rows. */
class Answer {
  opened = false
  readonly #expected: number
  readonly #bytes: AsyncGenerator<Buffer, void, undefined>
  readonly #onBytes: RangeRowsOptions['onBytes']
  #decoder: RecordDecoder | undefined
  #queue: ChunkQueue | undefined
  #response: RangeResponse | undefined
  #closed = false
  #held: unknown[] = []

  constructor(
    response: Promise<RangeResponse>,
    expected: number,
    decode: DecodeOptions,
    budget: ReadAheadBudget,
    onBytes: RangeRowsOptions['onBytes'],
  ) {
    this.#expected = expected
    this.#onBytes = onBytes
    const opened = this.#open(response, decode, budget)
    // Whoever asks for rows gets the error; until then it must not count as unhandled.
    opened.catch(() => {})
    this.#bytes = readBytes(opened)
  }

  /** At least one row, or undefined at the verified end of the answer. */
  async next(): Promise<unknown[] | undefined> {
    for (;;) {
      const { done, value } = await this.#bytes.next()
      if (done) return this.#end()
      const rows = this.#decode(value)
      if (rows.length > 0) return rows
    }
  }

  /** Reads what follows the trailer: nothing but the end of the compressed stream. */
  async drain(): Promise<void> {
    while (!(await this.#bytes.next()).done);
  }

  close(): void {
    this.#closed = true
    this.#queue?.close()
    this.#response?.destroy()
  }

  async #open(
    answer: Promise<RangeResponse>,
    decode: DecodeOptions,
    budget: ReadAheadBudget,
  ): Promise<{ encoding: string | undefined; queue: ChunkQueue }> {
    const [response, { createRecordDecoder }] = await Promise.all([answer, loadDecoder()])
    this.#response = response
    if (this.#closed) response.destroy()
    this.opened = true
    this.#decoder = createRecordDecoder(response.columns, decode)
    this.#queue = new ChunkQueue(response.body, budget, bytes => this.#onBytes?.(bytes, 0))
    return { encoding: response.contentEncoding, queue: this.#queue }
  }

  /** Rows that may be delivered: all good ones, but the last of the range only together with the trailer. */
  #decode(chunk: Buffer): unknown[] {
    const decoder = this.#decoder!
    const before = decoder.rawBytes
    const rows = this.#held
    decoder.push(chunk, rows)
    this.#onBytes?.(0, decoder.rawBytes - before)
    if (decoder.rows > this.#expected) throw tooManyRows(this.#expected)
    if (decoder.rows === this.#expected && !decoder.ended) return []
    this.#held = []
    return rows
  }

  #end(): unknown[] | undefined {
    this.#decoder!.end()
    const rows = this.#held
    this.#held = []
    return rows.length > 0 ? rows : undefined
  }
}

async function* readBytes(
  opened: Promise<{ encoding: string | undefined; queue: ChunkQueue }>,
): AsyncGenerator<Buffer, void, undefined> {
  const { encoding, queue } = await opened
  yield* decompress(encoding, queue)
}

const shortAnswer = (range: RowRange, delivered: number): TunnelError =>
  new TunnelProtocolError(
    'ODPS_TRUNCATED_STREAM',
    `The service ended the range of ${range.count} rows from row ${range.start} after ${delivered} rows; ask for the rest again`,
    { retryable: true },
  )

const tooManyRows = (expected: number): TunnelError =>
  new TunnelProtocolError('ODPS_COUNT_MISMATCH', `The service sent more than the ${expected} rows asked for`)
