import assert from 'node:assert/strict'
import { Agent } from 'node:http'
import { createConnection } from 'node:net'
import { describe, test } from 'node:test'
import { deflateSync } from 'node:zlib'
import type { Emulator } from '../../lib/emulator/index.js'
import {
  call,
  idAndName,
  jsonOf,
  noRows,
  type Reply,
  TableCalls,
  twoRows,
  withEmulator,
} from './emulator-client.js'

const withTable = (run: (calls: TableCalls, emulator: Emulator) => Promise<void>): Promise<void> =>
  withEmulator(async emulator => {
    await emulator.createTable({ name: 't', columns: idAndName })
    await run(new TableCalls(emulator), emulator)
  })

const refused = (reply: Reply, status: number, code: string): void => {
  assert.equal(`${reply.status} ${jsonOf(reply)['Code']}`, `${status} ${code}`)
  const { Message, RequestId, HostId } = jsonOf(reply)
  assert.ok(Message && HostId)
  assert.equal(reply.headers['x-odps-request-id'], RequestId)
  assert.match(reply.headers['content-type'] ?? '', /application\/json/)
}

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

describe('what a block is refused for', () => {
  const damaged = Buffer.from(twoRows)
  damaged[1] = 0x04
  const wrongTotal = Buffer.from(twoRows)
  wrongTotal[wrongTotal.length - 1]! ^= 1
  const wrongCount = Buffer.from(twoRows)
  wrongCount[wrongCount.indexOf('f0ffff7f04', 'hex') + 4] = 0x06
  const cases: [string, Buffer, Record<string, string>, string][] = [
    ['a field checksum', damaged, {}, 'CorruptedDataStream'],
    ['the checksum of checksums', wrongTotal, {}, 'CorruptedDataStream'],
    ['the count', wrongCount, {}, 'CorruptedDataStream'],
    ['bytes after the end', Buffer.concat([twoRows, Buffer.from([0])]), {}, 'MalformedDataStream'],
    ['an unknown column', Buffer.from('18020000', 'hex'), {}, 'MalformedDataStream'],
    ['a wrong wire type', Buffer.from('0a020000', 'hex'), {}, 'MalformedDataStream'],
    ['no end', twoRows.subarray(0, -1), {}, 'MalformedDataStream'],
    ['no bytes', Buffer.alloc(0), {}, 'MalformedDataStream'],
    ['text', Buffer.from('{"id": 1}'), {}, 'MalformedDataStream'],
    ['a compression that is not there', twoRows, { 'Content-Encoding': 'deflate' }, 'MalformedDataStream'],
    [
      'a cut compression',
      deflateSync(twoRows).subarray(0, -5),
      { 'Content-Encoding': 'deflate' },
      'MalformedDataStream',
    ],
    ['an unknown encoding', twoRows, { 'Content-Encoding': 'br' }, 'InvalidArgument'],
  ]
  for (const [what, body, headers, code] of cases)
    test(what, () =>
      withTable(async calls => {
        const id = await calls.createUpload()
        await calls.put(id, 7, twoRows)
        refused(await calls.put(id, 5, body, headers), 400, code)
        const { UploadedBlockList } = jsonOf(await calls.send('GET', `uploadid=${id}`))
        assert.deepEqual(
          (UploadedBlockList as { BlockID: number }[]).map(block => block.BlockID),
          [7],
        )
      }),
    )

  test('a long body, at its first wrong byte, on a connection that stays usable', () =>
    withTable(async (calls, emulator) => {
      const id = await calls.createUpload()
      const chunks = Array.from({ length: 64 }, () => Buffer.alloc(65536, 0x18))
      refused(await calls.put(id, 0, chunks), 400, 'MalformedDataStream')
      refused(await calls.put(id, 0, Buffer.concat(chunks)), 400, 'MalformedDataStream')
      refused(await calls.put('nope', 0, Buffer.concat(chunks)), 404, 'NoSuchUpload')
      const agent = new Agent({ keepAlive: true, maxSockets: 1 })
      const base = emulator.tunnelEndpoint
      const path = `/projects/p/tables/t?uploadid=${id}&blockid=0`
      for (let i = 0; i < 3; i++) {
        refused(
          await call(base, 'PUT', path, { body: Buffer.concat(chunks), agent }),
          400,
          'MalformedDataStream',
        )
        assert.equal((await call(base, 'PUT', path, { body: twoRows, agent })).status, 200)
      }
      agent.destroy()
    }))

  for (const blockId of ['20000', '-1', '1.5', '', 'a'])
    test(`block id '${blockId}'`, () =>
      withTable(async calls => {
        const id = await calls.createUpload()
        refused(
          await calls.send('PUT', `uploadid=${id}&blockid=${blockId}`, { body: twoRows }),
          400,
          'InvalidBlockID',
        )
        refused(await calls.send('PUT', `uploadid=${id}`, { body: twoRows }), 400, 'InvalidBlockID')
      }))

  test('records where Arrow is announced, and Arrow where records are', () =>
    withTable(async calls => {
      const id = await calls.createUpload()
      const emptyArrow = Buffer.from('0001000000000000', 'hex')
      for (const [query, body] of [
        ['&arrow', twoRows],
        ['', emptyArrow],
      ] as const)
        refused(
          await calls.send('PUT', `uploadid=${id}&blockid=0${query}`, { body }),
          400,
          query === '' ? 'MalformedDataStream' : 'CorruptedDataStream',
        )
    }))

  test('a connection that breaks in the middle leaves no block, and an older one stays', () =>
    withTable(async (calls, emulator) => {
      const id = await calls.createUpload()
      await calls.put(id, 1, twoRows)
      const answers: string[] = []
      for (const blockId of [0, 1]) {
        const head = `PUT /projects/p/tables/t?uploadid=${id}&blockid=${blockId} HTTP/1.1\r\nHost: x\r\nContent-Length: 41\r\n\r\n`
        answers.push(
          await sendAndEnd(emulator.port, Buffer.concat([Buffer.from(head), twoRows.subarray(0, 20)])),
        )
      }
      for (const answer of answers)
        assert.match(answer, /^HTTP\/1\.1 400 Bad Request\r\n[\s\S]*"Code":"IncompleteBody"/)
      const { UploadedBlockList } = jsonOf(await calls.send('GET', `uploadid=${id}`))
      assert.deepEqual(
        (UploadedBlockList as Record<string, number>[]).map(({ BlockID, RecordCount }) => [
          BlockID,
          RecordCount,
        ]),
        [[1, 2]],
      )
    }))
})

