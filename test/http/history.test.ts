import assert from 'node:assert/strict'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { describe, test } from 'node:test'
import { inspect } from 'node:util'
import { MockAgent } from 'undici'
import { TunnelError } from '../../lib/errors.js'
import { createCredentialsProvider } from '../../lib/http/credentials.js'
import type { RequestSpec, RetryEvent } from '../../lib/http/request-spec.js'
import { createClient, createFakeClock, json, refuse, reset, startServer, text } from './scripted-server.js'

const get: RequestSpec = {
  purpose: 'Testing',
  target: 'tunnel',
  method: 'GET',
  path: ['projects', 'p', 'tables', 't'],
  project: 'p',
  repeat: 'safe',
}

const failure = async (promise: Promise<unknown>): Promise<TunnelError> => {
  const error: unknown = await promise.then(
    () => assert.fail('it did not fail'),
    e => e,
  )
  assert.ok(error instanceof TunnelError, String(error))
  return error
}

describe('the history of an error', () => {
  test('names every failure that was answered with a repeat', async t => {
    const server = await startServer(t, [
      refuse(429, 'FlowExceeded'),
      reset,
      refuse(500, 'InternalServerError'),
    ])
    const error = await failure(createClient(t, server.url).request(get))
    assert.equal(server.requests.length, 4)
    assert.deepEqual(error.history, [
      { code: 'ODPS_THROTTLED', statusCode: 429, serviceCode: 'FlowExceeded', delayMs: 100 },
      { code: 'ODPS_CONNECTION_LOST', delayMs: 0 },
      {
        code: 'ODPS_SERVICE_UNAVAILABLE',
        statusCode: 500,
        serviceCode: 'InternalServerError',
        delayMs: 400,
      },
    ])
  })

  test('is empty when nothing was repeated', async t => {
    const server = await startServer(t, [refuse(404, 'NoSuchTable')])
    assert.deepEqual((await failure(createClient(t, server.url).request(get))).history, [])
  })

  test('is told to those who wait for a route, too', async t => {
    const server = await startServer(t, [
      refuse(503, 'ServiceUnavailable'),
      (_, response) => {
        response.end(`127.0.0.1:${server.port}`)
      },
      text('ok'),
    ])
    const told: RetryEvent[] = []
    const client = createClient(t, server.url, { tunnelEndpoint: undefined })
    await client.exchange({ ...get, onRetry: event => told.push(event) }, r => r.discard())
    assert.deepEqual(
      told.map(({ error, attempt }) => [error.code, attempt]),
      [['ODPS_SERVICE_UNAVAILABLE', 1]],
    )
  })
})

describe('the total time of repeats', () => {
  test('counts from the first failure', async t => {
    const server = await startServer(t, [refuse(503, 'ServiceUnavailable')])
    const clock = createFakeClock()
    const retry = { attempts: 100, minDelayMs: 1_000, maxDelayMs: 1_000, totalMs: 3_500 }
    const error = await failure(createClient(t, server.url, { clock, retry }).request(get))
    assert.equal(error.code, 'ODPS_SERVICE_UNAVAILABLE')
    assert.deepEqual(clock.slept, [1_000, 1_000, 1_000])
    assert.equal(server.requests.length, 4)
    assert.equal(error.history.length, 3)
  })

  test('is not passed by a wait that the service asks for', async t => {
    const server = await startServer(t, [refuse(429, 'FlowExceeded', { 'Retry-After': '60' })])
    const clock = createFakeClock()
    const retry = { attempts: 8, minDelayMs: 1, maxDelayMs: 1, totalMs: 30_000 }
    await failure(createClient(t, server.url, { clock, retry }).request(get))
    assert.deepEqual(clock.slept, [])
  })
})

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

test('signed requests that go unencrypted to another machine are told of once', async t => {
  const hosts: unknown[] = []
  const listen = (message: unknown): void => void hosts.push(message)
  subscribe('odps-tunnel:insecure', listen)
  t.after(() => unsubscribe('odps-tunnel:insecure', listen))
  const agent = new MockAgent()
  agent.disableNetConnect()
  t.after(() => agent.close())
  const origins = ['http://tunnel.example', 'https://tunnel.example', 'http://127.0.0.9:1', 'http://[::1]:1']
  for (const origin of [...origins, 'http://localhost:1']) {
    agent.get(origin).intercept({ path: /.*/ }).reply(200, 'ok').times(2)
    const client = createClient(t, origin, { dispatcher: agent })
    for (let i = 0; i < 2; i++) await client.exchange(get, r => r.discard())
  }
  assert.deepEqual(hosts, [{ host: 'tunnel.example' }])
})

test('a code and a request id of a refusal are short, and without what the request was signed with', async t => {
  const token = 'planted-token'
  const body = { Code: `Odd ${token}`, Message: 'no', RequestId: `${token} ${'x'.repeat(5_000)}` }
  const server = await startServer(t, [json(body, 400, { 'x-odps-request-id': '' })])
  const credentials = createCredentialsProvider({ bearerToken: token }, createFakeClock())
  const headerless = await startServer(t, [
    (_, response) => {
      response.writeHead(400).end(JSON.stringify(body))
    },
  ])
  for (const { url } of [server, headerless]) {
    const error = await failure(createClient(t, url, { credentials }).request(get))
    assert.ok(error.message.length < 500, error.message)
    assert.ok(!inspect(error, { depth: 10, showHidden: true }).includes(token))
  }
})
