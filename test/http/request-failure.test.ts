import assert from 'node:assert/strict'
import { createServer } from 'node:net'
import { describe, test } from 'node:test'
import { create, get, ok, portOf } from './requests.js'
import { createClient, createFakeClock, startServer } from './scripted-server.js'

describe('no connection', () => {
  const unusedPort = async (): Promise<number> =>
    new Promise(resolve => {
      const server = createServer().listen(0, '127.0.0.1', () => {
        const port = portOf(server)
        server.close(() => resolve(port))
      })
    })

  test('names host and port, and the next step', async t => {
    const port = await unusedPort()
    const clock = createFakeClock()
    const client = createClient(t, `http://127.0.0.1:${port}`, { clock })
    await assert.rejects(client.request(create), {
      code: 'ODPS_CONNECT_FAILED',
      message: `Testing: could not connect to 127.0.0.1:${port} (ECONNREFUSED). Check the endpoint; if you are behind a proxy, set the option dispatcher, or --proxy on the command line. It was sent 4 times.`,
      retryable: true,
    })
    assert.deepEqual(clock.slept, [100, 200, 400])
  })

  test('a name that does not resolve is tried three times only', async t => {
    const clock = createFakeClock()
    const client = createClient(t, 'http://no-such-host.invalid', { clock })
    await assert.rejects(client.request(get), error => {
      const { code, cause } = error as { code?: string; cause?: { code?: string } }
      assert.equal(code, 'ODPS_CONNECT_FAILED')
      assert.equal(clock.slept.length, cause?.code === 'ENOTFOUND' ? 2 : 3)
      return true
    })
  })

  test('TLS on a port without it is not repeated', async t => {
    const server = await startServer(t, [ok])
    const clock = createFakeClock()
    const client = createClient(t, server.url.replace('http:', 'https:'), { clock })
    await assert.rejects(client.request(get), { code: 'ODPS_CONNECT_FAILED', retryable: false })
    assert.deepEqual(clock.slept, [])
  })
})
