import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { type Emulator, startEmulator } from '../../../lib/emulator/index.js'
import { parseDataType } from '../../../lib/schema/parse-data-type.js'
import { cellOf, loadVectors } from '../../codec/golden-vectors.js'
import { call, idAndName, jsonOf, type Reply, twoRows } from '../emulator-client.js'

/* Bodies and conversations recorded from PyODPS; the rows expected are those it was given. */

interface RecordedRequest {
  readonly method: string
  readonly target: string
  readonly headers: Readonly<Record<string, string>>
}

interface PackVector {
  readonly name: string
  readonly schema: readonly { readonly name: string; readonly type: string }[]
  readonly requests: readonly RecordedRequest[]
  readonly packs: readonly {
    readonly rows: readonly (readonly unknown[])[]
    readonly hex?: string
    readonly hexWide?: string
    readonly base64?: string
  }[]
}

/** A streaming upload by hand. */
class StreamCalls {
  readonly #emulator: Emulator
  readonly #path: string

  constructor(emulator: Emulator, table: string) {
    this.#emulator = emulator
    this.#path = `/projects/p/tables/${table}/streams`
  }

  send(method: string, query: string, headers = {}, body?: Buffer): Promise<Reply> {
    return call(this.#emulator.tunnelEndpoint, method, `${this.#path}?${query}`, {
      headers,
      ...(body !== undefined && { body: [body] }),
    })
  }

  async create(query = '', headers = {}): Promise<Record<string, unknown>> {
    const reply = await this.send('POST', query, headers)
    assert.equal(reply.status, 200, reply.body.toString())
    return jsonOf(reply)
  }

  put(session: Record<string, unknown>, query: string, body: Buffer, headers = {}): Promise<Reply> {
    const slots = session['slots'] as [number, string][]
    return this.send(
      'PUT',
      `uploadid=${session['session_name']}&slotid=0${query}`,
      {
        ...{ 'odps-tunnel-slot-num': String(slots.length), 'odps-tunnel-routed-server': slots[0]![1] },
        ...headers,
      },
      body,
    )
  }
}

const outcome = (reply: Reply): string => `${reply.status} ${jsonOf(reply)['Code']}`

