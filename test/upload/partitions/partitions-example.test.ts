import assert from 'node:assert/strict'
import { access, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { type LoggedEvent, loadEvents } from '../../../docs/examples/partitions.js'
import { emulatedTable } from '../../session/emulated-table.js'

const eventsOf = (count: number): LoggedEvent[] =>
  Array.from({ length: count }, (_, i) => ({
    ...{ id: BigInt(i), time: `2001-02-${String(1 + ((i * 7) % 10)).padStart(2, '0')}T00:00:00Z` },
  }))

test('docs/examples/partitions.ts finishes by its next run what it could not commit', async context => {
  let isRefusing = true
  const { emulator, tunnel } = await emulatedTable(context, {
    faults: ({ action, query }) =>
      isRefusing && action === 'commitUpload' && query.get('partition') === 'day=2001-02-05'
        ? { status: 403, code: 'NoPermission' }
        : undefined,
  })
  const columns = { id: 'bigint', time: 'string' }
  await emulator.createTable({ name: 'events', columns, partitionColumns: { day: 'string' } })
  const folder = await mkdtemp(join(tmpdir(), 'odps-tunnel-partitions-'))
  context.after(() => rm(folder, { recursive: true, force: true }))
  const unfinished = join(folder, 'unfinished.json')
  await assert.rejects(loadEvents(tunnel, eventsOf(100), unfinished), { code: 'ODPS_PARTIAL_COMMIT' })
  assert.ok(emulator.rowCount('events') < 100)
  isRefusing = false
  const { partitions } = await loadEvents(tunnel, [], unfinished)
  assert.deepEqual(partitions, [])
  assert.equal(emulator.rowCount('events'), 100)
  await assert.rejects(access(unfinished))
})
