import assert from 'node:assert/strict'
import { getEventListeners, once } from 'node:events'
import { describe, test } from 'node:test'
import { createCredentialsProvider } from '../lib/http/credentials.js'
import type { RequestSpec } from '../lib/http/request-spec.js'
import {
  type Answer,
  createClient,
  createFakeClock,
  refuse,
  silence,
  startServer,
  text,
} from './http/scripted-server.js'

const get: RequestSpec = {
  purpose: 'Testing',
  target: 'tunnel',
  method: 'GET',
  path: ['projects', 'p', 'tables', 't'],
  project: 'p',
  repeat: 'safe',
}

const reason = new Error('the reason')

const isAbort = (error: unknown): boolean => {
  assert.ok(error instanceof Error)
  const { name, cause } = error
  assert.deepEqual([name, Reflect.get(error, 'code'), cause], ['AbortError', 'ABORT_ERR', reason])
  return true
}

const listeners = (signal: AbortSignal): number => getEventListeners(signal, 'abort').length

describe('an abort is an AbortError with the reason as its cause, and leaves no listener', () => {
  test('before anything', async t => {
    const server = await startServer(t, [text('')])
    const signal = AbortSignal.abort(reason)
    await assert.rejects(createClient(t, server.url).request({ ...get, signal }), isAbort)
    assert.equal(server.requests.length, 0)
  })

  test('while credentials are asked for', async t => {
    const server = await startServer(t, [text('')])
    const abort = new AbortController()
    const ask = async (): Promise<never> => {
      abort.abort(reason)
      return new Promise(() => {})
    }
    const credentials = createCredentialsProvider(ask, createFakeClock())
    const client = createClient(t, server.url, { credentials })
    await assert.rejects(client.request({ ...get, signal: abort.signal }), isAbort)
    assert.equal(listeners(abort.signal), 0)
  })

  test('while the tunnel endpoint is asked for', async t => {
    const abort = new AbortController()
    const server = await startServer(t, [() => abort.abort(reason)])
    const client = createClient(t, server.url, { tunnelEndpoint: undefined })
    await assert.rejects(client.request({ ...get, signal: abort.signal }), isAbort)
    assert.equal(listeners(abort.signal), 0)
  })

  test('while the body is sent', async t => {
    const abort = new AbortController()
    const server = await startServer(t, [text('')])
    server.server.removeAllListeners('request')
    server.server.on('request', request => {
      request.on('error', () => {})
      request.once('data', () => abort.abort(reason))
    })
    const body = [Buffer.alloc(32 * 2 ** 20)]
    const client = createClient(t, server.url)
    await assert.rejects(client.request({ ...get, method: 'PUT', body, signal: abort.signal }), isAbort)
    assert.equal(listeners(abort.signal), 0)
  })

  test('while the answer is awaited', async t => {
    const abort = new AbortController()
    const server = await startServer(t, [() => abort.abort(reason)])
    await assert.rejects(createClient(t, server.url).request({ ...get, signal: abort.signal }), isAbort)
    assert.equal(listeners(abort.signal), 0)
  })

  test('while the body of an error is awaited', async t => {
    const abort = new AbortController()
    const half: Answer = (_, response) => {
      response.writeHead(500)
      response.write('{', () => setImmediate(() => abort.abort(reason)))
    }
    const server = await startServer(t, [half])
    await assert.rejects(createClient(t, server.url).request({ ...get, signal: abort.signal }), isAbort)
    assert.equal(listeners(abort.signal), 0)
  })

  test('while the body is read', async t => {
    const abort = new AbortController()
    const half: Answer = (_, response) => {
      response.writeHead(200)
      response.write('x')
    }
    const server = await startServer(t, [half])
    const response = await createClient(t, server.url).request({ ...get, signal: abort.signal })
    const chunks: Buffer[] = []
    const read = async (): Promise<void> => {
      for await (const chunk of response.body) {
        chunks.push(chunk)
        abort.abort(reason)
      }
    }
    await assert.rejects(read(), isAbort)
    assert.equal(Buffer.concat(chunks).toString(), 'x')
    assert.equal(listeners(abort.signal), 0)
  })

  test('while waiting to send again, on the real clock', async t => {
    const { systemClock } = await import('../lib/http/clock.js')
    const server = await startServer(t, [refuse(503, 'ServiceUnavailable', { 'retry-after': '100' })])
    const abort = new AbortController()
    const clock = { ...systemClock, random: () => 1 }
    const client = createClient(t, server.url, { clock })
    const onRetry = (): void => void setImmediate(() => abort.abort(reason))
    await assert.rejects(client.request({ ...get, signal: abort.signal, onRetry }), isAbort)
    assert.equal(listeners(abort.signal), 0)
  })
})

test('requests that end well leave no listener either', async t => {
  const { signal } = new AbortController()
  const server = await startServer(t, [refuse(503, 'ServiceUnavailable'), text('ok')])
  const client = createClient(t, server.url)
  await client.exchange({ ...get, signal }, r => r.text())
  await client.exchange({ ...get, signal }, r => r.discard())
  assert.equal(listeners(signal), 0)
})

test('many requests under one signal bring no warning', async t => {
  const server = await startServer(t, [text('ok')])
  const client = createClient(t, server.url)
  const { signal } = new AbortController()
  const warnings: Error[] = []
  const onWarning = (warning: Error): void => void warnings.push(warning)
  process.on('warning', onWarning)
  t.after(() => process.off('warning', onWarning))
  await Promise.all(Array.from({ length: 40 }, () => client.exchange({ ...get, signal }, r => r.text())))
  await new Promise(setImmediate)
  assert.deepEqual(warnings, [])
})

test('a destroyed body ends its connection and its reader', async t => {
  let closed: Promise<unknown> = Promise.resolve()
  const half: Answer = (_, response) => {
    closed = once(response, 'close')
    response.writeHead(200)
    response.write('x')
  }
  const server = await startServer(t, [half])
  const response = await createClient(t, server.url).request(get)
  const read = async (): Promise<void> => {
    for await (const _ of response.body) response.body.destroy()
  }
  await assert.rejects(read(), { code: 'ODPS_CONNECTION_LOST' })
  await closed
})

test('a silent server and a signal that times out', async t => {
  const server = await startServer(t, [silence])
  const signal = AbortSignal.timeout(20)
  await assert.rejects(createClient(t, server.url).request({ ...get, signal }), error => {
    const { name, cause } = error as Error
    assert.equal(name, 'AbortError')
    assert.equal((cause as Error).name, 'TimeoutError')
    return true
  })
})
