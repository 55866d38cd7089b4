import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { tableFromIPC } from 'apache-arrow'
import { downloadArrow } from '../../../lib/arrow-streams/index.js'
import { emulatedTable, fillTable } from '../../session/emulated-table.js'

describe('downloadArrow', () => {
  test('reads a range of a session, as batches or as one IPC stream', async context => {
    const table = await emulatedTable(context)
    await fillTable(table, 100)
    const session = await table.tunnel.createDownloadSession({ table: 't' })
    const batches = await downloadArrow(session, 10, 20)
    const ids = batches.flatMap(batch => [...(batch.getChild('id')! as Iterable<bigint>)])
    assert.deepEqual(
      ids,
      Array.from({ length: 20 }, (_, i) => BigInt(10 + i)),
    )
    const bytes = await downloadArrow(session, 98, 50, { as: 'ipc', columns: ['name'], compression: 'raw' })
    const { schema, numRows, batches: read } = tableFromIPC(bytes)
    assert.deepEqual([schema.names, numRows], [['name'], 2])
    assert.equal(read[0]!.getChild('name')!.get(1), 'row 99')
    assert.equal(tableFromIPC(await downloadArrow(session, 100, 5, { as: 'ipc' })).numRows, 0)
    assert.deepEqual(await downloadArrow(session, 100, 5), [])
  })

  test('refuses what is wrong before any request', async context => {
    const table = await emulatedTable(context)
    await fillTable(table, 3)
    const session = await table.tunnel.createDownloadSession({ table: 't' })
    const before = table.emulator.requests.length
    await assert.rejects(downloadArrow(session, 4, 1), { code: 'ODPS_INVALID_RANGE' })
    await assert.rejects(downloadArrow(session, 0, 1, { columns: ['no'] }), { code: 'ODPS_INVALID_COLUMNS' })
    await assert.rejects(downloadArrow(session, 0, 1, { as: 'rows' as never }), {
      code: 'ODPS_INVALID_OPTION',
    })
    const signal = AbortSignal.abort(new Error('enough'))
    await assert.rejects(downloadArrow(session, 0, 1, { signal }), { name: 'AbortError' })
    assert.equal(table.emulator.requests.length, before)
  })
})
