import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { describe, type TestContext, test } from 'node:test'
import { type Emulator, startEmulator } from '../../lib/emulator/index.js'
import { RowBatch } from '../../lib/index.js'
import { Tunnel } from '../../lib/tunnel.js'
import { idAndName, TableCalls, twoRows } from './emulator-client.js'

const start = async (context: TestContext, options = {}): Promise<Emulator> => {
  const emulator = await startEmulator({ projects: ['p'], ...options })
  context.after(() => emulator.close())
  return emulator
}

describe('emulator.insert and emulator.rows', () => {
  test('what is inserted lies on the wire as an upload of another client leaves it', async context => {
    const emulator = await start(context)
    await emulator.createTable({ name: 't', columns: idAndName })
    const rows = [[1n, 'abc'], { NAME: null, id: 2n }]
    assert.equal(await emulator.insert('t', rows), 2)
    assert.equal((await new TableCalls(emulator).download()).body.toString('hex'), twoRows.toString('hex'))
    assert.deepEqual(await emulator.rows('t'), [
      { id: 1n, name: 'abc' },
      { id: 2n, name: null },
    ])
  })

  test('rows come from whatever can be iterated, and batches are rows', async context => {
    const emulator = await start(context)
    await emulator.createTable({ name: 't', columns: { id: 'bigint' } })
    const generated = (async function* () {
      yield [1n]
      yield RowBatch.from([[2n], [3n]])
    })()
    assert.equal(await emulator.insert('t', generated), 3)
    assert.equal(await emulator.insert('t', Readable.from([[4n]])), 1)
    assert.equal(await emulator.insert('t', new Set([[5n]])), 1)
    assert.equal(await emulator.insert('t', []), 0)
    const numbers = await emulator.rows('t', undefined, { rowShape: 'array', bigint: 'number' })
    assert.deepEqual(numbers, [[1], [2], [3], [4], [5]])
    for (const rows of ['abc', Buffer.from('abc'), 5, undefined])
      await assert.rejects(emulator.insert('t', rows as never), {
        name: 'TunnelOptionError',
        message: /insert: rows must be an iterable or async iterable of rows/,
      })
  })

  test('all or nothing', async context => {
    const emulator = await start(context)
    await emulator.createTable({
      name: 't',
      columns: { id: 'bigint' },
      partitionColumns: { day: 'string' },
    })
    await assert.rejects(emulator.insert('t', [[1n], ['x']], 'day=1'), {
      name: 'TunnelValueError',
      column: 'id',
      rowIndex: 1,
    })
    const failing = (function* () {
      yield [1n]
      throw new Error('no more')
    })()
    await assert.rejects(emulator.insert('t', failing, 'day=1'), { message: 'no more' })
    assert.deepEqual(await emulator.rows('t'), [])
    const tunnel = new Tunnel(emulator.connection)
    context.after(() => tunnel.close())
    const partitions: unknown[] = []
    for await (const partition of tunnel.listPartitions('t')) partitions.push(partition)
    assert.deepEqual(partitions, [], 'a refused row creates no partition')
  })

  test('partitions are created; all of them come with their columns, one comes without', async context => {
    const emulator = await start(context)
    const partitionColumns = { day: 'bigint', region: 'string' }
    await emulator.createTable({ name: 'T', schemaName: 's', columns: { id: 'bigint' }, partitionColumns })
    const place = { schemaName: 's' }
    await emulator.insert('t', [{ id: 1n, day: 7n, region: 'x' }], 'region=x,day=7', place)
    await emulator.insert('s.t', [[2n]], { day: 6, region: 'y' })
    await emulator.insert('p.s.t', [[3n]], 'day=7,region=x')
    assert.deepEqual(await emulator.rows('s.t'), [
      { id: 1n, day: 7n, region: 'x' },
      { id: 3n, day: 7n, region: 'x' },
      { id: 2n, day: 6n, region: 'y' },
    ])
    assert.deepEqual(await emulator.rows('t', 'day=7,region=x', { place }), [{ id: 1n }, { id: 3n }])
    assert.deepEqual(await emulator.rows('t', 'day=9,region=x', { place }), [])
    await assert.rejects(emulator.insert('s.t', [[1n]]), { code: 'ODPS_INVALID_PARTITION_SPEC' })
    await assert.rejects(emulator.insert('s.t', [{ id: 1n, day: 8n }], 'day=7,region=x'), {
      name: 'TunnelValueError',
    })
    await assert.rejects(emulator.rows('t'), { code: 'ODPS_INVALID_TABLE_NAME' })
    await assert.rejects(emulator.rows('t', undefined, { rowshape: 'array' } as never), {
      code: 'ODPS_UNKNOWN_OPTION',
    })
  })

  test('parsers by a name that is neither a column nor a type are refused, by a table without rows too', async context => {
    const emulator = await start(context, { listen: false })
    const partitionColumns = { day: 'string' }
    await emulator.createTable({ name: 't', columns: { id: 'bigint', total: 'double' }, partitionColumns })
    const read = (parsers: object) => emulator.rows('t', undefined, { parsers: parsers as never })
    await assert.rejects(read({ ID: String, totl: Number }), {
      code: 'ODPS_INVALID_COLUMNS',
      message:
        "parsers: 'totl' is neither a type nor a column; the columns are id, total, day; did you mean 'total'?",
    })
    await assert.rejects(read({ id: 'text' }), { message: /^rows: parsers must be an object of functions/ })
    assert.deepEqual(await read({ ID: String, Day: String, timestamp_ntz: String }), [])
  })

  test('values come as a download gives them', async context => {
    const emulator = await start(context, { listen: false })
    await emulator.createTable({
      name: 't',
      columns: { c: 'char(4)', j: 'json', d: 'decimal(10,2)', m: 'map<string,bigint>' },
    })
    await emulator.insert('t', [['ab', { a: [1] }, '1.5', new Map([['k', 1n]])]])
    const tunnel = new Tunnel(emulator.connection)
    const options = { table: 't', rowShape: 'object', json: 'text' } as const
    const downloaded = await tunnel.download(options)
    assert.deepEqual(downloaded, [{ c: 'ab  ', j: '{"a":[1]}', d: '1.5', m: new Map([['k', 1n]]) }])
    assert.deepEqual(await emulator.rows('t', undefined, { json: 'text' }), downloaded)
  })
})

