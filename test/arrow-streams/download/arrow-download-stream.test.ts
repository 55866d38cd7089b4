import assert from 'node:assert/strict'
import { finished, pipeline } from 'node:stream/promises'
import { describe, type TestContext, test } from 'node:test'
import { type RecordBatch, Table, tableFromIPC } from 'apache-arrow'
import { createArrowDownloadStream } from '../../../lib/arrow-streams/index.js'
import type { TableSessionJson } from '../../../lib/download/session-json.js'
import { defineSchema } from '../../../lib/schema/define-schema.js'
import { Timestamp } from '../../../lib/values/timestamp.js'
import { type EmulatedTable, emulatedTable } from '../../session/emulated-table.js'

/*
 * Rows go into the table as records, and come out in Arrow; the package apache-arrow, which isn't used for any of the bytes,
 * says what they are.
 */

const blockRows = 100
const rowOf = (i: number): [bigint, string] => [BigInt(i), `row ${i} ${'x'.repeat(i % 1000)}`]
const rowsFrom = (start: number, end: number): [bigint, string][] =>
  Array.from({ length: end - start }, (_, i) => rowOf(start + i))

/** A table of many blocks: each becomes a record batch of the answer. */
const filled = async (context: TestContext, blocks = 10): Promise<EmulatedTable> => {
  const table = await emulatedTable(context)
  const session = await table.tunnel.createUploadSession({ table: 't' })
  for (let block = 0; block < blocks; block++)
    await session.upload(block, rowsFrom(block * blockRows, (block + 1) * blockRows))
  await session.commit()
  return table
}

const cellsOf = (batches: readonly RecordBatch[]): unknown[][] =>
  batches.flatMap(batch => {
    const columns = batch.schema.fields.map((_field, i) => batch.getChildAt(i)!)
    return Array.from({ length: batch.numRows }, (_, row) =>
      columns.map(column => column.get(row) as unknown),
    )
  })

const batchesOf = async (stream: AsyncIterable<RecordBatch>): Promise<RecordBatch[]> => {
  const batches: RecordBatch[] = []
  for await (const batch of stream) batches.push(batch)
  return batches
}

const bytesOf = async (stream: AsyncIterable<Uint8Array>): Promise<Buffer> => {
  const chunks: Uint8Array[] = []
  for await (const chunk of stream) chunks.push(chunk)
  return Buffer.concat(chunks)
}

const ranges = ({ emulator }: EmulatedTable): (string | undefined)[] =>
  emulator.requests.filter(({ action }) => action === 'readData').map(({ query }) => query.get('rowrange'))

