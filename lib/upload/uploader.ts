import { throwIfAborted } from '../abort.js'
import type { Budget } from '../budget/budget.js'
import type { ByteShare } from '../budget/byte-budget.js'
import { type EncodedRecords, RecordRun } from '../codec/rows/encoded-records.js'
import { ChunkPool } from '../compression/chunk-pool.js'
import { type CompressionName, loadCompression } from '../compression/compression.js'
import { TunnelError, TunnelOptionError, type TunnelSessionError, TunnelValueError } from '../errors.js'
import type { NamedTable } from '../session/resource.js'
import { newUploadStats, type UploadStats } from '../session/transfer-stats.js'
import { beginTrace, inScope, type Trace, tracedBy } from '../tracing.js'
import { BlockSender } from './block-sender.js'
import { isThenable } from './row-input.js'
import type { SessionResult } from './session-transaction.js'
import type { SendingContext, Transaction } from './transaction.js'
import type { UploadTotals } from './upload-results.js'
import { uploads } from './upload-traces.js'

/*
 * An upload without a stream around it: open, add rows, then finish or abort. The stream gives it what Node brings; it
 * decides which rows are taken, when the next one has to wait, and what an abort may still change. Until the commit has
 * left, an abort means that no row is in the table. After that only the answer says what became of them, so `rest` waits
 * for it.
 */

/** Called with a row that does not fit: return to skip the row, throw to fail the stream. */
export type RowErrorHandler = (error: TunnelValueError, row: unknown, rowIndex: number) => void

/** What an upload tells at its end. */
export interface UploadResult extends SessionResult, UploadTotals {}

/** What an upload runs on: options already checked, defaults filled in. */
export interface UploaderConfig<Result extends object> {
  /** Where rows go, for those who watch. */
  readonly table: NamedTable
  readonly begin: (context: SendingContext) => Promise<Transaction<Result>>
  readonly compression: CompressionName
  readonly concurrency: number
  /** What it shares with others of its Tunnel. */
  readonly budget: Budget
  /** Where blocks take their buffers from. Default: one of its own. */
  readonly pool?: ChunkPool
  readonly onRowError: RowErrorHandler | 'fail'
  readonly maxRowErrors: number
  /** Rows that one item of {@link Uploader.add} is. Default 1; 0 when the transaction counts them itself. */
  readonly rowsOfItem?: 0 | 1
  /** False leaves the commit to somebody else: {@link Uploader.finish} then means that all blocks are on the service. */
  readonly commit: boolean
  /** What is in the table when it is stopped now, for the message. Default: the rows up to the last checkpoint. */
  readonly describeKept?: (stats: UploadStats) => string
}

export class Uploader<Result extends object> {
  /** Live counters; the same object all along. */
  readonly stats: UploadStats
  readonly #config: UploaderConfig<Result>
  readonly #context: SendingContext
  readonly #memory: ByteShare
  readonly #abort = new AbortController()
  #transaction: Transaction<Result> | undefined
  readonly #rowsOfItem: number
  #rowIndex = 0
  readonly #trace: Trace | undefined
  #isCommitting = false
  #stopped: Error | undefined

  /** @param onFailure called when something failed that no row waits for */
  constructor(config: UploaderConfig<Result>, onFailure: (error: Error) => void) {
    const { signal } = this.#abort
    const { concurrency, budget } = config
    const stats = newUploadStats(() => Math.min(concurrency, budget.requests.allowed))
    const memory = budget.memory.share()
    const onRetry = (): void => {
      stats.retries++
    }
    const { table, pool = new ChunkPool() } = config
    const trace = beginTrace(uploads, () => ({ ...table, stats }))
    const call = { signal, onRetry, [tracedBy]: trace }
    const sender = new BlockSender({ concurrency, pool, memory, call, onFailure }, stats)
    this.stats = stats
    this.#memory = memory
    this.#config = config
    this.#rowsOfItem = config.rowsOfItem ?? 1
    this.#trace = trace
    this.#context = { call, stats, pool, memory, sender, onFailure }
  }

  /** The commit has begun: an abort no longer decides what becomes of the rows. */
  get isCommitting(): boolean {
    return this.#isCommitting
  }

