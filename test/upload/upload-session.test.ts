import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createRecordDecoder } from '../../lib/codec/rows/record-decoder.js'
import {
  TunnelOptionError,
  TunnelServiceError,
  TunnelSessionError,
  TunnelValueError,
} from '../../lib/errors.js'
import { TableResource } from '../../lib/session/table-resource.js'
import {
  createUploadSession,
  openUploadSession,
  type UploadSession,
} from '../../lib/upload/upload-session.js'
import { json, refuse, reset, secret, text } from '../http/scripted-server.js'
import { blockOf, startTableService, type TableService, uploadJson } from '../session/table-service.js'

const open = async (service: TableService): Promise<UploadSession> => createUploadSession(service.table)

test('create, put, commit', async t => {
  const service = await startTableService(t)
  const session = await createUploadSession(service.table, { overwrite: true })
  assert.equal(session.sessionId, 'U1')
  assert.equal(session.maxFieldBytes, 1024)
  assert.equal(session.quotaName, 'q')
  assert.equal(session.dateTransform, false)
  assert.deepEqual(
    session.schema.columns.map(({ name }) => name),
    ['id', 'name'],
  )
  assert.deepEqual(await session.putBlock(0, blockOf(3)), { blockId: 0, rows: 3, rawBytes: 3, wireBytes: 3 })
  const result = await session.commit()
  assert.deepEqual(result, { sessionId: 'U1', blockIds: [0], blocks: 1, rows: 3 })
  assert.equal(session.status, 'closed')
  assert.deepEqual(service.steps(), ['create', 'put', 'load', 'commit'])
  const [create, put] = service.requests
  assert.deepEqual(Object.fromEntries(create!.query), { uploads: '', overwrite: 'true', curr_project: 'p' })
  assert.equal(create!.path, '/projects/p/tables/t')
  assert.deepEqual(Object.fromEntries(put!.query), { uploadid: 'U1', blockid: '0', curr_project: 'p' })
  assert.equal(put!.headers['transfer-encoding'], 'chunked')
  assert.equal(put!.headers['content-type'], 'application/octet-stream')
  assert.equal(put!.headers['content-encoding'], undefined)
})

describe('create', () => {
  test('with schema, partition, createPartition and tags', async t => {
    const service = await startTableService(t)
    const partition = [{ name: 'month', value: '2001-01' }]
    const name = { project: 'p2', schemaName: 's', table: 't' }
    const resource = new TableResource(service.client, name, { partition, tags: ['x', 'y'] })
    await createUploadSession(resource, { createPartition: true })
    const [seen] = service.requests
    assert.equal(seen!.path, '/projects/p2/schemas/s/tables/t')
    assert.deepEqual(Object.fromEntries(seen!.query), {
      uploads: '',
      create_partition: 'true',
      partition: 'month=2001-01',
      curr_project: 'p',
    })
    assert.equal(seen!.headers['odps-tunnel-tags'], 'x,y')
  })

  test('puts the levels of a partition into the order of the table, asking for it first', async t => {
    const service = await startTableService(t)
    const partition = [
      { name: 'REGION', value: 'cn' },
      { name: 'month', value: '2001-01' },
    ]
    const name = { ...service.table.name, schemaName: 's' }
    const session = await createUploadSession(new TableResource(service.client, name, { partition }))
    assert.deepEqual(service.steps(), ['table', 'create'])
    const [described, create] = service.requests
    assert.equal(described!.path, '/api/projects/p/tables/t')
    assert.deepEqual(Object.fromEntries(described!.query), { curr_schema: 's', curr_project: 'p' })
    assert.equal(create!.query.get('partition'), 'month=2001-01,region=cn')
    assert.deepEqual(session.toJSON(), {
      project: 'p',
      schemaName: 's',
      table: 't',
      partitionSpec: 'month=2001-01,region=cn',
      sessionId: 'U1',
    })
  })

  test('takes the levels as given from a user who may not see the table', async t => {
    const service = await startTableService(t)
    service.queued.set('table', [refuse(403, 'NoPermission')])
    const partition = [
      { name: 'month', value: '1' },
      { name: 'region', value: 'cn' },
    ]
    await createUploadSession(service.table.ofPartition(partition))
    assert.equal(service.requests[1]!.query.get('partition'), 'month=1,region=cn')
  })

  test('refuses levels that the table does not have', async t => {
    const service = await startTableService(t)
    const partition = [
      { name: 'month', value: '1' },
      { name: 'planet', value: 'mars' },
    ]
    const created = createUploadSession(service.table.ofPartition(partition))
    await assert.rejects(created, { code: 'ODPS_INVALID_PARTITION_SPEC' })
  })

  test('a two-part name that is not found gets the hint to pass project', async t => {
    const service = await startTableService(t)
    service.queued.set('create', [refuse(404, 'NoSuchSchema')])
    const name = { project: 'p', schemaName: 'sales', table: 't' }
    await assert.rejects(createUploadSession(new TableResource(service.client, name)), {
      code: 'ODPS_NO_SUCH_SCHEMA',
      message: /'sales\.t' means schema and table: if 'sales' is a project, pass it as the option project\.$/,
    })
  })

  test('is repeated twice after lost answers, and not more', async t => {
    const service = await startTableService(t)
    service.queued.set('create', [reset, reset])
    await open(service)
    service.queued.set('create', [reset, reset, reset])
    await assert.rejects(open(service), { code: 'ODPS_CONNECTION_LOST', attempts: 3 })
  })

  for (const [name, answer] of [
    ['no object', json([])],
    ['no UploadID', json({ ...uploadJson('normal', new Map()), UploadID: '' })],
    ['no schema', json({ UploadID: 'U1', Status: 'normal' })],
    ['a block without id', json({ ...uploadJson('normal', new Map()), UploadedBlockList: [{}] })],
    ['a block list that is none', json({ ...uploadJson('normal', new Map()), UploadedBlockList: 'x' })],
  ] as const)
    test(`an answer with ${name} is a protocol error`, async t => {
      const service = await startTableService(t)
      service.queued.set('create', [answer])
      await assert.rejects(open(service), {
        code: 'ODPS_UNEXPECTED_ANSWER',
        message: /^(Creating|Table schema)/,
      })
      assert.equal(service.requests.length, 1)
    })

  test('remembers that the service wants dates transformed', async t => {
    const service = await startTableService(t)
    service.queued.set('create', [
      json(uploadJson('normal', new Map()), 200, { 'odps-tunnel-date-transform': 'true' }),
    ])
    assert.equal((await open(service)).dateTransform, true)
  })
})

