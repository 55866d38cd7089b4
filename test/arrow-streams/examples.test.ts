import assert from 'node:assert/strict'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { tableFromIPC } from 'apache-arrow'
import { replacePartition } from '../../docs/examples/arrow-to-table.js'
import { writeArrow } from '../../docs/examples/table-to-arrow.js'
import { emulatedTable, fillTable } from '../session/emulated-table.js'

test('the examples write a table to an Arrow file, and replace a partition by it', async context => {
  const place = await emulatedTable(context)
  const { tunnel, emulator } = place
  await fillTable(place, 3)
  const folder = await mkdtemp(join(tmpdir(), 'odps-tunnel-arrow-'))
  context.after(() => rm(folder, { recursive: true, force: true }))
  const path = join(folder, 't.arrows')
  assert.equal(await writeArrow(tunnel, { table: 't' }, path), 3)
  assert.deepEqual(
    [...(tableFromIPC(await readFile(path)).getChild('id')! as Iterable<bigint>)],
    [0n, 1n, 2n],
  )
  await assert.rejects(writeArrow(tunnel, { table: 'none' }, join(folder, 'none.arrows')))
  assert.deepEqual(await readdir(folder), ['t.arrows'])

  const columns = { id: 'bigint', name: 'string' }
  await emulator.createTable({ name: 'parts', columns, partitionColumns: { ds: 'string' } })
  for (const _ of [1, 2]) assert.equal(await replacePartition(tunnel, 'parts', 'ds=1', path), 3)
  const cut = join(folder, 'cut.arrows')
  await writeFile(cut, (await readFile(path)).subarray(0, -8))
  await assert.rejects(replacePartition(tunnel, 'parts', 'ds=1', cut), { code: 'ODPS_INVALID_VALUE' })
  assert.deepEqual(await tunnel.download({ table: 'parts', partitionSpec: 'ds=1' }), [
    [0n, 'row 0'],
    [1n, 'row 1'],
    [2n, 'row 2'],
  ])
})
