import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { TunnelOptionError } from '../../lib/errors.js'
import { parseEndpoint, regionOfEndpoint } from '../../lib/http/endpoint.js'

test('origin and path, without the slash at the end', () => {
  assert.deepEqual(parseEndpoint('https://service.cn-x.maxcompute.aliyun.com/api/', 'endpoint'), {
    origin: 'https://service.cn-x.maxcompute.aliyun.com',
    path: '/api',
  })
  assert.deepEqual(parseEndpoint('http://127.0.0.1:8080', 'tunnelEndpoint'), {
    origin: 'http://127.0.0.1:8080',
    path: '',
  })
})

for (const bad of [
  '',
  'service.cn-x.maxcompute.aliyun.com/api',
  'localhost:8080',
  'ftp://host/api',
  'http://user:pa55@host/api',
  'http://host/api?x=1',
  'http://host/api#x',
  'http://host/%zz',
])
  test(`refused: ${JSON.stringify(bad)}`, () => {
    assert.throws(
      () => parseEndpoint(bad, 'endpoint'),
      error =>
        error instanceof TunnelOptionError && /^endpoint /.test(error.message) && !/pa55/.test(error.message),
    )
  })

describe('region', () => {
  for (const [endpoint, region] of [
    ['https://service.cn-hangzhou.maxcompute.aliyun.com/api', 'cn-hangzhou'],
    ['https://service.cn-hangzhou-vpc.maxcompute.aliyun-inc.com/api', 'cn-hangzhou'],
    ['http://SERVICE.ap-southeast-1-internal.maxcompute.aliyun.com/api', 'ap-southeast-1'],
    ['http://service.odps.aliyun.com/api', undefined],
    ['http://127.0.0.1:8080/api', undefined],
  ] as const)
    test(endpoint, () => {
      assert.equal(regionOfEndpoint(endpoint)?.toLowerCase(), region)
    })
})
