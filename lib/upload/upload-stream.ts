import { tell } from '../diagnostics.js'
import { RowStream, type RowStreamConfig, type RowStreamEvents } from './row-stream.js'
import type { SessionResult } from './session-transaction.js'
import type { Checkpoint, Transaction, UploadContext } from './transaction.js'
import type { UploadTotals } from './upload-results.js'
import type { UploadSession } from './upload-session.js'

export interface UploadStreamConfig<Result extends object> extends Omit<RowStreamConfig<Result>, 'begin'> {
  readonly begin: (context: UploadContext) => Promise<Transaction<Result>>
  /** There is no one session to tell of. */
  readonly hasManySessions?: boolean
}

/** The events of an {@link UploadStream}, and what their listeners get. */
export interface UploadEvents extends RowStreamEvents {
  /** A session is open. */
  session: [session: UploadSession]
  /** Rows are in the table for good; only with the option `checkpoint`. */
  checkpoint: [checkpoint: Checkpoint]
  /** The rows are committed; with `commit: false` all blocks are on the service. */
  finish: []
}

/**
 * A Writable (object mode) that puts rows into a table. A chunk is one row: an array in column order, or an
 * object keyed by column name; or a `RowBatch`, as `batch(n)` makes them.
 *
 * `finish` means that the rows are committed. `destroy` never commits. Events beside Node's: `session` (the UploadSession,
 * once open), `progress` (`UploadStats`, a few times a second).
 */
export class UploadStream<Row = unknown, Result extends object = SessionResult> extends RowStream<
  Row,
  Result,
  Result & UploadTotals,
  UploadEvents
> {
  #session: UploadSession | undefined

  /** @internal */
  constructor({ begin, hasManySessions, ...config }: UploadStreamConfig<Result>) {
    super({
      ...config,
      begin: context =>
        begin({
          ...context,
          onSession: session => {
            if (!hasManySessions) this.#session = session
            tell(() => this.emit('session', session))
          },
          onCheckpoint: checkpoint => tell(() => this.emit('checkpoint', checkpoint)),
        }),
    })
  }

  /** The session that was opened last; undefined with `partitionBy`. */
  get session(): UploadSession | undefined {
    return this.#session
  }

  /**
   * Resolves when the rows are committed (with `commit: false`: when all blocks are on the service), before
   * `finish`; rejects with the stream's error. A failure is told once: by the event `error` if somebody listens for it, and
   * else by this promise, if it was asked for.
   */
  get committed(): Promise<Result & UploadTotals> {
    return this.outcome
  }

  protected override get lastSessionId(): string | undefined {
    return this.#session?.sessionId
  }

  protected override toResult(end: Result & UploadTotals): Result & UploadTotals {
    return end
  }
}
