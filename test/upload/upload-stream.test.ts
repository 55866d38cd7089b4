import assert from 'node:assert/strict'
import { once } from 'node:events'
import { pipeline } from 'node:stream/promises'
import { describe, test } from 'node:test'
import type { Fault, FaultSource } from '../../lib/emulator/fault.js'
import { TunnelSessionError, TunnelValueError } from '../../lib/errors.js'
import type { UploadStats } from '../../lib/session/transfer-stats.js'
import type { UploadSession } from '../../lib/upload/upload-session.js'
import { emulatedTable, fillTable, readTable, rowsUpTo } from '../session/emulated-table.js'

describe('upload stream: rows in', () => {
  test('takes arrays and objects, single and in batches, in order', async context => {
    const table = await emulatedTable(context)
    const upload = table.tunnel.createUploadStream({ table: 't' })
    upload.write([0n, 'a'])
    upload.write({ ID: 1, name: 'b' })
    await upload.writeBatch([[2n, 'c'], { id: '3' }])
    await upload.writeAll([[4n, null]])
    upload.end([5n, 'f'])
    const { rows, blocks, committed, sessionId } = await upload.committed
    assert.deepEqual({ rows, blocks, committed }, { rows: 6, blocks: 1, committed: true })
    assert.equal(sessionId, upload.session?.sessionId)
    assert.deepEqual(await readTable(table), [
      [0n, 'a'],
      [1n, 'b'],
      [2n, 'c'],
      [3n, null],
      [4n, null],
      [5n, 'f'],
    ])
  })

  test('writeAll takes async iterables, and rejects with the stream’s error', async context => {
    const table = await emulatedTable(context)
    const source = async function* () {
      yield* rowsUpTo(1000)
    }
    const upload = table.tunnel.createUploadStream({ table: 't' })
    await upload.writeAll(source())
    upload.end()
    assert.equal((await upload.committed).rows, 1000)
    const failing = table.tunnel.createUploadStream({ table: 't' })
    await assert.rejects(failing.writeAll([['no number', 'x']]), { code: 'ODPS_INVALID_VALUE' })
    await assert.rejects(failing.committed, { code: 'ODPS_INVALID_VALUE', column: 'id', rowIndex: 0 })
  })

  test('asking for `committed` is enough to be told of an error', async context => {
    const { tunnel } = await emulatedTable(context, {
      faults: [{ action: 'createUpload', fault: { status: 403, code: 'NoPermission' } }],
    })
    const upload = tunnel.createUploadStream({ table: 't' })
    upload.end([1n, 'a'])
    await assert.rejects(upload.committed, { code: 'ODPS_ACCESS_DENIED' })
    assert.equal(upload.listenerCount('error'), 1)
  })

  test('zero rows commit an empty session', async context => {
    const { emulator, tunnel } = await emulatedTable(context)
    const upload = tunnel.createUploadStream({ table: 't' })
    await pipeline([], upload)
    assert.deepEqual(
      { ...(await upload.committed), sessionId: '' },
      { sessionId: '', committed: true, blockIds: [], blocks: 0, rows: 0, rawBytes: 0, wireBytes: 0 },
    )
    assert.equal(emulator.requests.filter(request => request.action === 'commitUpload').length, 1)
  })

  test('overwrite replaces; with zero rows it empties the table', async context => {
    const table = await emulatedTable(context)
    await fillTable(table, 10)
    await pipeline(rowsUpTo(3), table.tunnel.createUploadStream({ table: 't', overwrite: true }))
    assert.deepEqual(await readTable(table), rowsUpTo(3))
    await pipeline([], table.tunnel.createUploadStream({ table: 't', overwrite: true }))
    assert.equal(table.emulator.rowCount('t'), 0)
  })

  test('a row may be larger than a block', async context => {
    const table = await emulatedTable(context)
    const row = [1n, 'x'.repeat(100_000)]
    await pipeline([row, row], table.tunnel.createUploadStream({ table: 't', blockBytes: 1000 }))
    assert.deepEqual(await readTable(table), [row, row])
  })

  for (const compression of ['raw', 'deflate', 'snappy', 'zstd', 'lz4'] as const)
    test(`${compression} there and back`, async context => {
      const table = await emulatedTable(context)
      const rows = rowsUpTo(20_000)
      const upload = table.tunnel.createUploadStream({ table: 't', compression, blockBytes: 100_000 })
      await upload.writeAll(rows)
      upload.end()
      const { rawBytes, wireBytes, blocks } = await upload.committed
      assert.ok(blocks > 3)
      assert.ok(compression === 'raw' ? wireBytes === rawBytes : wireBytes < rawBytes)
      const received: unknown[] = []
      for await (const batch of table.tunnel.readBatches({ table: 't', compression })) received.push(...batch)
      assert.deepEqual(received, rows)
    })
})

