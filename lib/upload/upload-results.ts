import type { ServerMetrics } from '../session/server-metrics.js'

/** What every upload tells at the end. */
export interface UploadTotals {
  /** Whether the rows are in the table; false with `commit: false`. */
  readonly committed: boolean
  readonly blocks: number
  readonly rows: number
  /** Bytes of encoded records. */
  readonly rawBytes: number
  /** Bytes of compressed block bodies that reached the service. */
  readonly wireBytes: number
}

/** What one block has. */
export interface BlockResult {
  readonly blockId: number
  readonly rows: number
  readonly rawBytes: number
  /** Bytes of the body as sent once. */
  readonly wireBytes: number
  /** What the service tells of its own time; undefined when it does not. */
  readonly metrics?: ServerMetrics
}

/** What was committed. */
export interface CommitResult {
  readonly sessionId: string
  readonly blockIds: readonly number[]
  readonly blocks: number
  /** Rows of all blocks; undefined when neither we nor the service know them of every block. */
  readonly rows: number | undefined
}
