import assert from 'node:assert/strict'
import { once } from 'node:events'
import { pipeline } from 'node:stream/promises'
import { describe, test } from 'node:test'
import type { Fault, FaultSource } from '../../lib/emulator/fault.js'
import type { TunnelSessionError } from '../../lib/errors.js'
import type { Checkpoint } from '../../lib/upload/transaction.js'
import { emulatedTable, readTable, rowsUpTo } from '../session/emulated-table.js'
import { ManualClock } from './manual-clock.js'

const spanOf = ({ rows, firstRow, lastRow }: Checkpoint): number[] => [rows, firstRow, lastRow]

describe('checkpoint: limits', () => {
  test('commits after so many rows, one session after the other, and the rest at the end', async context => {
    const table = await emulatedTable(context)
    const upload = table.tunnel.createUploadStream({ table: 't', checkpoint: { rows: 100 }, blockRows: 30 })
    const told: Checkpoint[] = []
    upload.on('checkpoint', checkpoint => told.push(checkpoint))
    await pipeline(rowsUpTo(250), upload)
    assert.deepEqual(told.map(spanOf), [
      [100, 0, 99],
      [100, 100, 199],
      [50, 200, 249],
    ])
    const sessions = told.map(checkpoint => checkpoint.sessions)
    const ids = sessions.map(([session]) => session!.sessionId)
    assert.equal(new Set(ids).size, 3)
    assert.deepEqual(sessions[0], [{ sessionId: ids[0] }])
    const { rawBytes, wireBytes, ...result } = await upload.committed
    assert.deepEqual(result, {
      ...{ committed: true, checkpoints: 3, sessionId: ids[2], blockIds: [0, 1] },
      ...{ blocks: 4 + 4 + 2, rows: 250 },
    })
    assert.equal(upload.session?.sessionId, ids[2])
    assert.deepEqual([upload.stats.checkpoints, upload.stats.rows], [3, 250])
    assert.ok(rawBytes > wireBytes)
    assert.ok(told.every(({ committedAt }) => Math.abs(committedAt.getTime() - Date.now()) < 60_000))
    assert.deepEqual(await readTable(table), rowsUpTo(250))
  })

  test('after so many bytes of records', async context => {
    const { tunnel } = await emulatedTable(context)
    const upload = tunnel.createUploadStream({ table: 't', checkpoint: { bytes: 1000 } })
    const told: Checkpoint[] = []
    upload.on('checkpoint', checkpoint => told.push(checkpoint))
    await pipeline(
      Array.from({ length: 500 }, () => [1n, 'row 1']),
      upload,
    )
    // A record of the row: 2 bytes of the number, 7 of the text, 4 of the end tag, and a varint of the same 32 bits each time.
    const size = (upload.stats.rawBytes - trailerBytes(told)) / 500
    assert.ok(Number.isInteger(size) && size >= 14 && size <= 18, String(size))
    const each = Math.ceil(1000 / size)
    assert.deepEqual(
      told.map(({ rows }) => rows),
      [...Array(Math.floor(500 / each)).fill(each), ...(500 % each === 0 ? [] : [500 % each])],
    )
  })

  /** Of one block each: tag of 4 bytes and count, tag of 4 bytes and checksum, whose varints depend on the count. */
  const trailerBytes = (told: readonly Checkpoint[]): number =>
    told.reduce((sum, { rows }) => sum + 4 + 4 + (rows < 128 ? 1 : 2) + 5, 0)

  test('some time after the first row that is not committed', async context => {
    const clock = new ManualClock()
    const table = await emulatedTable(context, { clock })
    const upload = table.tunnel.createUploadStream({ table: 't', checkpoint: { intervalMs: 5000 } })
    await upload.writeBatch(rowsUpTo(3))
    await clock.advance(4999)
    assert.equal(upload.stats.checkpoints, 0)
    const told = once(upload, 'checkpoint')
    await clock.advance(1)
    assert.deepEqual(spanOf((await told)[0]), [3, 0, 2])
    assert.deepEqual(await readTable(table), rowsUpTo(3))
    // Without rows nothing waits, and nothing is committed.
    assert.equal(clock.sleeping, 0)
    await clock.advance(60_000)
    await upload.writeBatch([[3n, 'row 3']])
    const second = once(upload, 'checkpoint')
    await clock.advance(5000)
    assert.deepEqual(spanOf((await second)[0]), [1, 3, 3])
    upload.end()
    assert.equal((await upload.committed).checkpoints, 2)
    assert.equal(table.emulator.requests.filter(({ action }) => action === 'createUpload').length, 2)
  })

  test('counts skipped rows in the indexes, and not in the rows', async context => {
    const table = await emulatedTable(context)
    const skipped: number[] = []
    const upload = table.tunnel.createUploadStream({
      ...{ table: 't', checkpoint: { rows: 4 } },
      onRowError: (_error, _row, index) => skipped.push(index),
    })
    const told: Checkpoint[] = []
    upload.on('checkpoint', checkpoint => told.push(checkpoint))
    const bad = new Set([0, 3, 6, 9])
    const rows = Array.from({ length: 10 }, (_, i) => [bad.has(i) ? 'bad' : BigInt(i), 'x'])
    await pipeline(rows, upload)
    assert.deepEqual(skipped, [0, 3, 6, 9])
    assert.deepEqual(told.map(spanOf), [
      [4, 0, 5],
      [2, 6, 9],
    ])
    assert.deepEqual([upload.stats.rows, upload.stats.rowErrors], [6, 4])
    assert.deepEqual(
      (await readTable(table)).map(row => (row as bigint[])[0]),
      [1n, 2n, 4n, 5n, 7n, 8n],
    )
  })

  test('no rows are no session', async context => {
    const { emulator, tunnel } = await emulatedTable(context)
    const upload = tunnel.createUploadStream({ table: 't', checkpoint: { rows: 1 } })
    await pipeline([], upload)
    assert.deepEqual(await upload.committed, {
      ...{ committed: true, checkpoints: 0, blockIds: [], blocks: 0, rows: 0, rawBytes: 0, wireBytes: 0 },
    })
    assert.equal(upload.session, undefined)
    assert.deepEqual(emulator.requests, [])
    const onlyBad = tunnel.createUploadStream({
      ...{ table: 't', checkpoint: { rows: 1 } },
      onRowError: () => {},
    })
    await pipeline([['bad', 'x']], onlyBad)
    assert.equal((await onlyBad.committed).checkpoints, 0)
    assert.equal(emulator.requests.filter(({ action }) => action === 'commitUpload').length, 0)
  })

  test('says the partition', async context => {
    const { emulator, tunnel } = await emulatedTable(context)
    const columns = { id: 'bigint' }
    await emulator.createTable({ name: 'p', columns, partitionColumns: { a: 'string', b: 'bigint' } })
    const upload = tunnel.createUploadStream({
      ...{ table: 'p', partitionSpec: 'b=2,a=1', createPartition: true, checkpoint: { rows: 1 } },
    })
    const told = once(upload, 'checkpoint')
    await pipeline([[1n]], upload)
    const [{ sessions }] = (await told) as [Checkpoint]
    assert.deepEqual(sessions, [{ sessionId: upload.session?.sessionId, partitionSpec: 'a=1,b=2' }])
  })
})