describe('upload stream: blocks', () => {
  test('ends blocks by rows', async context => {
    const { emulator, tunnel } = await emulatedTable(context)
    const upload = tunnel.createUploadStream({ table: 't', blockRows: 4 })
    await pipeline(rowsUpTo(10), upload)
    assert.deepEqual((await upload.committed).blockIds, [0, 1, 2])
    assert.equal(emulator.rowCount('t'), 10)
  })

  test('blocks double when 50, 75 and 90 % of the ids are used, and then ids are an error', async context => {
    const { emulator, tunnel } = await emulatedTable(context)
    const options = { table: 't', blockRows: 1, blockIds: { start: 19_990, count: 10 } }
    const upload = tunnel.createUploadStream(options)
    await pipeline(rowsUpTo(5 + 3 * 2 + 4 + 8), upload)
    assert.deepEqual(
      (await upload.committed).blockIds,
      Array.from({ length: 10 }, (_, i) => 19_990 + i),
    )
    const tooMany = tunnel.createUploadStream(options)
    await assert.rejects(pipeline(rowsUpTo(24), tooMany), { code: 'ODPS_BLOCK_IDS_EXHAUSTED' })
    assert.equal(emulator.rowCount('t'), 23)
  })

  test('at most `concurrency` blocks are under way, and writing waits meanwhile', async context => {
    let under = 0
    let most = 0
    const waiting: (() => void)[] = []
    const { tunnel } = await emulatedTable(context, { retry: { attempts: 1 } })
    const upload = tunnel.createUploadStream({ table: 't', blockRows: 1, concurrency: 2 })
    upload.on('session', (session: UploadSession) => {
      const put = session.putBlock.bind(session)
      session.putBlock = async (...args) => {
        most = Math.max(most, ++under)
        await new Promise<void>(resolve => waiting.push(resolve))
        under--
        return put(...args)
      }
    })
    await once(upload, 'session')
    let taken = 0
    const writes = (async () => {
      for (const row of rowsUpTo(6)) {
        await upload.writeBatch([row])
        taken++
      }
    })()
    while (waiting.length < 2) await new Promise(setImmediate)
    for (let i = 0; i < 20; i++) await new Promise(setImmediate)
    // Two under way; the third is built and waits for a permit, so its write has not been taken over.
    assert.deepEqual({ under, taken }, { under: 2, taken: 2 })
    const release = setInterval(() => waiting.shift()?.(), 1)
    await writes
    upload.end()
    await upload.committed
    clearInterval(release)
    assert.equal(most, 2)
  })
})

describe('upload stream: buffers', () => {
  for (const compression of ['raw', 'snappy'] as const)
    test(`blocks of ${compression} that use buffers again keep their bytes, through retries too`, async context => {
      const trouble: Fault[] = [{ cutRequestAfter: 5000 }, { status: 503 }, 'drop-answer', 'reset']
      let puts = 0
      const faults: FaultSource = ({ method }) =>
        method === 'PUT' && ++puts % 3 === 0 ? trouble[puts % trouble.length] : undefined
      const at = await emulatedTable(context, { faults })
      const upload = at.tunnel.createUploadStream({ table: 't', compression, blockRows: 700, concurrency: 2 })
      const rows = Array.from({ length: 20_000 }, (_, i) => [BigInt(i), `row ${i} `.repeat(i % 90)])
      await upload.writeAll(rows)
      upload.end()
      await upload.committed
      assert.ok(upload.stats.retries > 5)
      assert.deepEqual(await readTable(at), rows)
    })
})

