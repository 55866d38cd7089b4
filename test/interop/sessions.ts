import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { defineSchema, parseDataType } from '../../lib/index.js'
import { type Cell, compareRows, type Row, toValue } from './cells.js'
import type { Client, ColumnText, Context } from './context.js'
import { type ClientName, clientNames } from './install.js'

const columns: readonly ColumnText[] = [
  { name: 'id', type: 'bigint' },
  { name: 'name', type: 'string' },
  { name: 'ratio', type: 'double' },
  { name: 'at', type: 'datetime' },
]
const types = columns.map(({ type }) => parseDataType(type))

const rowOf = (i: number): Row => [
  String(i),
  i % 7 === 0 ? null : `row ${i}`,
  i / 8,
  { ms: i * 1000 - 86_400_000 },
]
const rowsOf = (from: number, to: number): Row[] =>
  Array.from({ length: to - from }, (_, i) => rowOf(from + i))

const assertRows = (actual: readonly Row[], expected: readonly Row[], of = types): void =>
  assert.deepEqual(compareRows(actual, expected, of).slice(0, 3), [])

type Check = (context: Context, client: Client) => Promise<void>

/** By the line of the table: what is tried with each client. */
export const sessionChecks: Readonly<Record<string, Check>> = {
  'partitioned table, two levels': async (context, client) => {
    const partitionColumns = [
      { name: 'p', type: 'string' },
      { name: 'q', type: 'bigint' },
    ]
    const table = await context.createTable(columns, { partitionColumns })
    for (const partition of ['p=a,q=1', 'p=a,q=2']) {
      await context.emulator.addPartition(table, partition, { project: client.place.project })
      await client.call('partitionExists', { table, partition })
    }
    await client.write({ table, partition: 'p=a,q=1' }, rowsOf(0, 5))
    await context.write({ table, partition: 'p=a,q=2' }, columns, rowsOf(5, 9))
    for (const reader of [context, client]) {
      assertRows(await reader.read({ table, partition: 'p=a,q=1' }, columns), rowsOf(0, 5))
      assertRows(await reader.read({ table, partition: 'p=a,q=2' }, columns), rowsOf(5, 9))
    }
  },

  'columns in another order': async (context, client) => {
    const table = await context.createTable(columns)
    await client.write({ table }, rowsOf(0, 20))
    const expected = rowsOf(0, 20).map(([id, name, , at]): Row => [at!, name!, id!].map(cell => cell ?? null))
    const job = { table, columns: ['at', 'name', 'id'] }
    const of = ['datetime', 'string', 'bigint'].map(parseDataType)
    assertRows(await context.read(job, columns), expected, of)
    assertRows(await client.read(job), expected, of)
    assertRows(
      await client.read({ table, columns: ['ratio'] }),
      rowsOf(0, 20).map(row => [row[2]!]),
      [types[2]!],
    )
  },

  'a range of rows': async (context, client) => {
    const table = await context.createTable(columns)
    await context.write({ table }, columns, rowsOf(0, 100))
    assertRows(await client.read({ table, start: 37, count: 11 }), rowsOf(37, 48))
    assertRows(await client.read({ table, start: 99, count: 1 }), rowsOf(99, 100))
  },

  'empty table': async (context, client) => {
    const table = await context.createTable(columns)
    assert.deepEqual(await client.read({ table, count: 0 }), [])
    assert.deepEqual(await context.read({ table }, columns), [])
    await client.write({ table }, [])
    await context.write({ table }, columns, [])
    assert.equal(context.emulator.rowCount(table, undefined, { project: client.place.project }), 0)
  },

  '100 000 rows in 20 blocks, out of order: it writes, we read': async (context, client) => {
    const table = await context.createTable(columns)
    const sessionId = await client.createUpload({ table, compression: 'deflate' })
    for (const blockId of shuffled)
      await client.call('writeBlock', {
        sessionId,
        blockId,
        compression: 'deflate',
        rows: blockRows(blockId),
      })
    await client.call('commitUpload', { sessionId, blockIds: shuffled })
    assertRows(await context.read({ table }, columns), rowsOf(0, 100_000))
  },

  '100 000 rows in 20 blocks, out of order: we write, it reads': async (context, client) => {
    const table = await context.createTable(columns)
    const session = await context.tunnel.createUploadSession({ table })
    for (const blockId of shuffled) await session.upload(blockId, valuesOf(blockRows(blockId)))
    await session.commit(shuffled)
    assertRows(await client.read({ table, compression: 'snappy' }), rowsOf(0, 100_000))
  },

  'block replaced before commit': async (context, client) => {
    const table = await context.createTable(columns)
    const sessionId = await client.createUpload({ table })
    await client.call('writeBlock', { sessionId, blockId: 3, rows: rowsOf(100, 200) })
    await client.call('writeBlock', { sessionId, blockId: 0, rows: rowsOf(0, 2) })
    await client.call('writeBlock', { sessionId, blockId: 3, rows: rowsOf(2, 4) })
    await client.call('commitUpload', { sessionId, blockIds: [0, 3] })
    assertRows(await context.read({ table }, columns), rowsOf(0, 4))
  },

  'append, then overwrite': async (context, client) => {
    const table = await context.createTable(columns)
    await context.write({ table }, columns, rowsOf(0, 3))
    await client.write({ table }, rowsOf(3, 5))
    assertRows(await client.read({ table }), rowsOf(0, 5))
    await client.write({ table, overwrite: true }, rowsOf(7, 8))
    assertRows(await context.read({ table }, columns), rowsOf(7, 8))
    await context.write({ table, overwrite: true }, columns, rowsOf(9, 11))
    assertRows(await client.read({ table }), rowsOf(9, 11))
  },

  'three-level names': async (context, client) => {
    const table = context.tableName()
    const place = { table, schemaName: 'inner' }
    await client.call('createTable', { ...place, columns })
    assert.equal(await client.call('tableExists', place), true)
    assert.equal(await client.call('tableExists', { table }), false)
    await client.write(place, rowsOf(0, 3))
    await context.write(place, columns, rowsOf(3, 6))
    assertRows(await context.read(place, columns), rowsOf(0, 6))
    assertRows(await client.read(place), rowsOf(0, 6))
    await client.call('dropTable', place)
    assert.equal(await client.call('tableExists', place), false)
  },

  'tables and partitions that we create, empty and drop': async (context, client) => {
    const { tunnel } = context
    const table = context.tableName()
    const schema = defineSchema(Object.fromEntries(columns.map(({ name, type }) => [name, type])), {
      partitionColumns: { p: 'string', q: 'bigint' },
    })
    const exists = () => client.call('tableExists', { table })
    assert.equal(await exists(), false)
    await tunnel.createTable({ table, schema })
    assert.equal(await exists(), true)
    for (const spec of ['p=a,q=1', 'p=b \\ c,q=2']) await tunnel.createPartition(table, spec)
    const [partition, other] = (await client.call<string[]>('listPartitions', { table })).sort()
    assert.deepEqual([partition, other], ['p=a,q=1', 'p=b \\ c,q=2'])
    await client.write({ table, partition: partition! }, rowsOf(0, 3))
    await tunnel.truncateTable(table, { partitionSpec: partition! })
    assert.deepEqual(await client.read({ table, partition: partition!, count: 0 }), [])
    assert.equal(await client.call('partitionExists', { table, partition }), true)
    await tunnel.dropPartition(table, partition!)
    assert.equal(await client.call('partitionExists', { table, partition }), false)
    await tunnel.dropTable(table)
    assert.equal(await exists(), false)
  },

  'its tables in our list': async (context, client) => {
    const prefix = `listed_${client.name}_`
    for (const name of ['b', 'a']) await client.call('createTable', { table: `${prefix}${name}`, columns })
    const names: string[] = []
    for await (const { name } of context.tunnel.listTables({ prefix })) names.push(name.table)
    assert.deepEqual(names, [`${prefix}a`, `${prefix}b`])
    await client.call('dropTable', { table: names[0] })
    assert.equal(await context.tunnel.tableExists(names[0]!), false)
    assert.equal(await context.tunnel.tableExists(names[1]!), true)
  },

  'its upload session, filled by both, committed by us': async (context, client) => {
    const table = await context.createTable(columns)
    const sessionId = await client.createUpload({ table })
    await client.call('writeBlock', { sessionId, blockId: 1, rows: rowsOf(4, 9) })
    const session = await context.tunnel.openUploadSession({ table, sessionId })
    await session.upload(0, valuesOf(rowsOf(0, 4)))
    assert.equal((await session.commit([0, 1])).rows, 9)
    assert.equal((await client.call<{ status: string }>('loadUpload', { sessionId })).status, 'closed')
    assertRows(await client.read({ table }), rowsOf(0, 9))
  },

  'our upload session, filled by both, committed by it': async (context, client) => {
    const table = await context.createTable(columns)
    const session = await context.tunnel.createUploadSession({ table })
    await session.upload(0, valuesOf(rowsOf(0, 4)))
    const { sessionId } = session
    assert.equal(await client.createUpload({ table, sessionId }), sessionId)
    await client.call('writeBlock', { sessionId, blockId: 1, rows: rowsOf(4, 9) })
    await client.call('commitUpload', { sessionId, blockIds: [0, 1] })
    assert.equal((await session.load()).status, 'closed')
    assertRows(await context.read({ table }, columns), rowsOf(0, 9))
  },

  'its own buffered writer, many blocks': async (context, client) => {
    const table = await context.createTable(columns)
    const sessionId = await client.createUpload({ table, compression: 'deflate' })
    const job = { sessionId, compression: 'deflate', bufferBytes: 1 << 20, rows: rowsOf(0, 100_000) }
    const blocks = await client.call<number>('writeBuffered', job)
    assert.ok(blocks > 1, `${blocks} blocks`)
    assertRows(await context.read({ table }, columns), rowsOf(0, 100_000))
  },

  'streaming uploads: it writes packs, we read': async (context, client) => {
    const { emulator } = context
    const table = await context.createTable(columns, { partitionColumns: [{ name: 'p', type: 'string' }] })
    const partition = 'p=new'
    const compressions = ['raw', 'deflate', 'snappy', 'zstd'] as const
    let taken = 0
    for (const compression of compressions) {
      emulator.slots = 2
      const job = { table, partition, createPartition: true, compression }
      const { sessionId } = await client.call<{ sessionId: string }>('createStream', job)
      const known: unknown[] = []
      for (const slots of [2, 3, 3, 1, 1]) {
        emulator.slots = slots
        const rows = rowsOf(taken, taken + 20)
        await client.call('writePack', { sessionId, compression, rows })
        taken += 20
        assert.equal(emulator.rowCount(table, partition, { project: client.place.project }), taken)
        known.push(
          emulator.requests.findLast(({ action }) => action === 'putPack')!.headers['odps-tunnel-slot-num'],
        )
      }
      // It learns of the change by the answer to the pack before.
      assert.deepEqual(known, ['2', '2', '3', '3', '1'])
    }
    assertRows(await context.read({ table, partition }, columns), rowsOf(0, taken))
  },

  'streaming uploads: we write packs, it reads': async (context, client) => {
    const table = await context.createTable(columns)
    const upload = context.tunnel.createStreamingUploadStream({ table, slots: 1, flushRows: 70 })
    await upload.writeBatch(valuesOf(rowsOf(0, 140)))
    while (context.emulator.rowCount(table, undefined, { project: client.place.project }) < 140)
      await once(upload, 'flush')
    assertRows(await client.read({ table }), rowsOf(0, 140))
    await upload.writeBatch(valuesOf(rowsOf(140, 200)))
    upload.end()
    await upload.flushed
    assertRows(await client.read({ table }), rowsOf(0, 200))
  },

  'streaming uploads: a changed schema is refused': async (context, client) => {
    const table = await context.createTable(columns)
    const { sessionId } = await client.call<{ sessionId: string }>('createStream', {
      table,
      checkSchema: true,
    })
    await client.call('writePack', { sessionId, rows: rowsOf(0, 1) })
    await client.call('execute', { query: `alter table ${table} add columns (more string);` })
    await assert.rejects(
      client.call('writePack', { sessionId, rows: rowsOf(1, 2) }),
      /SchemaModified|[Ss]chema/,
    )
    assert.equal(context.emulator.rowCount(table, undefined, { project: client.place.project }), 1)
  },

  'write_table and read_table': async (context, client) => {
    const table = await context.createTable(columns, { partitionColumns: [{ name: 'p', type: 'string' }] })
    await client.call('writeTable', { table, partition: 'p=new', rows: rowsOf(0, 30) })
    assertRows(await context.read({ table, partition: 'p=new' }, columns), rowsOf(0, 30))
    await context.write({ table, partition: 'p=new', overwrite: true }, columns, rowsOf(30, 33))
    assertRows(await client.call('readTable', { table, partition: 'p=new' }), rowsOf(30, 33))
  },

  'the result of a query': async (context, client) => {
    const sql = `select x, count(*) from ${context.tableName()} group by x`
    const columns = { x: 'string', n: 'bigint', d: 'decimal(10,2)' }
    const rows = Array.from({ length: 12_000 }, (_, i) => [
      i % 3 === 0 ? 'a,"b"' : `row ${i}`,
      BigInt(i),
      '1.5',
    ])
    context.emulator.queries = [{ sql, columns, rows }]
    const result = await client.call<string[][]>('sql', { query: `${sql};` })
    assert.deepEqual(
      result.map(([x, n, d]) => [x, n, Number(d)]),
      rows.map(([x, n, d]) => [x, String(n), Number(d)]),
    )
  },

  'INSERT, CREATE TABLE AS, ALTER TABLE': async (context, client) => {
    const [table, copy] = [context.tableName(), context.tableName()]
    const { project } = client.place
    for (const query of [
      `create table ${table} (id bigint, name string, old bigint) partitioned by (p string);`,
      `insert into table ${table} partition (p='x') values (1, 'abc', 7), (2, null, 8);`,
      `alter table ${table} drop columns old;`,
      `alter table ${table} change column name title string;`,
      `create table ${copy} lifecycle 3 as select * from ${table} where p = 'x';`,
      `insert overwrite table ${copy} (id, title) select id, title from ${table} limit 1;`,
      `alter table ${copy} rename to ${copy}_2;`,
    ])
      await client.call('execute', { query })
    assert.deepEqual(await context.emulator.rows(table, undefined, { place: { project } }), [
      { id: 1n, title: 'abc', p: 'x' },
      { id: 2n, title: null, p: 'x' },
    ])
    const expected = [{ id: 1n, title: 'abc', p: null }]
    assert.deepEqual(await context.emulator.rows(`${copy}_2`, undefined, { place: { project } }), expected)
    assert.deepEqual(await client.call('sql', { query: `select id, title from ${copy}_2;` }), [['1', 'abc']])
  },

  'schemas: create, list, look for, delete': async (context, client) => {
    const schemaName = context.tableName()
    await client.call('createSchema', { schemaName })
    assert.equal(await client.call('schemaExists', { schemaName }), true)
    const names = await client.call<string[]>('listSchemas')
    assert.ok(names.includes(schemaName) && names.includes('default'), names.join())
    await client.call('dropSchema', { schemaName })
    assert.equal(await client.call('schemaExists', { schemaName }), false)
  },

  'the Python of docs/from-pyodps.md': async (context, client) => {
    const page = readFileSync(new URL('../../docs/from-pyodps.md', import.meta.url), 'utf8')
    const blocks = [...page.matchAll(/^```python\n([\s\S]*?)^```/gm)].map(([, code]) => code!)
    const flights = { origin: 'string', destination: 'string', delay: 'bigint' }
    await context.emulator.createTable({
      ...{ name: 'flights', project: client.place.project, columns: flights },
      partitionColumns: { month: 'string' },
    })
    // The first connects.
    for (const code of blocks.slice(1)) await client.call('run', { code })
    const rows = await context.tunnel.download({ table: 'flights', partitionSpec: 'month=2001-02' })
    assert.deepEqual(rows, [
      ['SFO', 'JFK', -3n],
      ['SFO', 'JFK', -3n],
      ['JFK', 'SFO', null],
      ['SFO', 'JFK', -3n],
    ])
    assert.equal(await context.tunnel.tableExists('visits'), false)
  },

  'download sessions opened by the other side': async (context, client) => {
    const table = await context.createTable(columns)
    await context.write({ table }, columns, rowsOf(0, 50))
    const ours = await context.tunnel.createDownloadSession({ table })
    await context.write({ table, overwrite: true }, columns, rowsOf(60, 61))
    const opened = await client.call<{ recordCount: number }>('createDownload', {
      table,
      sessionId: ours.sessionId,
    })
    assert.equal(opened.recordCount, 50)
    assertRows(await client.call('read', { sessionId: ours.sessionId }), rowsOf(0, 50))
    const theirs = await client.call<{ sessionId: string }>('createDownload', { table })
    const session = await context.tunnel.openDownloadSession({ table, sessionId: theirs.sessionId })
    assert.equal(session.recordCount, 1)
  },
}

