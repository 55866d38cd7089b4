import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { deferred } from '../../lib/session/deferred.js'
import { Ledger } from './held-commits.js'

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

  test('an upload that ends while a session is opened rests when it is open, and lets it go', async () => {
    const ledger = new Ledger()
    const opens = deferred<void>()
    ledger.opening = opens.promise
    const uploader = ledger.uploader({ rows: 2 })
    await uploader.open()
    const added = assert.rejects(uploader.add(['a'])!, { code: 'ODPS_STREAM_DESTROYED' })
    uploader.abort(undefined)
    let isAtRest = false
    const rests = uploader.rest().then(() => {
      isAtRest = true
    })
    for (let i = 0; i < 10; i++) await turn()
    assert.equal(isAtRest, false)
    opens.resolve()
    await rests
    assert.deepEqual(ledger.log, ['open s1', 'destroy s1'])
    await added
  })
})