describe('upload stream: bad rows', () => {
  const rows = [[0n, 'a'], ['zero', 'b'], [2n, 'c'], [3n], [4n, 'e']]

  test('fail by default, naming column and row', async context => {
    const { emulator, tunnel } = await emulatedTable(context)
    const upload = tunnel.createUploadStream({ table: 't' })
    await assert.rejects(pipeline(rows, upload), (error: TunnelValueError & { stats?: UploadStats }) => {
      assert.ok(error instanceof TunnelValueError)
      assert.deepEqual([error.column, error.rowIndex], ['id', 1])
      assert.equal(error.stats?.rows, 1)
      return true
    })
    assert.equal(emulator.rowCount('t'), 0)
  })

  test('may be skipped and counted', async context => {
    const table = await emulatedTable(context)
    const bad: unknown[] = []
    const onRowError = (error: TunnelValueError, row: unknown, index: number) =>
      bad.push([error.code, row, index])
    const upload = table.tunnel.createUploadStream({ table: 't', onRowError })
    await pipeline(rows, upload)
    assert.deepEqual(bad, [
      ['ODPS_INVALID_VALUE', rows[1], 1],
      ['ODPS_ROW_LENGTH', rows[3], 3],
    ])
    assert.equal(upload.stats.rowErrors, 2)
    assert.deepEqual(await readTable(table), [rows[0], rows[2], rows[4]])
  })

  test('more than maxRowErrors fail with the last one', async context => {
    const { emulator, tunnel } = await emulatedTable(context)
    const upload = tunnel.createUploadStream({ table: 't', onRowError: () => {}, maxRowErrors: 1 })
    await assert.rejects(pipeline(rows, upload), { code: 'ODPS_ROW_LENGTH', rowIndex: 3 })
    assert.equal(emulator.rowCount('t'), 0)
  })

  test('a handler that throws fails the stream with what it throws', async context => {
    const { tunnel } = await emulatedTable(context)
    const onRowError = (): void => {
      throw new Error('not this one')
    }
    const upload = tunnel.createUploadStream({ table: 't', onRowError })
    await assert.rejects(pipeline(rows, upload), { message: 'not this one' })
  })
})

describe('upload stream: shared and resumed sessions', () => {
  test('two workers fill one session, a third commits', async context => {
    const table = await emulatedTable(context)
    const session = await table.tunnel.createUploadSession({ table: 't' })
    const { sessionId } = session.toJSON()
    const work = async (start: number, from: number): Promise<readonly number[]> => {
      const blockIds = { start, count: 100 }
      const options = { table: 't', sessionId, commit: false, blockIds, blockRows: 10 }
      const upload = table.tunnel.createUploadStream(options)
      await pipeline(rowsUpTo(100).slice(from, from + 50), upload)
      const result = await upload.committed
      assert.equal(result.committed, false)
      return result.blockIds
    }
    const ids = (await Promise.all([work(0, 0), work(100, 50)])).flat()
    assert.equal(table.emulator.rowCount('t'), 0)
    await session.commit(ids)
    assert.deepEqual(await readTable(table), rowsUpTo(100))
  })

  test('attaching without saying which ids are ours is refused when there are blocks', async context => {
    const { tunnel } = await emulatedTable(context)
    const session = await tunnel.createUploadSession({ table: 't' })
    await session.upload(0, rowsUpTo(1))
    const upload = tunnel.createUploadStream({ table: 't', sessionId: session.sessionId })
    await assert.rejects(pipeline(rowsUpTo(1), upload), (error: Error) => {
      assert.ok(error instanceof TunnelSessionError)
      assert.equal(error.code, 'ODPS_BLOCK_EXISTS')
      return true
    })
  })

  test('resume sends only what is missing, and blocks whose record count differs', async context => {
    const faults = [{ action: 'putBlock', blockId: 3, fault: { status: 403, code: 'NoPermission' } }] as const
    const table = await emulatedTable(context, { faults })
    const options = { table: 't', blockRows: 10, concurrency: 1 }
    const first = table.tunnel.createUploadStream(options)
    const error = await pipeline(rowsUpTo(60), first).then(
      () => assert.fail(),
      (reason: Error & { sessionId?: string }) => reason,
    )
    const { sessionId } = error
    assert.ok(sessionId)
    const session = await table.tunnel.openUploadSession({ table: 't', sessionId })
    await session.upload(1, rowsUpTo(5))
    const second = table.tunnel.createUploadStream({ ...options, sessionId, resume: true })
    await pipeline(rowsUpTo(60), second)
    assert.deepEqual([second.stats.blocksSkipped, second.stats.blocks], [2, 4])
    assert.deepEqual(await readTable(table), rowsUpTo(60))
  })
})

