import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { copyWithFile } from '../../docs/examples/copy-table.js'
import type { CopyResult } from '../../lib/copy/copy-options.js'
import { Tunnel } from '../../lib/index.js'
import { emulatedTable, rowsUpTo } from '../session/emulated-table.js'

test('the example goes on behind what its file says is committed', async context => {
  const { emulator } = await emulatedTable(context)
  const tunnel = new Tunnel({ ...emulator.connection, retry: { attempts: 1 } })
  const folder = await mkdtemp(join(tmpdir(), 'odps-tunnel-copy-'))
  context.after(async () => {
    await tunnel.close()
    await rm(folder, { recursive: true })
  })
  const path = join(folder, 'copy.json')
  await emulator.createTable({
    name: 'parts',
    columns: { id: 'bigint', name: 'string' },
    partitionColumns: { pt: 'string' },
  })
  const specs = ['pt=a', 'pt=b', 'pt=c']
  for (const spec of specs) await emulator.insert('parts', rowsUpTo(4), spec)
  const options = {
    from: { table: 'parts', partitions: 'all' },
    to: { table: 'copy' },
    createTable: true,
  } as const
  // The commit of the second partition is done, and nothing is heard of it.
  let commits = 0
  emulator.setFaults(request => {
    if (request.action === 'commitUpload' && ++commits === 2) return 'drop-answer'
    return commits >= 2 ? 'reset' : undefined
  })
  await assert.rejects(copyWithFile(tunnel, options, path), { code: 'ODPS_COMMIT_UNKNOWN' })
  emulator.setFaults()
  const saved = JSON.parse(await readFile(path, 'utf8')) as CopyResult
  assert.deepEqual(
    saved.partitions.map(({ state }) => state),
    ['committed', 'unknown'],
  )
  const result = await copyWithFile(tunnel, options, path)
  assert.equal(result.rows, 12)
  for (const spec of specs) assert.equal(emulator.rowCount('copy', spec), 4)
  assert.deepEqual(JSON.parse(await readFile(path, 'utf8')), result)
})
