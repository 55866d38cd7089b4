import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type Answer, refuse, reset, text } from '../http/scripted-server.js'
import { type QueryService, startQueryService, xml } from './query-service.js'

const sql = 'INSERT INTO t SELECT * FROM s'

const instances = (...items: readonly (readonly [id: string, minute: number])[]): Answer =>
  xml(
    `<Instances><Marker/><MaxItems>1000</MaxItems>${items
      .map(
        ([id, minute]) =>
          `<Instance><Name>${id}</Name><Owner>me</Owner><StartTime>Thu, 02 Jan 2025 03:${String(minute).padStart(2, '0')}:00 GMT</StartTime><Status>Running</Status></Instance>`,
      )
      .join('')}</Instances>`,
  )

const foreignJob = xml(
  '<Job><Tasks><SQL><Config><Property><Name>uuid</Name><Value>another</Value></Property></Config></SQL></Tasks></Job>',
)

const countOf = (service: QueryService, step: string): number =>
  service.steps().filter(each => each === step).length

/** Answers from which nobody can tell whether the statement was accepted. */
const lost: Readonly<Record<string, Answer>> = {
  'the connection breaks': reset,
  'an error inside the service': xml(
    '<Error><Code>InternalServerError</Code><Message>no</Message></Error>',
    500,
  ),
  'an answer of a proxy': text('bad gateway', 502),
  'an answer without the id': text('', 201),
}

describe('a statement whose answer was lost', () => {
  for (const [name, answer] of Object.entries(lost))
    test(`${name}: is found by its uuid, followed, and not sent again`, async context => {
      const service = await startQueryService(context)
      service.queued.set('submit', [answer])
      service.queued.set('list', [instances(), instances(['I7', 1], ['I1', 2], ['I0', 0])])
      // The newest comes first, and is ours.
      assert.deepEqual(await service.tunnel.execute({ sql }), { instanceId: 'I1', text: '' })
      assert.equal(countOf(service, 'submit'), 1)
      assert.equal(countOf(service, 'source'), 1)
      const list = service.requests.find(
        ({ path, method }) => method === 'GET' && path.endsWith('/instances'),
      )!
      assert.equal(list.query.get('onlyowner'), 'yes')
      // A quarter of an hour and a minute before 03:04:05, for clocks that are off.
      assert.equal(list.query.get('daterange'), `${Date.UTC(2025, 0, 2, 2, 48, 5) / 1000}:`)
    })

  test('is not found: an error that says what nobody knows, after 30 seconds', async context => {
    const service = await startQueryService(context)
    service.queued.set('submit', [reset])
    const started = service.clock.now()
    await assert.rejects(service.tunnel.execute({ sql }), (error: Error & { code: string; uuid: string }) => {
      assert.equal(error.code, 'ODPS_QUERY_UNKNOWN')
      assert.match(error.uuid, /^[0-9a-f-]{36}$/)
      assert.ok(error.message.includes(error.uuid))
      assert.ok(service.submitted().body.toString().includes(error.uuid))
      assert.equal(Reflect.get(error, 'retryable'), false)
      assert.equal((error.cause as { code: string }).code, 'ODPS_CONNECTION_LOST')
      return true
    })
    assert.equal(countOf(service, 'submit'), 1)
    assert.ok(service.clock.now() - started > 25_000 && service.clock.now() - started <= 30_000)
  })

  test('must not be looked for: the same error at once', async context => {
    const service = await startQueryService(context)
    service.queued.set('submit', [reset])
    service.queued.set('list', [refuse(403, 'NoPermission')])
    await assert.rejects(service.tunnel.query({ sql }), {
      code: 'ODPS_QUERY_UNKNOWN',
      message: /could not be looked at/,
    })
    assert.deepEqual(service.steps(), ['submit', 'list'])
  })

  test('has run, but what it printed could not be read: the same call would run it again', async context => {
    const service = await startQueryService(context)
    service.queued.set('result', Array<Answer>(20).fill(reset))
    await assert.rejects(service.tunnel.execute({ sql }), {
      code: 'ODPS_CONNECTION_LOST',
      retryable: false,
      instanceId: 'I1',
    })
    assert.equal(countOf(service, 'submit'), 1)
  })

  test('looks at the newest 50 instances, each once', async context => {
    const service = await startQueryService(context)
    service.queued.set('submit', [reset])
    const many = instances(...Array.from({ length: 60 }, (_, i) => [`X${i}`, i] as const))
    service.queued.set('list', [many, many, many])
    service.queued.set('source', Array<Answer>(200).fill(foreignJob))
    await assert.rejects(service.tunnel.execute({ sql }), { code: 'ODPS_QUERY_UNKNOWN' })
    const asked = service.requests
      .filter(({ query }) => query.has('source'))
      .map(({ path }) => path.split('/').at(-1))
    assert.deepEqual(
      asked,
      Array.from({ length: 50 }, (_, i) => `X${59 - i}`),
    )
  })

  test('goes through all pages of the list', async context => {
    const service = await startQueryService(context)
    service.queued.set('submit', [reset])
    const page = xml('<Instances><Marker>m1</Marker><Instance><Name>I9</Name></Instance></Instances>')
    service.queued.set('list', [page, instances(['I1', 1])])
    assert.equal((await service.tunnel.execute({ sql })).instanceId, 'I1')
    const markers = service.requests.filter(
      ({ path, method }) => method === 'GET' && path.endsWith('/instances'),
    )
    assert.deepEqual(
      markers.map(({ query }) => query.get('marker')),
      [null, 'm1'],
    )
  })
})

describe('a statement that was not accepted', () => {
  const busy: Readonly<Record<string, Answer>> = {
    'too many at once': refuse(409, 'TooManyInstances', { 'retry-after': '3' }),
    'a service that does not work': xml(
      '<Error><Code>ServiceUnavailable</Code><Message>no</Message></Error>',
      503,
    ),
    throttled: refuse(429, 'FlowExceeded'),
  }
  for (const [name, answer] of Object.entries(busy))
    test(`${name}: is sent again`, async context => {
      const service = await startQueryService(context)
      service.queued.set('submit', [answer, answer])
      assert.equal((await service.tunnel.execute({ sql })).instanceId, 'I1')
      assert.equal(countOf(service, 'submit'), 3)
      assert.equal(countOf(service, 'list'), 0)
      const bodies = service.requests.slice(0, 3).map(({ body }) => body.toString())
      assert.equal(new Set(bodies).size, 1, 'with the same uuid')
      if (name === 'too many at once') assert.deepEqual(service.clock.slept, [3000, 3000])
    })

  test('is refused: an error without a search', async context => {
    const service = await startQueryService(context)
    service.queued.set('submit', [refuse(403, 'NoPermission')])
    await assert.rejects(service.tunnel.execute({ sql }), { code: 'ODPS_ACCESS_DENIED' })
    assert.deepEqual(service.steps(), ['submit'])
  })

  test('never reached the service: connecting is tried again', async context => {
    const service = await startQueryService(context)
    service.server.close()
    service.server.closeAllConnections()
    await assert.rejects(service.tunnel.execute({ sql }), { code: 'ODPS_CONNECT_FAILED', attempts: 4 })
  })

  test('the statements of createTable go by the same rule', async context => {
    const service = await startQueryService(context)
    service.queued.set('submit', [reset])
    await assert.rejects(service.tunnel.createTable({ table: 't', schema: { id: 'bigint' } }), {
      code: 'ODPS_QUERY_UNKNOWN',
      message: /^Creating the table p\.t: the answer to the statement was lost/,
    })
    assert.equal(countOf(service, 'submit'), 1)
  })
})