describe('checkpoint: order and failure', () => {
  test('each is told after its commit and before the next one is sent', async context => {
    const log: unknown[] = []
    const faults: FaultSource = ({ action }) => {
      if (action === 'commitUpload') log.push('commit')
      return undefined
    }
    const { tunnel } = await emulatedTable(context, { faults })
    const upload = tunnel.createUploadStream({ table: 't', checkpoint: { rows: 10 }, highWaterMark: 1 })
    upload.on('checkpoint', ({ lastRow }) => log.push(lastRow))
    await pipeline(rowsUpTo(35), upload)
    assert.deepEqual(log, ['commit', 9, 'commit', 19, 'commit', 29, 'commit', 34])
  })

  test('a commit that is refused fails the stream at once, and leaves those before it', async context => {
    const refused: Fault = { status: 403, code: 'NoPermission' }
    const table = await emulatedTable(context, {
      faults: [{ action: 'commitUpload', after: 1, times: 99, fault: refused }],
    })
    const upload = table.tunnel.createUploadStream({ table: 't', checkpoint: { rows: 10 } })
    const told: Checkpoint[] = []
    upload.on('checkpoint', checkpoint => told.push(checkpoint))
    const endless = async function* () {
      yield* rowsUpTo(25)
      await once(upload, 'close')
      yield [0n, 'x']
    }
    await assert.rejects(pipeline(endless, upload), { code: 'ODPS_ACCESS_DENIED' })
    assert.deepEqual(told.map(spanOf), [[10, 0, 9]])
    assert.deepEqual(await readTable(table), rowsUpTo(10))
  })

  test('a commit whose answer is lost is settled and told once', async context => {
    const table = await emulatedTable(context, {
      faults: [{ action: 'commitUpload', times: 1, fault: 'drop-answer' }],
    })
    const upload = table.tunnel.createUploadStream({ table: 't', checkpoint: { rows: 10 } })
    const told: Checkpoint[] = []
    upload.on('checkpoint', checkpoint => told.push(checkpoint))
    await pipeline(rowsUpTo(20), upload)
    assert.deepEqual(told.map(spanOf), [
      [10, 0, 9],
      [10, 10, 19],
    ])
    assert.deepEqual(await readTable(table), rowsUpTo(20))
  })

  test('destroyed while a commit is under way, the stream tells of it before it closes', async context => {
    const log: unknown[] = []
    const faults: FaultSource = ({ action }) => {
      if (action === 'commitUpload') upload.destroy()
      return undefined
    }
    const table = await emulatedTable(context, { faults })
    const upload = table.tunnel.createUploadStream({ table: 't', checkpoint: { rows: 10 } })
    upload.on('checkpoint', ({ lastRow }) => log.push(lastRow)).on('close', () => log.push('close'))
    await assert.rejects(upload.writeAll(rowsUpTo(25)), {
      code: 'ODPS_STREAM_DESTROYED',
    })
    await once(upload, 'close')
    assert.deepEqual(log, [9, 'close'])
    assert.deepEqual(await readTable(table), rowsUpTo(10))
    await assert.rejects(upload.committed, /only the rows up to its last checkpoint were committed/)
  })

  test('an outcome that cannot be learned is the error, with the session to look at', async context => {
    const table = await emulatedTable(context, {
      ...{ retry: { attempts: 1 }, requestTimeoutMs: 500 },
      faults: [
        { action: 'commitUpload', fault: 'drop-answer' },
        { action: 'getUpload', after: 1, times: 9, fault: { status: 403, code: 'NoPermission' } },
      ],
    })
    const upload = table.tunnel.createUploadStream({ table: 't', checkpoint: { rows: 10 } })
    await assert.rejects(pipeline(rowsUpTo(10), upload), (error: TunnelSessionError) => {
      assert.equal(error.code, 'ODPS_COMMIT_UNKNOWN')
      assert.equal(error.sessionId, upload.session?.sessionId)
      return true
    })
  })
})

