import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { inspect } from 'node:util'
import { MockAgent } from 'undici'
import { TunnelOptionError, TunnelProtocolError, TunnelServiceError } from '../../lib/errors.js'
import { createCredentialsProvider } from '../../lib/http/credentials.js'
import type { RequestSpec } from '../../lib/http/request-spec.js'
import { createClient, createFakeClock, json, refuse, secret, startServer, text } from './scripted-server.js'

const spec: RequestSpec = {
  purpose: 'Testing',
  target: 'tunnel',
  method: 'POST',
  path: ['projects', 'p', 'tables', 't'],
  project: 'p',
  query: { uploads: '' },
  repeat: 'create',
}
const get: RequestSpec = { ...spec, method: 'GET', query: {}, repeat: 'safe' }

test('who takes refusals gets them as answers, once', async t => {
  const server = await startServer(t, [refuse(503, 'ServiceUnavailable'), refuse(404, 'NoSuchTable')])
  const client = createClient(t, server.url)
  for (const [status, code] of [
    [503, 'ServiceUnavailable'],
    [404, 'NoSuchTable'],
  ] as const) {
    const response = await client.request({ ...get, takesRefusals: true })
    assert.equal(response.status, status)
    assert.match(await response.text(), new RegExp(code))
  }
  assert.equal(server.requests.length, 2)
})

describe('what is sent', () => {
  test('a tunnel request: all that the protocol asks for, signed', async t => {
    const server = await startServer(t, [json({ ok: true })])
    const client = createClient(t, server.url, { quotaName: 'q 1', tags: ['a', 'b'] })
    const path = ['projects', 'p', 'tables', 'größe+1']
    const response = await client.request({ ...spec, path, query: { uploads: '', partition: 'a=1,b=x y' } })
    assert.deepEqual(await response.json(), { ok: true })
    assert.equal(response.requestId, 'R1')
    const [seen] = server.requests
    assert.equal(seen!.path, '/projects/p/tables/größe+1')
    assert.deepEqual(Object.fromEntries(seen!.query), {
      uploads: '',
      partition: 'a=1,b=x y',
      quotaName: 'q 1',
      curr_project: 'p',
    })
    const { headers } = seen!
    assert.equal(headers['x-odps-tunnel-version'], '6')
    assert.equal(headers['odps-tunnel-date-transform'], 'v1')
    assert.equal(headers['odps-tunnel-sdk-support-schema-evolution'], 'true')
    assert.equal(headers['odps-tunnel-tags'], 'a,b')
    assert.equal(headers['user-agent'], 'test/1.0')
    assert.equal(headers['x-odps-user-agent'], 'test/1.0')
    assert.equal(headers['accept-encoding'], 'identity')
    assert.equal(headers['content-length'], '0')
    assert.equal(headers['content-type'], undefined)
    assert.equal(headers.date, 'Thu, 02 Jan 2025 03:04:05 GMT')
    assert.match(headers.authorization!, /^ODPS test-id:[\w+/]{27}=$/)
  })

  test('a service request has the path of the endpoint in front, and no tunnel headers', async t => {
    const server = await startServer(t, [text('<Table/>')])
    const client = createClient(t, server.url, { quotaName: 'q', tags: ['a'] })
    await client.exchange({ ...get, target: 'service' }, response => response.text())
    const [seen] = server.requests
    assert.equal(seen!.path, '/api/projects/p/tables/t')
    assert.equal(seen!.headers['x-odps-tunnel-version'], undefined)
    assert.equal(seen!.headers['odps-tunnel-tags'], undefined)
    assert.equal(seen!.query.has('quotaName'), false)
  })

  test('the default project is curr_project, else that of the table', async t => {
    const server = await startServer(t, [text('')])
    const other = { ...get, project: 'other', path: ['projects', 'other', 'tables', 't'] }
    await createClient(t, server.url).exchange(other, r => r.discard())
    await createClient(t, server.url, { project: undefined }).exchange(other, r => r.discard())
    assert.deepEqual(
      server.requests.map(({ query }) => query.get('curr_project')),
      ['p', 'other'],
    )
  })

  test('a body goes out chunked, every byte of it', async t => {
    const server = await startServer(t, [text('')])
    const body = [Buffer.alloc(600_000, 'x'), Buffer.from('tail'), Buffer.alloc(0), new Uint8Array([1, 2])]
    await createClient(t, server.url).exchange({ ...spec, method: 'PUT', repeat: 'safe', body }, r =>
      r.discard(),
    )
    const [seen] = server.requests
    assert.equal(seen!.headers['transfer-encoding'], 'chunked')
    assert.ok(seen!.body.equals(Buffer.concat(body)))
  })

  test('v4, with the region of the option', async t => {
    const server = await startServer(t, [text('')])
    const client = createClient(t, server.url, { signatureVersion: 'v4', region: 'cn-test' })
    await client.exchange(get, r => r.discard())
    assert.match(
      server.requests[0]!.headers.authorization!,
      /^ODPS test-id\/20250102\/cn-test\/odps\/aliyun_v4_request:/,
    )
  })

  test('a bearer token in its own header, without Authorization', async t => {
    const server = await startServer(t, [text('')])
    const credentials = createCredentialsProvider({ bearerToken: 'bearer-1' }, createFakeClock())
    await createClient(t, server.url, { credentials }).exchange(get, r => r.discard())
    assert.equal(server.requests[0]!.headers['x-odps-bearer-token'], 'bearer-1')
    assert.equal(server.requests[0]!.headers.authorization, undefined)
  })
})

