import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Emulator } from '../../lib/emulator/index.js'
import { formatPartitionSpec } from '../../lib/schema/partition-spec.js'
import type { Tunnel } from '../../lib/tunnel.js'
import { type EmulatedTable, emulatedTable } from '../session/emulated-table.js'
import { collect } from './collect.js'

interface Catalogue extends EmulatedTable {
  /** The SQL that was submitted. */
  readonly statements: string[]
}

/** With `p.parts`, of two levels: `month=1,region=a`, `month=1,region=b` and `month=2,region=a`, of one row each. */
const catalogue = async (t: Parameters<typeof emulatedTable>[0]): Promise<Catalogue> => {
  const table = await emulatedTable(t)
  const { emulator } = table
  await emulator.createTable({
    ...{ name: 'parts', columns: { id: 'bigint' } },
    partitionColumns: { month: 'string', region: 'string' },
  })
  for (const spec of ['month=1,region=a', 'month=1,region=b', 'month=2,region=a'])
    await emulator.insert('parts', [[1n]], spec)
  await emulator.insert('t', [[1n, 'a']])
  const statements: string[] = []
  emulator.queries = ({ sql }) => {
    statements.push(sql.replace(/\s*;$/, ''))
    return undefined
  }
  return { ...table, statements }
}

const partitionsOf = async (tunnel: Tunnel, table = 'parts'): Promise<string[]> => {
  const partitions = await collect(tunnel.listPartitions(table))
  return partitions.map(({ spec }) => formatPartitionSpec(spec))
}

const statementRequests = (emulator: Emulator): number =>
  emulator.requests.filter(({ action }) => action === 'submitInstance').length

/* The statements are those of MaxCompute's reference for DROP TABLE, TRUNCATE and ALTER TABLE … PARTITION, names in backquotes. */
describe('statements', () => {
  test('dropTable', async t => {
    const { tunnel, statements } = await catalogue(t)
    assert.equal(await tunnel.tableExists('t'), true)
    await tunnel.dropTable('t')
    assert.equal(await tunnel.tableExists('t'), false)
    await assert.rejects(tunnel.dropTable('t'), {
      ...{ code: 'ODPS_QUERY_FAILED', serviceCode: 'ODPS-0130131' },
      message: /^Dropping the table p\.t: .*Table not found/,
    })
    await tunnel.dropTable('p.inner.t', { ifExists: true })
    assert.deepEqual(statements, [
      'DROP TABLE `p`.`t`',
      'DROP TABLE `p`.`t`',
      'DROP TABLE IF EXISTS `p`.`inner`.`t`',
    ])
  })

  test('truncateTable', async t => {
    const { emulator, tunnel, statements } = await catalogue(t)
    await tunnel.truncateTable('t')
    assert.deepEqual([emulator.rowCount('t'), await tunnel.tableExists('t')], [0, true])
    await tunnel.truncateTable('parts', { partitionSpec: { REGION: 'b', month: 1 } })
    assert.deepEqual(
      ['month=1,region=a', 'month=1,region=b'].map(spec => emulator.rowCount('parts', spec)),
      [1, 0],
    )
    assert.equal((await partitionsOf(tunnel)).length, 3)
    assert.deepEqual(statements, [
      'TRUNCATE TABLE `p`.`t`',
      "TRUNCATE TABLE `p`.`parts` PARTITION (`month`='1', `region`='b')",
    ])
  })

  test('createPartition and dropPartition', async t => {
    const { tunnel, statements } = await catalogue(t)
    await tunnel.createPartition('parts', 'month=3,region=中')
    await assert.rejects(tunnel.createPartition('parts', 'month=3,region=中'), /Partition already exists/)
    await tunnel.createPartition('parts', { region: '中', month: 3 }, { ifNotExists: true })
    assert.equal((await partitionsOf(tunnel)).length, 4)
    await tunnel.dropPartition('parts', 'month=1,region=a')
    await tunnel.dropPartition('parts', 'month=3,region=中')
    assert.deepEqual(await partitionsOf(tunnel), ['month=1,region=b', 'month=2,region=a'])
    await assert.rejects(
      tunnel.dropPartition('parts', 'month=1,region=a'),
      /Dropping the partition month=1,region=a of p\.parts: .*does not exist/,
    )
    await tunnel.dropPartition('parts', 'month=1,region=a', { ifExists: true })
    const [added, dropped] = ["(`month`='3', `region`='中')", "(`month`='1', `region`='a')"]
    assert.deepEqual(statements, [
      `ALTER TABLE \`p\`.\`parts\` ADD PARTITION ${added}`,
      `ALTER TABLE \`p\`.\`parts\` ADD PARTITION ${added}`,
      `ALTER TABLE \`p\`.\`parts\` ADD IF NOT EXISTS PARTITION ${added}`,
      `ALTER TABLE \`p\`.\`parts\` DROP PARTITION ${dropped}`,
      `ALTER TABLE \`p\`.\`parts\` DROP PARTITION ${added}`,
      `ALTER TABLE \`p\`.\`parts\` DROP PARTITION ${dropped}`,
      `ALTER TABLE \`p\`.\`parts\` DROP IF EXISTS PARTITION ${dropped}`,
    ])
  })
})

