import assert from 'node:assert/strict'
import { Agent } from 'node:http'
import { createConnection } from 'node:net'
import { describe, test } from 'node:test'
import { deflateSync } from 'node:zlib'
import { call, jsonOf, twoRows } from '../emulator-client.js'
import { refused, withTable } from '../upload-calls.js'

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