describe('upload stream: what it tells', () => {
  test('tags go with every request of the session', async context => {
    const { emulator, tunnel } = await emulatedTable(context, { tags: ['all'] })
    const upload = tunnel.createUploadStream({ table: 't', tags: ['nightly', 'orders'] })
    await pipeline(rowsUpTo(1), upload)
    const tags = emulator.requests
      .filter(({ service }) => service === 'tunnel')
      .map(({ headers }) => headers['odps-tunnel-tags'])
    assert.deepEqual([...new Set(tags)], ['nightly,orders'])
  })

  test('session and progress events, stats', async context => {
    // No interval ends however slow the machine is, so that the last of the progress events is the only one.
    context.mock.timers.enable({ apis: ['setInterval'] })
    const { tunnel } = await emulatedTable(context)
    const upload = tunnel.createUploadStream({ table: 't', blockRows: 2 })
    const seen: unknown[] = []
    upload.on('session', (session: UploadSession) => seen.push(session.sessionId))
    upload.on('progress', (stats: UploadStats) => seen.push(stats.rows))
    await pipeline(rowsUpTo(5), upload)
    assert.deepEqual(seen, [upload.session?.sessionId, 5])
    const { rows, blocks, retries, phaseMs } = upload.stats
    assert.deepEqual({ rows, blocks, retries }, { rows: 5, blocks: 3, retries: 0 })
    assert.ok(phaseMs.open > 0 && phaseMs.upload > 0 && phaseMs.commit > 0)
  })

  test('progress is told four times per second, when there is any', async context => {
    context.mock.timers.enable({ apis: ['setInterval'] })
    const { tunnel } = await emulatedTable(context)
    const upload = tunnel.createUploadStream({ table: 't' })
    const seen: number[] = []
    upload.on('progress', (stats: UploadStats) => seen.push(stats.rows))
    await upload.writeBatch([[1n, 'a']])
    context.mock.timers.tick(249)
    assert.deepEqual(seen, [])
    context.mock.timers.tick(1)
    assert.deepEqual(seen, [1])
    upload.destroy()
    await once(upload, 'close')
  })

  test('retries are counted', async context => {
    const { tunnel } = await emulatedTable(context, {
      faults: [{ action: 'putBlock', times: 2, fault: { status: 503 } }],
    })
    const upload = tunnel.createUploadStream({ table: 't' })
    await pipeline(rowsUpTo(5), upload)
    assert.equal(upload.stats.retries, 2)
  })

  test('disposal destroys an unfinished stream and leaves a finished one', async context => {
    const { emulator, tunnel } = await emulatedTable(context)
    const upload = tunnel.createUploadStream({ table: 't' })
    upload.write([1n, 'a'])
    await upload[Symbol.asyncDispose]()
    assert.ok(upload.closed)
    await assert.rejects(upload.committed, { code: 'ODPS_STREAM_DESTROYED' })
    assert.equal(emulator.rowCount('t'), 0)
    const done = tunnel.createUploadStream({ table: 't' })
    await pipeline(rowsUpTo(1), done)
    await done[Symbol.asyncDispose]()
    assert.equal((await done.committed).rows, 1)
  })
})