describe('blocks', () => {
  for (const id of [-1, 20_000, 1.5, Number.NaN])
    test(`id ${id} is refused before anything is sent`, async t => {
      const service = await startTableService(t)
      const session = await open(service)
      await assert.rejects(session.putBlock(id, blockOf(1)), TunnelOptionError)
      await assert.rejects(session.upload(id, []), TunnelOptionError)
      await assert.rejects(session.commit([id]), TunnelOptionError)
      assert.deepEqual(service.steps(), ['create'])
    })

  test('the last id is good', async t => {
    const service = await startTableService(t)
    await (await open(service)).putBlock(19_999, blockOf(1))
    assert.deepEqual([...service.blocks], [[19_999, 1]])
  })

  test('the same id again replaces the block', async t => {
    const service = await startTableService(t)
    const session = await open(service)
    await session.putBlock(7, blockOf(3))
    await session.putBlock(7, blockOf(5))
    assert.deepEqual(await session.commit(), { sessionId: 'U1', blockIds: [7], blocks: 1, rows: 5 })
    assert.equal((await session.commit([7])).rows, 5)
    for (const others of [[], [8], [7, 8]])
      await assert.rejects(session.commit(others), { code: 'ODPS_BLOCK_LIST_MISMATCH' })
  })

  test('the same id twice at the same time is refused', async t => {
    const service = await startTableService(t)
    const session = await open(service)
    const first = session.putBlock(7, blockOf(3))
    await assert.rejects(session.putBlock(7, blockOf(5)), TunnelOptionError)
    await first
  })

  test('after the commit: a session error', async t => {
    const service = await startTableService(t)
    const session = await open(service)
    service.queued.set('put', [refuse(409, 'StatusConflict')])
    await assert.rejects(session.putBlock(0, blockOf(1)), error => {
      assert.ok(error instanceof TunnelSessionError)
      assert.equal(error.code, 'ODPS_SESSION_STATUS')
      assert.ok(error.cause instanceof TunnelServiceError)
      return true
    })
  })

  test('the times of the service, where it tells them', async t => {
    const service = await startTableService(t)
    const session = await open(service)
    const header = '{"PanguIOCost":10,"ServerIOCost":20,"ServerTotalCost":100}'
    service.queued.set('put', [text('', 200, { 'odps-tunnel-metrics': header }), text('')])
    const { metrics } = await session.putBlock(0, blockOf(1))
    assert.deepEqual(metrics, { totalMicros: 100, networkMicros: 20, storageMicros: 10, rateLimitMicros: 0 })
    assert.equal('metrics' in (await session.putBlock(1, blockOf(1))), false)
  })

  test('retries are told', async t => {
    const service = await startTableService(t)
    const session = await open(service)
    service.queued.set('put', [refuse(429, 'SlotExceeded'), reset])
    const codes: string[] = []
    await session.putBlock(0, blockOf(1), { onRetry: ({ error }) => codes.push(error.code) })
    assert.deepEqual(codes, ['ODPS_THROTTLED', 'ODPS_CONNECTION_LOST'])
  })
})