describe('what comes back', () => {
  test('the body of rows is not decoded', async t => {
    const server = await startServer(t, [text('not deflate at all', 200, { 'content-encoding': 'deflate' })])
    const response = await createClient(t, server.url).request(get)
    assert.equal(response.headers['content-encoding'], 'deflate')
    const chunks: Buffer[] = []
    for await (const chunk of response.body) chunks.push(chunk)
    assert.equal(Buffer.concat(chunks).toString(), 'not deflate at all')
  })

  test('something that is no JSON is a protocol error and is not repeated', async t => {
    const server = await startServer(t, [text('<html>portal</html>')])
    const asked = createClient(t, server.url).exchange(get, response => response.json())
    await assert.rejects(
      asked,
      error => error instanceof TunnelProtocolError && /^Testing: /.test(error.message),
    )
    assert.equal(server.requests.length, 1)
  })

  test('an error: what, the words of the service, the facts, the next step', async t => {
    const server = await startServer(t, [refuse(404, 'NoSuchTable')])
    const asked = createClient(t, server.url).request(get)
    await assert.rejects(asked, error => {
      assert.ok(error instanceof TunnelServiceError)
      assert.equal(
        error.message,
        'Testing: The text of NoSuchTable (NoSuchTable, HTTP 404, request R1). Check the name of the table, or create the table.',
      )
      assert.equal(error.code, 'ODPS_NO_SUCH_TABLE')
      assert.equal(error.retryable, false)
      const { statusCode, serviceCode, requestId, method, path, attempts } = error
      assert.deepEqual(
        { statusCode, serviceCode, requestId, method, path, attempts },
        {
          ...{ statusCode: 404, serviceCode: 'NoSuchTable', requestId: 'R1' },
          ...{ method: 'GET', path: '/projects/p/tables/t', attempts: 1 },
        },
      )
      return true
    })
  })

  test('the next step of the caller comes before the general one', async t => {
    const server = await startServer(t, [refuse(404, 'NoSuchTable')])
    const asked = createClient(t, server.url).request({
      ...get,
      hints: { ODPS_NO_SUCH_TABLE: 'Look under the sofa.' },
    })
    await assert.rejects(asked, /Look under the sofa\.$/)
  })

  test('an HTML error of a proxy', async t => {
    const server = await startServer(t, [text('<html><h1>403</h1></html>', 403)])
    await assert.rejects(createClient(t, server.url).request(get), error => {
      assert.ok(error instanceof TunnelServiceError)
      assert.equal(error.code, 'ODPS_ACCESS_DENIED')
      assert.equal(error.serviceCode, undefined)
      assert.match(error.message, /not an error of MaxCompute/)
      return true
    })
  })

  test('a redirect is not followed, and names its target', async t => {
    const target = await startServer(t, [text('stolen')])
    const server = await startServer(t, [text('', 302, { location: `${target.url}/x?y=1` })])
    await assert.rejects(createClient(t, server.url).request(get), error => {
      assert.ok(error instanceof TunnelServiceError)
      assert.match(error.message, new RegExp(`redirects to ${target.url};`))
      return true
    })
    assert.equal(target.requests.length, 0)
  })
})

