import type { ChunkPool } from '../compression/chunk-pool.js'
import type { CallOptions } from '../session/call-options.js'
import type { UploadStats } from '../session/transfer-stats.js'
import type { BlockSender } from './block-sender.js'
import type { UploadSession } from './upload-session.js'

/*
 * Rows that become visible together, or not at all. An upload is one transaction; with checkpoints it is one after the
 * other. A transaction builds blocks and gives them to the upload's one sender, so that permits and buffers are shared by
 * all that an upload has under way.
 */
export interface Transaction {
  readonly sessionId: string
  /** Ids of its blocks so far. */
  readonly blockIds: readonly number[]
  /**
   * Takes one row, all of it or nothing. Synchronous until a block is full or the compressor is behind: waiting per row
   * would cost more than the encoding.
   * @returns a promise when the next row has to wait
   * @throws TunnelValueError for a row that does not fit
   */
  add(row: unknown, rowIndex: number): Promise<void> | undefined
  /** Ends the last block, and resolves when all are on the service. */
  send(): Promise<void>
  /** Makes the rows visible. To be called after {@link send}. */
  commit(): Promise<void>
  /** Forgets what was not sent. */
  destroy(): void
}

/** What an upload lends its transactions. */
export interface UploadContext {
  /** For every request. */
  readonly call: CallOptions
  readonly stats: UploadStats
  readonly pool: ChunkPool
  readonly sender: BlockSender
  /** Called with every session that is opened. */
  readonly onSession: (session: UploadSession) => void
}
