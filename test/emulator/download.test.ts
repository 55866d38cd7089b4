import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { inflateSync } from 'node:zlib'
import { decompress } from '../../lib/compression/decompressor.js'
import type { Emulator } from '../../lib/emulator/index.js'
import { loadVectors, streamOf } from '../codec/golden-vectors.js'
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

const refused = (reply: Reply, status: number, code: string): void =>
  assert.equal(`${reply.status} ${jsonOf(reply)['Code']}`, `${status} ${code}`)

const withRows = (
  streams: readonly Buffer[],
  run: (calls: TableCalls, emulator: Emulator) => Promise<void>,
  columns: Record<string, string> = idAndName,
): Promise<void> =>
  withEmulator(async emulator => {
    await emulator.createTable({ name: 't', columns })
    const calls = new TableCalls(emulator)
    await calls.upload(streams)
    await run(calls, emulator)
  })

/** Of (1, 'abc') and (2, NULL), each by itself. */
const firstRow = Buffer.from('0802120361626380c0ff7fe6b7bce80ef0ffff7f02f8ffff7f', 'hex')
const secondRow = Buffer.from('080480c0ff7fa3b6a6c308f0ffff7f02f8ffff7ff4fefc940d', 'hex')

describe('download sessions', () => {
  test('the session document is typed, and never closed', () =>
    withRows([twoRows], async calls => {
      for (const query of ['downloads', 'downloads=&asyncmode=true&quotaName=q1']) {
        const { DownloadID, Schema, Initiated, ...rest } = jsonOf(await calls.send('POST', query))
        assert.match(String(DownloadID), /^\d{14}[0-9a-f]{32}$/)
        assert.equal(typeof Initiated, 'string')
        assert.equal((Schema as { columns: unknown[] }).columns.length, 2)
        assert.deepEqual(rest, {
          Status: 'normal',
          Owner: 'ALIYUN$emulator',
          QuotaName: query.includes('q1') ? 'q1' : '',
          RecordCount: 2,
          SupportReadByRawSize: false,
        })
        const again = await calls.send('GET', `downloadid=${DownloadID}`)
        assert.deepEqual(jsonOf(again)['DownloadID'], DownloadID)
      }
    }))

  test('ranges: inside, clipped, across blocks', () =>
    withRows([twoRows, noRows, twoRows], async calls => {
      const id = await calls.createDownload()
      const read = async (range: string): Promise<Buffer> => {
        const reply = await calls.read(id, range)
        assert.equal(reply.status, 200)
        assert.equal(reply.headers['content-encoding'], undefined)
        return reply.body
      }
      assert.deepEqual(await read('(0,2)'), twoRows)
      assert.deepEqual(await read('(2,99)'), twoRows)
      assert.deepEqual(await read('(1,1)'), secondRow)
      assert.deepEqual((await read('(2,1)')).subarray(0, firstRow.length), firstRow)
      assert.deepEqual(await read('(3,9223372036854775807)'), secondRow)
      assert.deepEqual(await read('(0,0)'), noRows)
      const middle = await read('(1,2)')
      assert.deepEqual(middle.subarray(0, 11), secondRow.subarray(0, 11))
      assert.deepEqual(middle.subarray(11, 26), firstRow.subarray(0, 15))
    }))

  test('ranges that are refused', () =>
    withRows([twoRows], async calls => {
      const id = await calls.createDownload()
      for (const range of [
        '(2,1)',
        '(3,0)',
        '(-1,1)',
        '(0,-1)',
        '0,1',
        '(0,1',
        '',
        '(a,b)',
        '(0.5,1)',
        '(0,1)x',
      ])
        refused(await calls.read(id, range), 400, 'InvalidRowRange')
      refused(await calls.send('GET', `data&downloadid=${id}`), 400, 'InvalidRowRange')
    }))

  test('nothing can be read of an empty table, without an error', () =>
    withRows([], async calls => {
      const id = await calls.createDownload()
      for (const range of ['(0,0)', '(0,10)']) assert.deepEqual((await calls.read(id, range)).body, noRows)
      refused(await calls.read(id, '(1,1)'), 400, 'InvalidRowRange')
    }))

  test('a session is a snapshot', () =>
    withRows([twoRows], async (calls, emulator) => {
      const id = await calls.createDownload()
      await calls.upload([twoRows])
      await calls.upload([noRows], 'uploads=&overwrite=true')
      assert.equal(emulator.rowCount('t'), 0)
      assert.deepEqual((await calls.read(id, '(0,10)')).body, twoRows)
      await emulator.dropTable('t')
      refused(await calls.read(id, '(0,10)'), 404, 'NoSuchTable')
    }))

  test('unknown and foreign ids', () =>
    withRows([twoRows], async (calls, emulator) => {
      await emulator.createTable({ name: 'u', columns: idAndName })
      const id = await calls.createDownload()
      const other = new TableCalls(emulator, '/projects/p/tables/u')
      refused(await calls.read('nope', '(0,1)'), 404, 'NoSuchDownload')
      refused(await calls.send('GET', 'downloadid=nope'), 404, 'NoSuchDownload')
      refused(await other.read(id, '(0,1)'), 404, 'NoSuchDownload')
    }))

  test('columns that are refused', () =>
    withEmulator(async emulator => {
      await emulator.createTable({ name: 't', columns: idAndName, partitionColumns: { pt: 'string' } })
      await emulator.addPartition('t', 'pt=1')
      const calls = new TableCalls(emulator, undefined, 'pt=1')
      for (const columns of ['zz', 'id,id', 'id,ID', 'pt', 'id,,name', ','])
        refused(await calls.download(`&columns=${columns}`), 400, 'InvalidColumnSpec')
      assert.equal((await calls.download('&columns=')).status, 200)
    }))
})

