import assert from 'node:assert/strict'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { describe, test } from 'node:test'
import type { DownloadSession } from '../../lib/download/download-session.js'
import { createDownloadSession, openDownloadSession } from '../../lib/download/open-download-session.js'
import { TunnelError, TunnelSessionError } from '../../lib/errors.js'
import { TableResource } from '../../lib/session/table-resource.js'
import { type Answer, createFakeClock, json, refuse, reset, text } from '../http/scripted-server.js'
import { downloadJson, startTableService, type TableService } from '../session/table-service.js'

const open = async (service: TableService): Promise<DownloadSession> => createDownloadSession(service.table)

const readAll = async (body: AsyncIterable<Buffer>): Promise<string> => {
  const chunks: Buffer[] = []
  for await (const chunk of body) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}

describe('create', () => {
  test('a session that is ready at once', async t => {
    const service = await startTableService(t)
    const partition = [{ name: 'MONTH', value: '2001-01' }]
    const { client, table } = service
    const session = await createDownloadSession(
      new TableResource(client, table.name, { partition, tags: ['x'] }),
    )
    assert.equal(session.sessionId, 'D1')
    assert.equal(session.recordCount, 10)
    assert.equal(session.status, 'normal')
    assert.equal(session.quotaName, 'q')
    assert.equal(session.dateTransform, false)
    assert.deepEqual(session.table, { project: 'p', table: 't' })
    assert.deepEqual(
      session.partitionValues().map(({ column, value }) => [column.name, column.type.kind, value]),
      [['month', 'string', '2001-01']],
    )
    const [asked, seen] = service.requests
    assert.equal(asked!.query.get('partition'), "MONTH='2001-01'")
    assert.equal(seen!.headers['odps-tunnel-tags'], 'x')
    assert.deepEqual(Object.fromEntries(seen!.query), {
      downloads: '',
      asyncmode: 'true',
      partition: 'MONTH=2001-01',
      curr_project: 'p',
    })
  })

  test('a session in preparation is polled, 0.1 s doubling to 5 s', async t => {
    const clock = createFakeClock()
    const service = await startTableService(t, { clock })
    const initiating: Answer = json({ DownloadID: 'D1', Status: 'initiating' })
    service.queued.set('download', [initiating])
    service.queued.set('state', Array(8).fill(initiating))
    const session = await open(service)
    assert.equal(session.recordCount, 10)
    assert.deepEqual(clock.slept, [100, 200, 400, 800, 1600, 3200, 5000, 5000, 5000])
    assert.equal(service.requests.at(-1)!.query.get('downloadid'), 'D1')
  })

  test('a 202 is not ready, whatever it says', async t => {
    const service = await startTableService(t)
    service.queued.set('download', [json(downloadJson(99), 202)])
    assert.equal((await open(service)).recordCount, 10)
    assert.deepEqual(service.steps(), ['table', 'download', 'state'])
  })

  test('one that never gets ready is given up', async t => {
    const clock = createFakeClock()
    const service = await startTableService(t, { clock })
    const initiating: Answer = json({ DownloadID: 'D1', Status: 'initiating' })
    service.queued.set('download', [initiating])
    service.queued.set('state', Array(500).fill(initiating))
    await assert.rejects(open(service), { code: 'ODPS_SESSION_STATUS', status: 'initiating' })
    assert.ok(clock.slept.reduce((a, b) => a + b) < 31 * 60_000)
  })

  test('an abort while it is prepared', async t => {
    const service = await startTableService(t)
    const abort = new AbortController()
    service.queued.set('download', [
      (request, response) => {
        abort.abort()
        json({ DownloadID: 'D1', Status: 'initiating' })(request, response)
      },
    ])
    await assert.rejects(createDownloadSession(service.table, { signal: abort.signal }), {
      name: 'AbortError',
    })
  })

  for (const status of ['expired', 'critical', 'failed'])
    test(`${status} is an error`, async t => {
      const service = await startTableService(t)
      service.queued.set('download', [json(downloadJson(1, status))])
      await assert.rejects(
        open(service),
        error => error instanceof TunnelSessionError && error.sessionId === 'D1' && error.status === status,
      )
    })

  for (const status of ['closed', 'closes', 'NORMAL'])
    test(`${status} is not`, async t => {
      const service = await startTableService(t)
      service.queued.set('download', [json(downloadJson(1, status))])
      assert.equal((await open(service)).status, status.toLowerCase())
    })

  for (const [name, answer] of [
    ['RecordCount', { ...downloadJson(1), RecordCount: undefined }],
    ['Schema', { ...downloadJson(1), Schema: null }],
    ['DownloadID', { ...downloadJson(1), DownloadID: '' }],
    ['RecordCount', { ...downloadJson(1), RecordCount: 2 ** 60 }],
    ['RecordCount', { ...downloadJson(1), RecordCount: 'many' }],
  ] as const)
    test(`an answer without a usable ${name}`, async t => {
      const service = await startTableService(t)
      service.queued.set('download', [json(answer)])
      await assert.rejects(open(service), { code: 'ODPS_UNEXPECTED_ANSWER', message: new RegExp(name) })
    })

  test('is repeated twice after lost answers', async t => {
    const service = await startTableService(t)
    service.queued.set('download', [reset, reset, reset])
    await assert.rejects(open(service), { attempts: 3 })
  })
})

