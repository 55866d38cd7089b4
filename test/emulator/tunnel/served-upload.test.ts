import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { createRecordEncoder } from '../../../lib/codec/rows/record-encoder.js'
import { parseDataType } from '../../../lib/schema/parse-data-type.js'
import { call, idAndName, jsonOf, TableCalls, twoRows, withEmulator } from '../emulator-client.js'

test('a commit that failed leaves a session that can be looked at, written to and committed again', () =>
  withEmulator(async emulator => {
    await emulator.createTable({ name: 't', columns: idAndName, partitionColumns: { pt: 'string' } })
    await emulator.addPartition('t', 'pt=a')
    const calls = new TableCalls(emulator, undefined, 'pt=a')
    const id = await calls.createUpload()
    await calls.put(id, 0, twoRows)
    const query = "alter table t drop partition (pt='a')"
    const body = Buffer.from(
      `<Instance><Job><Tasks><SQL><Name>x</Name><Query>${query}</Query></SQL></Tasks></Job></Instance>`,
    )
    assert.equal((await call(emulator.endpoint, 'POST', '/projects/p/instances', { body })).status, 201)
    // Two at once share one attempt, and both hear of its end.
    for (const reply of await Promise.all([calls.commit(id), calls.commit(id)]))
      assert.deepEqual([reply.status, jsonOf(reply)['Code']], [404, 'NoSuchPartition'])
    assert.equal(jsonOf(await calls.send('GET', `uploadid=${id}`))['Status'], 'normal')
    assert.equal((await calls.put(id, 1, twoRows)).status, 200)
    assert.equal((await calls.commit(id)).status, 404)
    await emulator.addPartition('t', 'pt=a')
    assert.equal(jsonOf(await calls.commit(id))['Status'], 'closed')
    assert.equal(emulator.rowCount('t', 'pt=a'), 4)
    assert.equal(jsonOf(await calls.commit(id))['Status'], 'closed')
    assert.equal(emulator.rowCount('t', 'pt=a'), 4)
    assert.equal((await calls.put(id, 2, twoRows)).status, 409)
  }))

test('rows that were overwritten are held no longer, although their sessions are known for a day', () =>
  withEmulator(async emulator => {
    await emulator.createTable({ name: 't', columns: idAndName })
    const calls = new TableCalls(emulator)
    const columns = Object.entries(idAndName)
    const encoder = createRecordEncoder(
      columns.map(([name, type]) => ({ name, type: parseDataType(type), nullable: true })),
    )
    const mebibytes = 4
    encoder.write([1n, 'x'.repeat(mebibytes * 2 ** 20)], 0)
    const stream = Buffer.from(encoder.finish())
    setFlagsFromString('--expose-gc')
    const collectGarbage = runInNewContext('gc') as () => void
    const heldBytes = async (): Promise<number> => {
      await setImmediate()
      collectGarbage()
      return process.memoryUsage().arrayBuffers
    }
    await calls.upload([stream], 'uploads=&overwrite=true')
    const before = await heldBytes()
    for (let i = 0; i < 8; i++) await calls.upload([stream], 'uploads=&overwrite=true')
    const grown = (await heldBytes()) - before
    assert.ok(grown < 2 * mebibytes * 2 ** 20, `${grown} bytes more are held`)
    assert.equal(emulator.rowCount('t'), 1)
  }))
