import type { ByteBudget, ByteShare } from '../budget/byte-budget.js'
import type { CompressionName } from '../compression/compression.js'
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
import { LoopTurns } from '../session/loop-turns.js'
import type { NamedResult, NamedTable } from '../session/resource.js'
import { beginTrace, inScope, parentOf, type Trace } from '../tracing.js'
import type { WaitWatch } from './chunk-queue.js'
import { type DownloadTrace, type RangeTrace, ranges } from './download-traces.js'
import { RangeAnswer } from './range-answer.js'
import type { RangeFormat } from './range-decoder.js'
import type { RangeRequest, RangeResponse } from './range-request.js'
import { type RowRange, remainingRange } from './row-range.js'

/** What rows are read from: a download session. */
export interface RangeSource {
  openRange(request: RangeRequest): Promise<RangeResponse>
  /** Tells of the failure and waits before the rest of the range is asked for. */
  waitBeforeResume(event: RetryEvent, options: CallOptions): Promise<void>
  /** How often, and for how long, a range may fail in a row without a new row. */
  readonly resumeRules: RetryRules
  readonly clock: Clock
  /** For those who watch. */
  readonly origin: { readonly source: NamedTable | NamedResult; readonly sessionId: string }
  /** Shared by all that is read ahead. */
  readonly memory: ByteBudget
}

export interface RangeRowsOptions<Item> extends CallOptions {
  readonly columns: readonly string[] | undefined
  readonly compression: CompressionName
  readonly format: RangeFormat<Item>
  readonly budget?: ByteShare | undefined
  readonly onWait?: WaitWatch | undefined
  /** Told of received (compressed) and of decoded bytes. */
  readonly onBytes?: ((wireBytes: number, rawBytes: number) => void) | undefined
}

/** A damaged answer is asked for again this often, if none of its rows was delivered. */
const damageRepeats = 2
const defaultReadAheadBytes = 4 * 2 ** 20

/**
 * The rows of one range, in items of a format, checked.
 *
 * An answer that was cut goes on at the first row not delivered yet, and so does one that ended properly with
 * fewer rows than asked for. What is delivered was verified, and a range never ends normally without its trailer
 * ({@link RangeAnswer}). An answer whose bytes disagree with its checksums is an error, unless none of the range's rows was
 * delivered: then it is asked for again, twice at most.
 */
export class RangeRows<Item> {
  readonly range: RowRange
  readonly #source: RangeSource
  readonly #options: RangeRowsOptions<Item>
  readonly #budget: ByteShare
  readonly #turns = new LoopTurns()
  #answer: RangeAnswer<Item> | undefined
  /** Rows, not items. */
  #delivered = 0
  /** Rows that were delivered before the answer was asked for. */
  #before = 0
  /** What failed since the last row. */
  #failures: FailedAttempt[] = []
  #failingSince = 0
  #trace: Trace | undefined

  constructor(source: RangeSource, range: RowRange, options: RangeRowsOptions<Item>) {
    this.range = range
    this.#source = source
    this.#options = options
    this.#budget = options.budget ?? source.memory.share(defaultReadAheadBytes)
  }

  /** Sends the request and lets its answer fill the read-ahead, before the rows are asked for. */
  prefetch(): void {
    if (this.#delivered < this.range.count) this.#answer ??= this.#ask()
  }

  /** The next items, at least one; undefined when the range is complete and verified. */
  async next(): Promise<Item[] | undefined> {
    while (this.#delivered < this.range.count) {
      this.#answer ??= this.#ask()
      try {
        const items = await this.#answer.next()
        const turn = this.#turns.due()
        if (turn !== undefined) await turn
        if (items !== undefined) return this.#deliver(items, this.#answer)
        throw shortAnswer(this.range, this.#delivered)
      } catch (error) {
        await this.#resume(error)
      }
    }
    return this.#answer === undefined ? undefined : this.#finish(this.#answer)
  }

  /** Lets the request go, and resolves when it is over: at once only if its signal was aborted. */
  async destroy(): Promise<void> {
    const answer = this.#answer
    this.#answer = undefined
    await answer?.close()
    this.#trace?.end({ rows: this.#delivered })
  }

  /** The answer holds nothing when it gives something, so all rows it has counted are in what it gave. */
  #deliver(items: Item[], answer: RangeAnswer<Item>): Item[] {
    this.#delivered = this.#before + answer.rows
    this.#failures = []
    return items
  }

  /** Everything is delivered and verified. Reading to the end of the bytes lets the connection be used again. */
  async #finish(answer: RangeAnswer<Item>): Promise<undefined> {
    this.#answer = undefined
    await answer.drain().catch(() => {})
    await answer.close()
    this.#trace?.end({ rows: this.#delivered })
  }

  #ask(): RangeAnswer<Item> {
    const { compression, format, signal, onRetry, onBytes, onWait } = this.#options
    const columns = format.columns ?? this.#options.columns
    this.#before = this.#delivered
    this.#trace ??= beginTrace(ranges, () => this.#traced())
    const asked = remainingRange(this.range, this.#delivered)
    const { parameters, headers } = format
    const request = { ...asked, columns, compression, parameters, headers, signal, onRetry }
    const response = inScope(this.#trace, () => this.#source.openRange(request))
    return new RangeAnswer(response, asked, { format, budget: this.#budget, onBytes, onWait })
  }

  #traced(): RangeTrace {
    return { parent: parentOf<DownloadTrace>(this.#options), ...this.#source.origin, ...this.range }
  }

  async #resume(error: unknown): Promise<void> {
    try {
      await this.#waitToResume(error)
    } catch (final) {
      this.#trace?.fail(final)
      throw final
    }
  }

  async #waitToResume(error: unknown): Promise<void> {
    const opened = this.#answer?.opened ?? false
    this.#answer?.close()
    this.#answer = undefined
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

const shortAnswer = (range: RowRange, delivered: number): TunnelError =>
  new TunnelProtocolError(
    'ODPS_TRUNCATED_STREAM',
    `The service ended the range of ${range.count} rows from row ${range.start} after ${delivered} rows; request the rest again`,
    { retryable: true },
  )