describe('nothing more goes than was named', () => {
  test('a forgotten level, another column, a table without partitions: no statement', async t => {
    const { emulator, tunnel } = await catalogue(t)
    const before = statementRequests(emulator)
    const code = 'ODPS_INVALID_PARTITION_SPEC'
    for (const [table, spec] of [
      ['parts', 'month=1'],
      ['parts', 'month=1,region=a,hour=1'],
      ['parts', 'month=1,area=a'],
      ['t', 'month=1'],
      ['parts', "month=1' OR '1'='1,region=a"],
      ['parts', 'month=1,region='],
    ] as const) {
      await assert.rejects(tunnel.dropPartition(table, spec, { ifExists: true }), { code }, spec)
      await assert.rejects(tunnel.truncateTable(table, { partitionSpec: spec }), { code }, spec)
      await assert.rejects(tunnel.createPartition(table, spec, { ifNotExists: true }), { code }, spec)
    }
    for (const name of [
      't`; DROP TABLE `parts',
      't; DROP TABLE parts',
      'parts PARTITION (month=1)',
      't*',
      '',
    ])
      await assert.rejects(tunnel.dropTable(name), { code: 'ODPS_INVALID_TABLE_NAME' }, name)
    assert.equal(statementRequests(emulator), before)
    assert.deepEqual([emulator.rowCount('parts'), emulator.rowCount('t')], [3, 1])
  })

  test('unknown options, and those of another call', async t => {
    const { emulator, tunnel } = await catalogue(t)
    const code = 'ODPS_UNKNOWN_OPTION'
    await assert.rejects(tunnel.dropTable('t', { ifNotExists: true } as object), { code })
    await assert.rejects(tunnel.truncateTable('t', { partition: 'month=1' } as object), { code })
    await assert.rejects(tunnel.dropPartition('parts', 'month=1,region=a', { force: true } as object), {
      code,
    })
    assert.equal(statementRequests(emulator), 0)
  })
})

test('what lists give can be passed on', async t => {
  const { tunnel, emulator } = await catalogue(t)
  await emulator.createTable({ name: 'tmp_1', columns: { id: 'bigint' } })
  await emulator.createTable({ name: 'tmp_2', columns: { id: 'bigint' } })
  await emulator.createTable({ name: 'inner.tmp_3', columns: { id: 'bigint' } })
  const listed = (options: Parameters<Tunnel['listTables']>[0]) => collect(tunnel.listTables(options))
  for (const { name } of await listed({ prefix: 'TMP_' })) await tunnel.dropTable(name)
  assert.deepEqual(
    (await listed({})).map(({ name }) => name.table),
    ['parts', 't'],
  )
  const [inner] = await listed({ schemaName: 'inner' })
  assert.deepEqual(inner!.name, { project: 'p', schemaName: 'inner', table: 'tmp_3' })
  assert.deepEqual(await tunnel.download({ ...inner!.name }), [])
})

