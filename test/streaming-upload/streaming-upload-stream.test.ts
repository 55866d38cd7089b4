import assert from 'node:assert/strict'
import { type TracingChannelSubscribers, tracingChannel } from 'node:diagnostics_channel'
import { once } from 'node:events'
import { pipeline } from 'node:stream/promises'
import { after, before, describe, test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import {
  type Emulator,
  type EmulatorLogEntry,
  type FaultSource,
  startEmulator,
} from '../../lib/emulator/index.js'
import { TunnelServiceError, TunnelSessionError } from '../../lib/errors.js'
import type { TunnelOptions } from '../../lib/options.js'
import type { Flush } from '../../lib/streaming-upload/flush-order.js'
import type { StreamingUploadOptions } from '../../lib/streaming-upload/streaming-options.js'
import type { StreamingUploadStream } from '../../lib/streaming-upload/streaming-upload-stream.js'
import { Tunnel } from '../../lib/tunnel.js'
import type { BlockTrace } from '../../lib/upload/upload-traces.js'
import { rowsUpTo } from '../session/emulated-table.js'
import { ManualClock } from '../upload/manual-clock.js'

const columns = { id: 'bigint', name: 'string' }

describe('streaming upload', () => {
  let emulator: Emulator
  let tables = 0
  before(async () => {
    emulator = await startEmulator({ listen: false, projects: ['p'] })
  })
  after(() => emulator.close())

  /** A table of its own, and a client of its own that retries without waiting. */
  class Bench {
    readonly name = `t${++tables}`
    readonly flushes: Flush[] = []
    readonly #from = emulator.requests.length
    readonly tunnel: Tunnel

    constructor(options: TunnelOptions = {}) {
      this.tunnel = new Tunnel({
        ...emulator.connection,
        retry: { minDelayMs: 0, maxDelayMs: 0 },
        ...options,
      })
    }

    static async open(options?: TunnelOptions, partitionColumns?: Record<string, string>): Promise<Bench> {
      const bench = new Bench(options)
      await emulator.createTable({ name: bench.name, columns, partitionColumns })
      return bench
    }

    stream(options: Omit<StreamingUploadOptions, 'table'> = {}): StreamingUploadStream {
      const stream = this.tunnel.createStreamingUploadStream({ table: this.name, slots: 1, ...options })
      return stream.on('flush', flush => this.flushes.push(flush))
    }

    rows(): Promise<unknown[]> {
      return emulator.rows(this.name, undefined, { rowShape: 'array' })
    }

    requests(action: string): EmulatorLogEntry[] {
      return emulator.requests
        .slice(this.#from)
        .filter(each => each.action === action && each.table === this.name)
    }

    slots(): (string | undefined)[] {
      return this.requests('putPack').map(({ query }) => query.get('slotid'))
    }

    faults(faults?: FaultSource): void {
      emulator.setFaults(faults)
    }

    async alter(change: string): Promise<void> {
      await this.tunnel.execute({ sql: `alter table ${this.name} ${change}` })
    }
  }

  const spans = (flushes: readonly Flush[]): number[][] =>
    flushes.map(({ rows, firstRow, lastRow }) => [rows, firstRow, lastRow])

  test('a pack goes when it has so many rows, and its rows are there before the stream ends', async () => {
    const bench = await Bench.open()
    const upload = bench.stream({ flushRows: 100 })
    await upload.writeBatch(rowsUpTo(250))
    while (bench.flushes.length < 2) await once(upload, 'flush')
    assert.deepEqual(await bench.rows(), rowsUpTo(200))
    const flushed = upload.flushed
    upload.end()
    const { rawBytes, wireBytes, ...result } = await flushed
    assert.deepEqual(result, { rows: 250, packs: 3 })
    assert.ok(rawBytes > wireBytes && wireBytes > 0)
    assert.deepEqual(spans(bench.flushes), [
      [100, 0, 99],
      [100, 100, 199],
      [50, 200, 249],
    ])
    assert.equal(
      bench.flushes.reduce((sum, { bytes }) => sum + bytes, 0),
      rawBytes,
    )
    assert.deepEqual(
      bench.flushes.map(({ batchId }) => batchId),
      [1, 2, 3],
    )
    assert.ok(bench.flushes.every(({ requestId }) => requestId !== undefined))
    assert.deepEqual(await bench.rows(), rowsUpTo(250))
    assert.deepEqual([upload.stats.blocks, upload.stats.rows, upload.stats.blocksInFlight], [3, 250, 0])
  })

  test('or so many bytes', async () => {
    const bench = await Bench.open()
    await pipeline(rowsUpTo(1000), bench.stream({ flushBytes: 2000 }))
    assert.ok(bench.flushes.length > 5)
    // The row that reaches the limit is still in the pack, and the trailer.
    for (const { bytes } of bench.flushes.slice(0, -1))
      assert.ok(bytes >= 2000 && bytes < 2050, String(bytes))
    assert.deepEqual(await bench.rows(), rowsUpTo(1000))
  })

  test('or so old a row, counted anew for each pack', async () => {
    const clock = new ManualClock()
    const bench = await Bench.open({ clock } as TunnelOptions)
    const upload = bench.stream({ flushRows: 3, flushIntervalMs: 500 })
    await upload.writeBatch(rowsUpTo(4))
    while (bench.flushes.length < 1) await once(upload, 'flush')
    // The wait of the first pack has ended with it.
    assert.equal(clock.sleeping, 1)
    await clock.advance(499)
    await upload.writeBatch([[4n, 'row 4']])
    assert.equal(bench.requests('putPack').length, 1)
    await clock.advance(1)
    while (bench.flushes.length < 2) await once(upload, 'flush')
    assert.deepEqual(await bench.rows(), rowsUpTo(5))
    await clock.advance(5000)
    assert.equal(clock.sleeping, 0)
    await pipeline([], upload)
    assert.equal(bench.requests('putPack').length, 2)
  })

  test('a pack that is due while none may be sent keeps the rows behind it waiting', async () => {
    const clock = new ManualClock()
    const bench = await Bench.open({ clock } as TunnelOptions)
    bench.faults([{ action: 'putPack', table: bench.name, fault: 'hang' }])
    const upload = bench.stream({ flushRows: 10, flushIntervalMs: 500, concurrency: 1, highWaterMark: 1 })
    await upload.writeBatch(rowsUpTo(15))
    await clock.advance(500)
    let written = 0
    for (let i = 0; i < 3; i++) upload.write([0n, 'late'], () => written++)
    for (let i = 0; i < 20; i++) await turn()
    // The first of them is taken, and those behind it wait.
    assert.deepEqual([written, upload.stats.rows, bench.requests('putPack').length], [0, 16, 1])
    upload.destroy()
    await once(upload, 'close')
    assert.equal(clock.sleeping, 0)
    bench.faults()
  })

  test('finish comes when every pack was answered; rows and packs stay in order in one slot', async () => {
    const bench = await Bench.open()
    const faults = [1, 4, 7].map(after => ({ action: 'putPack' as const, after, fault: { status: 503 } }))
    bench.faults(faults)
    const upload = bench.stream({ flushRows: 7, concurrency: 5 })
    await pipeline(rowsUpTo(100), upload)
    bench.faults()
    assert.equal(bench.flushes.length, 15)
    assert.equal(upload.stats.retries, 3)
    assert.deepEqual(await bench.rows(), rowsUpTo(100))
  })

  test('each pack goes to the next slot, and flushes are told in the order of rows', async () => {
    const bench = await Bench.open()
    bench.faults([{ action: 'putPack', after: 1, times: 2, fault: { status: 503 } }])
    await pipeline(rowsUpTo(60), bench.stream({ slots: 3, flushRows: 5, concurrency: 3 }))
    bench.faults()
    assert.deepEqual(new Set(bench.slots()), new Set(['0', '1', '2']))
    assert.deepEqual(
      bench.flushes.map(({ firstRow }) => firstRow),
      Array.from({ length: 12 }, (_, i) => i * 5),
    )
    const rows = (await bench.rows()) as [bigint, string][]
    assert.deepEqual(
      rows.map(([id]) => Number(id)).sort((a, b) => a - b),
      rowsUpTo(60).map((_, i) => i),
    )
  })

  test('a pack that goes to another slot does not wait for one that has no permit yet', async () => {
    const bench = await Bench.open()
    bench.faults([{ action: 'putPack', times: 2, fault: { status: 503 } }])
    await pipeline(rowsUpTo(20), bench.stream({ slots: 3, flushRows: 2, concurrency: 1 }))
    bench.faults()
    assert.deepEqual(await bench.rows(), rowsUpTo(20))
  })

  test('a lost answer: the pack is sent again, and its rows are there twice', async () => {
    const bench = await Bench.open()
    bench.faults([{ action: 'putPack', after: 1, fault: 'drop-answer' }])
    await pipeline(rowsUpTo(9), bench.stream({ flushRows: 3 }))
    bench.faults()
    const [a, b, c] = [0, 3, 6].map(from => rowsUpTo(9).slice(from, from + 3))
    assert.deepEqual(await bench.rows(), [a, b, b, c].flat())
    assert.deepEqual(spans(bench.flushes), [
      [3, 0, 2],
      [3, 3, 5],
      [3, 6, 8],
    ])
  })

  describe('what was refused goes to the next slot', () => {
    const cases: [string, object, number][] = [
      ['429', { status: 429, code: 'SlotExceeded' }, 0],
      ['500', { status: 500 }, 0],
      ['503 without a document', { status: 503, body: '' }, 0],
      ['502 without a document, after a look at the session', { status: 502, body: '' }, 1],
      ['504, after a look at the session', { status: 504 }, 1],
      ['308 of a slot that is gone, after a look at the session', { status: 308, code: 'SlotReassigned' }, 1],
    ]
    for (const [name, fault, reloads] of cases)
      test(name, async () => {
        const bench = await Bench.open()
        bench.faults([{ action: 'putPack', fault }])
        await pipeline(rowsUpTo(3), bench.stream({ slots: 2 }))
        bench.faults()
        const [first, second] = bench.slots()
        assert.notEqual(first, second)
        assert.equal(bench.requests('getStreamUpload').length, reloads)
        assert.deepEqual(await bench.rows(), rowsUpTo(3))
      })

    test('a refusal that stays is the error, with what it tells', async () => {
      const bench = await Bench.open({ retry: { attempts: 3, minDelayMs: 0, maxDelayMs: 0 } })
      bench.faults([{ action: 'putPack', times: 9, fault: { status: 502, body: '' } }])
      const upload = bench.stream({ slots: 2 })
      const error = await pipeline(rowsUpTo(3), upload).then(
        () => assert.fail('it did not fail'),
        (e: unknown) => e,
      )
      bench.faults()
      assert.ok(error instanceof TunnelServiceError)
      assert.deepEqual([error.code, error.statusCode, error.attempts], ['ODPS_SERVICE_UNAVAILABLE', 502, 3])
      assert.match(error.message, /^Sending a pack to p\.t\d+: /)
      const created = bench.requests('putPack')[0]!.query.get('uploadid')
      assert.equal(Reflect.get(error, 'sessionId'), created)
      assert.equal(Reflect.get(error, 'stats').rows, 3)
      assert.deepEqual(await bench.rows(), [])
    })
  })

  test('slots on other servers: the new address is used at once', async () => {
    const bench = await Bench.open()
    const upload = bench.stream({ slots: 2, flushRows: 2 })
    await upload.writeBatch(rowsUpTo(4))
    while (bench.flushes.length < 2) await once(upload, 'flush')
    emulator.moveSlots()
    await upload.writeBatch(rowsUpTo(8).slice(4))
    await pipeline([], upload)
    const servers = bench.requests('putPack').map(({ headers }) => headers['odps-tunnel-routed-server'])
    // Two packs before, two that met the move, and the same two again.
    assert.equal(servers.length, 6)
    assert.deepEqual([new Set(servers).size, bench.requests('getStreamUpload').length], [4, 0])
    assert.deepEqual((await bench.rows()).length, 8)
  })

  test('more or fewer slots: the session is asked once, and the next packs use them', async () => {
    const own = await startEmulator({ listen: false, projects: ['p'] })
    const tunnel = new Tunnel({ ...own.connection, retry: { minDelayMs: 0, maxDelayMs: 0 } })
    try {
      await own.createTable({ name: 't', columns })
      const upload = tunnel.createStreamingUploadStream({ table: 't', flushRows: 1 })
      const write = async (count: number): Promise<Set<string | undefined>> => {
        const from = own.requests.length
        for (let i = 0; i < count; i++) {
          await upload.writeBatch([[BigInt(i), 'x']])
          await once(upload, 'flush')
        }
        const packs = own.requests.slice(from).filter(({ action }) => action === 'putPack')
        return new Set(packs.map(({ query }) => query.get('slotid')))
      }
      assert.deepEqual(await write(4), new Set(['0', '1']))
      own.slots = 4
      assert.deepEqual(await write(6), new Set(['0', '1', '2', '3']))
      own.slots = 1
      await write(3)
      assert.deepEqual(await write(3), new Set(['0']))
      upload.end()
      await once(upload, 'finish')
      const known = own.requests.filter(({ action }) => action === 'putPack').at(-1)
      assert.equal(known?.headers['odps-tunnel-slot-num'], '1')
      assert.equal(own.rowCount('t'), 16)
    } finally {
      await tunnel.close()
      await own.close()
    }
  })

  describe('columns that change while rows come', () => {
    test('the stream fails, and says how to go on', async () => {
      const bench = await Bench.open()
      const upload = bench.stream({ flushRows: 2 })
      await upload.writeBatch(rowsUpTo(2))
      await once(upload, 'flush')
      await bench.alter('add columns (more string)')
      const error = await pipeline(rowsUpTo(2), upload).then(
        () => assert.fail('it did not fail'),
        (e: unknown) => e,
      )
      assert.ok(error instanceof TunnelServiceError)
      assert.deepEqual([error.code, error.latestSchemaVersion], ['ODPS_SCHEMA_CHANGED', '1'])
      assert.match(error.message, /onSchemaChange: 'reload'/)
      assert.equal(emulator.rowCount(bench.name), 2)
    })

    test("with 'reload' it goes on where columns were added: lists as before, or with all columns; objects", async () => {
      const bench = await Bench.open()
      const upload = bench.stream({ flushRows: 2, onSchemaChange: 'reload' })
      await upload.writeBatch(rowsUpTo(2))
      await once(upload, 'flush')
      await bench.alter('add columns (more string)')
      await upload.writeBatch(rowsUpTo(5).slice(2))
      await once(upload, 'flush')
      await upload.writeBatch([[5n, 'row 5', 'five'], [6n, 'row 6'], { id: 7n, more: 'seven' }])
      await pipeline([], upload)
      assert.deepEqual(await bench.rows(), [
        ...rowsUpTo(5).map(row => [...row, null]),
        [5n, 'row 5', 'five'],
        [6n, 'row 6', null],
        [7n, null, 'seven'],
      ])
      const created = bench.requests('createStreamUpload')
      assert.deepEqual(
        created.map(({ query }) => query.get('schema_version')),
        [undefined, '1'],
      )
    })

    const harmful: [string, RegExp][] = [
      ['drop columns name', /column 'name' is gone/],
      ['drop columns id', /'name' is where column 'id' was/],
      ['change column name label string', /'label' is where column 'name' was/],
    ]
    for (const [change, message] of harmful)
      test(`with 'reload' it fails after: ${change}`, async () => {
        const bench = await Bench.open()
        const upload = bench.stream({ flushRows: 2, onSchemaChange: 'reload' })
        await upload.writeBatch(rowsUpTo(2))
        await once(upload, 'flush')
        await bench.alter(change)
        const error = await pipeline(rowsUpTo(2), upload).then(
          () => assert.fail('it did not fail'),
          (e: unknown) => e,
        )
        assert.ok(error instanceof TunnelSessionError, String(error))
        assert.equal(error.code, 'ODPS_SCHEMA_CHANGED')
        assert.match(error.message, message)
        assert.equal(emulator.rowCount(bench.name), 2)
      })
  })

  test('a session that has ended is replaced; all packs that met its end share one', async () => {
    const bench = await Bench.open()
    const upload = bench.stream({ flushRows: 2, slots: 3, concurrency: 3 })
    await upload.writeBatch(rowsUpTo(2))
    await once(upload, 'flush')
    bench.faults([{ action: 'putPack', times: 3, fault: { status: 404, code: 'StreamSessionNotFound' } }])
    await pipeline(rowsUpTo(8).slice(2), upload)
    bench.faults()
    assert.equal(bench.requests('createStreamUpload').length, 2)
    const sorted = ((await bench.rows()) as [bigint, string][]).sort(([a], [b]) => Number(a - b))
    assert.deepEqual(sorted, rowsUpTo(8))
  })

  test('a session that always has ended is no endless loop', async () => {
    const bench = await Bench.open({ retry: { attempts: 3, minDelayMs: 0, maxDelayMs: 0 } })
    bench.faults([{ action: 'putPack', times: 99, fault: { status: 404, code: 'StreamSessionNotFound' } }])
    await assert.rejects(pipeline(rowsUpTo(1), bench.stream()), { code: 'ODPS_NO_SUCH_SESSION' })
    bench.faults()
    assert.equal(bench.requests('createStreamUpload').length, 4)
  })

  test('a session that took the place of one of other columns', async () => {
    const bench = await Bench.open()
    const upload = bench.stream({ flushRows: 2 })
    await upload.writeBatch(rowsUpTo(2))
    await once(upload, 'flush')
    await bench.alter('add columns (more string)')
    bench.faults([{ action: 'putPack', fault: { status: 404, code: 'StreamSessionNotFound' } }])
    await assert.rejects(pipeline(rowsUpTo(2), upload), {
      code: 'ODPS_SCHEMA_CHANGED',
      message: /column 'more' was added\. Create a new stream, or pass onSchemaChange: 'reload'/,
    })
    bench.faults()
  })

  test('destroy sends nothing more, and says what is in the table', async () => {
    const bench = await Bench.open()
    const upload = bench.stream({ flushRows: 10 })
    await upload.writeBatch(rowsUpTo(15))
    await once(upload, 'flush')
    const flushed = assert.rejects(upload.flushed, {
      code: 'ODPS_STREAM_DESTROYED',
      message: /packs in the table: 1; the others were dropped/,
    })
    upload.destroy()
    await once(upload, 'close')
    await flushed
    assert.equal(bench.requests('putPack').length, 1)
    assert.deepEqual(await bench.rows(), rowsUpTo(10))
    await assert.rejects(upload.writeBatch([[1n, 'x']]), { code: 'ODPS_STREAM_DESTROYED' })
  })

  test('a signal stops packs that wait for their slot, too', async () => {
    const bench = await Bench.open()
    bench.faults([{ action: 'putPack', table: bench.name, times: 9, fault: 'hang' }])
    const stop = new AbortController()
    const upload = bench.stream({ flushRows: 2, concurrency: 4, signal: stop.signal })
    await upload.writeBatch(rowsUpTo(8))
    while (bench.requests('putPack').length < 1) await turn()
    stop.abort(new Error('enough'))
    await assert.rejects(once(upload, 'close'), { name: 'AbortError' })
    if (!upload.closed) await once(upload, 'close')
    bench.faults()
    assert.equal(bench.requests('putPack').length, 1)
    assert.deepEqual(bench.flushes, [])
  })

  test('bad rows: skipped ones count as indexes, not as rows', async () => {
    const bench = await Bench.open()
    const bad: number[] = []
    const upload = bench.stream({ flushRows: 2, onRowError: (_error, _row, index) => void bad.push(index) })
    await pipeline([[1n, 'a'], ['x', 'b'], [2n, 'c'], [3], [4n, 'd'], ['y', 'z']], upload)
    assert.deepEqual(bad, [1, 3, 5])
    assert.deepEqual(spans(bench.flushes), [
      [2, 0, 2],
      [1, 3, 5],
    ])
    assert.deepEqual([upload.stats.rows, upload.stats.rowErrors], [3, 3])
    await assert.rejects(pipeline([['x', 'b']], bench.stream()), { code: 'ODPS_INVALID_VALUE' })
  })

  test('a partition: created if asked for, else missing', async () => {
    const bench = await Bench.open({}, { a: 'string', b: 'bigint' })
    const missing = bench.stream({ partitionSpec: 'a=x,b=1' })
    await assert.rejects(pipeline(rowsUpTo(1), missing), { code: 'ODPS_NO_SUCH_PARTITION' })
    await pipeline(rowsUpTo(3), bench.stream({ partitionSpec: { b: 1, a: 'x' }, createPartition: true }))
    await pipeline(
      [{ id: 9n, name: 'nine', a: 'x', b: '1' }],
      bench.stream({ partitionSpec: 'a=x,b=1', compression: 'zstd', compressionLevel: 1 }),
    )
    const rows = await emulator.rows(bench.name, 'a=x,b=1', { rowShape: 'array' })
    assert.deepEqual(rows, [...rowsUpTo(3), [9n, 'nine']])
  })

  test('packs are traced as blocks of their upload, a failed one with its error', async () => {
    const bench = await Bench.open()
    const seen: BlockTrace[] = []
    const blocks = tracingChannel<BlockTrace>('odps-tunnel:block')
    const onEnd = { asyncEnd: (trace: BlockTrace) => void (trace.table === bench.name && seen.push(trace)) }
    blocks.subscribe(onEnd as TracingChannelSubscribers<BlockTrace>)
    const uploads = tracingChannel('odps-tunnel:upload')
    const nothing = { start: () => {} } as unknown as TracingChannelSubscribers<object>
    uploads.subscribe(nothing)
    try {
      const upload = bench.stream({ flushRows: 2 })
      bench.faults([{ action: 'putPack', after: 1, fault: { status: 403, code: 'NoPermission' } }])
      await assert.rejects(pipeline(rowsUpTo(4), upload), { code: 'ODPS_ACCESS_DENIED' })
      bench.faults()
      assert.deepEqual(
        seen.map(({ blockId, rows, error }) => [blockId, rows, Reflect.get(Object(error), 'code')]),
        [
          [0, 2, undefined],
          [1, 2, 'ODPS_ACCESS_DENIED'],
        ],
      )
      assert.ok(seen[0]!.result!.wireBytes > 0)
      assert.ok(seen.every(({ parent }) => parent?.stats === upload.stats))
    } finally {
      blocks.unsubscribe(onEnd as TracingChannelSubscribers<BlockTrace>)
      uploads.unsubscribe(nothing)
    }
  })

  test('a stream without rows sends nothing but its session', async () => {
    const bench = await Bench.open()
    const upload = bench.stream()
    const { flushed } = upload
    await pipeline([], upload)
    assert.deepEqual(await flushed, { rows: 0, packs: 0, rawBytes: 0, wireBytes: 0 })
    assert.equal(bench.requests('putPack').length, 0)
  })

  test('shares the memory of its Tunnel, down to one pack and a chunk', async () => {
    const flushBytes = 1000
    const least = flushBytes + 64 * 1024
    const small = new Bench({ memoryBytes: least - 1 })
    assert.throws(() => small.stream({ flushBytes }), { message: /memoryBytes .* a pack \(flushBytes\)/ })
    const bench = await Bench.open({ memoryBytes: least, maxRequests: 1 })
    const streams = [1, 2, 3].map(() => bench.stream({ flushBytes, slots: 3 }))
    await Promise.all(streams.map(stream => pipeline(rowsUpTo(2000), stream)))
    assert.equal(emulator.rowCount(bench.name), 6000)
  })

  test('options are checked before any request', () => {
    const bench = new Bench()
    const create = (options: object) => () => bench.stream(options)
    assert.throws(create({ flushRows: 0 }), { code: 'ODPS_INVALID_OPTION', message: /flushRows/ })
    assert.throws(create({ flushIntervalMs: 0 }), { message: /flushIntervalMs/ })
    assert.throws(create({ onSchemaChange: 'ignore' }), { message: /onSchemaChange/ })
    assert.throws(create({ compression: 'raw', compressionLevel: 3 }), { message: /raw has no levels/ })
    assert.throws(create({ overwrite: true }), { code: 'ODPS_UNKNOWN_OPTION' })
    assert.throws(create({ checkpoint: { rows: 1 } }), { code: 'ODPS_UNKNOWN_OPTION' })
  })
})
