import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { inflateSync } from 'node:zlib'
import { decompress } from '../../../lib/compression/decompressor.js'
import { loadVectors, streamOf } from '../../codec/golden-vectors.js'
import { withRows } from '../download-calls.js'
import { jsonOf, TableCalls, twoRows, withEmulator } from '../emulator-client.js'

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
