import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { inspect } from 'node:util'
import type { CredentialsAnswer } from '../../lib/http/credentials.js'
import { createCredentialsProvider } from '../../lib/http/credentials.js'
import type { RequestSpec, RetryEvent } from '../../lib/http/request-spec.js'
import { create, get, ok } from './requests.js'
import {
  type Answer,
  createClient,
  createFakeClock,
  json,
  refuse,
  reset,
  secret,
  startServer,
  text,
} from './scripted-server.js'

const never: RequestSpec = { ...create, repeat: 'never' }

/** Sends the head and a first byte, and breaks off. */
const cut: Answer = (_, response) => {
  response.writeHead(200, { 'content-length': '100' })
  response.write('x', () => response.socket?.destroy())
}

describe('through the client: [failure, safe, create, never]: how often the server saw the request', () => {
  // retry.attempts is 4
  const table: [string, Answer, number, number, number][] = [
    ['a reset before the answer', reset, 4, 3, 1],
    ['a cut answer that is read as a whole', cut, 4, 3, 1],
    ['429', refuse(429, 'FlowExceeded'), 4, 4, 1],
    ['503', text('', 503), 4, 4, 1],
    ['500', refuse(500, 'InternalServerError'), 4, 3, 1],
    ['502 without a document', text('<html/>', 502), 4, 3, 1],
    ['a damaged body', refuse(400, 'CorruptedDataStream'), 3, 3, 1],
    ['404', refuse(404, 'NoSuchTable'), 1, 1, 1],
    ['403', refuse(403, 'NoPermission'), 1, 1, 1],
    ['400', refuse(400, 'InvalidArgument'), 1, 1, 1],
  ]
  for (const [name, answer, ...counts] of table)
    for (const [i, spec] of [get, create, never].entries())
      test(`${name}, ${spec.repeat}`, async t => {
        const server = await startServer(t, [answer])
        const client = createClient(t, server.url)
        await assert.rejects(
          client.exchange(spec, r => r.text()),
          error => {
            assert.equal(Reflect.get(Object(error), 'attempts'), counts[i])
            const all = inspect(error, { depth: 10, showHidden: true })
            const { authorization = '?' } = server.requests[0]!.headers
            assert.ok(!all.includes(secret) && !all.includes(authorization.split(':')[1]!))
            return true
          },
        )
        assert.equal(server.requests.length, counts[i])
      })
})

test('a block is sent again byte for byte, signed anew', async t => {
  const server = await startServer(t, [reset, refuse(400, 'CorruptedDataStream'), ok])
  const body = [Buffer.from('some '), Buffer.from('bytes')]
  const clock = createFakeClock()
  const client = createClient(t, server.url, { clock })
  await client.exchange({ ...get, method: 'PUT', body }, r => r.discard())
  assert.deepEqual(
    server.requests.map(request => request.body.toString()),
    ['some bytes', 'some bytes', 'some bytes'],
  )
  assert.deepEqual(clock.slept, [100, 200])
})

test('what has moved is asked for elsewhere when it is sent again, with the refusal at hand', async t => {
  const moved = json({ Code: 'SlotReassigned', Message: 'moved' }, 308, {
    'odps-tunnel-routed-server': 'b:2',
  })
  const server = await startServer(t, [moved, reset, ok])
  const client = createClient(t, server.url, { clock: createFakeClock() })
  const seen: unknown[] = []
  const spec: RequestSpec = {
    ...get,
    ...{
      path: [...get.path, 'streams'],
      query: { slotid: '0' },
      headers: { 'odps-tunnel-routed-server': 'a:1' },
    },
    renew: async ({ error, headers }) => {
      seen.push([error.code, headers['odps-tunnel-routed-server']])
      return { query: { slotid: String(seen.length) }, headers: { 'odps-tunnel-routed-server': 'c:3' } }
    },
  }
  await client.exchange(spec, r => r.discard())
  assert.deepEqual(seen, [
    ['ODPS_SERVICE_UNAVAILABLE', 'b:2'],
    ['ODPS_CONNECTION_LOST', undefined],
  ])
  assert.deepEqual(
    server.requests.map(({ query, headers }) => [query.get('slotid'), headers['odps-tunnel-routed-server']]),
    [
      ['0', 'a:1'],
      ['1', 'c:3'],
      ['2', 'c:3'],
    ],
  )
})

describe('waiting', () => {
  const delays = async (
    t: Parameters<typeof startServer>[0],
    answers: Answer[],
  ): Promise<{ slept: number[]; events: RetryEvent[] }> => {
    const clock = createFakeClock()
    const server = await startServer(t, answers)
    const events: RetryEvent[] = []
    const client = createClient(t, server.url, { clock })
    await client.exchange({ ...get, onRetry: event => events.push(event) }, r => r.text()).catch(() => {})
    return { slept: clock.slept, events }
  }

  test('doubles, and every repeat is told', async t => {
    const { slept, events } = await delays(t, [
      refuse(503, 'ServiceUnavailable'),
      refuse(429, 'SlotExceeded'),
      ok,
    ])
    assert.deepEqual(slept, [100, 200])
    assert.deepEqual(
      events.map(({ attempt, delayMs, error }) => [attempt, delayMs, error.code]),
      [
        [1, 100, 'ODPS_SERVICE_UNAVAILABLE'],
        [2, 200, 'ODPS_THROTTLED'],
      ],
    )
  })

  test('Retry-After in seconds', async t => {
    assert.deepEqual(
      (await delays(t, [refuse(429, 'FlowExceeded', { 'retry-after': '7' }), ok])).slept,
      [7_000],
    )
  })

  test('Retry-After as a date, by the clock of the service', async t => {
    const headers = {
      date: 'Thu, 01 Jan 2026 00:00:00 GMT',
      'retry-after': 'Thu, 01 Jan 2026 00:00:09 GMT',
    }
    assert.deepEqual((await delays(t, [refuse(503, 'ServiceUnavailable', headers), ok])).slept, [9_000])
  })

  test('an absurd Retry-After is not waited for', async t => {
    const { slept, events } = await delays(t, [refuse(429, 'FlowExceeded', { 'retry-after': '86400' }), ok])
    assert.deepEqual([slept, events], [[], []])
  })

  test('HoldClientMillis', async t => {
    const answer = json({ Code: 'FlowExceeded', Message: 'slow', HoldClientMillis: '4000' }, 429)
    assert.deepEqual((await delays(t, [answer, ok])).slept, [4_000])
  })

  test('a reset on a connection that was used before is repeated at once, once', async t => {
    const clock = createFakeClock()
    const server = await startServer(t, [ok, reset, reset, ok])
    const client = createClient(t, server.url, { clock })
    await client.exchange(get, r => r.discard())
    assert.equal(await client.exchange(get, r => r.text()), 'ok')
    assert.equal(server.requests.length, 4)
    assert.deepEqual(clock.slept, [200])
  })
})