describe('a download in Arrow', () => {
  test('gives all rows in order, whatever the ranges, the concurrency and the compression', async context => {
    const { tunnel } = await filled(context)
    for (const [rangeRows, concurrency, compression] of [
      [1000, 1, 'raw'],
      [333, 3, 'snappy'],
      [100, 16, 'deflate'],
      [70, 4, 'lz4'],
      [250, 4, 'zstd'],
    ] as const) {
      const stream = createArrowDownloadStream({ tunnel, table: 't', rangeRows, concurrency, compression })
      const batches = await batchesOf(stream.chunks())
      assert.deepEqual(cellsOf(batches), rowsFrom(0, 1000))
      assert.equal(new Table(batches).numRows, 1000)
      const { rows, totalRows, ranges } = stream.stats
      assert.deepEqual([rows, totalRows, ranges], [1000, 1000, Math.ceil(1000 / rangeRows)])
      const ipc = createArrowDownloadStream({ tunnel, table: 't', rangeRows, concurrency, as: 'ipc' })
      assert.deepEqual(cellsOf(tableFromIPC(await bytesOf(ipc.chunks())).batches), rowsFrom(0, 1000))
      assert.equal(ipc.stats.rows, 1000)
    }
  })

  test('is asked for with the parameter arrow, and start and count mean rows', async context => {
    const table = await filled(context, 1)
    const { tunnel, emulator } = table
    const read = async (start: number, count?: number): Promise<unknown[][]> =>
      cellsOf(await batchesOf(createArrowDownloadStream({ tunnel, table: 't', start, count, rangeRows: 30 })))
    assert.deepEqual(await read(90), rowsFrom(90, 100))
    assert.deepEqual(await read(20, 50), rowsFrom(20, 70))
    assert.deepEqual(await read(95, 1000), rowsFrom(95, 100))
    assert.deepEqual(await read(100), [])
    await assert.rejects(read(101), { code: 'ODPS_INVALID_RANGE' })
    const asked = emulator.requests.filter(({ action }) => action === 'readData')
    assert.ok(asked.length > 0 && asked.every(({ query }) => query.get('arrow') === ''))
  })

  test('gives the same chunks of an IPC stream to whoever iterates and to whoever listens', async context => {
    const { tunnel } = await filled(context)
    const open = () => createArrowDownloadStream({ tunnel, table: 't', as: 'ipc', highWaterMark: 2 ** 20 })
    const iterated: Buffer[] = []
    for await (const chunk of open().chunks()) iterated.push(chunk)
    const heard: Buffer[] = []
    await finished(open().on('data', (chunk: Buffer) => heard.push(chunk)))
    assert.deepEqual(iterated, heard)
    assert.ok(iterated.length > 10, `${iterated.length} chunks of a schema, ten batches and an end`)
    // A listener that reads nothing keeps `data` away for ever.
    const watched = open().on('readable', () => {})
    const given: Buffer[] = []
    for await (const chunk of watched.chunks()) given.push(chunk)
    assert.deepEqual(Buffer.concat(given), Buffer.concat(heard))
  })

  test('of no rows is a schema and an end mark as IPC, and no record batch', async context => {
    const table = await emulatedTable(context)
    const { tunnel } = table
    assert.deepEqual(await batchesOf(createArrowDownloadStream({ tunnel, table: 't' })), [])
    const bytes = await bytesOf(createArrowDownloadStream({ tunnel, table: 't', as: 'ipc' }))
    assert.equal(bytes.subarray(-8).toString('hex'), 'ffffffff00000000')
    const { schema, numRows } = tableFromIPC(bytes)
    assert.equal(numRows, 0)
    assert.deepEqual(
      schema.fields.map(({ name, type }) => `${name} ${type}`),
      ['id Int64', 'name Utf8'],
    )
    assert.deepEqual(ranges(table), [])
  })

  test('puts columns in the order asked for, and asks the service in that of the table', async context => {
    const { tunnel, emulator } = await filled(context, 1)
    const columns = ['NAME', 'id']
    const batches = await batchesOf(createArrowDownloadStream({ tunnel, table: 't', columns, count: 3 }))
    assert.deepEqual(
      cellsOf(batches),
      rowsFrom(0, 3).map(([id, name]) => [name, id]),
    )
    assert.deepEqual(
      batches[0]!.schema.fields.map(({ name }) => name),
      ['name', 'id'],
    )
    const one = await batchesOf(
      createArrowDownloadStream({ tunnel, table: 't', columns: ['name'], count: 1 }),
    )
    assert.deepEqual(cellsOf(one), [['row 0 ']])
    const asked = emulator.requests.filter(({ action }) => action === 'readData')
    assert.deepEqual(
      asked.map(({ query }) => query.get('columns')),
      ['id,name', 'name'],
    )
    const wrong = createArrowDownloadStream({ tunnel, table: 't', columns: ['nme'] })
    await assert.rejects(batchesOf(wrong), { code: 'ODPS_INVALID_COLUMNS' })
  })

  test('reads partitions one after the other, with their columns last', async context => {
    const { tunnel, emulator } = await emulatedTable(context)
    await emulator.createTable({
      name: 'parted',
      columns: { id: 'bigint' },
      partitionColumns: { year: 'int', month: 'string' },
    })
    const empty = createArrowDownloadStream({
      ...{ tunnel, table: 'parted', partitions: 'all', partitionColumns: true },
      as: 'ipc',
    })
    assert.deepEqual(
      tableFromIPC(await bytesOf(empty)).schema.fields.map(({ name, type }) => `${name} ${type}`),
      ['id Int64', 'year Int32', 'month Utf8'],
    )
    for (const [year, month] of [
      [2001, '01'],
      [2001, '02'],
      [2002, 'é'],
    ] as const) {
      await emulator.addPartition('parted', `year=${year},month=${month}`)
      const session = await tunnel.createUploadSession({ table: 'parted', partitionSpec: { year, month } })
      await session.upload(0, [[BigInt(year)], [null]])
      await session.commit()
    }
    const stream = createArrowDownloadStream({
      ...{ tunnel, table: 'parted', partitions: 'all', partitionColumns: true },
      columns: ['id'],
    })
    assert.deepEqual(cellsOf(await batchesOf(stream)), [
      [2001n, 2001, '01'],
      [null, 2001, '01'],
      [2001n, 2001, '02'],
      [null, 2001, '02'],
      [2002n, 2002, 'é'],
      [null, 2002, 'é'],
    ])
    const one = createArrowDownloadStream({ tunnel, table: 'parted', partitionSpec: 'year=2002,month=é' })
    assert.deepEqual(cellsOf(await batchesOf(one)), [[2002n], [null]])
  })

  test('checks a schema, takes a session that exists, and refuses options of rows', async context => {
    const { tunnel } = await filled(context, 1)
    const schema = defineSchema({ id: 'string' })
    await assert.rejects(batchesOf(createArrowDownloadStream({ tunnel, table: 't', schema })), {
      code: 'ODPS_SCHEMA_MISMATCH',
    })
    const session = await tunnel.createDownloadSession({ table: 't' })
    const stream = createArrowDownloadStream({ tunnel, ...(session.toJSON() as TableSessionJson), start: 98 })
    assert.deepEqual(cellsOf(await batchesOf(stream)), rowsFrom(98, 100))
    assert.equal(stream.session?.sessionId, session.sessionId)
    for (const options of [{ rowShape: 'array' }, { bigint: 'number' }, { parsers: {} }])
      assert.throws(() => createArrowDownloadStream({ tunnel, table: 't', ...(options as object) }), {
        code: 'ODPS_UNKNOWN_OPTION',
      })
    assert.throws(() => createArrowDownloadStream({ tunnel, table: 't', as: 'rows' as never }), {
      code: 'ODPS_INVALID_OPTION',
    })
  })

  test('connects by itself, tells of its session and progress, and is a stream for pipeline', async context => {
    const { emulator } = await filled(context, 2)
    const stream = createArrowDownloadStream({
      ...{ endpoint: emulator.endpoint, project: 'p', table: 't', as: 'ipc' as const },
      credentials: { accessKeyId: 'test-id', accessKeySecret: 'test-secret' },
    })
    const told: string[] = []
    stream.once('session', () => told.push('session')).once('progress', () => told.push('progress'))
    const chunks: Buffer[] = []
    await pipeline(stream, async source => {
      for await (const chunk of source) chunks.push(chunk as Buffer)
    })
    assert.equal(tableFromIPC(Buffer.concat(chunks)).numRows, 200)
    assert.deepEqual(told, ['session', 'progress'])
  })
})

