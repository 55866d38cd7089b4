import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer as createHttpServer } from 'node:http'
import { createServer } from 'node:net'
import { describe, test } from 'node:test'
import { errors, MockAgent } from 'undici'
import type { RetryEvent } from '../../lib/http/request-spec.js'
import { create, get, ok, portOf } from './requests.js'
import { type Answer, createClient, silence, startServer } from './scripted-server.js'

describe('silence', () => {
  const options = { requestTimeoutMs: 60, retry: { attempts: 2, minDelayMs: 1, maxDelayMs: 1 } }

  test('before the answer', async t => {
    const server = await startServer(t, [silence])
    await assert.rejects(createClient(t, server.url, options).request(get), {
      code: 'ODPS_REQUEST_TIMEOUT',
      message: `Testing: no response from 127.0.0.1:${server.port} within 60 ms (requestTimeoutMs). It was sent 2 times.`,
    })
    assert.equal(server.requests.length, 2)
  })

  test('before the connection: a timeout after which nothing was sent, so a create is repeated', async t => {
    const dispatcher = new MockAgent()
    dispatcher.disableNetConnect()
    t.after(() => dispatcher.close())
    const pool = dispatcher.get('http://h')
    pool.intercept({ path: /./, method: 'POST' }).replyWithError(new errors.ConnectTimeoutError()).times(3)
    pool.intercept({ path: /./, method: 'POST' }).reply(200, 'ok')
    const rules = { attempts: 4, minDelayMs: 1, maxDelayMs: 1 }
    const seen: string[] = []
    const onRetry = ({ error }: RetryEvent): void => void seen.push(`${error.code} ${error.message}`)
    const client = createClient(t, 'http://h', { ...options, dispatcher, retry: rules })
    assert.equal(await client.exchange({ ...create, onRetry }, r => r.text()), 'ok')
    assert.equal(seen.length, 3)
    assert.match(seen[0]!, /^ODPS_REQUEST_TIMEOUT Testing: could not connect to h /)
  })

  test('of a server that stops reading', async t => {
    const server = createServer(socket => socket.on('error', () => {}).pause()).listen(0, '127.0.0.1')
    t.after(() => server.close())
    await once(server, 'listening')
    const body = [Buffer.alloc(64 * 2 ** 20)]
    const client = createClient(t, `http://127.0.0.1:${portOf(server)}`, options)
    await assert.rejects(client.request({ ...get, method: 'PUT', body }), { code: 'ODPS_REQUEST_TIMEOUT' })
    await client.close()
  })

  test('is not what a slow reader makes: it may take longer than requestTimeoutMs in all', async t => {
    const server = createHttpServer(async (request, response) => {
      let length = 0
      let pauses = 0
      for await (const chunk of request) {
        length += (chunk as Buffer).length
        if (length > pauses * 2 ** 20 && pauses++ < 10) await new Promise(resolve => setTimeout(resolve, 150))
      }
      response.end(String(length))
    }).listen(0, '127.0.0.1')
    t.after(() => server.close())
    await once(server, 'listening')
    const body = [Buffer.alloc(16 * 2 ** 20)]
    const patient = { ...options, requestTimeoutMs: 1_000 }
    const client = createClient(t, `http://127.0.0.1:${portOf(server)}`, patient)
    const asked = client.exchange({ ...get, method: 'PUT', body }, r => r.text())
    assert.equal(await asked, String(16 * 2 ** 20))
    await client.close()
  })

  test('within the answer', async t => {
    const stuck: Answer = (_, response) => {
      response.writeHead(200)
      response.write('x')
    }
    const server = await startServer(t, [stuck, ok])
    const client = createClient(t, server.url, { ...options, retry: { ...options.retry, attempts: 20 } })
    assert.equal(await client.exchange(get, r => r.text()), 'ok')
    assert.ok(server.requests.length >= 2)
  })
})

test('an answer that is no HTTP', async t => {
  const server = createServer(socket => {
    socket.on('error', () => {})
    socket.end('SSH-2.0-OpenSSH_9.2\r\n')
  }).listen(0, '127.0.0.1')
  t.after(() => server.close())
  await once(server, 'listening')
  await assert.rejects(createClient(t, `http://127.0.0.1:${portOf(server)}`).request(get), {
    code: 'ODPS_CONNECTION_LOST',
  })
})