describe('openRange', () => {
  test('asks as the protocol says', async t => {
    const service = await startTableService(t)
    const session = await open(service)
    const response = await session.openRange({
      start: 2,
      count: 3,
      columns: ['NAME', 'id'],
      compression: 'deflate',
    })
    assert.equal(await readAll(response.body), 'rows')
    assert.deepEqual(
      response.columns.map(({ name }) => name),
      ['name', 'id'],
    )
    const seen = service.requests.at(-1)!
    assert.equal(seen.method, 'GET')
    assert.equal(seen.headers['accept-encoding'], 'deflate')
    assert.deepEqual(Object.fromEntries(seen.query), {
      data: '',
      downloadid: 'D1',
      rowrange: '(2,3)',
      columns: 'name,id',
      curr_project: 'p',
    })
  })

  test('all columns and no compression', async t => {
    const service = await startTableService(t)
    const response = await (await open(service)).openRange({ start: 0, count: 99, compression: 'raw' })
    const seen = service.requests.at(-1)!
    assert.equal(seen.query.has('columns'), false)
    assert.equal(seen.query.get('rowrange'), '(0,10)')
    assert.equal(seen.headers['accept-encoding'], 'identity')
    assert.equal(response.columns.length, 2)
    response.destroy()
  })

  test('tells the encoding that was used', async t => {
    const service = await startTableService(t)
    service.queued.set('data', [text('x', 200, { 'content-encoding': 'zstd' })])
    const response = await (await open(service)).openRange({ start: 0, count: 1, compression: 'snappy' })
    assert.equal(response.contentEncoding, 'zstd')
    assert.equal(await readAll(response.body), 'x')
  })

  test('refuses what cannot be asked for', async t => {
    const service = await startTableService(t)
    const session = await open(service)
    const ask = (start: number, count: number, columns?: string[]): Promise<unknown> =>
      session.openRange({ start, count, columns, compression: 'raw' })
    await assert.rejects(ask(11, 1), { code: 'ODPS_INVALID_RANGE' })
    await assert.rejects(ask(10, 1), { code: 'ODPS_INVALID_RANGE' })
    await assert.rejects(ask(0, 0), { code: 'ODPS_INVALID_RANGE' })
    await assert.rejects(ask(0, 1, ['nope']), { code: 'ODPS_INVALID_COLUMNS' })
    await assert.rejects(ask(0, 1, ['month']), { code: 'ODPS_INVALID_COLUMNS' })
    assert.deepEqual(service.steps(), ['table', 'download'])
  })

  test('repeats until there is a head, and not after', async t => {
    const service = await startTableService(t)
    const session = await open(service)
    const cut: Answer = (_, response) => {
      response.writeHead(200, { 'content-length': '9' })
      response.write('half', () => response.socket?.destroy())
    }
    service.queued.set('data', [refuse(429, 'SlotExceeded'), reset, cut])
    const retried: string[] = []
    const onRetry = ({ error }: { error: { code: string } }): void => void retried.push(error.code)
    const response = await session.openRange({ start: 0, count: 1, compression: 'raw', onRetry })
    await assert.rejects(readAll(response.body), {
      code: 'ODPS_CONNECTION_LOST',
      message: /^Reading rows 0 to 0 of p\.t: the connection to 127\.0\.0\.1:\d+ broke during the response/,
    })
    assert.deepEqual(retried, ['ODPS_THROTTLED', 'ODPS_CONNECTION_LOST'])
    assert.equal(service.steps().filter(step => step === 'data').length, 3)
  })

  test('a table that was modified', async t => {
    const service = await startTableService(t)
    service.queued.set('data', [refuse(409, 'TableModified')])
    const session = await open(service)
    await assert.rejects(session.openRange({ start: 0, count: 1, compression: 'raw' }), {
      code: 'ODPS_TABLE_MODIFIED',
      message: /create a new download session/,
    })
  })
})