describe('expired credentials', () => {
  const date = 'Thu, 02 Jan 2025 03:04:05 GMT'
  const expired = refuse(401, 'AuthenticationRequestExpired', { date })
  const counting = (): { asked: () => number; ask: () => CredentialsAnswer } => {
    let asked = 0
    return {
      asked: () => asked,
      ask: () => ({ accessKeyId: `id${++asked}`, accessKeySecret: secret, expiration: Date.UTC(2030, 0, 1) }),
    }
  }

  test('are asked for again, once, and the request is signed with the new ones', async t => {
    const server = await startServer(t, [expired, ok])
    const source = counting()
    const clock = createFakeClock()
    const credentials = createCredentialsProvider(source.ask, clock)
    const client = createClient(t, server.url, { credentials, clock })
    assert.equal(await client.exchange(never, r => r.text()), 'ok')
    assert.deepEqual(
      server.requests.map(({ headers }) => headers.authorization?.split(':')[0]),
      ['ODPS id1', 'ODPS id2'],
    )
    assert.deepEqual(clock.slept, [])
  })

  test('twice in a row is an error', async t => {
    const server = await startServer(t, [expired])
    const source = counting()
    const credentials = createCredentialsProvider(source.ask, createFakeClock())
    await assert.rejects(createClient(t, server.url, { credentials }).request(get), {
      code: 'ODPS_CREDENTIALS_EXPIRED',
    })
    assert.equal(server.requests.length, 2)
    assert.equal(source.asked(), 2)
  })

  test('that are fixed are not sent again', async t => {
    const server = await startServer(t, [expired])
    await assert.rejects(createClient(t, server.url).request(get), {
      code: 'ODPS_CREDENTIALS_EXPIRED',
      message: /Pass credentials as a function/,
    })
    assert.equal(server.requests.length, 1)
  })
})

describe('a wrong clock', () => {
  const date = 'Fri, 03 Jan 2025 00:00:00 GMT'

  test('may be called expired', async t => {
    const server = await startServer(t, [refuse(401, 'AuthenticationRequestExpired', { date }), ok])
    await createClient(t, server.url).exchange(get, r => r.discard())
    assert.equal(server.requests[1]!.headers.date, date)
  })

  test('is corrected by the Date of the answer, for this and all later requests', async t => {
    const server = await startServer(t, [refuse(400, 'RequestTimeTooSkewd', { date }), ok])
    const client = createClient(t, server.url)
    await client.exchange(never, r => r.discard())
    await client.exchange(get, r => r.discard())
    assert.deepEqual(
      server.requests.map(({ headers }) => headers.date),
      ['Thu, 02 Jan 2025 03:04:05 GMT', date, date],
    )
  })

  test('is corrected for all requests that were on their way', async t => {
    const late: Answer = (request, response) => {
      const right = Date.parse(request.headers.date ?? '') === Date.parse(date)
      if (right) ok(request, response)
      else refuse(400, 'RequestTimeTooSkewd', { date })(request, response)
    }
    const server = await startServer(t, [late])
    const client = createClient(t, server.url)
    const all = Array.from({ length: 5 }, () => client.exchange(get, r => r.text()))
    assert.deepEqual(await Promise.all(all), Array(5).fill('ok'))
    assert.equal(server.requests.length, 10)
  })

  test('by the text of the error, where there is no Date', async t => {
    const answer: Answer = (_, response) => {
      response.sendDate = false
      response.writeHead(401)
      const Message = 'skewed, max_interval_date:900000,expire_date:x,now_date:2025-01-03T00:00:00.000Z'
      response.end(JSON.stringify({ Code: 'RequestTimeTooSkewed', Message }))
    }
    const server = await startServer(t, [answer, ok])
    await createClient(t, server.url).exchange(get, r => r.discard())
    assert.equal(server.requests[1]!.headers.date, date)
  })

  test('is not corrected twice', async t => {
    const server = await startServer(t, [refuse(400, 'RequestTimeTooSkewed', { date })])
    await assert.rejects(createClient(t, server.url).request(get), { code: 'ODPS_CLOCK_SKEW' })
    assert.equal(server.requests.length, 2)
  })

  test('that agrees with the service is not corrected', async t => {
    const headers = { date: 'Thu, 02 Jan 2025 03:04:15 GMT' }
    const server = await startServer(t, [refuse(400, 'RequestTimeTooSkewed', headers)])
    await assert.rejects(createClient(t, server.url).request(get), { code: 'ODPS_CLOCK_SKEW' })
    assert.equal(server.requests.length, 1)
  })
})
