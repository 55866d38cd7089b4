import { createBudget } from '../../lib/budget/budget.js'
import { type CheckpointOptions, Checkpoints } from '../../lib/upload/checkpoints.js'
import type { CheckpointsResult } from '../../lib/upload/new-upload-stream.js'
import type { BoundedTransaction, Checkpoint } from '../../lib/upload/transaction.js'
import { Uploader } from '../../lib/upload/uploader.js'
import { ManualClock } from './manual-clock.js'

export interface Held {
  readonly id: string
  readonly commits: () => void
}

/** Transactions that hold their commit until it is let go. */
export class Ledger {
  readonly log: string[] = []
  readonly held: Held[] = []
  readonly told: Checkpoint[] = []
  readonly clock = new ManualClock()
  /** What the opening of a transaction waits for. */
  opening: Promise<void> = Promise.resolve()
  #opened = 0

  uploader(limits: CheckpointOptions): Uploader<CheckpointsResult> {
    return new Uploader<CheckpointsResult>(
      {
        begin: async context =>
          new Checkpoints(limits, () => this.opening.then(() => this.#open()), { blockIds: [] }, this.clock, {
            ...context,
            onSession: () => {},
            onCheckpoint: told => this.told.push(told),
          }),
        table: { project: 'p', table: 't' },
        ...{ compression: 'raw', concurrency: 1, onRowError: 'fail', maxRowErrors: 0, commit: true },
        budget: createBudget({}),
      },
      () => {},
    )
  }

  #open(): BoundedTransaction<{ sessionId: string; blockIds: number[] }> {
    const id = `s${++this.#opened}`
    const { log, held } = this
    log.push(`open ${id}`)
    return {
      ...{ result: { sessionId: id, blockIds: [0] }, sessions: [], isFull: false },
      ...{ reaches: () => false, close: () => undefined, sent: async () => {} },
      destroy: () => void log.push(`destroy ${id}`),
      add: row => void log.push(`${id}:${row}`),
      commit: () => new Promise(resolve => held.push({ id, commits: resolve })),
      rest: async () => undefined,
    }
  }
}