test('load, attach, splits, toJSON, waiting', async t => {
  const clock = createFakeClock()
  const service = await startTableService(t, { clock })
  const session = await openDownloadSession(service.table, { sessionId: 'D1' })
  assert.deepEqual(service.steps(), ['state'])
  service.queued.set('state', [json(downloadJson(10, 'expired'))])
  assert.deepEqual(await session.load(), { status: 'expired' })
  assert.equal(session.status, 'expired')
  assert.deepEqual(session.splits(3), [
    { start: 0, count: 4 },
    { start: 4, count: 3 },
    { start: 7, count: 3 },
  ])
  const { schema } = session
  assert.deepEqual(JSON.parse(JSON.stringify(session)), {
    ...{ project: 'p', table: 't', sessionId: 'D1', recordCount: 10 },
    schema: JSON.parse(JSON.stringify(schema)),
  })
  const error = new TunnelError('ODPS_TRUNCATED_STREAM', 'cut')
  const told: unknown[] = []
  const onRetry = (event: unknown): void => void told.push(event)
  const messages: unknown[] = []
  const listen = (message: unknown): void => void messages.push(message)
  subscribe('odps-tunnel:retry', listen)
  await session.waitBeforeResume({ error, attempt: 1, delayMs: 100 }, { onRetry })
  await session.waitBeforeResume({ error, attempt: 3, delayMs: 400 }, {})
  unsubscribe('odps-tunnel:retry', listen)
  assert.deepEqual(clock.slept, [100, 400])
  assert.deepEqual(told, [{ error, attempt: 1, delayMs: 100 }])
  assert.deepEqual(messages[0], {
    ...{ method: 'GET', host: `127.0.0.1:${service.port}`, path: '/projects/p/tables/t' },
    ...{ attempt: 1, delayMs: 100, errorCode: 'ODPS_TRUNCATED_STREAM' },
    ...{ statusCode: undefined, serviceCode: undefined },
  })
  assert.equal(messages.length, 2)
  assert.equal(session.resumeRules.attempts, 4)
  assert.deepEqual(session.partitionValues(), [])
})

test('an unknown session', async t => {
  const service = await startTableService(t)
  service.queued.set('state', [refuse(404, 'NoSuchDownload')])
  await assert.rejects(openDownloadSession(service.table, { sessionId: 'D9' }), {
    code: 'ODPS_NO_SUCH_SESSION',
    message: /Sessions end after 24 hours/,
  })
})