test('createTable with a primary key makes a table that takes upserts', async t => {
  const { tunnel, statements } = await catalogue(t)
  const table = 'clients'
  const schema = { id: 'bigint not null', name: 'string' }
  await tunnel.createTable({ table, schema, primaryKey: ['ID'], properties: { 'write.bucket.num': '2' } })
  const { text } = await tunnel.execute({ sql: `SHOW CREATE TABLE ${table}` })
  assert.equal(
    text,
    [
      'CREATE TABLE IF NOT EXISTS `p`.`clients` (',
      '  `id`   BIGINT NOT NULL,',
      '  `name` STRING,',
      '  PRIMARY KEY (`id`)',
      ')',
      "TBLPROPERTIES ('transactional'='true', 'write.bucket.num'='2')",
      '',
    ].join('\n'),
  )
  const upserts = tunnel.createUpsertStream({ table })
  await upserts.writeBatch([
    { id: 1n, name: 'a' },
    { id: 2n, name: 'b' },
    { id: 1n, name: 'c' },
  ])
  upserts.end()
  await upserts.committed
  const rows = (await tunnel.download({ table })) as [bigint, string][]
  assert.deepEqual(
    rows.sort(([a], [b]) => Number(a - b)),
    [
      [1n, 'c'],
      [2n, 'b'],
    ],
  )
  const sent = statements.length
  const nullable = { table: 'other', schema: { id: 'bigint' }, primaryKey: ['id'] }
  await assert.rejects(tunnel.createTable(nullable), {
    code: 'ODPS_INVALID_COLUMNS',
    message: /'id' may be NULL/,
  })
  await assert.rejects(tunnel.createTable({ ...nullable, primaryKey: 'id' as never }), {
    message: 'createTable: primaryKey must be a list, got text',
  })
  assert.equal(statements.length, sent)

  const info = await tunnel.getTable(table)
  assert.deepEqual([info.primaryKey, info.properties], [['id'], { transactional: 'true' }])
  const { primaryKey, properties } = info
  await tunnel.createTable({ table: 'same', schema: info.schema, primaryKey, properties })
  assert.deepEqual((await tunnel.getTable('same')).primaryKey, ['id'])
  await tunnel.createTable({ ...nullable, primaryKey: [] })
  const plain = await tunnel.getTable('other')
  assert.deepEqual([plain.primaryKey, plain.properties], [[], {}])
})

test('listSchemas', async t => {
  const { tunnel, emulator } = await catalogue(t)
  await emulator.createTable({ name: 'inner.x', columns: { id: 'bigint' } })
  const schemas = await collect(tunnel.listSchemas())
  assert.deepEqual(
    schemas.map(({ project, schemaName }) => [project, schemaName]),
    [
      ['p', 'default'],
      ['p', 'inner'],
    ],
  )
  assert.ok(schemas.every(({ createdAt }) => createdAt !== undefined))
})

test('a signal stops every call', async t => {
  const { tunnel, emulator } = await catalogue(t)
  const signal = AbortSignal.abort()
  for (const call of [
    () => tunnel.getTable('t', { signal }),
    () => tunnel.tableExists('t', { signal }),
    () => tunnel.dropTable('t', { signal }),
    () => tunnel.truncateTable('t', { signal }),
    () => tunnel.createPartition('parts', 'month=9,region=a', { signal }),
    () => tunnel.dropPartition('parts', 'month=1,region=a', { signal }),
    () => collect(tunnel.listTables({ signal })),
    () => collect(tunnel.listSchemas({ signal })),
    () => collect(tunnel.listPartitions('parts', undefined, { signal })),
  ])
    await assert.rejects(call, { name: 'AbortError' }, String(call))
  assert.deepEqual([emulator.rowCount('t'), (await partitionsOf(tunnel)).length], [1, 3])
})