describe('secrets', () => {
  const sts = { accessKeyId: 'key-id-1', accessKeySecret: secret, securityToken: 'token-77' }

  test('are cut out of what the service echoes', async t => {
    const server = await startServer(t, [
      (request, response) => {
        const { authorization } = request.headers
        const Message = `bad ${authorization} with ${sts.securityToken} and ${secret}`
        response.writeHead(401, { 'content-type': 'application/json' })
        response.end(JSON.stringify({ Code: 'SignatureNotMatch', Message }))
      },
    ])
    const credentials = createCredentialsProvider(sts, createFakeClock())
    await assert.rejects(createClient(t, server.url, { credentials }).request(get), error => {
      const signature = server.requests[0]!.headers.authorization!.split(':')[1]!
      const all = inspect(error, { depth: 10, showHidden: true })
      for (const word of [...Object.values(sts), signature]) assert.ok(!all.includes(word), word)
      assert.match(all, /bad ODPS \*\*\*:\*\*\* with \*\*\* and \*\*\*/)
      return true
    })
  })

  test('are not to be seen in a client', async t => {
    const client = createClient(t, 'http://127.0.0.1:1')
    assert.ok(!inspect(client, { depth: 10, showHidden: true }).includes(secret))
    assert.ok(!JSON.stringify(client).includes(secret))
  })
})

describe('construction', () => {
  test('needs an endpoint', t => {
    const none = { endpoint: undefined, tunnelEndpoint: undefined }
    assert.throws(() => createClient(t, 'http://h', none), { code: 'ODPS_MISSING_ENDPOINT' })
  })

  test('v4 needs a region, which an endpoint may name', t => {
    assert.throws(() => createClient(t, 'http://h', { signatureVersion: 'v4' }), {
      code: 'ODPS_INVALID_OPTION',
    })
    const endpoint = 'https://service.cn-hangzhou.maxcompute.aliyun.com/api'
    createClient(t, 'http://h', { endpoint, signatureVersion: 'v4' })
  })

  test('a tunnel endpoint alone serves tunnel requests only', async t => {
    const server = await startServer(t, [text('')])
    const client = createClient(t, server.url, { endpoint: undefined })
    assert.equal(client.hasService, false)
    await client.exchange(get, r => r.discard())
    await assert.rejects(client.request({ ...get, target: 'service' }), { code: 'ODPS_MISSING_ENDPOINT' })
  })

  test('a header that cannot be sent is the fault of an option, and is not repeated', async t => {
    const client = createClient(t, 'http://127.0.0.1:1', { userAgent: 'a\nb' })
    await assert.rejects(
      client.request(get),
      error => error instanceof TunnelOptionError && error.code === 'ODPS_INVALID_OPTION',
    )
  })
})

describe('the dispatcher', () => {
  test('of the caller is used, and outlives the client', async t => {
    const dispatcher = new MockAgent()
    dispatcher.disableNetConnect()
    t.after(() => dispatcher.close())
    dispatcher
      .get('http://h')
      .intercept({ path: /^\/projects/ })
      .reply(200, 'mocked')
      .times(2)
    const client = createClient(t, 'http://h', { dispatcher })
    assert.equal(await client.exchange(get, r => r.text()), 'mocked')
    await client.close()
    assert.equal(await client.exchange(get, r => r.text()), 'mocked')
  })

  test('keeps connections for the next requests, also after refusals', async t => {
    const server = await startServer(t, [text('a'), refuse(404, 'NoSuchTable'), text('b')])
    let connections = 0
    server.server.on('connection', () => connections++)
    const client = createClient(t, server.url)
    assert.equal(await client.exchange(get, r => r.text()), 'a')
    await assert.rejects(client.request(get))
    for (let i = 0; i < 10; i++) await client.exchange(get, r => r.discard())
    // undici opens a second one when the first has not yet come to rest.
    assert.ok(connections <= 2, `${connections} connections`)
  })

  test('after close() requests fail', async t => {
    const server = await startServer(t, [text('')])
    const client = createClient(t, server.url)
    await client.close()
    await assert.rejects(client.request(get), /this client is closed/)
    await client.close()
  })
})
