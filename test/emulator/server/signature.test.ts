import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { authenticate, type EmulatorCredentials } from '../../../lib/emulator/server/authenticate.js'
import { Refusal } from '../../../lib/emulator/server/refusal.js'
import {
  canonicalStrings,
  parseAuthorization,
  type SignedParts,
} from '../../../lib/emulator/server/signature.js'
import { call, idAndName, jsonOf, TableCalls, withEmulator } from '../emulator-client.js'

interface Vector {
  readonly name: string
  readonly scheme: 'v1' | 'v4' | 'bearer'
  readonly method: string
  readonly endpoint: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly accessId?: string
  readonly accessSecret?: string
  readonly stsToken?: string
  readonly bearerToken?: string
  readonly canonicalString?: string
  readonly addedHeaders: Readonly<Record<string, string>>
}

const vectors: Vector[] = JSON.parse(
  readFileSync(new URL('../../vectors/signing.json', import.meta.url), 'utf8'),
).vectors

const lowerCase = (headers: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))

const partsOf = (vector: Vector): SignedParts => ({
  method: vector.method,
  url: vector.url.slice(new URL(vector.url).origin.length),
  basePath: new URL(vector.endpoint).pathname.replace(/\/$/, ''),
  headers: { ...lowerCase(vector.headers), ...lowerCase(vector.addedHeaders) },
})

const credentialsOf = (vector: Vector): EmulatorCredentials =>
  vector.bearerToken !== undefined
    ? { bearerToken: vector.bearerToken }
    : {
        accessKeyId: vector.accessId!,
        accessKeySecret: vector.accessSecret!,
        ...(vector.stsToken !== undefined && { securityToken: vector.stsToken }),
      }

const dateOf = (vector: Vector): number => Date.parse(vector.headers['Date'] ?? '')

const codeOf = (work: () => void): string => {
  try {
    work()
  } catch (error) {
    assert.ok(error instanceof Refusal)
    assert.equal(error.status, 401)
    return error.serviceCode
  }
  return 'accepted'
}

describe('recorded signatures', () => {
  for (const vector of vectors) {
    const parts = partsOf(vector)
    const now = dateOf(vector)
    test(`${vector.name} is accepted`, () => {
      if (vector.canonicalString !== undefined)
        assert.ok(canonicalStrings(parts).includes(vector.canonicalString))
      authenticate(parts, [{ accessKeyId: 'other', accessKeySecret: 'x' }, credentialsOf(vector)], now)
    })

    test(`${vector.name} is refused when anything differs`, () => {
      const check = (changed: Partial<SignedParts>, credentials: EmulatorCredentials, at = now): string =>
        codeOf(() => authenticate({ ...parts, ...changed }, [credentials], at))
      const right = credentialsOf(vector)
      if ('bearerToken' in right) {
        assert.equal(check({}, { bearerToken: 'another' }), 'Unauthorized')
        return
      }
      assert.equal(check({}, { ...right, accessKeySecret: 'another' }), 'SignatureNotMatch')
      assert.equal(check({}, { ...right, accessKeyId: 'another' }), 'InvalidAuthorization')
      assert.equal(check({ method: 'PATCH' }, right), 'SignatureNotMatch')
      assert.equal(check({ url: `${parts.url}x` }, right), 'SignatureNotMatch')
      assert.equal(check({ headers: { ...parts.headers, 'x-odps-more': '1' } }, right), 'SignatureNotMatch')
      assert.equal(check({ headers: { ...parts.headers, 'unsigned-more': '1' } }, right), 'accepted')
      assert.equal(check({}, { ...right, securityToken: 'another' }), 'Unauthorized')
      assert.equal(check({}, right, now + 15 * 60_000), 'accepted')
      assert.equal(check({}, right, now + 15 * 60_000 + 1), 'RequestTimeTooSkewd')
      assert.equal(check({}, right, now - 15 * 60_000 - 1), 'RequestTimeTooSkewd')
    })
  }
})

describe('the authorization header', () => {
  for (const text of [
    '',
    'ODPS',
    'ODPS id',
    'ODPS id:',
    'Basic abc=',
    'ODPS a/b:sig=',
    'ODPS a/1/r/s3/aliyun_v4_request:sig=',
  ])
    test(`'${text}' is none`, () => {
      assert.equal(parseAuthorization(text), undefined)
      const parts = { method: 'GET', url: '/', basePath: '', headers: { authorization: text } }
      assert.equal(
        codeOf(() => authenticate(parts, [{ accessKeyId: 'a', accessKeySecret: 'b' }], 0)),
        'Unauthorized',
      )
    })

  test('the skew is told in pairs that clients take apart', () => {
    const vector = vectors[0]!
    const now = Date.parse('2024-02-01T00:00:00.000Z')
    assert.throws(
      () => authenticate(partsOf(vector), [credentialsOf(vector)], now),
      /^Refusal: max_interval_date:900000,expire_date:2024-01-15T08:45:15.000Z,now_date:2024-02-01T00:00:00.000Z$/,
    )
  })
})

describe('an emulator with credentials', () => {
  const credentials = { accessKeyId: 'id', accessKeySecret: 'secret' }

  test('answers unsigned requests in the form of each service', () =>
    withEmulator(
      async emulator => {
        await emulator.createTable({ name: 't', columns: idAndName })
        const tunnel = await new TableCalls(emulator).send('POST', 'uploads')
        assert.deepEqual([tunnel.status, jsonOf(tunnel)['Code']], [401, 'Unauthorized'])
        const rest = await call(emulator.endpoint, 'GET', '/projects/p')
        assert.equal(rest.status, 401)
        assert.match(
          rest.body.toString(),
          /<Error><Code>Unauthorized<\/Code><Message>.*invalid or missing.*<\/Message><RequestId>/,
        )
        const wrong = await call(emulator.endpoint, 'GET', '/projects/p', {
          headers: { Date: new Date().toUTCString(), Authorization: 'ODPS id:AAAA' },
        })
        assert.match(wrong.body.toString(), /<Code>SignatureNotMatch<\/Code>/)
        assert.doesNotMatch(wrong.body.toString(), /AAAA|secret/)
      },
      { credentials },
    ))

  test('takes a bearer token that is listed', () =>
    withEmulator(
      async emulator => {
        const get = (token: string): Promise<number> =>
          call(emulator.endpoint, 'GET', '/tenants', { headers: { 'x-odps-bearer-token': token } }).then(
            r => r.status,
          )
        assert.deepEqual([await get('good'), await get('bad')], [200, 401])
      },
      { credentials: [credentials, { bearerToken: 'good' }] },
    ))
})
