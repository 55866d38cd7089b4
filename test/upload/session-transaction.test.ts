import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { createBudget } from '../../lib/budget/budget.js'
import { planBlocks } from '../../lib/upload/block-plan.js'
import { Checkpoints } from '../../lib/upload/checkpoints.js'
import type { CheckpointsResult } from '../../lib/upload/new-upload-stream.js'
import { SessionTransaction } from '../../lib/upload/session-transaction.js'
import type { Checkpoint } from '../../lib/upload/transaction.js'
import { Uploader } from '../../lib/upload/uploader.js'
import { emulatedTable, readTable, rowsUpTo } from '../session/emulated-table.js'
import { Ledger } from './held-commits.js'
import { ManualClock } from './manual-clock.js'

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
            { blockIds: [] },
            clock,
            { ...context, onSession: () => {}, onCheckpoint: checkpoint => told.push(checkpoint) },
          ),
        table: { project: 'p', table: 't' },
        ...{ compression: 'raw', concurrency: 2, onRowError: 'fail', maxRowErrors: 0, commit: true },
        budget: createBudget({}),
      },
      assert.fail,
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
