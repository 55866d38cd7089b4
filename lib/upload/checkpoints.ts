import type { TunnelSessionError } from '../errors.js'
import type { Clock } from '../http/clock.js'
import { formatPartitionSpec } from '../schema/partition-spec.js'
import type {
  BoundedTransaction,
  Checkpoint,
  CommittedSession,
  Transaction,
  UploadContext,
} from './transaction.js'
import type { UploadSession } from './upload-session.js'

/*
 * Rows that never end: one transaction after the other, each committed as soon as it has come to a limit. The next one fills
 * while the one before is committed, and waits for it when it is full itself, so that at most one commit is under way and
 * commits follow the order of the rows. A checkpoint is told between its own commit and the next: whoever acknowledges it
 * then, and starts again behind the last one acknowledged, loses no row, and repeats those of one checkpoint at most.
 */

/** When rows are committed: whichever comes first. */
export interface CheckpointOptions {
  /** After this many rows. */
  readonly rows?: number | undefined
  /** After this many bytes of encoded, uncompressed records. */
  readonly bytes?: number | undefined
  /** This many milliseconds after the first row that isn't committed. */
  readonly intervalMs?: number | undefined
}

/** What an upload with checkpoints tells at the end, besides the result of its last transaction. */
export interface CheckpointCount {
  readonly checkpoints: number
}

/** The service ends a session after 24 hours; the rest is for its last blocks and its commit. */
const maxAgeMs = 20 * 3_600_000
const ageCheckMs = 60_000

interface Filling<Result extends object> {
  readonly transaction: BoundedTransaction<Result>
  readonly openedAt: number
  /** Ends the wait for its interval. */
  readonly closed: AbortController
  rows: number
}

/** One transaction after the other. `None` is what there is instead of a result when there was no row. */
export class Checkpoints<Result extends object, None extends object>
  implements Transaction<CheckpointCount & (Result | None)>
{
  readonly #limits: CheckpointOptions
  readonly #begin: (context: UploadContext) => Promise<BoundedTransaction<Result>>
  readonly #context: UploadContext
  readonly #clock: Clock
  readonly #ageCheck: NodeJS.Timeout
  #filling: Filling<Result> | undefined
  /** Of the transaction that was begun last. */
  #opening: Promise<unknown> | undefined
  /** The commits so far, one after the other. */
  #committed: Promise<void> = Promise.resolve()
  #last: Result | None
  #closing: Transaction<Result> | undefined
  #firstRow = 0
  #lastRow = -1
  #isDestroyed = false

  constructor(
    limits: CheckpointOptions,
    begin: (context: UploadContext) => Promise<BoundedTransaction<Result>>,
    none: None,
    clock: Clock,
    context: UploadContext,
  ) {
    this.#last = none
    this.#limits = limits
    this.#begin = begin
    this.#clock = clock
    this.#context = context
    this.#ageCheck = setInterval(() => this.#endOld(), ageCheckMs).unref()
  }

  get result(): CheckpointCount & (Result | None) {
    return { checkpoints: this.#context.stats.checkpoints, ...this.#last }
  }

  add(row: unknown, rowIndex: number): Promise<void> | undefined {
    this.#lastRow = rowIndex
    return this.#filling === undefined
      ? this.#addFirst(row, rowIndex)
      : this.#add(this.#filling, row, rowIndex)
  }

  /** What is left is committed by {@link commit}. */
  close(): Promise<void> | undefined {
    clearInterval(this.#ageCheck)
    this.#filling?.closed.abort()
    return this.#filling?.transaction.close()
  }

  async sent(): Promise<void> {
    await this.#filling?.transaction.sent()
  }

  async commit(): Promise<void> {
    const filling = this.#filling
    if (filling !== undefined && filling.rows > 0) this.#end(filling)
    await this.#committed
  }

  destroy(): void {
    this.#isDestroyed = true
    clearInterval(this.#ageCheck)
    this.#filling?.closed.abort()
    this.#filling?.transaction.destroy()
  }

  async rest(): Promise<TunnelSessionError | undefined> {
    await Promise.allSettled([this.#opening, this.#committed])
    return this.#closing?.rest()
  }

  async #addFirst(row: unknown, rowIndex: number): Promise<void> {
    const opening = this.#begin(this.#context)
    this.#opening = opening
    const transaction = await opening
    const filling = { transaction, openedAt: this.#clock.now(), closed: new AbortController(), rows: 0 }
    this.#filling = filling
    if (this.#isDestroyed) transaction.destroy()
    else await this.#add(filling, row, rowIndex)
  }

  #add(filling: Filling<Result>, row: unknown, rowIndex: number): Promise<void> | undefined {
    const { transaction } = filling
    const wait = transaction.add(row, rowIndex)
    const { rows, bytes, intervalMs } = this.#limits
    if (++filling.rows === 1 && intervalMs !== undefined) this.#endAfter(intervalMs, filling)
    const isDue =
      filling.rows === rows || transaction.isFull || (bytes !== undefined && transaction.reaches(bytes))
    return isDue ? this.#end(filling) : wait
  }

  /**
   * Ends a transaction and commits it when the one before is committed.
   * @returns resolves when rows may fill the next one
   */
  #end(filling: Filling<Result>): Promise<void> {
    const { transaction, closed } = filling
    const span = { rows: filling.rows, firstRow: this.#firstRow, lastRow: this.#lastRow }
    this.#firstRow = this.#lastRow + 1
    this.#filling = undefined
    closed.abort()
    const turn = transaction.close()
    const before = this.#committed
    this.#committed = this.#commit(transaction, span, before)
    this.#committed.catch(this.#context.onFailure)
    const wait = Promise.all([before, turn]).then(() => {})
    // Nobody may wait; the stream hears of a commit that fails in any case.
    wait.catch(() => {})
    return wait
  }

  async #commit(
    transaction: BoundedTransaction<Result>,
    span: Pick<Checkpoint, 'rows' | 'firstRow' | 'lastRow'>,
    before: Promise<void>,
  ): Promise<void> {
    await Promise.all([before, transaction.sent()])
    this.#closing = transaction
    await transaction.commit()
    this.#last = transaction.result
    this.#context.stats.checkpoints++
    const committedAt = new Date(this.#clock.now())
    this.#context.onCheckpoint({ ...span, committedAt, sessions: transaction.sessions.map(committedSession) })
  }

  async #endAfter(intervalMs: number, filling: Filling<Result>): Promise<void> {
    try {
      await this.#clock.sleep(intervalMs, filling.closed.signal)
      // Rows are still taken meanwhile.
      await this.#committed
      if (this.#filling === filling && !filling.closed.signal.aborted) this.#end(filling)
    } catch {
      // Closed before, or a commit failed, which the stream hears of.
    }
  }

  #endOld(): void {
    const filling = this.#filling
    if (filling === undefined || this.#clock.now() - filling.openedAt < maxAgeMs) return
    if (filling.rows > 0) this.#endAfter(0, filling)
    else {
      filling.transaction.destroy()
      this.#filling = undefined
    }
  }
}

const committedSession = ({ sessionId, partition }: UploadSession): CommittedSession => ({
  sessionId,
  ...(partition !== undefined && { partitionSpec: formatPartitionSpec(partition) }),
})
