import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import type { Credentials } from '../../lib/http/credentials.js'
import { canonicalString, createSigner, type SignableRequest } from '../../lib/http/signature.js'

interface Vector {
  readonly name: string
  readonly scheme: 'v1' | 'v4' | 'bearer'
  readonly method: string
  readonly endpoint: string
  readonly url: string
  readonly headers: Record<string, string>
  readonly accessId?: string
  readonly accessSecret?: string
  readonly stsToken?: string
  readonly bearerToken?: string
  readonly region?: string
  readonly credentialDate?: string
  readonly canonicalString?: string
  readonly addedHeaders: Record<string, string>
  readonly quirk?: string
}

const file = new URL('../vectors/signing.json', import.meta.url)
const { vectors } = JSON.parse(readFileSync(file, 'utf8')) as { vectors: Vector[] }

const toRequest = ({ method, endpoint, url, headers }: Vector): SignableRequest => {
  const { pathname, searchParams } = new URL(url)
  const path = decodeURIComponent(pathname).slice(new URL(endpoint).pathname.replace(/\/$/, '').length)
  return { method, path, query: Object.fromEntries(searchParams), headers }
}

const toCredentials = (vector: Vector): Credentials =>
  vector.bearerToken !== undefined
    ? { bearerToken: vector.bearerToken }
    : {
        accessKeyId: vector.accessId!,
        accessKeySecret: vector.accessSecret!,
        ...(vector.stsToken !== undefined && { securityToken: vector.stsToken }),
      }

const sign = (vector: Vector): Record<string, string> => {
  const day = vector.credentialDate ?? '20240115'
  const now = Date.parse(`${day.slice(0, 4)}-${day.slice(4, 6)}-${day.slice(6)}T12:00:00Z`)
  const signer = createSigner(vector.scheme === 'v4' ? 'v4' : 'v1', vector.region)
  return signer(toRequest(vector), toCredentials(vector), now)
}

describe('signing vectors', () => {
  for (const vector of vectors.filter(({ quirk }) => quirk === undefined))
    test(vector.name, () => {
      if (vector.canonicalString !== undefined)
        assert.equal(canonicalString(toRequest(vector)), vector.canonicalString)
      assert.deepEqual(sign(vector), vector.addedHeaders)
    })

  test('there are as many as there were', () => {
    assert.equal(vectors.filter(({ quirk }) => quirk === undefined).length, 33)
  })
})

describe('what the Python client signs in its own way', () => {
  const find = (name: string): Vector => vectors.find(vector => vector.name === name)!

  test('a plus stays a plus', () => {
    assert.match(canonicalString(toRequest(find('v1-quirk-plus-in-value'))), /\?name=a\+b$/)
  })

  test('a value is decoded once', () => {
    assert.match(canonicalString(toRequest(find('v1-quirk-percent-in-value'))), /\?name=100%25$/)
  })

  test('the last value of a repeated key counts, as there', () => {
    const vector = find('v1-quirk-duplicate-key')
    assert.deepEqual(sign(vector), vector.addedHeaders)
  })
})

test('a v4 key is derived anew for another day, region or secret', () => {
  const signer = createSigner('v4', 'cn-test')
  const request: SignableRequest = { method: 'GET', path: '/projects/p', query: {}, headers: {} }
  const at = (now: number, accessKeySecret: string): string =>
    signer(request, { accessKeyId: 'id', accessKeySecret }, now)['Authorization']!
  const monday = Date.UTC(2025, 0, 6, 23, 59, 59, 999)
  const first = at(monday, 'one')
  assert.notEqual(at(monday, 'two'), first)
  assert.match(at(monday + 1, 'one'), /^ODPS id\/20250107\/cn-test\/odps\/aliyun_v4_request:/)
  assert.equal(at(monday, 'one'), first)
})

test('the bytes of the worked example C of the protocol: PUT of a block', () => {
  const request: SignableRequest = {
    method: 'PUT',
    path: '/projects/test_project/tables/test_table',
    query: { uploadid: '2025010203040500aabbcc', blockid: '0', curr_project: 'test_project' },
    headers: {
      Date: 'Thu, 02 Jan 2025 03:04:05 GMT',
      'x-odps-user-agent': 'example/1.0',
      'x-odps-tunnel-version': '6',
      'Content-Type': 'application/octet-stream',
      'Content-Encoding': 'deflate',
    },
  }
  const credentials = {
    accessKeyId: 'test-id',
    accessKeySecret: 'test-secret',
    securityToken: 'test-sts-token',
  }
  const now = Date.UTC(2025, 0, 2, 3, 4, 5)
  assert.deepEqual(createSigner('v1')(request, credentials, now), {
    Authorization: 'ODPS test-id:eRhXLWkWJ8FcGF6uK6Lt5bkK4NQ=',
    'authorization-sts-token': 'test-sts-token',
  })
  assert.deepEqual(createSigner('v4', 'cn-test')(request, credentials, now), {
    Authorization: 'ODPS test-id/20250102/cn-test/odps/aliyun_v4_request:e/WlXAHi+374+/i/q2GDqsSuo3s=',
    'authorization-sts-token': 'test-sts-token',
  })
})
