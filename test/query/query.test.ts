import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { TunnelOptionError, type TunnelQueryError } from '../../lib/errors.js'
import { createQueryStream, execute, query, Tunnel } from '../../lib/index.js'
import type { QueryStats } from '../../lib/session/transfer-stats.js'
import { json, refuse, secret } from '../http/scripted-server.js'
import { startQueryService, xml } from './query-service.js'

const rows = [
  [1n, 'a'],
  [2n, 'b'],
]

const base64 = (value: string): string =>
  `<Result Transform="Base64" Format="text"><![CDATA[${Buffer.from(value).toString('base64')}]]></Result>`

describe('a query', () => {
  test('is submitted, followed until it has ended, and read', async context => {
    const service = await startQueryService(context)
    service.statuses = ['Running', 'Running', 'Terminated']
    const stream = service.tunnel.createQueryStream({ sql: 'SELECT * FROM t' })
    const told: unknown[] = []
    stream.on('instance', instance => told.push(instance))
    assert.deepEqual(await stream.toArray(), rows)
    assert.deepEqual(told, [{ instanceId: 'I1', project: 'p' }])
    const states = service.steps().filter(step => step !== 'progress')
    assert.deepEqual(states, [
      ...['submit', 'status', 'tasks', 'status', 'tasks', 'status', 'tasks'],
      ...['session', 'data'],
    ])
    assert.deepEqual(service.clock.slept, [250, 500])
    assert.deepEqual(stream.stats.query, {
      ...{ instanceId: 'I1', project: 'p', state: 'terminated', progress: 1 },
      ...{ tasks: [{ name: 'AnonymousSQLTask', state: 'success' }], limited: false, possiblyCut: false },
    })
    assert.equal(stream.session?.instanceId, 'I1')
    assert.equal(stream.session?.table, undefined)
  })

  test('goes out as the clients of the service send it', async context => {
    const service = await startQueryService(context)
    const sql = "SELECT '<&>' AS a\r\nFROM t -- the end"
    const hints = { 'odps.sql.allow.fullscan': 'true', 'odps.sql.type.system.odps2': 'false' }
    await service.tunnel.query({ sql, hints, priority: 3, project: 'q', schemaName: 's' })
    const { method, path, query: parameters, headers, body } = service.submitted()
    assert.equal(`${method} ${path}`, 'POST /api/projects/q/instances')
    assert.equal(parameters.get('curr_schema'), 's')
    assert.equal(headers['content-type'], 'application/xml')
    const document = body.toString().replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/, 'UUID')
    assert.equal(
      document,
      '<?xml version="1.0" encoding="utf-8"?><Instance><Job><Priority>3</Priority><Tasks><SQL>' +
        '<Name>AnonymousSQLTask</Name><Config><Property><Name>settings</Name><Value>' +
        '{"odps.sql.type.system.odps2":"false","odps.namespace.schema":"true",' +
        '"odps.sql.allow.namespace.schema":"true","odps.default.schema":"s","odps.sql.allow.fullscan":"true"}' +
        '</Value></Property><Property><Name>uuid</Name><Value>UUID</Value></Property></Config><Query>' +
        "SELECT '&lt;&amp;&gt;' AS a&#13;\nFROM t -- the end\n;</Query></SQL></Tasks>" +
        '<DAG><RunMode>Sequence</RunMode></DAG></Job></Instance>',
    )
  })

  test('reads its result on the path of the instance, with the options of any download', async context => {
    const service = await startQueryService(context)
    const options = {
      sql: 'SELECT 1;',
      columns: ['name'],
      start: 1,
      rowShape: 'object',
      schemaName: 's',
    } as const
    assert.deepEqual(await service.tunnel.query({ ...options, columns: undefined }), [{ id: 2n, name: 'b' }])
    const seen = service.requests.slice(-2).map(({ method, path, query: parameters }) => ({
      method,
      path,
      keys: [...parameters.keys()].filter(key => key !== 'curr_project'),
      range: parameters.get('rowrange'),
    }))
    assert.deepEqual(seen, [
      { method: 'POST', path: '/projects/p/instances/I1', keys: ['downloads'], range: null },
      {
        ...{ method: 'GET', path: '/projects/p/instances/I1' },
        ...{ keys: ['data', 'downloadid', 'rowrange'], range: '(1,1)' },
      },
    ])
  })

  test('in the limited mode says so on the wire and in its counters', async context => {
    const service = await startQueryService(context)
    const stream = service.tunnel.createQueryStream({ sql: 'SELECT 1', limited: true })
    assert.deepEqual(await stream.toArray(), rows)
    for (const { query: parameters } of service.requests.slice(-2))
      assert.equal(parameters.get('instance_tunnel_limit_enabled'), '')
    const { limited, possiblyCut } = stream.stats.query!
    assert.deepEqual({ limited, possiblyCut }, { limited: true, possiblyCut: false })
  })

  test('may be cut when a limited result is as long as the limit, and only then', async context => {
    for (const [count, limited, possiblyCut] of [
      [10_000, true, true],
      [9_999, true, false],
      [10_000, false, false],
    ] as const) {
      const service = await startQueryService(context)
      service.rows = Array.from({ length: count }, (_, i) => [i, ''])
      const stream = service.tunnel.createQueryStream({ sql: 'SELECT 1', limited, count: 1 })
      assert.equal((await stream.toArray()).length, 1)
      assert.equal(stream.stats.query!.possiblyCut, possiblyCut)
    }
  })

  test('is asked for in longer and longer pauses, or in those that are wanted', async context => {
    const service = await startQueryService(context)
    service.statuses = [...Array<string>(7).fill('Running'), 'Terminated']
    await service.tunnel.query({ sql: 'SELECT 1' })
    assert.deepEqual(service.clock.slept, [250, 500, 1000, 2000, 4000, 5000, 5000])
    service.clock.slept.length = 0
    service.statuses = ['Running', 'Running', 'Terminated']
    await service.tunnel.query({ sql: 'SELECT 1', pollIntervalMs: 30 })
    assert.deepEqual(service.clock.slept, [30, 30])
  })

  test('that the service has run again counts by how it ends', async context => {
    const service = await startQueryService(context)
    service.statuses = ['Running', 'Suspended', 'Running', 'Terminated']
    service.taskRest =
      '<Histories><History><Name>AnonymousSQLTask</Name><Status>Failed</Status></History></Histories>'
    assert.deepEqual(await service.tunnel.query({ sql: 'SELECT 1' }), rows)
  })

  test('tells how much of its stages is done', async context => {
    const service = await startQueryService(context)
    service.statuses = ['Running', 'Terminated']
    const stages = [100, 50].map(
      (share, i) => `<Stage ID="M${i}"><FinishedPercentage>${share}</FinishedPercentage></Stage>`,
    )
    service.taskState = 'Running'
    service.queued.set('progress', [xml(`<Progress>${stages.join('')}</Progress>`)])
    const seen: number[] = []
    const done = service.tunnel.execute({
      sql: 'INSERT INTO t SELECT 1, 2',
      onProgress: ({ progress, instanceId }) => {
        assert.equal(instanceId, 'I1')
        if (progress > 0) service.taskState = 'Success'
        seen.push(progress)
      },
    })
    assert.deepEqual(await done, { instanceId: 'I1', text: '' })
    assert.deepEqual(seen, [0, 0.75, 1])
  })
})

