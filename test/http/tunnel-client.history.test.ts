import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { RetryEvent } from '../../lib/http/request-spec.js'
import { failure, get } from './requests.js'
import { createClient, createFakeClock, refuse, reset, startServer, text } from './scripted-server.js'

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
