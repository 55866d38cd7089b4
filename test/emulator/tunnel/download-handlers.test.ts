import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { refused, withRows } from '../download-calls.js'
import { idAndName, jsonOf, noRows, TableCalls, twoRows, withEmulator } from '../emulator-client.js'

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
