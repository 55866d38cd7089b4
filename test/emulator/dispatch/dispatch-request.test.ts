import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Dispatcher } from 'undici'
import { bytesOf, readDispatch } from '../../../lib/emulator/dispatch/dispatch-request.js'

const read = (more: Partial<Dispatcher.DispatchOptions> = {}) =>
  readDispatch({ origin: 'http://h:81', path: '/a?b=c', method: 'PUT', ...more })

describe('a dispatch as the request that undici would have sent', () => {
  test('path, query and host', () => {
    assert.deepEqual([read().url, read().host, read().headers.host], ['/a?b=c', 'h:81', 'h:81'])
    assert.equal(read({ path: 'http://h:81/a' }).url, '/a')
    assert.equal(read({ path: '/a', query: { x: '1 2' } }).url, '/a?x=1+2')
  })

  test('headers in every form that undici takes; values of one name are joined', () => {
    const expected = { 'x-a': '1, 2', 'x-b': '3' }
    for (const headers of [
      ['X-A', '1', 'x-a', '2', 'X-B', '3'],
      { 'X-A': ['1', '2'], 'X-B': '3', 'x-c': undefined },
      new Map<string, string | string[]>([
        ['x-a', ['1', '2']],
        ['x-b', '3'],
      ]),
    ]) {
      const { host, connection, 'content-length': length, ...rest } = read({ headers }).headers
      assert.deepEqual([rest, length], [expected, '0'])
    }
  })

  test('a body of known length says so, another comes in chunks', () => {
    for (const body of ['é', Buffer.from('é')]) assert.equal(read({ body }).headers['content-length'], '2')
    const chunks = read({ body: [Buffer.from('a')] as unknown as Buffer })
    assert.equal(chunks.headers['transfer-encoding'], 'chunked')
    assert.equal(chunks.headers['content-length'], undefined)
  })

  test('a body that is none is refused', () => {
    for (const body of [7, {}, new FormData()])
      assert.throws(() => read({ body: body as never }), { code: 'UND_ERR_INVALID_ARG' })
  })
})

test('bytes of a part are those it shows, not those of its memory', () => {
  const memory = Uint8Array.of(1, 2, 3, 4)
  assert.deepEqual(bytesOf(memory.subarray(1, 3)), Buffer.of(2, 3))
  assert.deepEqual(bytesOf(new DataView(memory.buffer, 3)), Buffer.of(4))
  assert.deepEqual(bytesOf(memory.buffer), Buffer.of(1, 2, 3, 4))
  assert.equal(bytesOf(7), undefined)
})
