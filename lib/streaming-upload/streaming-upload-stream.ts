import { tell } from '../diagnostics.js'
import type { UploadStats } from '../session/transfer-stats.js'
import { RowStream, type RowStreamConfig, type RowStreamEvents } from '../upload/row-stream.js'
import type { SendingContext, Transaction } from '../upload/transaction.js'
import type { UploadTotals } from '../upload/upload-results.js'
import type { Flush } from './flush-order.js'
import type { StreamingContext } from './streaming-transaction.js'

export interface StreamingUploadStreamConfig
  extends Omit<RowStreamConfig<object>, 'begin' | 'commit' | 'describeKept'> {
  readonly begin: (context: StreamingContext) => Promise<Transaction<object>>
}

/** The events of a {@link StreamingUploadStream}, and what their listeners get. */
export interface StreamingUploadEvents extends RowStreamEvents {
  /** Rows are in the table, as all before them are. */
  flush: [flush: Flush]
  /** All rows are in the table. */
  finish: []
}

/** What a streaming upload tells at its end. */
export interface FlushedRows {
  readonly rows: number
  readonly packs: number
  /** Bytes of encoded records. */
  readonly rawBytes: number
  /** Bytes of compressed packs that reached the service. */
  readonly wireBytes: number
}

/**
 * A Writable (object mode) whose rows are in the table as soon as they are flushed; there is no commit. Every row gets there at
 * least once: a pack whose answer is lost is sent again. A chunk is one row: an array in column order, or an object keyed by
 * column name; or a `RowBatch`, as `batch(n)` makes them.
 *
 * `finish` means that all rows are in the table. `destroy` drops those that were not sent. Events beside Node's: `flush`,
 * `progress` (`UploadStats`, a few times a second).
 */
export class StreamingUploadStream<Row = unknown> extends RowStream<
  Row,
  object,
  FlushedRows,
  StreamingUploadEvents
> {
  #sessionId: string | undefined

  /** @internal */
  constructor({ begin, ...config }: StreamingUploadStreamConfig) {
    super({
      ...config,
      ...{ commit: false, describeKept },
      begin: (context: SendingContext) =>
        begin({
          ...context,
          onSession: ({ sessionId }) => {
            this.#sessionId = sessionId
          },
          onFlush: flush => tell(() => this.emit('flush', flush)),
        }),
    })
  }

  /**
   * Resolves when all rows are in the table, before `finish`; rejects with the stream's error. A failure is told once: by the
   * event `error` if somebody listens for it, and else by this promise, if it was asked for.
   */
  get flushed(): Promise<FlushedRows> {
    return this.outcome
  }

  protected override get lastSessionId(): string | undefined {
    return this.#sessionId
  }

  protected override mayHaveRows(): boolean {
    return this.stats.rows > 0
  }

  protected override toResult({ rows, blocks, rawBytes, wireBytes }: UploadTotals): FlushedRows {
    return { rows, packs: blocks, rawBytes, wireBytes }
  }
}

const describeKept = ({ blocks }: UploadStats): string =>
  `packs in the table: ${blocks}; the others were dropped, except that the service may have taken some of those that were being sent`