describe('metrics', () => {
  for (const [version, has] of [
    ['6', true],
    ['7', true],
    ['5', false],
    ['', false],
  ] as const)
    test(`version '${version}': ${has ? 'in the trailer' : 'none'}`, () =>
      withRows([twoRows], async calls => {
        const { body } = await calls.download('', version === '' ? {} : { 'x-odps-tunnel-version': version })
        const count = Buffer.from('f0ffff7f040a', 'hex')
        const at = body.indexOf(count)
        assert.equal(at >= 0, has)
        if (!has) return
        const length = body[at + count.length]!
        const text = body.subarray(at + count.length + 1, at + count.length + 1 + length).toString()
        const metrics = JSON.parse(text)
        assert.ok(metrics.ServerTotalCost > metrics.ServerIOCost + metrics.PanguIOCost)
        assert.ok(body.subarray(at + count.length + 1 + length).indexOf(Buffer.from('80f0ff7f', 'hex')) === 0)
      }))
})

describe('compression', () => {
  for (const encoding of ['deflate', 'x-snappy-framed', 'zstd', 'x-lz4-frame'])
    test(encoding, () =>
      withRows([twoRows], async calls => {
        const reply = await calls.download('', { 'Accept-Encoding': encoding })
        assert.equal(reply.headers['content-encoding'], encoding)
        if (encoding === 'deflate') assert.deepEqual(inflateSync(reply.body), twoRows)
        const chunks: Buffer[] = []
        for await (const chunk of decompress(encoding, bytes(reply.body))) chunks.push(chunk)
        assert.deepEqual(Buffer.concat(chunks), twoRows)
      }),
    )

  test('what HTTP libraries ask for by themselves is answered raw', () =>
    withRows([twoRows], async calls => {
      for (const accept of ['identity', 'gzip', 'gzip, deflate', 'deflate, gzip;q=0.5', '*', '']) {
        const reply = await calls.download('', { 'Accept-Encoding': accept })
        assert.equal(reply.headers['content-encoding'], undefined)
        assert.deepEqual(reply.body, twoRows)
      }
    }))

  for (const vector of loadVectors<{
    name: string
    schema: { name: string; type: string }[]
    count: number
    compressed: Record<string, { hex?: string; base64?: string }>
  }>('compression'))
    test(`blocks that PyODPS compressed: ${vector.name}`, () =>
      withEmulator(async emulator => {
        await emulator.createTable({ name: 't', columns: vector.schema })
        const calls = new TableCalls(emulator)
        const id = await calls.createUpload()
        const streams = Object.entries(vector.compressed)
        for (const [blockId, [encoding, { hex, base64 }]] of streams.entries()) {
          const body = hex === undefined ? Buffer.from(base64 ?? '', 'base64') : Buffer.from(hex, 'hex')
          const reply = await calls.put(id, blockId, body, { 'Content-Encoding': encoding })
          assert.equal(reply.status, 200, `${encoding}: ${reply.body}`)
        }
        await calls.commit(id)
        assert.equal(emulator.rowCount('t'), vector.count * streams.length)
      }))
})

async function* bytes(body: Buffer): AsyncGenerator<Buffer> {
  yield body
}

