import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { deflateSync } from 'node:zlib'
import { idAndName, jsonOf, noRows, TableCalls, twoRows, withEmulator } from '../emulator-client.js'
import { refused, withTable } from '../upload-calls.js'

describe('upload sessions', () => {
  test('create answers with a typed session document', () =>
    withTable(async calls => {
      for (const query of [
        'uploads',
        'uploads=',
        'uploads=1',
        'reload=False&uploads=true&overwrite=true&quotaName=q1',
      ]) {
        const reply = await calls.send('POST', query)
        assert.equal(reply.status, 200)
        const { UploadID, Schema, Initiated, ...rest } = jsonOf(reply)
        assert.match(String(UploadID), /^\d{14}[0-9a-f]{32}$/)
        assert.ok(!Number.isNaN(Date.parse(String(Initiated))))
        assert.deepEqual(rest, {
          Status: 'normal',
          Owner: 'ALIYUN$emulator',
          IsOverwrite: query.includes('overwrite'),
          MaxFieldSize: 8388608,
          QuotaName: query.includes('q1') ? 'q1' : '',
          UploadedBlockList: [],
        })
        assert.deepEqual(Schema, {
          IsVirtualView: false,
          columns: [
            { column_id: '0', comment: '', default_value: '', name: 'id', nullable: true, type: 'bigint' },
            { column_id: '1', comment: '', default_value: '', name: 'name', nullable: true, type: 'string' },
          ],
          partitionKeys: [],
        })
      }
    }))

  test('blocks show in the list, sorted, and become rows in the order of their ids', () =>
    withTable(async (calls, emulator) => {
      const id = await calls.createUpload()
      for (const blockId of [19999, 3]) {
        const reply = await calls.put(id, blockId, [twoRows.subarray(0, 5), twoRows.subarray(5)])
        assert.equal(reply.status, 200)
        assert.equal(reply.body.length, 0)
        const metrics = JSON.parse(reply.headers['odps-tunnel-metrics'] ?? '')
        assert.ok(Object.values(metrics).every(Number.isSafeInteger))
        assert.ok(
          metrics.ServerTotalCost > metrics.PanguIOCost + metrics.ServerIOCost + metrics.RateLimitCost,
        )
      }
      const { UploadedBlockList: blocks } = jsonOf(await calls.send('GET', `uploadid=${id}&getblockid=false`))
      assert.deepEqual(
        (blocks as Record<string, unknown>[]).map(({ BlockID, RecordCount, FileName, Version }) => [
          BlockID,
          RecordCount,
          FileName,
          Version,
        ]),
        [
          [3, 2, '3', 0],
          [19999, 2, '19999', 0],
        ],
      )
      assert.equal(emulator.rowCount('t'), 0)
      const committed = await calls.commit(id)
      assert.equal(jsonOf(committed)['Status'], 'closed')
      assert.equal(emulator.rowCount('t'), 4)
    }))

  test('the same block id replaces', () =>
    withTable(async (calls, emulator) => {
      const id = await calls.createUpload()
      await calls.put(id, 0, twoRows)
      await calls.put(id, 0, noRows)
      assert.equal((await calls.commit(id)).status, 200)
      assert.equal(emulator.rowCount('t'), 0)
    }))

  test('a second commit says closed, a block after it is a conflict', () =>
    withTable(async (calls, emulator) => {
      const id = await calls.createUpload()
      await calls.put(id, 0, twoRows)
      const replies = await Promise.all([calls.commit(id), calls.commit(id)])
      for (const reply of [...replies, await calls.commit(id)])
        assert.deepEqual([reply.status, jsonOf(reply)['Status']], [200, 'closed'])
      assert.equal(emulator.rowCount('t'), 2)
      refused(await calls.put(id, 1, twoRows), 409, 'StatusConflict')
    }))

  test('overwrite replaces, also by nothing', () =>
    withTable(async (calls, emulator) => {
      await calls.upload([twoRows, twoRows])
      assert.equal(emulator.rowCount('t'), 4)
      await calls.upload([twoRows], 'uploads=&overwrite=true')
      assert.equal(emulator.rowCount('t'), 2)
      await calls.upload([], 'uploads=')
      assert.equal(emulator.rowCount('t'), 2)
      await calls.upload([], 'uploads=&overwrite=true')
      assert.equal(emulator.rowCount('t'), 0)
    }))

  test('a compressed body counts by its content', () =>
    withTable(async (calls, emulator) => {
      const id = await calls.createUpload()
      const reply = await calls.put(id, 0, deflateSync(twoRows), { 'Content-Encoding': 'deflate' })
      assert.equal(reply.status, 200)
      await calls.commit(id)
      assert.equal(emulator.rowCount('t'), 2)
    }))
})

describe('what sessions are refused for', () => {
  test('unknown, expired or foreign ids', async () => {
    let now = Date.parse('2026-01-01T00:00:00Z')
    await withEmulator(
      async emulator => {
        await emulator.createTable({ name: 't', columns: idAndName })
        await emulator.createTable({ name: 'u', columns: idAndName })
        const calls = new TableCalls(emulator)
        const id = await calls.createUpload()
        const other = new TableCalls(emulator, '/projects/p/tables/u')
        for (const reply of [
          await calls.send('GET', 'uploadid=nope'),
          await calls.put('nope', 0, twoRows),
          await calls.commit('nope'),
          await other.commit(id),
        ])
          refused(reply, 404, 'NoSuchUpload')
        now += 24 * 60 * 60 * 1000
        refused(await calls.commit(id), 404, 'NoSuchUpload')
        assert.notEqual(await calls.createUpload(), id)
      },
      { clock: () => now },
    )
  })

  test('a project, table or partition that is not there', () =>
    withEmulator(async emulator => {
      await emulator.createTable({
        name: 't',
        columns: idAndName,
        partitionColumns: { pt: 'string', hh: 'bigint' },
      })
      await emulator.createTable({ name: 'plain', columns: idAndName })
      const of = (path: string, partition?: string): TableCalls => new TableCalls(emulator, path, partition)
      for (const query of ['uploads', 'downloads']) {
        refused(await of('/projects/q/tables/t').send('POST', query), 404, 'NoSuchProject')
        refused(await of('/projects/p/tables/x').send('POST', query), 404, 'NoSuchTable')
        refused(await of('/projects/p/tables/t').send('POST', query), 400, 'MissingPartitionSpec')
        refused(await of('/projects/p/tables/plain', 'pt=1').send('POST', query), 400, 'InvalidPartitionSpec')
        for (const partition of ['pt=1', 'pt=1,hh=2,xx=3', 'pt=1,xx=2', 'pt', 'pt=1,pt=2', 'pt=,hh=1'])
          refused(
            await of('/projects/p/tables/t', partition).send('POST', query),
            400,
            'InvalidPartitionSpec',
          )
        refused(await of('/projects/p/tables/t', 'pt=1,hh=2').send('POST', query), 404, 'NoSuchPartition')
      }
    }))

  test('a table dropped meanwhile', () =>
    withTable(async (calls, emulator) => {
      const id = await calls.createUpload()
      await calls.put(id, 0, twoRows)
      await emulator.dropTable('t')
      refused(await calls.commit(id), 404, 'NoSuchTable')
      await emulator.createTable({ name: 't', columns: idAndName })
      refused(await calls.commit(id), 404, 'NoSuchUpload')
      assert.equal(emulator.rowCount('t'), 0)
    }))
})
