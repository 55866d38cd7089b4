import assert from 'node:assert/strict'
import { once } from 'node:events'
import { pipeline } from 'node:stream/promises'
import { after, before, describe, test } from 'node:test'
import { createRecordScatterer } from '../../lib/codec/rows/record-encoder.js'
import { type Emulator, type EmulatorLogEntry, startEmulator } from '../../lib/emulator/index.js'
import type { TunnelOptions } from '../../lib/options.js'
import { parseDataType } from '../../lib/schema/parse-data-type.js'
import type { TableSchema } from '../../lib/schema/table-schema.js'
import type { Flush } from '../../lib/streaming-upload/flush-order.js'
import { PartitionPacks } from '../../lib/streaming-upload/partition-packs.js'
import type { StreamingUploadStream } from '../../lib/streaming-upload/streaming-upload-stream.js'
import { Tunnel } from '../../lib/tunnel.js'
import { ManualClock } from '../upload/manual-clock.js'

describe('streaming upload into many partitions', () => {
  let emulator: Emulator
  let tables = 0
  before(async () => {
    emulator = await startEmulator({ listen: false, projects: ['p'] })
  })
  after(() => emulator.close())

  /** A table `(id bigint, name string) partitioned by (day string, hour bigint)` of its own. */
  class Bench {
    readonly name = `t${++tables}`
    readonly flushes: Flush[] = []
    readonly tunnel: Tunnel
    /** The first row that a flush told before it was in the table. */
    tooSoon: number | undefined

    constructor(options: TunnelOptions = {}) {
      const retry = { minDelayMs: 0, maxDelayMs: 0 }
      this.tunnel = new Tunnel({ ...emulator.connection, retry, ...options })
    }

    static async open(options?: TunnelOptions): Promise<Bench> {
      const bench = new Bench(options)
      const columns = { id: 'bigint', name: 'string' }
      const partitionColumns = { day: 'string', hour: 'bigint' }
      await emulator.createTable({ name: bench.name, columns, partitionColumns })
      return bench
    }

    stream(options: object = {}): StreamingUploadStream {
      const stream = this.tunnel.createStreamingUploadStream({
        ...{ table: this.name, slots: 1, partitionBy: ['day', 'hour'], ...options },
      })
      return stream.on('flush', flush => {
        if (this.count < flush.lastRow + 1) this.tooSoon ??= flush.lastRow
        this.flushes.push(flush)
      }) as StreamingUploadStream
    }

    get count(): number {
      return emulator.rowCount(this.name)
    }

    /** Ids by partition. */
    async ids(): Promise<Record<string, number[]>> {
      const found: Record<string, number[]> = {}
      for await (const { spec } of this.tunnel.listPartitions(this.name)) {
        const partition = spec.map(({ name, value }) => `${name}=${value}`).join(',')
        const rows = await emulator.rows<[bigint]>(this.name, partition, { rowShape: 'array' })
        found[partition] = rows.map(([id]) => Number(id))
      }
      return found
    }

    requests(action: string): EmulatorLogEntry[] {
      return emulator.requests.filter(each => each.action === action && each.table === this.name)
    }
  }

  /** Row `i` goes to hour `i mod hours`. */
  const rowsOf = (count: number, hours: number, from = 0): unknown[][] =>
    Array.from({ length: count }, (_, i) => [BigInt(from + i), 'x', 'a', BigInt((from + i) % hours)])

  const told = (flushes: readonly Flush[]): unknown[] =>
    flushes.map(({ partitionSpec, rows, firstRow, lastRow }) => [partitionSpec, rows, firstRow, lastRow])

  test('rows go where they say, in order; limits and flushes are of all partitions together', async () => {
    const bench = await Bench.open()
    const upload = bench.stream({ flushRows: 4 })
    const { flushed } = upload
    await pipeline(rowsOf(7, 3), upload)
    const { rows, packs } = await flushed
    assert.deepEqual([rows, packs], [7, 6])
    assert.deepEqual(await bench.ids(), {
      'day=a,hour=0': [0, 3, 6],
      'day=a,hour=1': [1, 4],
      'day=a,hour=2': [2, 5],
    })
    assert.deepEqual(told(bench.flushes), [
      ['day=a,hour=0', 2, 0, 3],
      ['day=a,hour=1', 1, 0, 3],
      ['day=a,hour=2', 1, 0, 3],
      ['day=a,hour=1', 1, 4, 6],
      ['day=a,hour=2', 1, 4, 6],
      ['day=a,hour=0', 1, 4, 6],
    ])
    assert.equal(bench.requests('createStreamUpload').length, 1)
  })

  test('so many bytes are those of all partitions', async () => {
    const bench = await Bench.open()
    await pipeline(rowsOf(600, 5), bench.stream({ flushBytes: 1000 }))
    const sums = new Map<number, number>()
    for (const { bytes, lastRow } of bench.flushes) sums.set(lastRow, (sums.get(lastRow) ?? 0) + bytes)
    const whole = [...sums.values()].slice(0, -1)
    assert.ok(whole.length > 5, String(whole.length))
    // The row that reaches the limit is in, and a trailer for each of five packs.
    for (const bytes of whole) assert.ok(bytes >= 1000 && bytes < 1150, String(bytes))
    assert.equal(bench.count, 600)
  })

  test('a flush is told when the packs of all partitions are in the table, whichever is late', async () => {
    const bench = await Bench.open()
    emulator.setFaults([
      { action: 'putPack', table: bench.name, fault: { status: 503 } },
      { action: 'putPack', table: bench.name, after: 4, fault: { status: 502, body: '' } },
      { action: 'putPack', table: bench.name, after: 7, fault: { status: 308, code: 'SlotReassigned' } },
    ])
    await pipeline(rowsOf(60, 3), bench.stream({ slots: 3, flushRows: 6, concurrency: 3 }))
    emulator.setFaults()
    assert.equal(bench.tooSoon, undefined)
    assert.deepEqual([bench.flushes.length, bench.count], [30, 60])
  })

  test('the age is that of the first row of all partitions', async () => {
    const clock = new ManualClock()
    const bench = await Bench.open({ clock } as TunnelOptions)
    const upload = bench.stream({ flushIntervalMs: 500 })
    await upload.writeBatch(rowsOf(1, 2))
    await clock.advance(499)
    await upload.writeBatch(rowsOf(1, 2, 1))
    assert.deepEqual([bench.requests('putPack').length, clock.sleeping], [0, 1])
    await clock.advance(1)
    while (bench.flushes.length < 2) await once(upload, 'flush')
    assert.deepEqual(told(bench.flushes), [
      ['day=a,hour=0', 1, 0, 1],
      ['day=a,hour=1', 1, 0, 1],
    ])
    await pipeline([], upload)
    assert.equal(bench.requests('putPack').length, 2)
  })

  test('a lost answer: the rows of that partition are there twice, and no others', async () => {
    const bench = await Bench.open()
    emulator.setFaults([{ action: 'putPack', table: bench.name, after: 1, fault: 'drop-answer' }])
    await pipeline(rowsOf(6, 3), bench.stream())
    emulator.setFaults()
    assert.deepEqual(await bench.ids(), {
      'day=a,hour=0': [0, 3],
      'day=a,hour=1': [1, 4, 1, 4],
      'day=a,hour=2': [2, 5],
    })
    assert.equal(bench.flushes.length, 3)
  })

  test('a session that has ended is replaced by another one for all partitions', async () => {
    const bench = await Bench.open()
    const fault = { status: 404, code: 'StreamSessionNotFound' }
    emulator.setFaults([{ action: 'putPack', table: bench.name, after: 1, times: 2, fault }])
    await pipeline(rowsOf(6, 3), bench.stream({ slots: 3, concurrency: 3 }))
    emulator.setFaults()
    const created = bench.requests('createStreamUpload')
    assert.deepEqual(
      created.map(({ query }) => [query.get('dynamic_partition'), query.has('partition')]),
      [
        ['true', false],
        ['true', false],
      ],
    )
    assert.equal(bench.count, 6)
  })

  test("columns that are added, with 'reload': lists as before or with all columns, objects", async () => {
    const bench = await Bench.open()
    const upload = bench.stream({ flushRows: 2, onSchemaChange: 'reload' })
    await upload.writeBatch(rowsOf(2, 1))
    await once(upload, 'flush')
    await bench.tunnel.execute({ sql: `alter table ${bench.name} add columns (more string)` })
    await upload.writeBatch(rowsOf(3, 1, 2))
    while (bench.flushes.length < 2) await once(upload, 'flush')
    const late = { id: 6n, more: 'six', day: 'a', hour: 0 }
    await upload.writeBatch([[5n, 'x', 'five', 'a', 0n], late, [7n, 'x', 'a', 0n]])
    await pipeline([], upload)
    const rows = (await emulator.rows(bench.name, 'day=a,hour=0', { rowShape: 'array' })) as unknown[][]
    assert.deepEqual(rows, [
      ...[0n, 1n, 2n, 3n, 4n].map(id => [id, 'x', null]),
      [5n, 'x', 'five'],
      [6n, null, 'six'],
      [7n, 'x', null],
    ])
  })

  test('bad rows go to onRowError, and make no partition', async () => {
    const bench = await Bench.open()
    const bad: [string, string | undefined, number][] = []
    const upload = bench.stream({
      flushRows: 2,
      onRowError: ({ code, column }: { code: string; column?: string }, _row: unknown, index: number) =>
        void bad.push([code, column, index]),
    })
    const rows = [
      [0n, 'x', 'a', 1n],
      [1n, 'x', null, 1n],
      { id: 2n, day: 'a', hour: 1, minute: 5 },
      { id: 3n, day: 'a' },
      ['x', 'x', 'b', 1n],
      [5n, 'x', 'a'],
      [6n, 'x', 'a', '01'],
      [7n, 'x', 'a/b', 1n],
    ]
    await pipeline(rows, upload)
    assert.deepEqual(bad, [
      ['ODPS_NULL_NOT_ALLOWED', 'day', 1],
      ['ODPS_UNKNOWN_COLUMN', 'minute', 2],
      ['ODPS_NULL_NOT_ALLOWED', 'hour', 3],
      ['ODPS_INVALID_VALUE', 'id', 4],
      ['ODPS_ROW_LENGTH', undefined, 5],
      ['ODPS_INVALID_VALUE', 'day', 7],
    ])
    assert.deepEqual(await bench.ids(), { 'day=a,hour=1': [0, 6] })
    assert.deepEqual([upload.stats.rows, upload.stats.rowErrors], [2, 6])
    await assert.rejects(pipeline([[1n, 'x', null, 1n]], bench.stream()), {
      code: 'ODPS_NULL_NOT_ALLOWED',
    })
  })

  test('a function tells the partition, and rows have the data columns only', async () => {
    const bench = await Bench.open()
    const partitionBy = ([id]: [bigint]): object => ({ hour: Number(id) % 2, day: 'z' })
    await pipeline(
      rowsOf(4, 1).map(row => row.slice(0, 2)),
      bench.stream({ partitionBy, createPartition: true }),
    )
    assert.deepEqual(await bench.ids(), { 'day=z,hour=0': [0, 2], 'day=z,hour=1': [1, 3] })
  })

  test('shares the memory of its Tunnel, down to one pack and a chunk', async () => {
    const flushBytes = 1000
    const bench = await Bench.open({ memoryBytes: flushBytes + 64 * 1024, maxRequests: 1 })
    const streams = [1, 2].map(() => bench.stream({ flushBytes, slots: 3 }))
    await Promise.all(streams.map(stream => pipeline(rowsOf(500, 7), stream)))
    assert.equal(bench.count, 1000)
  })

  test('a refusal names the partition', async () => {
    const bench = await Bench.open()
    emulator.setFaults([
      { action: 'putPack', table: bench.name, fault: { status: 403, code: 'NoPermission' } },
    ])
    await assert.rejects(pipeline(rowsOf(1, 1), bench.stream()), {
      code: 'ODPS_ACCESS_DENIED',
      message: /^Sending a pack of day=a,hour=0 to p\.t\d+: /,
    })
    emulator.setFaults()
  })

  test('destroy sends nothing more', async () => {
    const bench = await Bench.open()
    const upload = bench.stream({ flushRows: 4 })
    await upload.writeBatch(rowsOf(6, 2))
    while (bench.flushes.length < 2) await once(upload, 'flush')
    upload.destroy()
    await once(upload, 'close')
    assert.deepEqual([bench.requests('putPack').length, bench.count], [2, 4])
  })

  test('options that contradict each other, or the table', async () => {
    const bench = await Bench.open()
    const code = 'ODPS_INVALID_OPTION'
    for (const [options, message] of [
      [{ partitionSpec: 'day=a,hour=1' }, /partitionBy .*partitionSpec can't be given/],
      [{ createPartition: false }, /partitionBy .*createPartition: false can't be given/],
      [{ partitionBy: 'day' }, /partitionBy/],
    ] as const)
      assert.throws(() => bench.stream(options), { code, message })
    assert.throws(() => bench.stream({ partitionBytes: 1 }), { code: 'ODPS_UNKNOWN_OPTION' })
    await emulator.createTable({ name: `${bench.name}_plain`, columns: { id: 'bigint' } })
    for (const [options, message] of [
      [
        { partitionBy: ['day'] },
        /^createStreamingUploadStream: partitionBy: 'hour' is missing; partitionBy must have all/,
      ],
      [
        { partitionBy: ['day', 'hour', 'id'] },
        /'id' is not a partition column of the table, which has day, hour/,
      ],
      [{ partitionBy: ['day', 'hour', 'DAY'] }, /'day' is given twice in partitionBy$/],
      [{ table: `${bench.name}_plain` }, /the table has no partitions/],
    ] as const)
      await assert.rejects(once(bench.stream(options), 'finish'), { code, message })
    assert.equal(bench.requests('putPack').length, 0)
  })

  test('no more partitions grow at once than there may be', async () => {
    const column = { name: 'id', type: parseDataType('bigint'), nullable: true }
    const schema: TableSchema = { columns: [column], partitionColumns: [{ ...column, name: 'pt' }] }
    const packs = new PartitionPacks({
      ...{ by: ['pt'], schema, unknownColumns: 'error', limits: { rows: 1e6, bytes: 1e9 } },
      scatter: onRecords => createRecordScatterer(schema.columns, {}, onRecords),
      compress: async ({ length }, rows) => ({ body: [], rows, rawBytes: length, checksum: 0 }),
    })
    for (let i = 0; i < 2000; i++) packs.add([1n, BigInt(i % 1023)], i)
    assert.equal(packs.isFull, false)
    packs.add([1n, 1023n], 2000)
    assert.equal(packs.isFull, true)
    const ended = packs.end()
    assert.deepEqual(
      ended.map(({ partitionSpec }) => partitionSpec),
      Array.from({ length: 1024 }, (_, i) => `pt=${i}`),
    )
    assert.equal((await ended[0]!.prepare()).rows, 2)
    assert.deepEqual([packs.isFull, packs.rows, packs.end().length], [false, 0, 0])
  })
})