/** Checks of what only some clients' APIs have. */
const onlyWith: Readonly<Record<string, readonly ClientName[]>> = {
  'its own buffered writer, many blocks': ['python', 'java'],
  'write_table and read_table': ['python'],
  'the Python of docs/from-pyodps.md': ['python'],
}

const blockSize = 5000
const shuffled = Array.from({ length: 20 }, (_, i) => (i * 7 + 13) % 20)
const blockRows = (blockId: number): Row[] => rowsOf(blockId * blockSize, (blockId + 1) * blockSize)
const valuesOf = (rows: readonly Row[]): unknown[][] =>
  rows.map(row => row.map((cell: Cell, i) => toValue(cell, types[i]!)))

export const testSessions = (context: () => Context): void => {
  describe('tables and sessions', () => {
    for (const name of clientNames)
      for (const [feature, check] of Object.entries(sessionChecks))
        if (onlyWith[feature]?.includes(name) ?? true)
          test(`${name}: ${feature}`, async t => {
            const client = context().clients.find(each => each.name === name)
            if (client === undefined) t.skip('not installed')
            else
              await context().report.check('Tables and sessions', feature, name, () =>
                check(context(), client),
              )
          })
    test('8 PyODPS threads and we fill one session', t => testThreads(context(), t))
  })
}

