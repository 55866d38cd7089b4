import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Dispatcher, MockAgent } from 'undici'
import { TunnelRequestError } from '../../lib/errors.js'
import type { RequestSpec } from '../../lib/http/request-spec.js'
import { createClient, createFakeClock } from './scripted-server.js'

const get: RequestSpec = {
  ...{ purpose: 'Testing', target: 'service', method: 'GET', path: ['projects', 'p'] },
  ...{ project: 'p', repeat: 'safe' },
}

/** Fails as told, and counts. */
class Failing extends Dispatcher {
  asked = 0
  readonly #error: unknown

  constructor(error: unknown) {
    super()
    this.#error = error
  }

  override request(): never {
    this.asked++
    throw this.#error
  }
}

describe('what is no failure of the network is not repeated, and stays what it is', () => {
  const coded = (code: string): Error => Object.assign(new Error(code), { code })
  for (const error of [
    new TypeError('x is not a function'),
    new ReferenceError('x is not defined'),
    new RangeError('Maximum call stack size exceeded'),
    new Error('thrown by a dispatcher of the caller'),
    Object.assign(new Error('a number for a code'), { code: 7 }),
    coded('NOT_OF_THE_NETWORK'),
    coded('EACCES'),
    coded('ERR_ASSERTION'),
    coded('ERR_INVALID_ARG_TYPE'),
    coded('ERR_ACCESS_DENIED'),
    coded('ERR_MODULE_NOT_FOUND'),
    coded('UND_ERR_NOT_SUPPORTED'),
  ])
    test(`${error.name} ${error.message}`, async t => {
      const clock = createFakeClock()
      const dispatcher = new Failing(error)
      await assert.rejects(createClient(t, 'http://h', { dispatcher, clock }).request(get), error)
      assert.equal(dispatcher.asked, 1)
      assert.deepEqual(clock.slept, [])
    })

  test('null', async t => {
    const dispatcher = new Failing(null)
    await assert.rejects(createClient(t, 'http://h', { dispatcher }).request(get), /null was thrown/)
    assert.equal(dispatcher.asked, 1)
  })

  test('a mock that has no answer', async t => {
    const dispatcher = new MockAgent()
    dispatcher.disableNetConnect()
    t.after(() => dispatcher.close())
    dispatcher.get('http://h').intercept({ path: '/other' }).reply(200, '')
    await assert.rejects(createClient(t, 'http://h', { dispatcher }).request(get), {
      code: 'UND_MOCK_ERR_MOCK_NOT_MATCHED',
    })
  })

  test('while the network is repeated as ever', async t => {
    for (const code of [
      'ECONNRESET',
      'ETIMEDOUT',
      'EAI_AGAIN',
      'ENETDOWN',
      'ESERVFAIL',
      'UND_ERR_INFO',
      'ERR_STREAM_PREMATURE_CLOSE',
      'ERR_HTTP2_STREAM_ERROR',
      'UND_ERR_SOCKET',
      // Of undici's RetryAgent, where it could not go on by itself, and of a proxy.
      'UND_ERR_REQ_RETRY',
      'UND_ERR_SOCKS5',
      'EPIPE',
      'ERR_TLS_CERT_ALTNAME_INVALID',
      'CERT_HAS_EXPIRED',
      'HOSTNAME_MISMATCH',
      'HPE_INVALID_CONSTANT',
    ]) {
      const dispatcher = new Failing(coded(code))
      await assert.rejects(createClient(t, 'http://h', { dispatcher }).request(get), TunnelRequestError)
      assert.equal(dispatcher.asked, /CERT|HOSTNAME/.test(code) ? 1 : 4, code)
    }
  })
})
