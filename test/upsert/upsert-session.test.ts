import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { after, mock, test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { ByteBudget } from '../../lib/budget/byte-budget.js'
import { createRecordEncoder } from '../../lib/codec/rows/record-encoder.js'
import { ChunkPool } from '../../lib/compression/chunk-pool.js'
import { startEmulator } from '../../lib/emulator/index.js'
import {
  deleteRow,
  partialRow,
  Tunnel,
  TunnelOptionError,
  TunnelSessionError,
  TunnelValueError,
} from '../../lib/index.js'
import { deferred } from '../../lib/session/deferred.js'
import { newUploadStats } from '../../lib/session/transfer-stats.js'
import { BlockSender } from '../../lib/upload/block-sender.js'
import { BucketWriter } from '../../lib/upsert/bucket-writer.js'
import { UpsertEncoder } from '../../lib/upsert/upsert-encoder.js'
import { createFakeClock } from '../http/scripted-server.js'

const emulator = await startEmulator({ listen: false })
after(() => emulator.close())
const tunnel = new Tunnel({ ...emulator.connection, clock: createFakeClock(Date.now()) })

let tables = 0
const newTable = async (): Promise<string> => {
  const name = `t${++tables}`
  await emulator.createTable({
    ...{ name, columns: { id: 'bigint', v: 'string', n: 'bigint' }, primaryKey: ['id'] },
    properties: { 'acid.partial.fields.update.enable': 'true' },
  })
  return name
}
const rowsOf = (table: string): Promise<unknown[]> => emulator.rows(table, undefined, { rowShape: 'array' })
const requestsOf = (table: string): string[] =>
  emulator.requests.flatMap(each =>
    each.table === table && each.path.endsWith('/upserts') ? [each.action] : [],
  )

test('a session takes rows and keys until it is committed', async () => {
  const table = await newTable()
  const session = await tunnel.createUpsertSession({ table, slots: 2 })
  assert.deepEqual([session.status, session.primaryKey, session.table.table], ['normal', ['id'], table])
  await session.upsert([[1n, 'a', 1n], { id: 2n, v: 'b' }, [3n, 'c', 3n]])
  await session.delete(Readable.from([{ id: 2n }, [9n]]))
  await session.flush()
  assert.deepEqual(await rowsOf(table), [])
  await session.upsert([partialRow({ id: 3n, n: 4n }, ['n']), deleteRow([1n])])
  const result = await session.commit()
  assert.deepEqual([result.committed, result.rows, result.sessionId], [true, 7, session.sessionId])
  assert.deepEqual(await rowsOf(table), [[3n, 'c', 4n]])
  assert.deepEqual(await session.commit(), result)
  await assert.rejects(session.upsert([[1n, 'a', 1n]]), { code: 'ODPS_SESSION_STATUS' })
  await assert.rejects(session.abort(), { code: 'ODPS_SESSION_STATUS' })
  assert.equal(requestsOf(table).filter(action => action === 'commitUpsert').length, 1)
})

test('a session is shared by its JSON, and committed by one', async () => {
  const table = await newTable()
  const session = await tunnel.createUpsertSession({ table })
  await session.upsert([[1n, 'a', 1n]])
  await session.flush()
  const other = await tunnel.openUpsertSession(JSON.parse(JSON.stringify(session)))
  await other.upsert([[2n, 'b', 2n]])
  await other.commit()
  assert.equal((await rowsOf(table)).length, 2)
  assert.deepEqual(await session.load(), { status: 'committed' })
  // The other one has committed for both.
  assert.equal((await session.commit()).committed, true)
})

test('an aborted session leaves nothing, is gone, and may be aborted again', async () => {
  const table = await newTable()
  const session = await tunnel.createUpsertSession({ table, flushRows: 1 })
  await session.upsert([[1n, 'a', 1n]])
  await session.abort()
  await session.abort()
  assert.deepEqual(await rowsOf(table), [])
  await assert.rejects(session.flush(), { code: 'ODPS_SESSION_STATUS' })
  await assert.rejects(tunnel.openUpsertSession(session.toJSON()), { code: 'ODPS_NO_SUCH_SESSION' })
  const disposed = await tunnel.createUpsertSession({ table })
  await disposed[Symbol.asyncDispose]()
  await assert.rejects(disposed.load(), { code: 'ODPS_NO_SUCH_SESSION' })
})

test('a row that does not fit is told with its index in the session; rows before it are taken', async () => {
  const table = await newTable()
  const session = await tunnel.createUpsertSession({ table })
  await session.upsert([[1n, 'a', 1n]])
  const bad = session.upsert([
    [2n, 'b', 2n],
    [3n, 'c', 'x'],
    [4n, 'd', 4n],
  ])
  await assert.rejects(
    bad,
    (error: unknown) => error instanceof TunnelValueError && error.rowIndex === 2 && error.column === 'n',
  )
  await assert.rejects(session.delete([{ id: 1n, v: 'a' }]), TunnelValueError)
  await assert.rejects(session.upsert('rows' as never), TunnelOptionError)
  await session.commit()
  assert.deepEqual(await rowsOf(table), [
    [1n, 'a', 1n],
    [2n, 'b', 2n],
  ])
})

test('a session with a request that failed takes nothing more, and commits nothing', async () => {
  const table = await newTable()
  const session = await tunnel.createUpsertSession({ table, flushRows: 1 })
  emulator.setFaults([{ action: 'putUpsert', times: 99, fault: { status: 400, code: 'InvalidArgument' } }])
  await session.upsert([[1n, 'a', 1n]])
  await assert.rejects(session.flush(), { code: 'ODPS_SERVICE_ERROR' })
  emulator.setFaults()
  await assert.rejects(session.upsert([[2n, 'b', 2n]]), { code: 'ODPS_SERVICE_ERROR' })
  await assert.rejects(session.commit(), { code: 'ODPS_SERVICE_ERROR' })
  await session.abort()
  assert.deepEqual(await rowsOf(table), [])
})

test('a commit waits for no rows that are still being taken', async () => {
  const session = await tunnel.createUpsertSession({ table: await newTable() })
  const { promise, resolve } = deferred<void>()
  const taking = session.upsert(
    (async function* () {
      await promise
      yield [1n, 'a', 1n]
    })(),
  )
  await assert.rejects(
    session.commit(),
    (error: unknown) => error instanceof TunnelSessionError && /still being taken/.test(error.message),
  )
  resolve()
  await taking
  await session.commit()
})

test('a signal stops what waits', async () => {
  const session = await tunnel.createUpsertSession({ table: await newTable() })
  const abort = new AbortController()
  const rows = (function* () {
    yield [1n, 'a', 1n]
    abort.abort()
    for (let i = 0n; ; i++) yield [i, 'a', 1n]
  })()
  await assert.rejects(session.upsert(rows, { signal: abort.signal }), { name: 'AbortError' })
  await assert.rejects(session.commit({ signal: abort.signal }), { name: 'AbortError' })
  await session.abort()
})

test('a session is kept alive while it is open, and not after', async t => {
  mock.timers.enable({ apis: ['setInterval'] })
  t.after(() => mock.timers.reset())
  const table = await newTable()
  const session = await tunnel.createUpsertSession({ table })
  const loads = (): number => requestsOf(table).filter(action => action === 'getUpsert').length
  for (const expected of [1, 2]) {
    mock.timers.tick(30_000)
    while (loads() < expected) await turn()
  }
  await session.commit()
  const committed = loads()
  mock.timers.tick(120_000)
  for (let i = 0; i < 20; i++) await turn()
  assert.equal(loads(), committed)
})

test('memory holds the rows that wait and those under way, and one bucket is never in two requests', async () => {
  const table = {
    columns: [
      { name: 'id', type: { kind: 'bigint' }, nullable: false },
      { name: 'v', type: { kind: 'string' }, nullable: true },
    ],
    ...{ key: [0], columnIds: [0n, 1n], takesPartialRows: true, partition: undefined },
  } as const
  const recordBytes = 1024
  const [bufferBytes, concurrency] = [200_000, 3]
  let [underWay, most, sent] = [0, 0, 0]
  const busy = new Set<number>()
  const open: (() => void)[] = []
  const [stats, pool] = [newUploadStats(() => concurrency), new ChunkPool()]
  const memory = new ByteBudget().share()
  const call = { signal: new AbortController().signal }
  const sender = new BlockSender(
    { concurrency, pool, memory, call, onFailure: error => assert.fail(error) },
    stats,
  )
  const writer = new BucketWriter(
    {
      ...{ buckets: 16, compression: 'raw', compressionLevel: undefined, concurrency, bufferBytes },
      ...{ flushBytes: 20_000, flushRows: Number.POSITIVE_INFINITY },
      put: async (bucket, block) => {
        assert.equal(busy.has(bucket), false)
        busy.add(bucket)
        underWay += block.rawBytes
        await new Promise<void>(resolve => open.push(resolve))
        underWay -= block.rawBytes
        busy.delete(bucket)
        sent += block.rows
        return block.rawBytes
      },
    },
    new UpsertEncoder(table, 'default', 16, {}),
    { call, stats, pool, memory, sender, onFailure: error => assert.fail(error) },
  )
  const encoder = createRecordEncoder(table.columns)
  let taken = 0
  const release = async (): Promise<void> => {
    for (let i = 0; i < 5; i++) await turn()
    open.shift()?.()
  }
  for (let i = 0; i < 2000; i++) {
    const wait = writer.add([BigInt(i % 40), 'x'.repeat(recordBytes)], i)
    encoder.write([BigInt(i % 40), 'x'.repeat(recordBytes)], i)
    taken++
    if (wait === undefined) continue
    const [held, isThrough] = [(taken - sent) * recordBytes, { value: false }]
    most = Math.max(most, held)
    wait.then(() => {
      isThrough.value = true
    })
    while (!isThrough.value) await release()
  }
  // A page of 512 bytes is lost at the end of each bucket, and one row may be over.
  assert.equal(most <= bufferBytes + 2 * recordBytes, true, `${most} bytes of rows were held`)
  assert.equal(most > bufferBytes / 2, true, `the buffer was not used: ${most}`)
  const flushed = writer.flush()
  while (sent < taken) await release()
  await flushed
  assert.deepEqual([sent, underWay, stats.blocks > 20], [2000, 0, true])
})