  /** The error of an upload that was stopped without one. */
  get destroyed(): TunnelError {
    const kept = (this.#config.describeKept ?? describeCommitted)(this.stats)
    return new TunnelError(
      'ODPS_STREAM_DESTROYED',
      `The upload stream was destroyed before it finished; ${kept}`,
    )
  }

  /** Opens what the rows go to. To be called once, before anything else. */
  async open(): Promise<void> {
    await loadCompression(this.#config.compression)
    this.#transaction = await inScope(this.#trace, () => this.#config.begin(this.#context))
  }

  /**
   * Takes rows one after the other; one that does not fit goes to `onRowError`.
   * @returns a promise when it waits before or behind one of them
   * @throws what a row fails with, or what was given to {@link abort} while it waited
   */
  add(rows: readonly unknown[], from = 0): Promise<void> | undefined {
    for (let i = from; i < rows.length; i++) {
      const wait = this.addRow(rows[i])
      if (wait !== undefined) return i + 1 < rows.length ? this.#addAfter(wait, rows, i + 1) : wait
    }
    return undefined
  }

  /** A method of its own, as {@link #settled} is: what a function captures is allocated for each row, whether it is made or not. */
  #addAfter(wait: Promise<void>, rows: readonly unknown[], from: number): Promise<void> {
    return wait.then(() => this.add(rows, from))
  }

  /** The same for one row. */
  addRow(row: unknown): Promise<void> | undefined {
    const index = this.#rowIndex++
    try {
      const wait = this.#transaction!.add(row, index)
      this.stats.rows += this.#rowsOfItem
      return wait && this.#settled(wait, row, index)
    } catch (error) {
      this.#skip(error, row, index)
      return undefined
    }
  }

  #settled(wait: Promise<void>, row: unknown, index: number): Promise<void> {
    return wait.then(this.#goOn, error => this.#refuse(error, row, index))
  }

  /** The same for records that are encoded already. They may be written over when this has returned, or what it gave has resolved. */
  addRecords(records: EncodedRecords): Promise<void> | undefined {
    return this.#addRun(new RecordRun(records))
  }

  #addRun(run: RecordRun): Promise<void> | undefined {
    const transaction = this.#transaction!
    if (transaction.addRecords === undefined) throw new TypeError('this upload takes rows, and no records')
    while (run.rows > 0) {
      const { rows } = run
      const wait = transaction.addRecords(run)
      const taken = rows - run.rows
      this.#rowIndex += taken
      this.stats.rows += taken
      if (wait !== undefined)
        return wait.then(() => {
          this.#goOn()
          return this.#addRun(run)
        })
    }
    return undefined
  }

  /** Sends what is left and commits. */
  async finish(): Promise<Result & UploadTotals> {
    const transaction = this.#transaction!
    transaction.close()
    await transaction.sent()
    if (this.#config.commit) {
      throwIfAborted(this.#abort.signal)
      this.#isCommitting = true
      await transaction.commit()
    }
    const { rows, rawBytes, wireBytes, blocks, blocksSkipped } = this.stats
    const committed = this.#config.commit
    const totals = { committed, blocks: blocks + blocksSkipped, rows, rawBytes, wireBytes }
    this.#trace?.end(totals)
    return { ...transaction.result, ...totals }
  }

  /**
   * Stops all requests at once, but for a commit that has left: its answer is awaited for `requestTimeoutMs`.
   * @param error what rows that wait are refused with
   */
  abort(reason: unknown, error?: Error): void {
    this.#stopped ??= error ?? this.destroyed
    this.#abort.abort(reason)
  }

  /**
   * Lets what was begun come to rest, after {@link abort} or {@link finish}.
   * @returns what a commit that had left failed with, when it says more than the abort: the rows may be in the table
   */
  async rest(): Promise<TunnelSessionError | undefined> {
    this.#transaction?.destroy()
    await this.#context.sender.rest()
    this.#context.pool.clear()
    this.#memory.close()
    const unknown = await this.#transaction?.rest()
    this.#trace?.fail(unknown ?? this.#stopped)
    return unknown
  }

  /** The rest of the rows is not taken, which must not look like success to who wrote them. */
  readonly #goOn = (): void => {
    if (this.#stopped !== undefined) throw this.#stopped
  }

  /** A row that was looked at only after it had been taken. */
  #refuse(error: unknown, row: unknown, index: number): void {
    this.#goOn()
    if (error instanceof TunnelValueError) this.stats.rows -= this.#rowsOfItem
    this.#skip(error, row, index)
  }

  #skip(error: unknown, row: unknown, index: number): void {
    const { onRowError, maxRowErrors } = this.#config
    if (onRowError === 'fail' || !(error instanceof TunnelValueError)) throw error
    const answer: unknown = onRowError(error, row, index)
    if (isThenable(answer)) throw notAwaited(answer)
    if (++this.stats.rowErrors > maxRowErrors) throw error
  }
}

/** The row would be skipped before it is known whether its handler fails. */
const notAwaited = (answer: PromiseLike<unknown>): TunnelOptionError => {
  answer.then(undefined, () => {})
  return new TunnelOptionError(
    'ODPS_INVALID_OPTION',
    'onRowError must be a synchronous function, but it returned a promise, which nothing would wait for. Keep the bad row in a list or ' +
      'stream, and write it from there',
  )
}

const describeCommitted = ({ checkpoints }: UploadStats): string =>
  checkpoints === 0 ? 'nothing was committed' : 'only the rows up to its last checkpoint were committed'
