import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { planBlocks } from '../../lib/upload/block-plan.js'
import { type CheckpointOptions, Checkpoints, type CheckpointsResult } from '../../lib/upload/checkpoints.js'
import { SessionTransaction } from '../../lib/upload/session-transaction.js'
import type { BoundedTransaction, Checkpoint } from '../../lib/upload/transaction.js'
import { Uploader } from '../../lib/upload/uploader.js'
import { emulatedTable, readTable, rowsUpTo } from '../session/emulated-table.js'
import { ManualClock } from './manual-clock.js'

interface Held {
  readonly id: string
  readonly commits: () => void
}

/** Transactions that hold their commit until it is let go. */
class Ledger {
  readonly log: string[] = []
  readonly held: Held[] = []
  readonly told: Checkpoint[] = []
  readonly clock = new ManualClock()
  #opened = 0

  uploader(limits: CheckpointOptions): Uploader<CheckpointsResult> {
    return new Uploader<CheckpointsResult>(
      {
        begin: async context => new Checkpoints(limits, async () => this.#open(), this.clock, context),
        ...{ compression: 'raw', concurrency: 1, onRowError: 'fail', maxRowErrors: 0, commit: true },
      },
      { onSession: () => {}, onCheckpoint: told => this.told.push(told), onFailure: () => {} },
    )
  }

  #open(): BoundedTransaction<{ sessionId: string; blockIds: number[] }> {
    const id = `s${++this.#opened}`
    const { log, held } = this
    log.push(`open ${id}`)
    return {
      ...{ result: { sessionId: id, blockIds: [0] }, sessions: [], isFull: false },
      ...{ reaches: () => false, close: () => undefined, sent: async () => {}, destroy: () => {} },
      add: row => void log.push(`${id}:${row}`),
      commit: () => new Promise(resolve => held.push({ id, commits: resolve })),
      rest: async () => undefined,
    }
  }
}

describe('checkpoint: one after the other', () => {
  test('the next one fills while one is committed, and waits for it when it is full', async () => {
    const ledger = new Ledger()
    const uploader = ledger.uploader({ rows: 2 })
    await uploader.open()
    const added = uploader.add(['a', 'b', 'c', 'd', 'e'])
    for (let i = 0; i < 10; i++) await turn()
    assert.deepEqual(ledger.log, ['open s1', 's1:a', 's1:b', 'open s2', 's2:c', 's2:d'])
    assert.deepEqual(
      ledger.held.map(({ id }) => id),
      ['s1'],
    )
    ledger.held[0]!.commits()
    await added
    assert.equal(ledger.told.length, 1)
    assert.deepEqual(ledger.log.slice(6), ['open s3', 's3:e'])
    assert.deepEqual(
      ledger.held.map(({ id }) => id),
      ['s1', 's2'],
    )
    const finished = uploader.finish()
    for (let i = 0; i < 10; i++) await turn()
    assert.equal(ledger.held.length, 2)
    ledger.held[1]!.commits()
    while (ledger.held.length < 3) await turn()
    ledger.held[2]!.commits()
    assert.equal((await finished).sessionId, 's3')
    assert.deepEqual(
      ledger.told.map(({ firstRow, lastRow }) => [firstRow, lastRow]),
      [
        [0, 1],
        [2, 3],
        [4, 4],
      ],
    )
  })

  test('an interval that ends during a commit waits for it, and takes the rows that came meanwhile', async () => {
    const ledger = new Ledger()
    const uploader = ledger.uploader({ intervalMs: 10 })
    await uploader.open()
    await uploader.add(['a'])
    await ledger.clock.advance(10)
    await uploader.add(['b'])
    await ledger.clock.advance(10)
    await uploader.add(['c'])
    for (let i = 0; i < 10; i++) await turn()
    assert.deepEqual(ledger.log, ['open s1', 's1:a', 'open s2', 's2:b', 's2:c'])
    ledger.held[0]!.commits()
    while (ledger.held.length < 2) await turn()
    ledger.held[1]!.commits()
    while (ledger.told.length < 2) await turn()
    assert.deepEqual([ledger.told[1]!.firstRow, ledger.told[1]!.lastRow], [1, 2])
    uploader.abort(undefined)
    await uploader.rest()
  })
})

describe('checkpoint: sessions roll over', () => {
  test('when their block ids are used up', async context => {
    const table = await emulatedTable(context)
    const clock = new ManualClock()
    const told: Checkpoint[] = []
    const uploader = new Uploader<CheckpointsResult>(
      {
        begin: async context =>
          new Checkpoints(
            { rows: 1_000_000 },
            lent =>
              SessionTransaction.open(
                {
                  open: () => table.tunnel.createUploadSession({ table: 't' }),
                  target: {
                    plan: planBlocks({ blockRows: 2, blockIds: { start: 0, count: 3 } }),
                    ...{ contentEncoding: undefined, resume: false, proof: undefined, ownIds: false },
                  },
                  ...{ compression: 'raw', compressionLevel: undefined, encode: {} },
                },
                lent,
              ),
            clock,
            context,
          ),
        ...{ compression: 'raw', concurrency: 2, onRowError: 'fail', maxRowErrors: 0, commit: true },
      },
      { onSession: () => {}, onCheckpoint: checkpoint => told.push(checkpoint), onFailure: assert.fail },
    )
    await uploader.open()
    await uploader.add(rowsUpTo(25))
    await uploader.finish()
    await uploader.rest()
    // Of three ids the first and second give blocks of 2 rows, the last one of 4: half of the ids are used.
    assert.deepEqual(
      told.map(({ rows }) => rows),
      [8, 8, 8, 1],
    )
    assert.deepEqual(await readTable(table), rowsUpTo(25))
  })

  test('before the service ends them, also when no row comes', async context => {
    context.mock.timers.enable({ apis: ['setInterval'] })
    const ledger = new Ledger()
    const uploader = ledger.uploader({ rows: 1000 })
    await uploader.open()
    await uploader.add(['a'])
    const minutes = async (count: number): Promise<void> => {
      await ledger.clock.advance(count * 60_000)
      context.mock.timers.tick(60_000)
      await ledger.clock.advance(0)
    }
    await minutes(19 * 60)
    assert.equal(ledger.held.length, 0)
    await minutes(61)
    while (ledger.held.length < 1) await turn()
    ledger.held[0]!.commits()
    while (ledger.told.length < 1) await turn()
    await uploader.add(['b'])
    assert.deepEqual(ledger.log, ['open s1', 's1:a', 'open s2', 's2:b'])
    uploader.abort(undefined)
    await uploader.rest()
  })
})
