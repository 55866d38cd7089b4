import assert from 'node:assert/strict'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { writeQuery } from '../../docs/examples/query-to-file.js'
import { emulatedTable, fillTable } from '../session/emulated-table.js'
import { held, startQueryService, xml } from './query-service.js'

const folderOf = async (context: TestContext): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'odps-tunnel-query-'))
  context.after(() => rm(folder, { recursive: true, force: true }))
  return folder
}

describe('the example that writes a query to a file', () => {
  test('writes all rows, and tells how far it is', async context => {
    const table = await emulatedTable(context)
    await fillTable(table, 3)
    const folder = await folderOf(context)
    const told: string[] = []
    const path = join(folder, 'rows.ndjson.gz')
    assert.equal(
      await writeQuery(table.tunnel, 'SELECT * FROM t', path, undefined, line => told.push(line)),
      3,
    )
    const lines = gunzipSync(await readFile(path)).toString()
    assert.equal(lines, '{"id":0,"name":"row 0"}\n{"id":1,"name":"row 1"}\n{"id":2,"name":"row 2"}\n')
    assert.match(told[0]!, /^instance \w+$/)
    assert.equal(told.at(-1), '3 of 3 rows')
    assert.deepEqual(await readdir(folder), ['rows.ndjson.gz'])
  })

  test('leaves no file when it is stopped, and stops the query', async context => {
    const service = await startQueryService(context)
    const waiting = held(xml('<Instance><Status>Running</Status></Instance>'))
    service.queued.set('status', [waiting.answer])
    const folder = await folderOf(context)
    const stop = new AbortController()
    const done = writeQuery(service.tunnel, 'SELECT 1', join(folder, 'rows.gz'), stop.signal, () => {})
    const failed = assert.rejects(done, { name: 'AbortError' })
    await waiting.arrived
    stop.abort()
    waiting.release()
    await failed
    assert.equal(service.steps().at(-1), 'stop')
    assert.deepEqual(await readdir(folder), [])
  })
})