describe('emulator.connection and emulator.env', () => {
  test('the emulator that checks signatures takes them', async context => {
    const keys = { accessKeyId: 'id', accessKeySecret: 'secret', securityToken: 'token' }
    for (const credentials of [undefined, keys, [{ bearerToken: 'bearer' }]]) {
      for (const listen of [true, false]) {
        const emulator = await start(context, { credentials, listen })
        await emulator.createTable({ name: 't', columns: { id: 'bigint' } })
        const tunnel = new Tunnel({ ...emulator.connection, retry: { attempts: 1 } })
        context.after(() => tunnel.close())
        assert.equal((await tunnel.upload({ table: 't' }, [[1n]])).rows, 1)
        assert.equal(emulator.connection.dispatcher, listen ? undefined : emulator.dispatcher)
      }
    }
  })

  test('its refusals can be read by whoever uses its connection', async context => {
    const emulator = await start(context)
    const columns = [{ name: 'id', type: 'bigint', nullable: false }] as const
    await emulator.createTable({ name: 'keyed', columns, primaryKey: ['id'] })
    const tunnel = new Tunnel(emulator.connection)
    context.after(() => tunnel.close())
    await assert.rejects(
      tunnel.upload({ table: 'keyed' }, [[1n]]),
      /The emulator does not support block uploads/,
    )
  })

  test('env names what the library and its command line read', async context => {
    const plain = await start(context)
    assert.deepEqual(plain.env, {
      ODPS_ENDPOINT: plain.endpoint,
      ODPS_PROJECT: 'p',
      ALIBABA_CLOUD_ACCESS_KEY_ID: 'any',
      ALIBABA_CLOUD_ACCESS_KEY_SECRET: 'any',
    })
    const credentials = { accessKeyId: 'id', accessKeySecret: 'secret', securityToken: 'token' }
    const checking = await start(context, { credentials })
    assert.equal(checking.env['ALIBABA_CLOUD_SECURITY_TOKEN'], 'token')
    const bearing = await start(context, { credentials: { bearerToken: 'b' } })
    assert.equal(bearing.env['ODPS_BEARER_TOKEN'], 'b')
    const silent = await start(context, { listen: false })
    assert.throws(() => silent.env, { name: 'TunnelOptionError', message: /use emulator\.connection/ })
  })

  test('without a port the endpoint is a name that nobody can own, and nothing is published about it', async context => {
    const { subscribe, unsubscribe } = await import('node:diagnostics_channel')
    const messages: unknown[] = []
    const onMessage = (message: unknown): void => void messages.push(message)
    subscribe('odps-tunnel:insecure', onMessage)
    context.after(() => unsubscribe('odps-tunnel:insecure', onMessage))
    const emulator = await start(context, { listen: false })
    assert.equal(emulator.endpoint, 'http://emulator.invalid/api')
    assert.equal(emulator.tunnelEndpoint, 'http://emulator.invalid')
    assert.equal(emulator.port, 0)
    await emulator.createTable({ name: 't', columns: { id: 'bigint' } })
    await new Tunnel(emulator.connection).upload({ table: 't' }, [[1n]])
    assert.deepEqual(messages, [])
    const hosts = new Set(emulator.requests.map(({ headers }) => headers.host))
    assert.deepEqual([...hosts], ['emulator.invalid'])
  })

  test('options of a port have no place without one', async () => {
    for (const option of [{ port: 9000 }, { host: 'localhost' }, { idleTimeoutMs: 5 }])
      await assert.rejects(startEmulator({ listen: false, ...option }), {
        code: 'ODPS_INVALID_OPTION',
        message: new RegExp(`${Object.keys(option)[0]} belongs to a port`),
      })
    await assert.rejects(startEmulator({ clock: { now: () => 0 } as never }), {
      message: /clock must be a function, or an object with now, sleep and random/,
    })
  })

  test('await using closes it', async () => {
    const emulator = await startEmulator({ listen: false })
    await emulator[Symbol.asyncDispose]()
    await assert.rejects(emulator.dispatcher.request({ origin: 'http://x', path: '/', method: 'GET' }), {
      code: 'ECONNREFUSED',
    })
  })
})
