import assert from 'node:assert/strict'
import { createHmac, randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { IncomingHttpHeaders } from 'node:http'
import { describe, test } from 'node:test'
import { authenticate, type EmulatorCredentials } from '../../../lib/emulator/server/authenticate.js'
import { createBearerTokens } from '../../../lib/emulator/server/bearer-tokens.js'
import { ServiceRefusal } from '../../../lib/emulator/server/service-refusal.js'
import {
  canonicalStrings,
  parseAuthorization,
  type SignedParts,
} from '../../../lib/emulator/server/verify-signature.js'
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

const tokens = createBearerTokens({ randomBytes })

const codeOf = (work: () => void): string => {
  try {
    work()
  } catch (error) {
    assert.ok(error instanceof ServiceRefusal)
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
        assert.ok([...canonicalStrings(parts)].includes(vector.canonicalString))
      authenticate(
        parts,
        [{ accessKeyId: 'other', accessKeySecret: 'x' }, credentialsOf(vector)],
        tokens,
        now,
      )
    })

    test(`${vector.name} is refused when anything differs`, () => {
      const check = (changed: Partial<SignedParts>, credentials: EmulatorCredentials, at = now): string =>
        codeOf(() => authenticate({ ...parts, ...changed }, [credentials], tokens, at))
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
      if (right.securityToken !== undefined) return
      const withHeader = (headers: IncomingHttpHeaders): Partial<SignedParts> => ({
        headers: { ...parts.headers, ...headers },
      })
      assert.equal(check(withHeader({ 'authorization-sts-token': '' }), right), 'accepted')
      assert.equal(check(withHeader({ 'authorization-sts-token': 'some' }), right), 'Unauthorized')
      assert.equal(check({}, { ...right, securityToken: '' }), 'accepted')
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
        codeOf(() => authenticate(parts, [{ accessKeyId: 'a', accessKeySecret: 'b' }], tokens, 0)),
        'Unauthorized',
      )
    })

  test('empty headers are none', () => {
    const known = [{ bearerToken: 'b' }, { bearerToken: '' }]
    const code = (headers: IncomingHttpHeaders): string =>
      codeOf(() => authenticate({ method: 'GET', url: '/', basePath: '', headers }, known, tokens, 0))
    assert.equal(code({ 'x-odps-bearer-token': 'b', authorization: '' }), 'accepted')
    assert.equal(code({ 'x-odps-bearer-token': '' }), 'Unauthorized')
    assert.equal(code({ 'x-odps-bearer-token': 'c' }), 'Unauthorized')
  })

  test('tokens of this emulator, until they expire, and of no other', () => {
    const code = (token: string, now: number, issuer = tokens): string => {
      const headers = { 'x-odps-bearer-token': token }
      const parts = { method: 'GET', url: '/', basePath: '', headers }
      return codeOf(() => authenticate(parts, [{ accessKeyId: 'a', accessKeySecret: 'b' }], issuer, now))
    }
    const token = tokens.sign(60_000)
    assert.equal(Buffer.from(token, 'base64').toString().split(',')[2], '60')
    assert.equal(code(token, 59_999), 'accepted')
    assert.equal(code(token, 60_000), 'Unauthorized')
    assert.equal(code(token, 0, createBearerTokens({ randomBytes })), 'Unauthorized')
    const later = Buffer.from(Buffer.from(token, 'base64').toString().replace(',60,', ',90,'))
    assert.equal(code(later.toString('base64'), 0), 'Unauthorized')
    for (const text of ['', 'a,b,c', 'é', ',,9999999999,']) assert.equal(code(text, 0), 'Unauthorized')
  })

  test('the skew is told in pairs that clients take apart', () => {
    const vector = vectors[0]!
    const now = Date.parse('2024-02-01T00:00:00.000Z')
    assert.throws(
      () => authenticate(partsOf(vector), [credentialsOf(vector)], tokens, now),
      /^ServiceRefusal: max_interval_date:900000,expire_date:2024-01-15T08:45:15.000Z,now_date:2024-02-01T00:00:00.000Z$/,
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

  test('refuses every date that is far away, the last of all too', () =>
    withEmulator(
      async emulator => {
        const dates = [
          'Sat, 13 Sep 275760 00:00:00 GMT',
          '+275760-09-13T00:00:00.000Z',
          '-271821-04-20',
          'no date',
        ]
        for (const date of dates) {
          const request = { method: 'GET', url: '/api/tenants', basePath: '/api', headers: { date } }
          const text = [...canonicalStrings(request)][0] ?? ''
          const signature = createHmac('sha1', credentials.accessKeySecret).update(text).digest('base64')
          const headers = { Date: date, Authorization: `ODPS id:${signature}` }
          const reply = await call(emulator.endpoint, 'GET', '/tenants', { headers })
          assert.match(reply.body.toString(), /<Code>RequestTimeTooSkewd<\/Code>/, date)
          assert.equal(reply.status, 401)
        }
      },
      { credentials },
    ))

  test('takes the tokens it has signed', () =>
    withEmulator(
      async emulator => {
        const listed = { 'x-odps-bearer-token': 'good' }
        const path = '/projects/p/authorization?sign_bearer_token'
        const reply = await call(emulator.endpoint, 'POST', path, { headers: listed })
        const token = /<!\[CDATA\[(.*)\]\]>/.exec(reply.body.toString())?.[1] ?? ''
        const headers = { 'x-odps-bearer-token': token }
        assert.equal((await call(emulator.endpoint, 'GET', '/tenants', { headers })).status, 200)
      },
      { credentials: [credentials, { bearerToken: 'good' }] },
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
