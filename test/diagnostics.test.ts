import assert from 'node:assert/strict'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { test } from 'node:test'
import type { RequestMessage, RetryMessage } from '../lib/diagnostics.js'
import type { RequestSpec } from '../lib/http/request-spec.js'
import { createClient, refuse, reset, secret, startServer, text } from './http/scripted-server.js'

test('every request and every repeat is published, without secrets', async t => {
  const published: [string, unknown][] = []
  const listener = (message: unknown, name: string | symbol): void =>
    void published.push([String(name), message])
  for (const name of ['odps-tunnel:request', 'odps-tunnel:retry']) {
    subscribe(name, listener)
    t.after(() => unsubscribe(name, listener))
  }
  const server = await startServer(t, [
    refuse(429, 'SlotExceeded'),
    reset,
    text('ok', 200, { 'x-odps-request-id': 'R2' }),
  ])
  const put: RequestSpec = {
    purpose: 'Testing',
    target: 'tunnel',
    method: 'PUT',
    path: ['projects', 'p', 'tables', 't'],
    project: 'p',
    body: [Buffer.from('row values')],
    repeat: 'safe',
  }
  await createClient(t, server.url).exchange(put, r => r.discard())

  const where = { method: 'PUT', host: `127.0.0.1:${server.port}`, path: '/projects/p/tables/t' }
  const request = (attempt: number, rest: Partial<RequestMessage>): [string, RequestMessage] => {
    const none = { statusCode: undefined, errorCode: undefined, requestId: undefined }
    return ['odps-tunnel:request', { ...where, attempt, ...none, requestBytes: 10, durationMs: 0, ...rest }]
  }
  const retry = (
    attempt: number,
    rest: Omit<RetryMessage, keyof typeof where | 'attempt'>,
  ): [string, RetryMessage] => ['odps-tunnel:retry', { ...where, attempt, ...rest }]
  assert.deepEqual(published, [
    request(1, { statusCode: 429, errorCode: 'ODPS_THROTTLED', requestId: 'R1' }),
    retry(1, { delayMs: 100, errorCode: 'ODPS_THROTTLED', statusCode: 429, serviceCode: 'SlotExceeded' }),
    request(2, { errorCode: 'ODPS_CONNECTION_LOST' }),
    retry(2, {
      delayMs: 0,
      errorCode: 'ODPS_CONNECTION_LOST',
      statusCode: undefined,
      serviceCode: undefined,
    }),
    request(3, { statusCode: 200, requestId: 'R2' }),
  ])
  const printed = JSON.stringify(published)
  assert.ok(!printed.includes(secret) && !printed.includes('row values') && !printed.includes('test-id'))
})