describe('checkpoint: options', () => {
  const refused: [object, RegExp][] = [
    [{ checkpoint: {} }, /at least one of rows, bytes and intervalMs/],
    [{ checkpoint: { rows: undefined } }, /at least one of/],
    [{ checkpoint: { rows: 0 } }, /checkpoint: rows must be a whole number of at least 1/],
    [{ checkpoint: { every: 1 } }, /unknown option every/],
    [{ checkpoint: { rows: 1 }, overwrite: true }, /overwrite/],
    [{ checkpoint: { rows: 1 }, sessionId: 's' }, /sessionId/],
    [{ checkpoint: { rows: 1 }, resume: true }, /resume/],
    [{ checkpoint: { rows: 1 }, blockIds: { start: 0, count: 1 } }, /blockIds/],
    [{ checkpoint: { rows: 1 }, commit: false }, /commit: false/],
  ]
  for (const [options, message] of refused)
    test(`${JSON.stringify(options)} is refused`, async context => {
      const { emulator, tunnel } = await emulatedTable(context)
      assert.throws(() => tunnel.createUploadStream({ table: 't', ...options }), message)
      assert.deepEqual(emulator.requests, [])
    })

  test('what is off already may stand beside it', async context => {
    const { tunnel } = await emulatedTable(context)
    const options = { table: 't', overwrite: false, resume: false, commit: true, blockIds: undefined }
    const upload = tunnel.createUploadStream({ ...options, checkpoint: { rows: 5, intervalMs: undefined } })
    await pipeline(rowsUpTo(5), upload)
    assert.equal((await upload.committed).checkpoints, 1)
  })
})