const sendAndEnd = (port: number, bytes: Buffer): Promise<string> =>
  new Promise((resolve, reject) => {
    let answer = ''
    const socket = createConnection(port, '127.0.0.1', () => socket.end(bytes))
    socket.on('data', chunk => {
      answer += chunk
    })
    socket.on('end', () => resolve(answer))
    socket.on('error', reject)
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

describe('partitions', () => {
  test('quotes, slashes and other orders name the same partition', () =>
    withEmulator(async emulator => {
      await emulator.createTable({
        name: 't',
        columns: idAndName,
        partitionColumns: { pt: 'string', hh: 'string' },
      })
      await emulator.addPartition('t', 'pt=a,hh=1')
      for (const partition of ['pt=\'a\',hh="1"', 'pt=a/hh=1', 'hh=1,PT=a'])
        await new TableCalls(emulator, undefined, partition).upload([twoRows])
      assert.equal(emulator.rowCount('t', { pt: 'a', hh: 1 }), 6)
      assert.equal(emulator.rowCount('t', { pt: 'a', hh: 2 }), 0)
      assert.equal(emulator.rowCount('t'), 6)
    }))

  test('create_partition makes it, with any value or none', () =>
    withEmulator(async emulator => {
      await emulator.createTable({ name: 't', columns: idAndName, partitionColumns: { pt: 'string' } })
      await new TableCalls(emulator, undefined, 'pt=a').upload([twoRows], 'uploads=&create_partition=true')
      await new TableCalls(emulator, undefined, 'pt=b').upload([twoRows], 'uploads=&create_partition=')
      assert.deepEqual([emulator.rowCount('t', 'pt=a'), emulator.rowCount('t', 'pt=b')], [2, 2])
      await new TableCalls(emulator, undefined, 'pt=a').upload([], 'uploads=&overwrite=true')
      assert.deepEqual([emulator.rowCount('t', 'pt=a'), emulator.rowCount('t', 'pt=b')], [0, 2])
    }))
})

describe('names', () => {
  test('compare without case; a schema is a space of its own, and default is none', () =>
    withEmulator(async emulator => {
      await emulator.createTable({ name: 'T', columns: { ID: 'BIGINT', Name: 'String' } })
      await emulator.createTable({ name: 's.t', columns: idAndName })
      const path = (path: string): TableCalls => new TableCalls(emulator, path)
      await path('/projects/P/tables/T').upload([twoRows])
      await path('/projects/p/schemas/default/tables/t').upload([twoRows])
      await path('/projects/p/schemas/S/tables/t').upload([twoRows])
      assert.equal(emulator.rowCount('t'), 4)
      assert.equal(emulator.rowCount('t', undefined, { schemaName: 's' }), 2)
    }))
})
