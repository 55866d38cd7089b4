import type { ByteShare } from '../budget/byte-budget.js'
import type { RecordRun } from '../codec/rows/encoded-records.js'
import type { ChunkPool } from '../compression/chunk-pool.js'
import type { TunnelSessionError } from '../errors.js'
import type { CallOptions } from '../session/call-options.js'
import type { UploadStats } from '../session/transfer-stats.js'
import type { BlockSender } from './block-sender.js'
import type { UploadSession } from './upload-session.js'

/*
 * Rows that become visible together, or not at all. An upload is one transaction; with checkpoints it is one after the
 * other. A transaction builds blocks and gives them to the upload's one sender, so that permits and buffers are shared by
 * all that an upload has under way.
 */
export interface Transaction<Result extends object> {
  /** What it tells at the end besides counts. */
  readonly result: Result
  /**
   * Takes one row, all of it or nothing. Synchronous until a block is full or the compressor is behind: waiting per row
   * would cost more than the encoding.
   * @returns a promise when the next row has to wait, or when this one could not be looked at yet
   * @throws TunnelValueError for a row that does not fit; its promise rejects with it
   */
  add(row: unknown, rowIndex: number): Promise<void> | undefined
  /**
   * Takes records that are encoded already from the front of a run: at least one, and no more than there are before it has something
   * to do. Absent where it takes rows only.
   * @returns like {@link add}
   */
  addRecords?(run: RecordRun): Promise<void> | undefined
  /**
   * Ends the last block. No more rows are taken.
   * @returns a promise when it has to wait for its turn
   */
  close(): Promise<void> | undefined
  /** Resolves when all blocks are on the service; to be called after {@link close}. */
  sent(): Promise<void>
  /** Makes the rows visible. To be called after {@link sent}. */
  commit(): Promise<void>
  /** Forgets what was not sent. */
  destroy(): void
  /**
   * Resolves when no commit is under way any more, after {@link destroy}.
   * @returns what one that had left failed with, if the rows may be in the table all the same
   */
  rest(): Promise<TunnelSessionError | undefined>
}

/** A transaction that can tell when it is large enough to end. */
export interface BoundedTransaction<Result extends object> extends Transaction<Result> {
  /** It takes no more rows. */
  readonly isFull: boolean
  /** Whether its rows have at least so many bytes as records: cheap after every row. */
  reaches(bytes: number): boolean
  /** Where its rows go. */
  readonly sessions: readonly UploadSession[]
}

/** What an upload lends its transactions, whatever they send rows to. */
export interface SendingContext {
  /** For every request. */
  readonly call: CallOptions
  readonly stats: UploadStats
  readonly pool: ChunkPool
  /** What it holds of the memory that all transfers share; blocks given to the sender are counted there. */
  readonly memory: ByteShare
  readonly sender: BlockSender
  /** Called when something failed that no row waits for. */
  readonly onFailure: (error: Error) => void
}

/** The same where rows go to upload sessions. */
export interface UploadContext extends SendingContext {
  /** Called with every session that is opened. */
  readonly onSession: (session: UploadSession) => void
  /** Called with every checkpoint. */
  readonly onCheckpoint: (checkpoint: Checkpoint) => void
}

/** Rows that are in the table, whatever happens to those behind them. */
export interface Checkpoint {
  /** Rows committed with it; skipped ones do not count. */
  readonly rows: number
  /** Index of the first and last row since the checkpoint before, both inclusive, counting all rows written from 0. */
  readonly firstRow: number
  readonly lastRow: number
  readonly committedAt: Date
  readonly sessions: readonly CommittedSession[]
}

/** A session whose rows are in the table. */
export interface CommittedSession {
  readonly sessionId: string
  /** `a=1,b=2`; absent in a table without partitions. */
  readonly partitionSpec?: string
}
