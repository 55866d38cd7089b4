import assert from 'node:assert/strict'
import { test } from 'node:test'
import { applyChanges, type RowChange } from '../../docs/examples/upsert.js'
import { Tunnel } from '../../lib/index.js'
import { emulatedTable } from '../session/emulated-table.js'

test('docs/examples/upsert.ts applies changes all at once, or not at all', async context => {
  const { emulator } = await emulatedTable(context)
  const tunnel = new Tunnel({ ...emulator.connection, retry: { attempts: 2, minDelayMs: 0, maxDelayMs: 0 } })
  context.after(() => tunnel.close())
  await emulator.createTable({
    ...{ name: 'customers', columns: { id: 'bigint', name: 'string', city: 'string' }, primaryKey: ['id'] },
    properties: { 'acid.partial.fields.update.enable': 'true' },
  })
  await emulator.insert('customers', [
    [1n, 'Ada', 'London'],
    [2n, 'Grace', 'New York'],
  ])
  const changes: RowChange[] = [
    { op: 'insert', row: { id: 3n, name: 'Edsger', city: 'Austin' } },
    { op: 'update', key: { id: 1n }, set: { city: 'Paris' } },
    { op: 'delete', key: { id: 2n } },
    { op: 'update', key: { id: 3n }, set: { city: 'Nuenen' } },
  ]
  emulator.setFaults([{ action: 'putUpsert', after: 1, times: 9, fault: { status: 500 } }])
  await assert.rejects(applyChanges(tunnel, 'customers', changes), { code: 'ODPS_SERVICE_UNAVAILABLE' })
  assert.equal(emulator.rowCount('customers'), 2)
  emulator.setFaults()
  const { rows } = await applyChanges(tunnel, 'customers', changes)
  assert.equal(rows, 4)
  assert.deepEqual(await emulator.rows('customers', undefined, { rowShape: 'array' }), [
    [1n, 'Ada', 'Paris'],
    [3n, 'Edsger', 'Nuenen'],
  ])
})
