import assert from 'node:assert/strict'
import { Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { describe, type TestContext, test } from 'node:test'
import { createArrowDownloadStream } from '../../lib/arrow-streams/index.js'
import type { DownloadSession } from '../../lib/download/download-session.js'
import { type TunnelError, TunnelOptionError } from '../../lib/errors.js'
import { defineSchema } from '../../lib/schema/define-schema.js'
import type { DownloadStats } from '../../lib/session/transfer-stats.js'
import { type EmulatedTable, emulatedTable, fillTable, rowsUpTo } from '../session/emulated-table.js'

const filled = async (context: TestContext, rows: number): Promise<EmulatedTable> => {
  const table = await emulatedTable(context)
  await fillTable(table, rows)
  return table
}

const collect = async (rows: AsyncIterable<unknown>): Promise<unknown[]> => {
  const collected: unknown[] = []
  for await (const row of rows) collected.push(row)
  return collected
}

const ranges = ({ emulator }: EmulatedTable): (string | undefined)[] =>
  emulator.requests.filter(({ action }) => action === 'readData').map(({ query }) => query.get('rowrange'))

describe('download stream: rows out', () => {
  test('all rows in order, whatever the ranges and the concurrency', async context => {
    const table = await filled(context, 1000)
    for (const rangeRows of [1000, 333, 100, 7])
      for (const concurrency of [1, 3, 16]) {
        const download = table.tunnel.createDownloadStream({ table: 't', rangeRows, concurrency })
        assert.deepEqual(await collect(download), rowsUpTo(1000))
        assert.equal(download.stats.ranges, Math.ceil(1000 / rangeRows))
      }
  })

  test('start and count; count is clipped, start beyond the end is an error', async context => {
    const { tunnel } = await filled(context, 100)
    const read = (start: number, count?: number) =>
      collect(tunnel.createDownloadStream({ table: 't', start, count, rangeRows: 30 }))
    assert.deepEqual(await read(90), rowsUpTo(100).slice(90))
    assert.deepEqual(await read(20, 50), rowsUpTo(100).slice(20, 70))
    assert.deepEqual(await read(95, 1000), rowsUpTo(100).slice(95))
    assert.deepEqual(await read(100), [])
    assert.deepEqual(await read(5, 0), [])
    await assert.rejects(read(101), { code: 'ODPS_INVALID_RANGE' })
  })

  test('an empty table makes no data request', async context => {
    const table = await emulatedTable(context)
    assert.deepEqual(await collect(table.tunnel.createDownloadStream({ table: 't' })), [])
    assert.deepEqual(ranges(table), [])
  })

  test('options may be used again for something else as soon as the call has returned', async context => {
    const { tunnel } = await filled(context, 1)
    const options = {
      table: 't',
      columns: ['name'],
      rowShape: 'object' as 'object' | 'array',
      parsers: { string: (text: string) => `[${text}]` } as Record<string, (value: string) => unknown>,
    }
    const downloads = [tunnel.createDownloadStream(options), tunnel.readBatches(options)]
    const arrow = createArrowDownloadStream({ tunnel, table: 't', columns: options.columns })
    options.columns[0] = 'id'
    options.rowShape = 'array'
    options.parsers['string'] = () => 'another'
    options.parsers['bigint'] = () => 'another'
    for (const download of downloads)
      assert.deepEqual((await collect(download)).flat(), [{ name: '[row 0]' }])
    for await (const batch of arrow.chunks()) assert.deepEqual(batch.schema.names, ['name'])
  })

  test('columns in any order, as arrays and as objects', async context => {
    const { tunnel } = await filled(context, 2)
    const read = (options: object) => collect(tunnel.createDownloadStream({ table: 't', ...options }))
    assert.deepEqual(await read({ columns: ['NAME', 'id'] }), [
      ['row 0', 0n],
      ['row 1', 1n],
    ])
    assert.deepEqual(await read({ columns: ['name'], rowShape: 'object' }), [
      { name: 'row 0' },
      { name: 'row 1' },
    ])
    assert.deepEqual(await read({ bigint: 'number', parsers: { name: (text: string) => text.length } }), [
      [0, 5],
      [1, 5],
    ])
    await assert.rejects(read({ columns: ['nme'] }), { code: 'ODPS_INVALID_COLUMNS' })
  })

  test('a key of parsers that is neither a column nor a type is refused, of a column that is not read taken', async context => {
    const { tunnel } = await filled(context, 1)
    const read = (parsers: object) =>
      collect(tunnel.createDownloadStream({ table: 't', columns: ['id'], parsers: parsers as never }))
    assert.deepEqual(await read({ NAME: String, bigint: Number, datetime: undefined }), [[0]])
    const told = (key: string, hint: string) => ({
      code: 'ODPS_INVALID_COLUMNS',
      message: `parsers: '${key}' is neither a type nor a column; the columns are id, name; ${hint}`,
    })
    await assert.rejects(read({ nmae: String }), told('nmae', "did you mean 'name'?"))
    await assert.rejects(read({ BIGINT: String }), told('BIGINT', "did you mean 'bigint'?"))
    await assert.rejects(read({ 'decimal(10,2)': String }), told('decimal(10,2)', "did you mean 'decimal'?"))
    await assert.rejects(read({ qqqqqqqq: String }), { message: /; types are tinyint, .*, vector$/ })
    const session = await tunnel.createDownloadSession({ table: 't' })
    for (const read of [
      () => session.download(0, 1, { colums: ['id'] } as object),
      () => session.readBatches({ colums: ['id'] } as object).next(),
    ])
      await assert.rejects(read, { code: 'ODPS_UNKNOWN_OPTION', message: /colums; did you mean columns\?$/ })
    const parsers = { nmae: String }
    await assert.rejects(session.download(0, 1, { parsers }), told('nmae', "did you mean 'name'?"))
    assert.throws(() => read({ id: 1 }), {
      code: 'ODPS_INVALID_OPTION',
      message: /parsers must be an object of/,
    })
  })

  test('partition columns on demand', async context => {
    const { emulator, tunnel } = await emulatedTable(context)
    await emulator.createTable({
      name: 'parted',
      columns: { id: 'bigint' },
      partitionColumns: { year: 'bigint', month: 'string' },
    })
    const partitionSpec = { month: '01', year: 2001 }
    const upload = tunnel.createUploadStream({ table: 'parted', partitionSpec, createPartition: true })
    await pipeline([[1n], { id: 2n, month: '01', YEAR: '2001' }], upload)
    const download = tunnel.createDownloadStream({ table: 'parted', partitionSpec, partitionColumns: true })
    assert.deepEqual(await collect(download), [
      [1n, 2001n, '01'],
      [2n, 2001n, '01'],
    ])
    const specs: unknown[] = []
    for await (const { spec } of tunnel.listPartitions('parted', 'year=2001')) specs.push(spec)
    for await (const { spec } of tunnel.listPartitions('parted', { year: 2002 })) specs.push(spec)
    assert.deepEqual(specs, [
      [
        { name: 'year', value: '2001' },
        { name: 'month', value: '01' },
      ],
    ])
  })

  test('readBatches gives the same rows, and stops its requests when left early', async context => {
    const table = await filled(context, 1000)
    const rows: unknown[] = []
    for await (const batch of table.tunnel.readBatches({ table: 't', rangeRows: 90 })) rows.push(...batch)
    assert.deepEqual(rows, rowsUpTo(1000))
    for await (const batch of table.tunnel.readBatches({ table: 't', rangeRows: 10, concurrency: 2 })) {
      assert.deepEqual(batch, rowsUpTo(10))
      break
    }
    assert.ok(ranges(table).length < 12 + 10)
  })

  test('attaching to a session reads its snapshot', async context => {
    const table = await filled(context, 10)
    const session = await table.tunnel.createDownloadSession({ table: 't' })
    await fillTable(table, 10)
    const { sessionId } = session.toJSON()
    assert.deepEqual(
      await collect(table.tunnel.createDownloadStream({ table: 't', sessionId })),
      rowsUpTo(10),
    )
    assert.deepEqual(session.splits(3), [
      { start: 0, count: 4 },
      { start: 4, count: 3 },
      { start: 7, count: 3 },
    ])
    assert.deepEqual(await session.download(4, 3), rowsUpTo(10).slice(4, 7))
  })

  test('a schema in the program that differs from the table fails the stream', async context => {
    const { tunnel } = await filled(context, 1)
    const schema = defineSchema({ id: 'bigint', name: 'int' })
    await assert.rejects(collect(tunnel.createDownloadStream({ table: 't', schema })), (error: Error) => {
      assert.ok(error instanceof TunnelOptionError)
      assert.equal(error.code, 'ODPS_SCHEMA_MISMATCH')
      assert.match(error.message, /name/)
      return true
    })
  })
})

describe('download stream: resumed', () => {
  test('goes on at the first row not delivered, after any cut', async context => {
    const table = await filled(context, 300)
    for (const cutBodyAfter of [0, 1, 100, 1000, 3000]) {
      table.emulator.setFaults([{ action: 'readData', times: 3, fault: { cutBodyAfter } }])
      const options = { table: 't', compression: 'raw', concurrency: 1 } as const
      const download = table.tunnel.createDownloadStream(options)
      assert.deepEqual(await collect(download), rowsUpTo(300))
      assert.ok(download.stats.retries >= 1)
    }
  })

  test('every byte of an answer may be the last one', async context => {
    const table = await filled(context, 4)
    const session = await table.tunnel.createDownloadSession({ table: 't' })
    const { rawBytes } = await (await table.tunnel.createUploadSession({ table: 't' })).upload(0, rowsUpTo(4))
    for (const compression of ['raw', 'snappy', 'deflate'] as const)
      for (let cutBodyAfter = 0; cutBodyAfter < rawBytes; cutBodyAfter++) {
        table.emulator.setFaults([{ action: 'readData', fault: { cutBodyAfter } }])
        assert.deepEqual(await session.download(0, 4, { compression }), rowsUpTo(4))
      }
  })

  test('damage after rows were delivered is fatal, and says so', async context => {
    const table = await filled(context, 30_000)
    table.emulator.setFaults([{ action: 'readData', times: 10, fault: { corruptBodyAt: 600_000 } }])
    const rows: unknown[] = []
    const download = table.tunnel.createDownloadStream({ table: 't', compression: 'raw', rangeRows: 30_000 })
    await assert.rejects(
      async () => {
        for await (const row of download) rows.push(row)
      },
      (error: TunnelError & { sessionId?: string; stats?: DownloadStats }) => {
        assert.ok(['ODPS_CHECKSUM_MISMATCH', 'ODPS_MALFORMED_STREAM'].includes(error.code), error.code)
        assert.equal(error.sessionId, download.session?.sessionId)
        assert.ok((error.stats?.rows ?? 0) >= rows.length)
        return true
      },
    )
    assert.notEqual(rows.length, 0)
    assert.deepEqual(rows, rowsUpTo(30_000).slice(0, rows.length))
  })
})

describe('download stream: slow consumers', () => {
  test('nothing is read beyond the read-ahead while the consumer waits', async context => {
    const table = await filled(context, 50_000)
    const options = {
      table: 't',
      rangeRows: 1000,
      concurrency: 4,
      readAheadBytes: 64_000,
      compression: 'raw',
    } as const
    const download = table.tunnel.createDownloadStream(options)
    const rows: unknown[] = []
    let release: (() => void) | undefined
    const sink = new Writable({
      objectMode: true,
      highWaterMark: 1,
      write: (row, _encoding, callback) => {
        rows.push(row)
        if (rows.length === 10) release = callback
        else callback()
      },
    })
    const done = pipeline(download, sink)
    while (release === undefined) await new Promise(setImmediate)
    let before = -1
    while (before !== download.stats.wireBytes) {
      before = download.stats.wireBytes
      for (let i = 0; i < 50; i++) await new Promise(setImmediate)
    }
    assert.ok(ranges(table).length <= 4)
    assert.ok(
      download.stats.wireBytes <= 64_000 + 4 * 64 * 1024,
      `${download.stats.wireBytes} bytes were read ahead`,
    )
    release()
    await done
    assert.deepEqual(rows, rowsUpTo(50_000))
  })
})

describe('download stream: what it tells', () => {
  test('session and progress events, stats', async context => {
    // No interval ends however slow the machine is, so that the last of the progress events is the only one.
    context.mock.timers.enable({ apis: ['setInterval'] })
    const { tunnel } = await filled(context, 100)
    const download = tunnel.createDownloadStream({ table: 't', rangeRows: 40 })
    const seen: unknown[] = []
    download.on('session', (session: DownloadSession) => seen.push(session.recordCount))
    download.on('progress', (stats: DownloadStats) => seen.push([stats.rows, stats.totalRows]))
    await collect(download)
    assert.deepEqual(seen, [100, [100, 100]])
    const { ranges, rawBytes, wireBytes, retries } = download.stats
    assert.deepEqual({ ranges, retries }, { ranges: 3, retries: 0 })
    assert.ok(rawBytes > 0 && wireBytes > 0)
  })

  test('disposal destroys an unfinished stream', async context => {
    const { tunnel } = await filled(context, 100)
    const download = tunnel.createDownloadStream({ table: 't' })
    await download[Symbol.asyncDispose]()
    assert.ok(download.closed)
  })
})
