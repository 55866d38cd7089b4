import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { TunnelOptionError } from '../../lib/errors.js'
import {
  type CredentialsAnswer,
  type CredentialsInput,
  createCredentialsProvider,
  credentialsFromEnvironment,
} from '../../lib/http/credentials.js'
import { createFakeClock } from './scripted-server.js'

const clock = { now: () => 0 }
const key = { accessKeyId: 'id', accessKeySecret: 'secret-text' }

test('fixed credentials, with or without a token', async () => {
  const get = async (input: CredentialsInput): Promise<unknown> =>
    createCredentialsProvider(input, clock).get()
  assert.deepEqual(await get(key), key)
  assert.deepEqual(await get({ ...key, securityToken: 'sts' }), { ...key, securityToken: 'sts' })
  assert.deepEqual(await get({ ...key, securityToken: '' }), key)
  assert.deepEqual(await get({ bearerToken: 'b' }), { bearerToken: 'b' })
  assert.deepEqual(await get({ ...key, bearerToken: 'b' }), key)
})

test('an object with getCredential() is asked each time, as a method', async () => {
  class Client {
    asked = 0
    getCredential(): CredentialsAnswer {
      this.asked++
      return { ...key, securityToken: null, bearerToken: '' }
    }
  }
  const client = new Client()
  const provider = createCredentialsProvider(client, clock)
  assert.deepEqual(await provider.get(), key)
  assert.deepEqual(await provider.get(), key)
  assert.equal(client.asked, 2)
})

test('questions at the same time are one question', async () => {
  let asked = 0
  let answer: (value: CredentialsAnswer) => void = () => {}
  const ask = (): Promise<CredentialsAnswer> => {
    asked++
    return new Promise(resolve => {
      answer = resolve
    })
  }
  const provider = createCredentialsProvider(ask, clock)
  const all = [provider.get(), provider.get(), provider.get()]
  await Promise.resolve()
  answer(key)
  assert.deepEqual(await Promise.all(all), [key, key, key])
  assert.equal(asked, 1)
  const next = provider.get()
  await Promise.resolve()
  answer(key)
  await next
  assert.equal(asked, 2)
})

describe('expiration', () => {
  const start = Date.UTC(2025, 0, 1)
  for (const [name, expiration] of [
    ['Date', new Date(start + 3_600_000)],
    ['ISO text', new Date(start + 3_600_000).toISOString()],
    ['epoch milliseconds', start + 3_600_000],
  ] as const)
    test(`as ${name}: kept until five minutes before`, async () => {
      const time = createFakeClock(start)
      let asked = 0
      const provider = createCredentialsProvider(
        () => ({ ...key, accessKeyId: `id${++asked}`, expiration }),
        time,
      )
      const id = async (): Promise<unknown> => Reflect.get(await provider.get(), 'accessKeyId')
      assert.equal(await id(), 'id1')
      time.time += 55 * 60_000 - 1
      assert.equal(await id(), 'id1')
      time.time += 1
      assert.equal(await id(), 'id2')
    })

  test('unreadable or past: asked each time', async () => {
    let asked = 0
    const provider = createCredentialsProvider(() => {
      asked++
      return { ...key, expiration: asked === 1 ? 'whenever' : start - 1 }
    }, createFakeClock(start))
    await provider.get()
    await provider.get()
    await provider.get()
    assert.equal(asked, 3)
  })

  test('renew forgets what was used, and only that', async () => {
    let asked = 0
    const ask = (): CredentialsAnswer => ({
      ...key,
      accessKeyId: `id${++asked}`,
      expiration: start + 3_600_000,
    })
    const provider = createCredentialsProvider(ask, createFakeClock(start))
    const first = await provider.get()
    assert.equal(provider.renew(first), true)
    const second = await provider.get()
    assert.equal(asked, 2)
    assert.equal(provider.renew(first), true)
    assert.equal(await provider.get(), second)
  })

  test('fixed credentials cannot be renewed', async () => {
    const provider = createCredentialsProvider(key, clock)
    assert.equal(provider.renew(await provider.get()), false)
  })
})

describe('what is refused', () => {
  const missing = (error: unknown): boolean => {
    assert.ok(error instanceof TunnelOptionError)
    assert.equal(error.code, 'ODPS_MISSING_CREDENTIALS')
    assert.doesNotMatch(error.message, /secret-text|token-text/)
    return true
  }
  const bad: [string, CredentialsAnswer][] = [
    ['nothing', {}],
    ['no secret', { accessKeyId: 'id' }],
    ['no id', { accessKeySecret: 'secret-text' }],
    ['an id with a line end', { accessKeyId: 'id\r\nx: y', accessKeySecret: 'secret-text' }],
    ['a token with a line end', { ...key, securityToken: 'token-text\n' }],
    ['a bearer token with a blank', { bearerToken: 'token-text x' }],
  ]
  for (const [name, input] of bad)
    test(name, async () => {
      assert.throws(() => createCredentialsProvider(input, clock), missing)
      await assert.rejects(createCredentialsProvider(() => input, clock).get(), missing)
    })

  test('a function that gives nothing', async () => {
    const nothing = (() => undefined) as unknown as () => CredentialsAnswer
    await assert.rejects(createCredentialsProvider(nothing, clock).get(), missing)
  })

  test('a function that fails: its error is the cause, and the next call asks again', async () => {
    const cause = new Error('secret-text')
    let asked = 0
    const provider = createCredentialsProvider(() => {
      if (asked++ === 0) throw cause
      return key
    }, clock)
    await assert.rejects(provider.get(), error => missing(error) && (error as Error).cause === cause)
    assert.deepEqual(await provider.get(), key)
  })
})

test('the environment', () => {
  const sts = {
    ALIBABA_CLOUD_ACCESS_KEY_ID: ' id ',
    ALIBABA_CLOUD_ACCESS_KEY_SECRET: 'secret-text\n',
    ALIBABA_CLOUD_SECURITY_TOKEN: 'sts',
  }
  assert.deepEqual(credentialsFromEnvironment(sts), { ...key, securityToken: 'sts' })
  assert.deepEqual(credentialsFromEnvironment({ ODPS_BEARER_TOKEN: 'b' }), { bearerToken: 'b' })
  assert.equal(credentialsFromEnvironment({}), undefined)
  assert.throws(() => credentialsFromEnvironment({ ALIBABA_CLOUD_ACCESS_KEY_ID: 'id' }), TunnelOptionError)
})
