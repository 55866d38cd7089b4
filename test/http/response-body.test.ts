import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inspect } from 'node:util'
import { failure, get } from './requests.js'
import { createClient, startServer } from './scripted-server.js'

test('bytes that the HTTP parser refused are not kept in the cause', async t => {
  const server = await startServer(t, [
    (_, response) => {
      response.socket?.end('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz row values here\r\n')
    },
  ])
  const client = createClient(t, server.url)
  const error = await failure(client.exchange(get, r => r.text()))
  assert.equal(error.code, 'ODPS_CONNECTION_LOST')
  assert.equal(Reflect.get(Object(error.cause), 'name'), 'HTTPParserError')
  assert.ok(!inspect(error, { depth: 10, showHidden: true }).includes('row values'))
})