describe('streaming uploads to the emulator', () => {
  let emulator: Emulator
  let tables = 0
  before(async () => {
    emulator = await startEmulator({ projects: ['p'] })
  })
  after(() => emulator.close())

  const newTable = async (
    columns: object = idAndName,
    partitionColumns?: object,
  ): Promise<[string, StreamCalls]> => {
    const name = `t${++tables}`
    await emulator.createTable({ name, columns, partitionColumns } as Parameters<Emulator['createTable']>[0])
    return [name, new StreamCalls(emulator, name)]
  }

  for (const vector of loadVectors<PackVector>('stream-packs'))
    test(`${vector.name}: rows are there after each pack that PyODPS sent`, async () => {
      const [created, ...puts] = vector.requests
      const isPartitioned = created!.target.includes('partition=ds')
      const columns = vector.schema.map(column => ({ ...column }))
      const [name, calls] = await newTable(columns, isPartitioned ? { ds: 'string' } : undefined)
      // The table of the recording had version 3; the columns of its hint are not those of its schema.
      const asked = (target: string): string =>
        target.slice(target.indexOf('?') + 1).replace(/&?(schema_version=3|zorder_columns=[^&]*)/g, '')
      const session = await calls.create(asked(created!.target), created!.headers)
      const slots = session['slots'] as [number, string][]
      const rows: unknown[] = []
      for (const [i, { target, headers }] of puts.entries()) {
        const pack = vector.packs[i]!
        const query = asked(target).replace('uploadid=st1', `uploadid=${session['session_name']}`)
        const { 'Transfer-Encoding': _, ...others } = headers
        const server = slots[0]![1]
        const body =
          pack.base64 === undefined
            ? Buffer.from(pack.hexWide ?? pack.hex!, 'hex')
            : Buffer.from(pack.base64, 'base64')
        const reply = await calls.send('PUT', query, { ...others, 'odps-tunnel-routed-server': server }, body)
        assert.equal(reply.status, 200, reply.body.toString())
        assert.deepEqual(
          [reply.headers['odps-tunnel-slot-num'], reply.headers['odps-tunnel-routed-server']],
          [String(slots.length), server],
        )
        assert.equal(reply.headers['odps-tunnel-batch-id'], String(i + 1))
        rows.push(
          ...pack.rows.map(row => row.map((cell, c) => cellOf(cell, parseDataType(vector.schema[c]!.type)))),
        )
        const partition = isPartitioned ? 'ds=20250102' : undefined
        assert.deepEqual(await emulator.rows(name, partition, { rowShape: 'array', json: 'text' }), rows)
      }
    })

  test('the session: types as strict clients want them, told by GET and by POST', async () => {
    const [, calls] = await newTable()
    const session = await calls.create('quotaName=q', { 'odps-slot-num': '3' })
    const { port } = emulator
    assert.deepEqual(
      { ...session, session_name: '', schema: undefined },
      {
        ...{ session_name: '', schema: undefined, schema_version: 0, status: 'normal' },
        ...{ quota_name: 'q', QuotaName: 'q', last_batch_id: 0, last_batch_commit_time: 0 },
        slots: [0, 1, 2].map(id => [id, `127.0.0.${id + 1}:${port}`]),
      },
    )
    const id = `uploadid=${session['session_name']}`
    assert.equal((await calls.put(session, '', twoRows)).status, 200)
    for (const method of ['GET', 'POST']) {
      const state = jsonOf(await calls.send(method, id))
      assert.deepEqual([state['slots'], state['last_batch_id']], [session['slots'], 1])
    }
    assert.equal(
      (await calls.create('', { 'odps-tunnel-slot-num': '1' }))['slots']?.toString().split(',').length,
      2,
    )
    assert.equal(outcome(await calls.send('GET', 'uploadid=other')), '404 StreamSessionNotFound')
    assert.equal(outcome(await calls.send('POST', '', { 'odps-slot-num': 'x' })), '400 InvalidArgument')
    const [, others] = await newTable()
    assert.equal(outcome(await others.send('GET', id)), '404 StreamSessionNotFound')
  })

  test('what is damaged, cut, miscounted or misplaced leaves nothing', async () => {
    const [name, calls] = await newTable()
    const session = await calls.create()
    const damaged = Buffer.from(twoRows)
    damaged[5]! ^= 1
    const cases: [string, Buffer, object, string][] = [
      ['', damaged, {}, '400 CorruptedDataStream'],
      ['', twoRows.subarray(0, 20), {}, '400 MalformedDataStream'],
      ['', Buffer.alloc(0), {}, '400 MalformedDataStream'],
      ['', twoRows, { 'Content-Encoding': 'br' }, '400 InvalidArgument'],
      ['&record_count=3', twoRows, {}, '400 IncompleteBody'],
      ['&schema_version=1', twoRows, {}, '400 InvalidArgument'],
      ['&partition=p%3D1', twoRows, {}, '400 InvalidPartitionSpec'],
      ['', twoRows, { 'odps-tunnel-routed-server': '10.0.0.1:80' }, '308 SlotReassigned'],
    ]
    for (const [query, body, headers, expected] of cases)
      assert.equal(outcome(await calls.put(session, query, body, headers)), expected, query)
    const noSlot = await calls.send('PUT', `uploadid=${session['session_name']}`, {}, twoRows)
    assert.equal(outcome(noSlot), '400 InvalidArgument')
    assert.equal(emulator.rowCount(name), 0)
    assert.equal((await calls.put(session, '&record_count=2', twoRows)).status, 200)
    assert.equal(emulator.rowCount(name), 2)
  })

  test('slots that move or change in number', async () => {
    const own = await startEmulator({ projects: ['p'] })
    try {
      await own.createTable({ name: 't', columns: idAndName })
      const calls = new StreamCalls(own, 't')
      const session = await calls.create()
      own.moveSlots()
      const refused = await calls.put(session, '', twoRows)
      assert.equal(outcome(refused), '308 SlotReassigned')
      const server = refused.headers['odps-tunnel-routed-server']!
      assert.equal(server, `127.0.1.1:${own.port}`)
      own.slots = 1
      const taken = await calls.put(session, '', twoRows, { 'odps-tunnel-routed-server': server })
      assert.deepEqual([taken.status, taken.headers['odps-tunnel-slot-num']], [200, '1'])
      const headers = { 'odps-tunnel-routed-server': `127.0.1.2:${own.port}` }
      const former = await calls.send('PUT', `uploadid=${session['session_name']}&slotid=1`, headers, twoRows)
      assert.deepEqual([former.status, former.headers['odps-tunnel-slot-num']], [200, '1'])
      assert.throws(() => (own.slots = 0), /slots must be/)
      assert.equal(own.rowCount('t'), 4)
    } finally {
      await own.close()
    }
  })

  const alter = async (name: string, change: string): Promise<void> => {
    const query = `alter table ${name} ${change}`
    const xml = `<Instance><Job><Tasks><SQL><Name>x</Name><Query>${query}</Query></SQL></Tasks></Job></Instance>`
    const reply = await call(emulator.endpoint, 'POST', '/projects/p/instances', { body: Buffer.from(xml) })
    assert.equal(reply.status, 201)
  }

  test('a schema that has changed is refused where it is asked for, and where records no longer fit', async () => {
    const [name, calls] = await newTable()
    const session = await calls.create()
    await alter(name, 'add columns (more bigint)')
    const refused = await calls.put(session, '&check_latest_schema=true', twoRows)
    assert.equal(outcome(refused), '412 SchemaModified')
    for (const prefix of ['', 'x-'])
      assert.equal(refused.headers[`${prefix}odps-tunnel-latest-schema-version`], '1')
    assert.equal((await calls.put(session, '&check_latest_schema=false', twoRows)).status, 200)
    assert.equal((await calls.create('schema_version=1'))['schema_version'], 1)
    assert.equal(outcome(await calls.send('POST', 'schema_version=2')), '404 NoSuchSchema')
    assert.equal(outcome(await calls.send('POST', 'schema_version=0')), '400 InvalidArgument')
    await alter(name, 'drop columns id')
    assert.equal(outcome(await calls.put(session, '', twoRows)), '412 SchemaModified')
    assert.equal(emulator.rowCount(name), 2)
  })

  test('partitions: one for the session, or with dynamic_partition one for each pack', async () => {
    const [name, calls] = await newTable(idAndName, { pt: 'string' })
    assert.equal(outcome(await calls.send('POST', '')), '400 MissingPartitionSpec')
    assert.equal(outcome(await calls.send('POST', 'partition=pt%3Da')), '404 NoSuchPartition')
    const one = await calls.create('partition=pt%3Da&create_partition=')
    assert.equal((await calls.put(one, '', twoRows)).status, 200)
    assert.equal((await calls.put(one, '&partition=pt%3Da', twoRows)).status, 200)
    assert.equal(outcome(await calls.put(one, '&partition=pt%3Db', twoRows)), '400 InvalidPartitionSpec')
    const many = await calls.create('dynamic_partition=true')
    const dynamic = (partition: string): string => `&partition=pt%3D${partition}&dynamic_partition=true`
    assert.equal((await calls.put(many, dynamic('b'), twoRows)).status, 200)
    assert.equal((await calls.put(many, dynamic('a'), twoRows)).status, 200)
    assert.equal(outcome(await calls.put(many, '', twoRows)), '400 MissingPartitionSpec')
    assert.deepEqual([emulator.rowCount(name, 'pt=a'), emulator.rowCount(name, 'pt=b')], [6, 2])
  })

  test('a session ends after 24 hours, and its rows stay', async () => {
    let now = Date.UTC(2026, 0, 1)
    const own = await startEmulator({ projects: ['p'], clock: () => now })
    try {
      await own.createTable({ name: 't', columns: idAndName })
      const calls = new StreamCalls(own, 't')
      const session = await calls.create()
      assert.equal((await calls.put(session, '', twoRows)).status, 200)
      now += 24 * 3_600_000
      assert.equal(outcome(await calls.put(session, '', twoRows)), '404 StreamSessionNotFound')
      await calls.create()
      assert.equal(own.rowCount('t'), 2)
    } finally {
      await own.close()
    }
  })
})
