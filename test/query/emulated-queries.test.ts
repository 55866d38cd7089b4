import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { emulatedTable, fillTable, rowsUpTo } from '../session/emulated-table.js'

const sql = 'SELECT * FROM t'

describe('a query on the emulator', () => {
  test('comes whole, whatever the ranges, the concurrency and the compression', async context => {
    const table = await emulatedTable(context)
    await fillTable(table, 1000)
    for (const [rangeRows, concurrency, compression] of [
      [1000, 1, 'raw'],
      [99, 4, 'deflate'],
      [250, 2, 'snappy'],
    ] as const)
      assert.deepEqual(await table.tunnel.query({ sql, rangeRows, concurrency, compression }), rowsUpTo(1000))
  })

  test('may be cut at every byte of an answer', async context => {
    const table = await emulatedTable(context)
    await fillTable(table, 4)
    const { rawBytes } = await (await table.tunnel.createUploadSession({ table: 't' })).upload(0, rowsUpTo(4))
    for (let cutBodyAfter = 0; cutBodyAfter < rawBytes; cutBodyAfter++) {
      table.emulator.setFaults([{ action: 'readResult', fault: { cutBodyAfter } }])
      const stream = table.tunnel.createQueryStream({ sql, compression: 'raw' })
      assert.deepEqual(await stream.toArray(), rowsUpTo(4), `${cutBodyAfter}`)
      assert.equal(stream.stats.retries, 1)
    }
  })

  test('whose bytes were changed on the way gives no wrong row', async context => {
    const table = await emulatedTable(context)
    await fillTable(table, 20)
    for (const corruptBodyAt of [0, 7, 60, 200]) {
      table.emulator.setFaults([{ action: 'readResult', fault: { corruptBodyAt } }])
      assert.deepEqual(await table.tunnel.query({ sql, compression: 'raw' }), rowsUpTo(20))
      table.emulator.setFaults([{ action: 'readResult', times: 9, fault: { corruptBodyAt } }])
      await assert.rejects(
        table.tunnel.query({ sql, compression: 'raw' }),
        (error: Error & { code: string }) =>
          [
            'ODPS_CHECKSUM_MISMATCH',
            'ODPS_MALFORMED_STREAM',
            'ODPS_COUNT_MISMATCH',
            'ODPS_ROW_TOO_LARGE',
          ].includes(error.code),
      )
    }
  })

  test('whose submission was carried out but not answered is found, and runs once', async context => {
    const table = await emulatedTable(context)
    await fillTable(table, 3)
    table.emulator.setFaults([{ action: 'submitInstance', fault: 'drop-answer' }])
    assert.deepEqual(await table.tunnel.query({ sql }), rowsUpTo(3))
    const count = (action: string): number =>
      table.emulator.requests.filter(each => each.action === action).length
    assert.equal(count('submitInstance'), 1)
    assert.ok(count('listInstances') >= 1)
    // A statement that changes something: it must have happened once.
    table.emulator.setFaults([{ action: 'submitInstance', fault: 'drop-answer' }])
    await table.tunnel.execute({ sql: 'INSERT INTO t SELECT * FROM t' })
    assert.equal((await table.tunnel.query({ sql })).length, 6)
  })

  test('survives an answer lost at every step after it', async context => {
    const table = await emulatedTable(context)
    await fillTable(table, 3)
    for (const action of ['getInstance', 'createResultDownload', 'readResult'] as const)
      for (const fault of ['reset', 'drop-answer', { status: 500, code: 'InternalServerError' }] as const) {
        table.emulator.setFaults([{ action, fault }])
        assert.deepEqual(await table.tunnel.query({ sql }), rowsUpTo(3), action)
      }
  })

  test('is read by ranges of one session in many readers', async context => {
    const table = await emulatedTable(context)
    await fillTable(table, 100)
    const { instanceId } = await table.tunnel.execute({ sql })
    const session = await table.tunnel.createDownloadSession({ instanceId })
    const orders = session.splits(3).map(range => JSON.stringify({ ...session.toJSON(), ...range }))
    const parts = await Promise.all(
      orders.map(order => table.tunnel.createDownloadStream(JSON.parse(order)).toArray()),
    )
    assert.deepEqual(parts.flat(), rowsUpTo(100))
  })
})