describe('golden streams', () => {
  const sets = [
    'records-scalar',
    'records-long',
    'records-complex',
    'records-mixed',
    'records-wide',
    'records-decode-special',
  ]
  for (const set of sets)
    test(`${set}: what goes in comes out, byte for byte, in either spelling of checksums`, () =>
      withEmulator(async emulator => {
        for (const [i, vector] of loadVectors(set).entries()) {
          const stream = streamOf(vector)
          if (stream === undefined) continue
          await emulator.createTable({ name: `t${i}`, columns: vector.schema })
          const calls = new TableCalls(emulator, `/projects/p/tables/t${i}`)
          await calls.upload([stream])
          const isPadded = vector.schema.some(column => column.type.startsWith('char('))
          const plain = (await calls.download()).body
          if (!isPadded) assert.ok(plain.equals(stream), vector.name)
          if (vector.hexWide === undefined) continue
          await calls.upload([Buffer.from(vector.hexWide, 'hex')], 'uploads=&overwrite=true')
          assert.ok((await calls.download()).body.equals(plain), `${vector.name}, wide`)
        }
      }))

  test('columns in the order asked: there in another order, and back again to the same bytes', () =>
    withEmulator(async emulator => {
      for (const [i, vector] of loadVectors('projection').entries()) {
        const columns = vector.columns!.map(name => vector.schema.find(column => column.name === name)!)
        const others = columns.toReversed()
        const namesOf = (list: typeof columns): string => list.map(column => column.name).join()
        await emulator.createTable({ name: `there${i}`, columns })
        await emulator.createTable({
          name: `back${i}`,
          columns: [...others, { name: 'more', type: 'bigint' }],
        })
        const there = new TableCalls(emulator, `/projects/p/tables/there${i}`)
        const back = new TableCalls(emulator, `/projects/p/tables/back${i}`)
        await there.upload([streamOf(vector)!])
        const turned = (await there.download(`&columns=${namesOf(others)}`)).body
        if (columns.length > 1 && vector.count > 0) assert.ok(!turned.equals(streamOf(vector)!))
        await back.upload([turned])
        const again = (await back.download(`&columns=${namesOf(columns).toUpperCase()}`)).body
        assert.ok(again.equals(streamOf(vector)!), vector.name)
      }
    }))

  test('malformed streams are refused', () =>
    withEmulator(async emulator => {
      for (const [i, vector] of loadVectors('malformed').entries()) {
        await emulator.createTable({ name: `t${i}`, columns: vector.schema })
        const calls = new TableCalls(emulator, `/projects/p/tables/t${i}`)
        const reply = await calls.put(await calls.createUpload(), 0, streamOf(vector)!)
        assert.equal(reply.status, 400, vector.name)
        assert.match(String(jsonOf(reply)['Code']), /^(CorruptedDataStream|MalformedDataStream)$/)
      }
    }))
})

describe('char', () => {
  test('is padded to its length in characters when it is read, not when it is stored', () =>
    withRows(
      [Buffer.from('0a02636880c0ff7fa1a3f9bb0ef0ffff7f02f8ffff7f9ab2e7f207', 'hex')],
      async calls => {
        const { body } = await calls.download()
        assert.deepEqual(body.subarray(0, 7), Buffer.from('\n\x05ch   '))
      },
      { c: 'char(5)' },
    ))
})

describe('routing', () => {
  test('what is no resource, or not emulated, is answered in the tunnel form', () =>
    withEmulator(async emulator => {
      await emulator.createTable({ name: 't', columns: idAndName })
      const cases: [string, string, number, string][] = [
        ['GET', '/logview/host', 404, 'NoSuchObject'],
        ['GET', '/', 404, 'NoSuchObject'],
        ['GET', '/projects/p/volumes/v', 404, 'NoSuchObject'],
        ['GET', '/projects/p/tables', 404, 'NoSuchObject'],
        ['DELETE', '/projects/p/tables/t', 405, 'MethodNotAllowed'],
        ['GET', '/projects/p/tables/t', 405, 'MethodNotAllowed'],
        ['POST', '/projects/p/tables/t/streams', 405, 'MethodNotAllowed'],
        ['POST', '/projects/p/tables/t/upserts?slotnum=1', 405, 'MethodNotAllowed'],
        ['POST', '/projects/p/schemas/default/tables/t/preview?limit=-1', 405, 'MethodNotAllowed'],
        ['GET', '/projects/p/tables/t/preview/more', 404, 'NoSuchObject'],
        ['GET', '/projects/p/tables/%E0%A4%A', 400, 'InvalidURI'],
        ['GET', '/projects/p/tables/t?downloadid=%zz', 400, 'InvalidURI'],
        ['GET', '/projects/p/tables/..%2f..%2fetc%2fpasswd?downloadid=x', 404, 'NoSuchTable'],
      ]
      for (const [method, path, status, code] of cases) {
        const reply = await call(emulator.tunnelEndpoint, method, path)
        refused(reply, status, code)
        assert.ok(reply.headers['x-odps-request-id'])
      }
      const reply = await call(emulator.tunnelEndpoint, 'GET', '/projects/p/tables/nope?downloadid=x')
      assert.equal(reply.reason, 'Not Found')
    }))
})