describe('a download in Arrow that breaks', () => {
  /** Where the whole answer of 1 000 rows ends, its chunks and its batches. */
  const wholeBytes = async ({ tunnel }: EmulatedTable): Promise<number> => {
    const stream = createArrowDownloadStream({ tunnel, table: 't', compression: 'raw', rangeRows: 1000 })
    await batchesOf(stream)
    return stream.stats.wireBytes
  }

  test('goes on behind the last whole batch, wherever the body was cut', async context => {
    const table = await filled(context)
    const { tunnel, emulator } = table
    const end = await wholeBytes(table)
    assert.ok(end > 5 * 65_540)
    const edges = Array.from({ length: Math.floor(end / 65_540) }, (_, i) => 4 + (i + 1) * 65_540)
    const cuts = edges.flatMap(edge => [edge - 5, edge - 4, edge - 1, edge, edge + 1])
    for (const cutBodyAfter of [0, 1, 3, 4, 5, 1000, ...cuts, end - 5, end - 4, end - 1]) {
      emulator.setFaults([{ action: 'readData', times: 1, fault: { cutBodyAfter } }])
      const before = ranges(table).length
      const stream = createArrowDownloadStream({ tunnel, table: 't', compression: 'raw', rangeRows: 1000 })
      assert.deepEqual(cellsOf(await batchesOf(stream)), rowsFrom(0, 1000), `cut at ${cutBodyAfter}`)
      const [first, second, ...more] = ranges(table).slice(before)
      assert.equal(first, '(0,1000)')
      const [start, count] = /^\((\d+),(\d+)\)$/.exec(second!)!.slice(1).map(Number)
      assert.ok(start! % blockRows === 0 && start! + count! === 1000, String(second))
      assert.deepEqual(more, [])
      assert.equal(stream.stats.retries, 1)
    }
    emulator.setFaults([])
  })

  test('asks again for bytes that were damaged before the first batch, and fails on others', async context => {
    const table = await filled(context)
    const { tunnel, emulator } = table
    const end = await wholeBytes(table)
    for (const [corruptBodyAt, isRepeated] of [
      [1000, true],
      [65_540 * 4, false],
      [end - 1, false],
    ] as const) {
      emulator.setFaults([{ action: 'readData', times: 1, fault: { corruptBodyAt } }])
      const stream = createArrowDownloadStream({ tunnel, table: 't', compression: 'raw', rangeRows: 1000 })
      if (isRepeated) assert.deepEqual(cellsOf(await batchesOf(stream)), rowsFrom(0, 1000))
      else await assert.rejects(batchesOf(stream), { name: 'TunnelChecksumError', scope: 'stream' })
    }
  })

  test('ends at once when it is destroyed or its signal aborts, with one error', async context => {
    const { tunnel } = await filled(context)
    const controller = new AbortController()
    const stream = createArrowDownloadStream({
      tunnel,
      table: 't',
      rangeRows: 100,
      signal: controller.signal,
    })
    await assert.rejects(
      async () => {
        for await (const _batch of stream) controller.abort(new Error('enough'))
      },
      { name: 'AbortError' },
    )
    assert.ok(stream.stats.rows < 1000)
    const other = createArrowDownloadStream({ tunnel, table: 't', rangeRows: 100, as: 'ipc' })
    for await (const _bytes of other) break
    assert.equal(other.destroyed, true)
    await using third = createArrowDownloadStream({ tunnel, table: 't' })
    assert.equal(third.destroyed, false)
  })

  test('counts it when the question for the columns of a table without partitions is repeated', async context => {
    const { emulator, tunnel } = await emulatedTable(context)
    await emulator.createTable({
      name: 'empty',
      columns: { id: 'bigint' },
      partitionColumns: { p: 'string' },
    })
    emulator.setFaults([{ action: 'getTable', fault: { status: 503 } }])
    const stream = createArrowDownloadStream({ tunnel, table: 'empty', partitions: 'all', as: 'ipc' })
    const { schema } = tableFromIPC(await bytesOf(stream))
    assert.deepEqual(
      schema.fields.map(({ name }) => name),
      ['id'],
    )
    assert.equal(stream.stats.retries, 1)
  })
})