describe('upload', () => {
  const rows = [
    [1n, 'one'],
    [2n, null],
  ]

  test('encodes, and sends what the decoder reads back', async t => {
    const service = await startTableService(t)
    const session = await open(service)
    const result = await session.upload(3, rows, { compression: 'raw' })
    const { body } = service.requests[1]!
    assert.deepEqual(result, { blockId: 3, rows: 2, rawBytes: body.length, wireBytes: body.length })
    const decoder = createRecordDecoder(session.schema.columns)
    const read: unknown[] = []
    decoder.push(body, read)
    decoder.end()
    assert.deepEqual(read, rows)
  })

  test('takes async iterables, and compresses with snappy by default', async t => {
    const service = await startTableService(t)
    const session = await open(service)
    async function* source(): AsyncGenerator<unknown> {
      for (let i = 0; i < 20_000; i++) yield { id: i, name: 'the same text again and again' }
    }
    const { rows: count, rawBytes, wireBytes } = await session.upload(0, source())
    const [, put] = service.requests
    assert.equal(put!.headers['content-encoding'], 'x-snappy-framed')
    assert.equal(count, 20_000)
    assert.equal(put!.body.length, wireBytes)
    assert.ok(wireBytes * 3 < rawBytes)
  })

  test('sends nothing when a row is bad, and tells which', async t => {
    const service = await startTableService(t)
    const session = await open(service)
    await assert.rejects(session.upload(0, [...rows, ['x', 'y']]), error => {
      assert.ok(error instanceof TunnelValueError)
      assert.equal(error.rowIndex, 2)
      return true
    })
    assert.deepEqual(service.steps(), ['create'])
  })

  test('sends nothing when the source fails or the signal fires, and closes the source', async t => {
    const service = await startTableService(t)
    const session = await open(service)
    const failing = async function* (): AsyncGenerator<unknown> {
      yield [1n, 'x']
      throw new Error('no more')
    }
    await assert.rejects(session.upload(0, failing()), /no more/)
    const abort = new AbortController()
    let closed = false
    const endless = async function* (): AsyncGenerator<unknown> {
      try {
        for (let i = 0; ; i++) {
          if (i === 10) abort.abort()
          yield [BigInt(i), 'x']
        }
      } finally {
        closed = true
      }
    }
    await assert.rejects(session.upload(0, endless(), { signal: abort.signal }), { name: 'AbortError' })
    assert.equal(closed, true)
    assert.deepEqual(service.steps(), ['create'])
  })
})

describe('attach', () => {
  test('gives the state of the session', async t => {
    const service = await startTableService(t)
    service.blocks.set(4, 2)
    const session = await openUploadSession(service.table, { sessionId: 'U1' })
    assert.deepEqual(service.steps(), ['load'])
    assert.equal(session.attached, true)
    assert.deepEqual(await session.load(), { status: 'normal', blocks: [{ blockId: 4, recordCount: 2 }] })
  })

  test('an unknown session', async t => {
    const service = await startTableService(t)
    service.queued.set('load', [refuse(404, 'NoSuchUpload')])
    await assert.rejects(openUploadSession(service.table, { sessionId: 'U9' }), {
      code: 'ODPS_NO_SUCH_SESSION',
    })
  })

  test('what one hands to a worker holds no secret', async t => {
    const service = await startTableService(t)
    const session = await open(service)
    const text = JSON.stringify(session)
    assert.equal(text, '{"project":"p","table":"t","sessionId":"U1"}')
    assert.ok(!text.includes(secret))
  })
})