const threadRows = 200

/** Blocks 0 to 79 are theirs, 80 to 119 ours, each of 200 rows; PyODPS commits. */
const testThreads = async (context: Context, t: { skip: (message: string) => void }): Promise<void> => {
  const client = context.clients.find(({ name }) => name === 'python')
  if (client === undefined) {
    t.skip('not installed')
    return
  }
  const feature = '8 of its threads and we fill one session'
  await context.report.check('Tables and sessions', feature, 'python', async () => {
    const table = await context.createTable(columns)
    const sessionId = await client.createUpload({ table, compression: 'snappy' })
    const block = (blockId: number) => ({
      blockId,
      rows: rowsOf(blockId * threadRows, (blockId + 1) * threadRows),
    })
    const threads = Array.from({ length: 8 }, (_, thread) =>
      Array.from({ length: 10 }, (_, i) => block(i * 8 + thread)),
    )
    const theirs = client.call<string[]>('writeParallel', {
      table,
      sessionId,
      compression: 'snappy',
      threads,
    })
    const session = await context.tunnel.openUploadSession({ table, sessionId })
    const ours = Array.from({ length: 40 }, (_, i) => block(80 + i))
    await Promise.all(ours.map(({ blockId, rows }) => session.upload(blockId, valuesOf(rows))))
    assert.deepEqual(await theirs, [])
    await client.call('commitUpload', { sessionId, blockIds: Array.from({ length: 120 }, (_, i) => i) })
    assertRows(await context.read({ table }, columns), rowsOf(0, 120 * threadRows))
  })
}