describe('the result of a query in Arrow', () => {
  test('of an instance: all rows, ranges, columns and both forms, and a cut that is mended', async context => {
    const { tunnel, emulator } = await filled(context, 3)
    const { instanceId } = await tunnel.execute({ sql: 'SELECT * FROM t' })
    const read = async (options: object): Promise<unknown[][]> =>
      cellsOf(await batchesOf(createArrowDownloadStream({ tunnel, instanceId, ...options })))
    assert.deepEqual(await read({}), rowsFrom(0, 300))
    assert.deepEqual(await read({ rangeRows: 70, start: 20, count: 200 }), rowsFrom(20, 220))
    assert.deepEqual(
      await read({ columns: ['NAME', 'id'], count: 2 }),
      rowsFrom(0, 2).map(([id, name]) => [name, id]),
    )
    emulator.setFaults([{ action: 'readResult', times: 1, fault: { cutBodyAfter: 30_000 } }])
    const stream = createArrowDownloadStream({ tunnel, instanceId, as: 'ipc', compression: 'raw' })
    assert.deepEqual(cellsOf(tableFromIPC(await bytesOf(stream)).batches), rowsFrom(0, 300))
    assert.equal(stream.stats.retries, 1)
    const asked = emulator.requests.filter(({ action }) => action === 'readResult')
    assert.ok(asked.length > 0 && asked.every(({ query }) => query.get('arrow') === ''))
    const [part] = (await tunnel.createDownloadSession({ instanceId })).splits({ count: 3 })
    assert.deepEqual(
      cellsOf(await batchesOf(createArrowDownloadStream({ tunnel, ...part! }))),
      rowsFrom(0, 100),
    )
  })

  test('may be cut at every edge of a chunk, or changed there, and gives no wrong row', async context => {
    const { tunnel, emulator } = await filled(context)
    const read = () => createArrowDownloadStream({ tunnel, sql: 'SELECT * FROM t', compression: 'raw' })
    const whole = read()
    await batchesOf(whole)
    const end = whole.stats.wireBytes
    assert.ok(end > 5 * 65_540, `${end} bytes`)
    const edges = Array.from({ length: Math.floor(end / 65_540) }, (_, i) => 4 + (i + 1) * 65_540)
    for (const at of [0, 4, ...edges, end - 4]) {
      emulator.setFaults([{ action: 'readResult', times: 1, fault: { cutBodyAfter: at } }])
      const cut = read()
      assert.deepEqual(cellsOf(await batchesOf(cut)), rowsFrom(0, 1000), `cut at ${at}`)
      assert.equal(cut.stats.retries, 1, `cut at ${at}`)
      emulator.setFaults([{ action: 'readResult', times: 1, fault: { corruptBodyAt: at } }])
      const rows = await batchesOf(read()).then(cellsOf, (error: Error) => error.name)
      if (Array.isArray(rows)) assert.deepEqual(rows, rowsFrom(0, 1000), `changed at ${at}`)
      else assert.match(rows, /^Tunnel(Checksum|Protocol)Error$/, `changed at ${at}`)
    }
    const submitted = emulator.requests.filter(({ action }) => action === 'submitInstance')
    assert.equal(submitted.length, 1 + 2 * (edges.length + 3))
  })

  test('of SQL: it is submitted, awaited and told of; without rows it is a schema', async context => {
    const { tunnel, emulator } = await filled(context, 2)
    const told: string[] = []
    const stream = createArrowDownloadStream({
      tunnel,
      sql: 'SELECT name FROM t',
      rangeRows: 60,
      hints: { a: 'b' },
    })
    stream.once('instance', ({ project }) => told.push(`instance in ${project}`))
    stream.once('session', ({ recordCount }) => told.push(`session of ${recordCount}`))
    assert.deepEqual(
      cellsOf(await batchesOf(stream)),
      rowsFrom(0, 200).map(([, name]) => [name]),
    )
    assert.deepEqual(told, ['instance in p', 'session of 200'])
    assert.equal(stream.stats.query?.state, 'terminated')
    assert.equal(emulator.requests.filter(({ action }) => action === 'submitInstance').length, 1)
    const empty = createArrowDownloadStream({ tunnel, sql: 'SELECT id FROM t LIMIT 0', as: 'ipc' })
    assert.deepEqual(
      tableFromIPC(await bytesOf(empty)).schema.fields.map(({ name, type }) => `${name} ${type}`),
      ['id Int64'],
    )
    const failing = createArrowDownloadStream({ tunnel, sql: 'SELECT nme FROM t' })
    await assert.rejects(batchesOf(failing), { code: 'ODPS_QUERY_FAILED' })
  })

  test('has timestamps of any year, as seconds and nanoseconds', async context => {
    const { tunnel, emulator } = await emulatedTable(context)
    await emulator.createTable({ name: 'times', columns: { a: 'timestamp', b: 'timestamp_ntz' } })
    const early = new Timestamp(-62_135_596_800n, 1)
    await emulator.insert('times', [
      [early, null],
      [null, new Timestamp(0n, 999_999_999)],
    ])
    const batches = await batchesOf(createArrowDownloadStream({ tunnel, sql: 'SELECT * FROM times' }))
    assert.deepEqual(
      batches[0]!.schema.fields.map(({ type }) => `${type}`),
      Array(2).fill('Struct<{sec:Int64, nano:Int32}>'),
    )
    assert.deepEqual(
      cellsOf(batches).map(row => row.map(cell => cell && { ...(cell as object) })),
      [
        [{ sec: -62_135_596_800n, nano: 1 }, null],
        [null, { sec: 0n, nano: 999_999_999 }],
      ],
    )
    // The table's own tunnel counts nanoseconds in 64 bits.
    await assert.rejects(batchesOf(createArrowDownloadStream({ tunnel, table: 'times' })), {
      name: 'TunnelServiceError',
      serviceCode: 'InvalidArgument',
      message: /column a of row 0, counted from 0, .*1677 to 2262/,
    })
  })

  test('takes no options of tables, and names one source', async context => {
    const { tunnel, emulator } = await emulatedTable(context)
    const before = emulator.requests.length
    for (const [options, code] of [
      [{ sql: 'SELECT 1', table: 't' }, 'ODPS_UNKNOWN_OPTION'],
      [{ sql: 'SELECT 1', instanceId: 'i' }, 'ODPS_UNKNOWN_OPTION'],
      [{ sql: 'SELECT 1', sessionId: 's' }, 'ODPS_UNKNOWN_OPTION'],
      [{ sql: 'SELECT 1', bigint: 'number' }, 'ODPS_UNKNOWN_OPTION'],
      [{ sql: ' ' }, 'ODPS_INVALID_OPTION'],
      [{ sql: 5 }, 'ODPS_INVALID_OPTION'],
      [{ instanceId: 'i', table: 't' }, 'ODPS_INVALID_OPTION'],
      [{ instanceId: 'i', partitionColumns: true }, 'ODPS_INVALID_OPTION'],
      [{ instanceId: 'i', hints: {} }, 'ODPS_UNKNOWN_OPTION'],
      [{ table: 't', limited: true }, 'ODPS_INVALID_OPTION'],
    ] as const)
      assert.throws(
        () => createArrowDownloadStream({ tunnel, ...(options as object) } as never),
        { code },
        code,
      )
    assert.equal(emulator.requests.length, before)
  })
})