describe('a query that fails', () => {
  const failure = async (
    result: string,
    run: (tunnel: Tunnel) => Promise<unknown>,
    context: Parameters<typeof startQueryService>[0],
    taskState = 'Failed',
  ): Promise<TunnelQueryError> => {
    const service = await startQueryService(context)
    Object.assign(service, { taskState, result })
    const error = await run(service.tunnel).then(
      () => assert.fail('it did not fail'),
      (error: TunnelQueryError) => error,
    )
    assert.equal(error.name, 'TunnelQueryError')
    assert.equal(error.instanceId, 'I1')
    assert.ok(!service.steps().includes('stop'), 'what has ended is left alone')
    return error
  }

  test('has the service’s code, message and place in the text', async context => {
    const said = "ODPS-0130161:[3,14] Parse exception - invalid token 'form'"
    for (const run of [
      (tunnel: Tunnel) => tunnel.query({ sql: 'SELECT' }),
      (tunnel: Tunnel) => tunnel.execute({ sql: 'SELECT' }),
      (tunnel: Tunnel) => tunnel.createTable({ table: 't', schema: { id: 'bigint' } }),
    ]) {
      const { code, message, serviceCode, sqlPosition, retryable } = await failure(base64(said), run, context)
      assert.equal(code, 'ODPS_QUERY_FAILED')
      assert.ok(message.includes(said), message)
      assert.deepEqual(
        { serviceCode, sqlPosition },
        { serviceCode: 'ODPS-0130161', sqlPosition: { line: 3, column: 14 } },
      )
      assert.equal(retryable, false)
    }
  })

  test('is understood in its other forms, too', async context => {
    const run = (tunnel: Tunnel): Promise<unknown> => tunnel.query({ sql: 'SELECT' })
    const document = '<Error><Code>ODPS-0130013</Code><Message>Authorization exception</Message></Error>'
    const inXml = await failure(base64(document), run, context)
    assert.equal(inXml.serviceCode, 'ODPS-0130013')
    assert.match(inXml.message, /Authorization exception/)
    assert.equal(inXml.sqlPosition, undefined)
    const plain = await failure('<Result Format="text"><![CDATA[out of memory]]></Result>', run, context)
    assert.match(plain.message, /failed: out of memory\.$/)
    assert.equal(plain.serviceCode, undefined)
    const silent = await failure('', run, context)
    assert.match(silent.message, /the service doesn't say why/)
  })

  test('was stopped by somebody else', async context => {
    const error = await failure('', tunnel => tunnel.query({ sql: 'SELECT' }), context, 'Cancelled')
    assert.equal(error.code, 'ODPS_QUERY_CANCELLED')
  })

  test('ends with a state that nobody knows', async context => {
    const service = await startQueryService(context)
    service.taskState = 'Dreaming'
    await assert.rejects(service.tunnel.query({ sql: 'SELECT 1' }), {
      code: 'ODPS_UNEXPECTED_ANSWER',
      message: /dreaming/,
    })
  })

  test('is lost by the service', async context => {
    const service = await startQueryService(context)
    service.queued.set('status', [xml('<Error><Code>NoSuchObject</Code><Message>no</Message></Error>', 404)])
    await assert.rejects(service.tunnel.execute({ sql: 'INSERT INTO t VALUES (1)' }), {
      code: 'ODPS_QUERY_UNKNOWN',
      instanceId: 'I1',
    })
    assert.deepEqual(service.steps(), ['submit', 'status'])
  })

  test('has run, but gives no rows', async context => {
    const service = await startQueryService(context)
    service.queued.set('session', [refuse(400, 'InstanceTypeNotSupported')])
    await assert.rejects(service.tunnel.query({ sql: 'DROP TABLE t' }), {
      code: 'ODPS_QUERY_NO_RESULT',
      instanceId: 'I1',
      message: /has run its statement, which gives no rows/,
    })
  })

  test('is not allowed to be read whole', async context => {
    const service = await startQueryService(context)
    service.queued.set('session', [refuse(403, 'NoPermission')])
    await assert.rejects(service.tunnel.query({ sql: 'SELECT 1' }), {
      code: 'ODPS_ACCESS_DENIED',
      message: /limited: true/,
    })
  })
})

describe('the result of an instance', () => {
  test('is read by stream, batches, download and session, and by its JSON', async context => {
    const { tunnel } = await startQueryService(context)
    assert.deepEqual(await tunnel.createDownloadStream({ instanceId: 'I1' }).toArray(), rows)
    const batches: unknown[] = []
    for await (const batch of tunnel.readBatches({ instanceId: 'I1' })) batches.push(...batch)
    assert.deepEqual(batches, rows)
    assert.deepEqual(await tunnel.download({ instanceId: 'I1', count: 1 }), rows.slice(0, 1))
    const session = await tunnel.createDownloadSession({ instanceId: 'I1', limited: true })
    assert.deepEqual(await session.download(0, 2), rows)
    const json = JSON.parse(JSON.stringify(session))
    const { schema, ...rest } = json
    assert.deepEqual(rest, { project: 'p', instanceId: 'I1', limited: true, sessionId: 'D1', recordCount: 2 })
    assert.equal(schema.columns.length, 2)
    const attached = await tunnel.openDownloadSession(session.toJSON())
    assert.equal(attached.sessionId, 'D1')
    assert.deepEqual(
      await tunnel.createDownloadStream({ ...session.toJSON(), start: 1 }).toArray(),
      rows.slice(1),
    )
  })

  test('is waited for while the instance runs', async context => {
    const service = await startQueryService(context)
    service.statuses = ['Running', 'Terminated']
    service.queued.set('session', [refuse(400, 'InstanceNotTerminate')])
    assert.deepEqual(await service.tunnel.download({ instanceId: 'I1' }), rows)
    assert.deepEqual(service.steps(), ['session', 'status', 'status', 'tasks', 'session', 'data'])
  })

  test('is explained by the service when the instance has failed', async context => {
    const service = await startQueryService(context)
    Object.assign(service, { taskState: 'Failed', result: base64('ODPS-0130131:[1,1] Table not found') })
    service.queued.set('session', [refuse(400, 'TaskFailed')])
    await assert.rejects(service.tunnel.download({ instanceId: 'I1' }), {
      code: 'ODPS_QUERY_FAILED',
      serviceCode: 'ODPS-0130131',
    })
  })

  test('has expired, or was never there', async context => {
    const service = await startQueryService(context)
    service.queued.set('session', [refuse(404, 'InstanceNotFound')])
    await assert.rejects(service.tunnel.download({ instanceId: 'I1' }), {
      code: 'ODPS_QUERY_NO_RESULT',
      message: /forgets instances and their results/,
    })
  })

  test('is read in a new session when the old one is over, without a proof: it never changes', async context => {
    const service = await startQueryService(context)
    service.queued.set('data', [refuse(404, 'NoSuchDownload')])
    const stream = service.tunnel.createDownloadStream({ instanceId: 'I1' })
    const sessions: string[] = []
    stream.on('session', ({ sessionId }) => sessions.push(sessionId))
    assert.deepEqual(await stream.toArray(), rows)
    assert.equal(sessions.length, 2)
    assert.deepEqual(service.steps(), ['session', 'data', 'session', 'data'])
  })

  test('expires while it is read: an error, after rows that were right', async context => {
    const service = await startQueryService(context)
    service.queued.set('data', [refuse(404, 'NoSuchDownload')])
    service.queued.set('session', [
      json({ DownloadID: 'D1', Status: 'normal', RecordCount: 2, Schema: schema }),
      refuse(404, 'InstanceNotFound'),
    ])
    await assert.rejects(service.tunnel.download({ instanceId: 'I1' }), { code: 'ODPS_QUERY_NO_RESULT' })
  })

  test('may have two columns of one name, but not as objects', async context => {
    const service = await startQueryService(context)
    const twice = { ...schema, columns: schema.columns.map(column => ({ ...column, name: 'c' })) }
    const answer = json({ DownloadID: 'D1', Status: 'normal', RecordCount: 2, Schema: twice })
    service.queued.set('session', [answer, answer])
    assert.deepEqual(await service.tunnel.download({ instanceId: 'I1' }), rows)
    await assert.rejects(service.tunnel.download({ instanceId: 'I1', rowShape: 'object' }), {
      code: 'ODPS_INVALID_COLUMNS',
      message: /two columns are named 'c'/,
    })
  })
})

const schema = {
  IsVirtualView: false,
  columns: [
    { column_id: '0', name: 'id', nullable: true, type: 'bigint' },
    { column_id: '1', name: 'name', nullable: true, type: 'string' },
  ],
  partitionKeys: [],
}

describe('options of queries', () => {
  const connection = {
    endpoint: 'http://127.0.0.1:1/api',
    credentials: { accessKeyId: 'a', accessKeySecret: 'b' },
  }
  const tunnel = new Tunnel({ ...connection, project: 'p' })
  const refused: [string, () => unknown, RegExp][] = [
    ['table with sql', () => tunnel.createQueryStream({ sql: 'S', table: 't' } as never), /table/],
    [
      'sessionId with sql',
      () => tunnel.createQueryStream({ sql: 'S', sessionId: 'x' } as never),
      /sessionId/,
    ],
    ['no sql', () => tunnel.createQueryStream({ sql: ' \n' }), /sql is empty/],
    [
      'hints that are no strings',
      () => tunnel.createQueryStream({ sql: 'S', hints: { a: 1 } as never }),
      /hints/,
    ],
    ['priority', () => tunnel.createQueryStream({ sql: 'S', priority: 10 }), /priority/],
    [
      'table with instanceId',
      () => tunnel.createDownloadStream({ instanceId: 'i', table: 't' } as never),
      /table/,
    ],
    [
      'partitions with instanceId',
      () => tunnel.createDownloadStream({ instanceId: 'i', partitions: 'all' } as never),
      /partitions is for tables/,
    ],
    [
      'limited with table',
      () => tunnel.createDownloadStream({ table: 't', limited: true } as never),
      /limited/,
    ],
    ['an empty instanceId', () => tunnel.readBatches({ instanceId: '' }), /instanceId is empty/],
    ['no project', () => new Tunnel(connection).createQueryStream({ sql: 'S' }), /no project/],
  ]
  for (const [name, call, message] of refused)
    test(`${name}: refused before anything is sent`, () => {
      assert.throws(call, (error: Error) => error instanceof TunnelOptionError && message.test(error.message))
    })

  test('text that XML has no room for is refused, and named', async context => {
    const service = await startQueryService(context)
    for (const [sql, what] of [
      ["SELECT '\0'", /U\+0000/],
      ["SELECT '\ud83d'", /half of a surrogate pair/],
    ] as const)
      await assert.rejects(service.tunnel.query({ sql }), { code: 'ODPS_INVALID_OPTION', message: what })
    await service.tunnel.query({ sql: "SELECT '\ud83d\ude00\t\n'" })
    assert.match(service.submitted().body.toString(), /😀/u)
  })
})

describe('at top level', () => {
  test('query, execute and createQueryStream connect by themselves, or take a tunnel', async context => {
    const service = await startQueryService(context)
    const { tunnel } = service
    const connection = {
      ...{ endpoint: `${service.url}/api`, tunnelEndpoint: service.url, project: 'p' },
      credentials: { accessKeyId: 'test-id', accessKeySecret: secret },
    } as const
    for (const where of [connection, { tunnel }]) {
      assert.deepEqual(await query({ ...where, sql: 'SELECT 1' }), rows)
      assert.deepEqual(await createQueryStream({ ...where, sql: 'SELECT 1' }).toArray(), rows)
      service.result = '<Result Format="text"><![CDATA[OK]]></Result>'
      assert.deepEqual(await execute({ ...where, sql: 'DROP TABLE t' }), { instanceId: 'I1', text: 'OK' })
    }
  })

  test('progress keeps the counters up to date', async context => {
    const service = await startQueryService(context)
    service.statuses = ['Suspended', 'Terminated']
    const seen: QueryStats['state'][] = []
    service.queued.set('tasks', [
      (request, response) => {
        seen.push(stream.stats.query!.state)
        xml('<Instance><Tasks/></Instance>')(request, response)
      },
    ])
    const stream = service.tunnel.createQueryStream({ sql: 'SELECT 1' })
    service.queued.set('status', [
      xml('<Instance><Status>Suspended</Status></Instance>'),
      (request, response) => {
        seen.push(stream.stats.query!.state)
        xml('<Instance><Status>Terminated</Status></Instance>')(request, response)
      },
    ])
    await stream.toArray()
    assert.deepEqual(seen, ['running', 'suspended'])
  })
})
