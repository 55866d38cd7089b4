import assert from 'node:assert/strict'
import { once } from 'node:events'
import { pipeline } from 'node:stream/promises'
import { after, describe, test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import fc from 'fast-check'
import type { FaultSource } from '../../lib/emulator/fault.js'
import { startEmulator, type TableDefinition } from '../../lib/emulator/index.js'
import {
  createUpsertStream,
  deleteRow,
  partialRow,
  RowBatch,
  Tunnel,
  type TunnelError,
  TunnelOptionError,
  type TunnelOptions,
  TunnelServiceError,
  TunnelSessionError,
  type TunnelValueError,
  type UpsertStream,
  type UpsertStreamOptions,
} from '../../lib/index.js'
import { createFakeClock } from '../http/scripted-server.js'

const emulator = await startEmulator({ listen: false })
after(() => emulator.close())

let tables = 0
const partialUpdates = { 'acid.partial.fields.update.enable': 'true' }

/** A table `(id bigint, name string, n bigint)` with the key id, and a tunnel whose clock does not wait. */
const newTable = async (definition: Partial<TableDefinition> = {}, options: TunnelOptions = {}) => {
  const name = `t${++tables}`
  await emulator.createTable({
    ...{ name, columns: { id: 'bigint', name: 'string', n: 'bigint' }, primaryKey: ['id'] },
    properties: partialUpdates,
    ...definition,
  })
  const clock = createFakeClock(Date.now())
  const tunnel = new Tunnel({ ...emulator.connection, clock, ...options })
  const sorted = async (): Promise<unknown[]> => {
    const rows = await tunnel.download({ table: name })
    return rows.sort((a, b) => (String(a[0]) < String(b[0]) ? -1 : 1))
  }
  return { name, tunnel, clock, rows: sorted }
}

/** Runs with faults for the requests of one table. */
const withFaults = async <T>(faults: FaultSource, run: () => Promise<T>): Promise<T> => {
  emulator.setFaults(faults)
  try {
    return await run()
  } finally {
    emulator.setFaults()
  }
}

const requestsOf = (table: string, method?: string) =>
  emulator.requests.filter(
    each =>
      each.table === table &&
      each.path.endsWith('/upserts') &&
      (method === undefined || each.method === method),
  )

const upsertAll = async (stream: UpsertStream, rows: Iterable<unknown>): Promise<void> => {
  await stream.writeAll(rows)
  stream.end()
  await stream.committed
}

describe('a stream of upserts', () => {
  test('replaces, adds, deletes and sets columns, all visible at its end', async () => {
    const { name, tunnel, rows } = await newTable()
    await emulator.insert(name, [
      [1n, 'a', 1n],
      [2n, 'b', 2n],
      [3n, 'c', 3n],
    ])
    const stream = tunnel.createUpsertStream({ table: name })
    const opened = once(stream, 'session')
    await pipeline(
      [
        [1n, 'A', null],
        { ID: 4, Name: 'd' },
        deleteRow({ id: 2n }),
        partialRow({ id: 3n, n: 33n }, ['n']),
        RowBatch.from<unknown>([[5n, 'e', 5n], deleteRow([4n]), partialRow([6n, 'f', 7n], ['name'])]),
      ],
      stream,
    )
    const [session] = await opened
    assert.deepEqual(await rows(), [
      [1n, 'A', null],
      [3n, 'c', 33n],
      [5n, 'e', 5n],
      [6n, 'f', null],
    ])
    const { rawBytes, wireBytes, blocks, ...result } = await stream.committed
    assert.deepEqual(result, { sessionId: session.sessionId, committed: true, rows: 7 })
    assert.ok(rawBytes > 0 && wireBytes > 0)
    assert.equal(blocks, requestsOf(name, 'PUT').length)
    assert.equal(stream.session, session)
    assert.deepEqual(session.toJSON(), { project: 'emulator', table: name, sessionId: session.sessionId })
  })

  test('nothing is visible before the end', async () => {
    const { name, tunnel, rows } = await newTable()
    const stream = tunnel.createUpsertStream({ table: name, flushRows: 1 })
    await stream.writeBatch([
      [1n, 'a', 1n],
      [2n, 'b', 2n],
    ])
    while (stream.stats.blocks < 2) await turn()
    assert.deepEqual(await rows(), [])
    stream.end()
    await stream.committed
    assert.equal((await rows()).length, 2)
  })

  test('rows of one key keep their order, however small and many the requests', async () => {
    const { name, tunnel, rows } = await newTable()
    const options = { table: name, flushRows: 1, bufferBytes: 4096, concurrency: 16 }
    // A request that is held up must not be overtaken by the next one of its bucket.
    const faults: FaultSource = ({ action, sequence }) =>
      action === 'putUpsert' ? { delayMs: sequence % 3 } : undefined
    await withFaults(faults, () =>
      upsertAll(
        tunnel.createUpsertStream(options),
        Array.from({ length: 300 }, (_, i) => [BigInt(i % 5), `version ${i}`, BigInt(i)]),
      ),
    )
    assert.deepEqual(
      await rows(),
      Array.from({ length: 5 }, (_, id) => [BigInt(id), `version ${295 + id}`, BigInt(295 + id)]),
    )
  })

  test('an empty stream commits nothing but itself', async () => {
    const { name, tunnel, rows } = await newTable()
    const stream = tunnel.createUpsertStream({ table: name })
    stream.end()
    const { rows: count, blocks } = await stream.committed
    assert.deepEqual([count, blocks, await rows()], [0, 0, []])
  })

  test('goes to one partition', async () => {
    const { name, tunnel } = await newTable({ partitionColumns: { day: 'string', hour: 'bigint' } })
    await emulator.addPartition(name, 'day=a,hour=1')
    const options = { table: name, partitionSpec: { hour: 1, day: 'a' } }
    await upsertAll(tunnel.createUpsertStream(options), [{ id: 1n, name: 'x', day: 'a' }])
    assert.deepEqual(await emulator.rows(name, 'day=a,hour=1'), [{ id: 1n, name: 'x', n: null }])
  })

  for (const compression of ['raw', 'deflate', 'snappy', 'zstd', 'lz4'] as const)
    test(`in ${compression}`, async () => {
      const { name, tunnel, rows } = await newTable()
      const all = Array.from({ length: 500 }, (_, i) => [BigInt(i), `name ${i}`, null])
      await upsertAll(tunnel.createUpsertStream({ table: name, compression, flushBytes: 1000 }), all)
      assert.deepEqual(
        await rows(),
        all.sort((a, b) => (String(a[0]) < String(b[0]) ? -1 : 1)),
      )
    })

  test('connects by itself, and closes its connections', async () => {
    const { name, rows } = await newTable()
    const stream = createUpsertStream({ ...emulator.connection, table: name })
    await upsertAll(stream, [[1n, 'a', 1n]])
    assert.equal((await rows()).length, 1)
  })
})

/** What a random upsert does to a plain Map. */
type Change =
  | { readonly kind: 'row'; readonly id: number; readonly name: string | null; readonly n: number | null }
  | { readonly kind: 'delete'; readonly id: number }
  | {
      readonly kind: 'partial'
      readonly id: number
      readonly name?: string | null
      readonly n?: number | null
    }

const id = fc.integer({ min: 0, max: 60 })
const nameCell = fc.option(fc.string({ unit: 'grapheme', maxLength: 20 }))
const nCell = fc.option(fc.integer())
const change: fc.Arbitrary<Change> = fc.oneof(
  fc.record({ kind: fc.constant('row' as const), id, name: nameCell, n: nCell }),
  fc.record({ kind: fc.constant('delete' as const), id }),
  fc.record({ kind: fc.constant('partial' as const), id, name: nameCell }),
  fc.record({ kind: fc.constant('partial' as const), id, name: nameCell, n: nCell }),
)

const chunkOf = (change: Change): unknown => {
  const { kind, id, ...cells } = change
  if (kind === 'delete') return deleteRow([BigInt(id)])
  return kind === 'row' ? { id, ...cells } : partialRow({ id, ...cells }, Object.keys(cells))
}

type Model = Map<number, { name: string | null; n: number | null }>

const applyTo = (model: Model, change: Change): void => {
  const { kind, id, ...cells } = change
  if (kind === 'delete') model.delete(id)
  else model.set(id, { name: null, n: null, ...(kind === 'partial' ? model.get(id) : {}), ...cells })
}

test('any upserts, deletions and partial rows leave what a plain Map has', async () => {
  const { name, tunnel } = await newTable({ properties: { ...partialUpdates, 'write.bucket.num': '7' } })
  const model: Model = new Map()
  let changes = 0
  const property = fc.asyncProperty(
    fc.array(change, { minLength: 100, maxLength: 400 }),
    fc.record({
      flushRows: fc.integer({ min: 4, max: 60 }),
      bufferBytes: fc.integer({ min: 2000, max: 60_000 }),
    }),
    async (list, limits) => {
      changes += list.length
      for (const each of list) applyTo(model, each)
      await upsertAll(tunnel.createUpsertStream({ table: name, ...limits }), list.map(chunkOf))
      const found = (await emulator.rows<{ id: number }>(name, undefined, { bigint: 'number' })).map(
        ({ id, ...rest }) => [id, rest],
      )
      assert.deepEqual(new Map(found as [number, object][]), model)
    },
  )
  await fc.assert(property, { numRuns: 10, endOnFailure: true })
  assert.equal(changes >= 1000, true, `only ${changes} changes were made`)
})

describe('trouble on the way is settled', () => {
  const rowsToWrite = Array.from({ length: 200 }, (_, i) => [BigInt(i), `n${i}`, BigInt(i)])
  const troubles: readonly [string, FaultSource][] = [
    ['flushes that are refused for now', [{ action: 'putUpsert', times: 3, fault: { status: 429 } }]],
    ['a service that is away', [{ action: 'putUpsert', after: 2, times: 2, fault: { status: 503 } }]],
    ['an internal error', [{ action: 'putUpsert', fault: { status: 500 } }]],
    [
      'a flush that was taken without an answer',
      [{ action: 'putUpsert', after: 1, times: 2, fault: 'drop-answer' }],
    ],
    ['a connection that breaks', [{ action: 'putUpsert', times: 2, fault: { cutRequestAfter: 3 } }]],
    ['damage on the way', [{ action: 'putUpsert', fault: { status: 400, code: 'CorruptedDataStream' } }]],
    [
      'a slot that moved',
      [
        {
          action: 'putUpsert',
          times: 3,
          fault: { status: 308, headers: { 'odps-tunnel-routed-server': '10.1.2.3:80' } },
        },
      ],
    ],
    ['a slot that moved nobody says where', [{ action: 'putUpsert', times: 3, fault: { status: 308 } }]],
    ['a slot whose server is gone', [{ action: 'putUpsert', times: 2, fault: { status: 502, body: '' } }]],
    [
      'a slot whose server is gone, and no word of the session',
      [
        { action: 'putUpsert', fault: { status: 504 } },
        { action: 'getUpsert', fault: { status: 500 } },
      ],
    ],
    ['a session that was created without an answer', [{ action: 'createUpsert', fault: 'drop-answer' }]],
    ['a commit without an answer', [{ action: 'commitUpsert', times: 2, fault: 'drop-answer' }]],
    ['a commit that never arrived', [{ action: 'commitUpsert', times: 2, fault: 'reset' }]],
    ['a commit that is refused for now', [{ action: 'commitUpsert', times: 2, fault: { status: 429 } }]],
    [
      'a commit whose slot moved',
      [
        {
          action: 'commitUpsert',
          fault: { status: 308, headers: { 'odps-tunnel-routed-server': '10.1.2.3:80' } },
        },
      ],
    ],
    ['a commit whose slot moved nobody says where', [{ action: 'commitUpsert', fault: { status: 308 } }]],
    ['a commit that fails in the service', [{ action: 'commitUpsert', fault: { status: 500 } }]],
    [
      'a session that is forgotten when it is committed',
      [
        { action: 'commitUpsert', fault: 'drop-answer' },
        { action: 'getUpsert', after: 1, times: 9, fault: { status: 404, code: 'UpsertSessionNotFound' } },
      ],
    ],
  ]
  const isFoundOut = ['a commit without an answer', 'a session that is forgotten when it is committed']
  for (const [what, faults] of troubles)
    test(what, async () => {
      const { name, tunnel, rows } = await newTable()
      const stream = tunnel.createUpsertStream({ table: name, flushRows: 10 })
      await withFaults(faults, () => upsertAll(stream, rowsToWrite))
      assert.equal((await rows()).length, 200)
      // A commit that was carried out is found by asking, and not sent again.
      assert.equal(stream.stats.retries > 0, !isFoundOut.includes(what))
    })

  test('what moved is asked for at its new place from then on', async () => {
    const { name, tunnel, rows } = await newTable({ properties: { 'write.bucket.num': '1' } })
    const moved = { status: 308, headers: { 'odps-tunnel-routed-server': '10.1.2.3:80' } }
    await withFaults([{ action: 'putUpsert', after: 1, fault: moved }], () =>
      upsertAll(tunnel.createUpsertStream({ table: name, flushRows: 50 }), rowsToWrite),
    )
    const routed = requestsOf(name).map(
      ({ action, headers }) => `${action} ${headers['odps-tunnel-routed-server'] ?? ''}`,
    )
    const [created, first, refused, ...later] = routed
    assert.deepEqual(
      [created, first, refused],
      ['createUpsert ', 'putUpsert emulator.invalid:80', 'putUpsert emulator.invalid:80'],
    )
    const puts = later.filter(each => each.startsWith('putUpsert'))
    assert.equal(puts.length > 0 && puts.every(each => each === 'putUpsert 10.1.2.3:80'), true)
    assert.equal((await rows()).length, 200)
  })

  test('the session is asked for what may have moved, and not after other failures', async () => {
    for (const [fault, asked] of [
      [{ status: 308 }, 2],
      [{ status: 502, body: '' }, 2],
      [{ status: 504 }, 2],
      [{ status: 500 }, 1],
    ] as const)
      for (const action of ['putUpsert', 'commitUpsert'] as const) {
        const { name, tunnel } = await newTable()
        await withFaults([{ action, fault }], () =>
          upsertAll(tunnel.createUpsertStream({ table: name }), [[1n, 'a', 1n]]),
        )
        const loads = requestsOf(name).filter(each => each.action === 'getUpsert').length
        // A commit that failed is looked up in any case.
        assert.equal(loads, action === 'putUpsert' ? asked : 2, `${action} ${JSON.stringify(fault)}`)
        assert.equal(emulator.rowCount(name), 1)
      }
  })

  test('a commit that takes its time is asked for again, later and later', async () => {
    const { name, tunnel, clock, rows } = await newTable()
    const states = ['committing', 'normal', 'committing']
    const faults: FaultSource = ({ action, table, query }) => {
      if (action !== 'commitUpsert' || table !== name) return undefined
      const status = states.shift()
      return status === undefined
        ? undefined
        : { status: 200, body: stateText(query.get('upsertid')!, status) }
    }
    await withFaults(faults, () => upsertAll(tunnel.createUpsertStream({ table: name }), [[1n, 'a', 1n]]))
    assert.deepEqual(clock.slept, [250, 500, 1000])
    assert.equal((await rows()).length, 1)
  })

  test('a commit that does not end is not waited for without end, and may be repeated', async () => {
    const { name, tunnel, clock } = await newTable()
    const stream = tunnel.createUpsertStream({ table: name })
    const faults: FaultSource = ({ action, query }) =>
      action === 'commitUpsert'
        ? { status: 200, body: stateText(query.get('upsertid')!, 'committing') }
        : undefined
    const error = await withFaults(faults, () => failureOf(stream, [[1n, 'a', 1n]]))
    assert.ok(error instanceof TunnelSessionError)
    assert.equal(error.code, 'ODPS_COMMIT_UNKNOWN')
    const slept = clock.slept.reduce((sum, ms) => sum + ms, 0)
    assert.ok(slept > 110_000 && slept <= 120_000, String(slept))
    // Nobody knows that it is not committed: it must not be given up.
    assert.equal(requestsOf(name, 'DELETE').length, 0)
    const session = await tunnel.openUpsertSession(stream.session!.toJSON())
    await session.commit()
    assert.equal(emulator.rowCount(name), 1)
  })

  test('a session that ends before its commit is an error', async () => {
    const { name, tunnel } = await newTable()
    const gone = { status: 404, code: 'UpsertSessionNotFound' }
    const faults: FaultSource = [
      { action: 'getUpsert', times: 9, fault: gone },
      { action: 'commitUpsert', times: 9, fault: gone },
    ]
    const error = await withFaults(faults, () =>
      failureOf(tunnel.createUpsertStream({ table: name }), [[1n, 'a', 1n]]),
    )
    assert.ok(error instanceof TunnelServiceError)
    assert.equal(error.code, 'ODPS_NO_SUCH_SESSION')
    const expired: FaultSource = ({ action, query }) =>
      action === 'getUpsert' ? { status: 200, body: stateText(query.get('upsertid')!, 'expired') } : undefined
    const other = await withFaults(expired, () =>
      failureOf(tunnel.createUpsertStream({ table: name }), [[1n, 'a', 1n]]),
    )
    assert.ok(other instanceof TunnelSessionError)
    assert.deepEqual([other.code, other.status], ['ODPS_SESSION_STATUS', 'expired'])
    assert.match(other.message, /it is expired/)
  })

  test('a flush that cannot be sent fails the stream, which gives the session up', async () => {
    const { name, tunnel } = await newTable({}, { retry: { attempts: 3 } })
    const stream = tunnel.createUpsertStream({ table: name, flushRows: 1, bufferBytes: 1 })
    const error = await withFaults([{ action: 'putUpsert', times: 99, fault: { status: 500 } }], () =>
      failureOf(stream, rowsToWrite),
    )
    assert.ok(error instanceof TunnelServiceError)
    assert.equal(error.code, 'ODPS_SERVICE_UNAVAILABLE')
    assert.equal(requestsOf(name, 'DELETE').length, 1)
    assert.equal(emulator.rowCount(name), 0)
  })
})

/** Of a session with 16 buckets in one slot, as its table has been made. */
const stateText = (id: string, status: string): string =>
  JSON.stringify({
    ...{ id, status, hash_key: ['id'], hasher: 'default' },
    schema: { columns: [{ name: 'id', type: 'bigint' }] },
    slots: [{ slot_id: '0', buckets: Array.from({ length: 16 }, (_, i) => i), worker_addr: 'h:1' }],
  })

const failureOf = async (stream: UpsertStream, rows: Iterable<unknown>): Promise<unknown> => {
  const failed = once(stream, 'error')
  await stream.writeAll(rows).catch(() => {})
  if (!stream.destroyed) stream.end()
  const [error] = await failed
  if (!stream.closed) await once(stream, 'close')
  return error
}

describe('a stream that is stopped', () => {
  test('gives its session up before it is closed', async () => {
    const { name, tunnel } = await newTable()
    const stream = tunnel.createUpsertStream({ table: name, flushRows: 1 })
    await stream.writeBatch([[1n, 'a', 1n]])
    while (stream.stats.blocks === 0) await turn()
    stream.destroy()
    await once(stream, 'close')
    assert.deepEqual(
      requestsOf(name).map(({ action }) => action),
      ['createUpsert', 'putUpsert', 'abortUpsert'],
    )
    await assert.rejects(stream.committed, { code: 'ODPS_STREAM_DESTROYED' })
    await assert.rejects(tunnel.openUpsertSession(stream.session!.toJSON()), { code: 'ODPS_NO_SUCH_SESSION' })
    assert.equal(emulator.rowCount(name), 0)
  })

  test('does so by a signal, an error of its source, and when its scope ends', async () => {
    const { name, tunnel } = await newTable()
    const abort = new AbortController()
    const aborted = tunnel.createUpsertStream({ table: name, signal: abort.signal })
    await aborted.writeBatch([[1n, 'a', 1n]])
    abort.abort()
    await assert.rejects(aborted.committed, { name: 'AbortError' })
    const failing = tunnel.createUpsertStream({ table: name })
    await failing.writeBatch([[2n, 'b', 2n]])
    const source = async function* () {
      yield [1n, 'a', 1n]
      throw new Error('the source')
    }
    await assert.rejects(pipeline(source(), failing), /the source/)
    const disposed = tunnel.createUpsertStream({ table: name })
    await disposed.writeBatch([[1n, 'a', 1n]])
    await disposed[Symbol.asyncDispose]()
    for (const stream of [aborted, failing]) if (!stream.closed) await once(stream, 'close')
    assert.equal(requestsOf(name, 'DELETE').length, 3)
    assert.equal(emulator.rowCount(name), 0)
  })

  test('is closed although the service does not hear of it', async () => {
    const { name, tunnel } = await newTable()
    const stream = tunnel.createUpsertStream({ table: name })
    await stream.writeBatch([[1n, 'a', 1n]])
    await withFaults([{ action: 'abortUpsert', fault: 'reset' }], async () => {
      stream.destroy()
      await once(stream, 'close')
    })
    assert.equal(requestsOf(name, 'DELETE').length, 1)
  })

  test('waits for a commit that has left, and says what it knows', async () => {
    const { name, tunnel } = await newTable()
    const stream = tunnel.createUpsertStream({ table: name })
    await stream.writeBatch([[1n, 'a', 1n]])
    const { committed } = stream
    await withFaults(
      ({ action }) => (action === 'commitUpsert' ? { delayMs: 20 } : undefined),
      async () => {
        stream.end()
        while (!requestsOf(name, 'POST').some(({ action }) => action === 'commitUpsert')) await turn()
        stream.destroy()
        await Promise.allSettled([committed])
        if (!stream.closed) await once(stream, 'close')
      },
    )
    assert.equal(emulator.rowCount(name), 1)
    assert.equal(requestsOf(name, 'DELETE').length, 0)
  })
})

describe('what is refused', () => {
  const refusal = async (options: UpsertStreamOptions, tunnel: Tunnel): Promise<unknown> => {
    const stream = tunnel.createUpsertStream(options)
    const taken: unknown[] = []
    stream.write([1n, 'a', 1n], error => {
      if (!error) taken.push(1)
    })
    const [error] = await once(stream, 'error')
    assert.deepEqual(taken, [])
    return error
  }

  test('a table without a primary key, before any row', async () => {
    const { name, tunnel } = await newTable({ primaryKey: undefined, properties: {} })
    const error = await refusal({ table: name }, tunnel)
    assert.ok(error instanceof TunnelOptionError)
    assert.match(
      error.message,
      new RegExp(`emulator\\.${name} has no primary key, so rows can't be upserted into it; use an upload`),
    )
    assert.ok(error.cause instanceof TunnelServiceError)
    await assert.rejects(tunnel.createUpsertSession({ table: name }), TunnelOptionError)
  })

  test('a table that is missing, or whose partition is missing or unnamed', async () => {
    const { name, tunnel } = await newTable({ partitionColumns: { day: 'string' } })
    const code = async (options: UpsertStreamOptions): Promise<string> =>
      ((await refusal(options, tunnel)) as TunnelError).code
    assert.equal(await code({ table: 'nope' }), 'ODPS_NO_SUCH_TABLE')
    assert.equal(await code({ table: name }), 'ODPS_INVALID_PARTITION_SPEC')
    assert.equal(await code({ table: name, partitionSpec: 'day=x' }), 'ODPS_NO_SUCH_PARTITION')
  })

  test('a key that cannot be hashed, or another schema; the session is given up', async () => {
    const keyed = await newTable({ columns: { id: 'json', n: 'bigint' } })
    const error = await refusal({ table: keyed.name }, keyed.tunnel)
    assert.ok(error instanceof TunnelOptionError)
    assert.match(error.message, /Column 'id' of the primary key is of the type json/)
    assert.equal(requestsOf(keyed.name, 'DELETE').length, 1)
    const other = await newTable()
    const schema = {
      columns: [{ name: 'id', type: { kind: 'bigint' }, nullable: false }],
      partitionColumns: [],
    } as const
    assert.equal(
      ((await refusal({ table: other.name, schema }, other.tunnel)) as TunnelError).code,
      'ODPS_SCHEMA_MISMATCH',
    )
    assert.equal(requestsOf(other.name, 'DELETE').length, 1)
  })

  test('options, at once', async () => {
    const { tunnel } = await newTable()
    const wrong: readonly Record<string, unknown>[] = [
      { table: 't', flushBytes: 0 },
      { table: 't', bufferBytes: 1.5 },
      { table: 't', slots: 0 },
      { table: 't', overwrite: true },
      { table: 't', compression: 'raw', compressionLevel: 3 },
      {},
    ]
    for (const options of wrong)
      assert.throws(() => tunnel.createUpsertStream(options as never), TunnelOptionError)
  })

  test('rows that do not fit go to onRowError, and leave nothing', async () => {
    const { name, tunnel, rows } = await newTable()
    const bad: string[] = []
    const onRowError = (error: TunnelValueError, _: unknown, index: number): void => {
      bad.push(`${index} ${error.code} ${error.column}`)
    }
    const stream = tunnel.createUpsertStream({ table: name, onRowError })
    await upsertAll(stream, [
      [1n, 'a', 1n],
      [null, 'a', 1n],
      { id: 2n, nmae: 'x' },
      deleteRow({ name: 'a' }),
      partialRow({ name: 'a' }, ['name']),
      [3n, 'c', 2n ** 63n],
      [4n, 'd', 4n],
    ])
    assert.deepEqual(bad, [
      '1 ODPS_NULL_NOT_ALLOWED id',
      '2 ODPS_UNKNOWN_COLUMN nmae',
      '3 ODPS_UNKNOWN_COLUMN name',
      '4 ODPS_NULL_NOT_ALLOWED id',
      '5 ODPS_VALUE_OUT_OF_RANGE n',
    ])
    assert.deepEqual(await rows(), [
      [1n, 'a', 1n],
      [4n, 'd', 4n],
    ])
    assert.deepEqual([stream.stats.rows, stream.stats.rowErrors], [2, 5])
  })

  test('partial rows where the table takes only whole ones fail the stream', async () => {
    const { name, tunnel } = await newTable({ properties: {} })
    const stream = tunnel.createUpsertStream({ table: name, onRowError: () => {} })
    const error = await failureOf(stream, [partialRow({ id: 1n, name: 'x' }, ['name'])])
    assert.ok(error instanceof TunnelOptionError)
    assert.match(error.message, /acid\.partial\.fields\.update\.enable/)
  })
})
