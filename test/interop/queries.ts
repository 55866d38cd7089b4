import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type DataType, JsonText, parseDataType } from '../../lib/index.js'
import { type Cell, compareRows, type Row, toValue } from './cells.js'
import { ClientError } from './client-process.js'
import type { Client, ColumnText, Context } from './context.js'
import { type AnyName, allNames } from './install.js'
import { typeCases } from './matrix.js'
import { good } from './report.js'

/*
 * Results of queries, and what programs do above a client: pandas, SQLAlchemy, Go's database/sql. Right values are the cells of
 * the matrix, and literals.
 */

type Check = (context: Context, client: Client) => Promise<string | undefined>

const pythons: readonly AnyName[] = ['python', 'newer python']

/** By the line of the table: what is tried, and with which clients; default all. */
const checks: Readonly<Record<string, { readonly check: Check; readonly clients?: readonly AnyName[] }>> = {
  'every data type, in records': { check: (context, client) => everyType(context, client, 'queryRows') },
  'every data type, in Arrow': {
    clients: pythons,
    check: (context, client) => everyType(context, client, 'queryArrow'),
  },
  'a result as a DataFrame': { clients: pythons, check: frames },
  'a DataFrame written to a table': { clients: pythons, check: writtenFrame },
  'tables in Arrow, and as a DataFrame': { clients: pythons, check: tableInArrow },
  'SQLAlchemy: ping, reflect, select, insert, read_sql': { clients: pythons, check: sqlAlchemy },
  'database/sql: ping, statements, a query': { clients: ['go'], check: sqlDriver },
}

/** Good, or the types that did not come through. */
async function everyType(context: Context, client: Client, op: string): Promise<string> {
  const failed: string[] = []
  for (const { type, cells, clients } of typeCases) {
    if (clients?.includes(client.family) === false) continue
    const sql = `select v from ${context.tableName()}`
    const rows: Row[] = [...cells, null].map(cell => [cell])
    const parsed = parseDataType(type)
    const values = rows.map(([cell]) => [resultValue(cell!, parsed)])
    context.emulator.queries = [{ sql, columns: { v: type }, rows: values }]
    const actual = await client.call<Row[]>(op, { query: `${sql};` }).catch((error: unknown) => {
      if (error instanceof ClientError) return undefined
      throw error
    })
    if (actual === undefined || compareRows(actual, rows, [parsed]).length > 0) failed.push(type)
  }
  return failed.length === 0 ? good : `all but ${failed.join(', ')}`
}

const resultValue = (cell: Cell, type: DataType): unknown =>
  type.kind === 'json' && cell !== null ? new JsonText(cell as string) : toValue(cell, type)

async function frames(context: Context, client: Client): Promise<undefined> {
  const sql = `select i, s, d, t from ${context.tableName()}`
  const columns = { i: 'bigint', s: 'string', d: 'double', t: 'date' }
  const rows = [
    [7n, 'a', 0.5, '2024-02-29'],
    [-9n, null, null, null],
  ]
  context.emulator.queries = [{ sql, columns, rows }]
  for (const arrow of [false, true]) {
    const { rows } = await client.call<{ rows: unknown[][] }>('queryFrame', { query: sql, arrow })
    assert.deepEqual(
      rows.map(row => row.slice(0, 3)),
      [
        [7, 'a', 0.5],
        [-9, null, null],
      ],
    )
    assert.match(String(rows[0]![3]), /^2024-02-29|1709164800000/)
    assert.equal(rows[1]![3], null)
  }
}

const people: readonly ColumnText[] = [
  { name: 'id', type: 'bigint' },
  { name: 'name', type: 'string' },
  { name: 'ratio', type: 'double' },
]

async function writtenFrame(context: Context, client: Client): Promise<undefined> {
  const table = await context.createTable(people, { partitionColumns: [{ name: 'p', type: 'string' }] })
  const frame = { id: ['Int64', [1, null]], name: ['object', ['é', null]], ratio: ['float64', [0.25, null]] }
  const options = { partition: 'p=x', create_partition: true }
  await client.call('writeFrame', { table, frame, options })
  await client.call('writeFrame', { table, frame, options: { ...options, overwrite: false } })
  const rows: Row[] = [
    ['1', 'é', 0.25],
    [null, null, null],
    ['1', 'é', 0.25],
    [null, null, null],
  ]
  const types = people.map(({ type }) => parseDataType(type))
  assert.deepEqual(compareRows(await context.read({ table, partition: 'p=x' }, people), rows, types), [])
}

async function tableInArrow(context: Context, client: Client): Promise<undefined> {
  const table = await context.createTable(people)
  const rows: Row[] = [
    ['9223372036854775807', 'é', 0.25],
    ['-1', null, null],
  ]
  await context.write({ table }, people, rows)
  const types = people.map(({ type }) => parseDataType(type))
  assert.deepEqual(compareRows(await client.call('readTableArrow', { table }), rows, types), [])
  for (const arrow of [false, true]) {
    const frame = await client.call<{ rows: unknown[][] }>('readFrame', { table, arrow })
    assert.deepEqual(
      frame.rows.map(([, ...rest]) => rest),
      [
        ['é', 0.25],
        [null, null],
      ],
    )
  }
}

async function sqlAlchemy(context: Context, client: Client): Promise<undefined> {
  const table = context.tableName()
  const code = `
with engine.connect() as connection:
    connection.execute(sa.text("create table ${table} (id bigint comment 'key', name string, price decimal(10,2), born date)"))
    connection.execute(sa.text("insert into ${table} values (1, 'a', 1.25, date'2024-02-29'), (2, null, null, null)"))
    people = sa.Table("${table}", sa.MetaData(), autoload_with=engine)
    print([(column.name, str(column.type), column.comment) for column in people.columns])
    connection.execute(people.insert().values(id=3, name="x", price=2))
    print(connection.execute(sa.text("select id, name, price, born from ${table}")).fetchall())
    print(connection.execute(sa.select(sa.func.count()).select_from(people)).scalar())
    print(sa.inspect(engine).has_table("${table}"), sa.inspect(engine).has_table("${table}_2"))
    print(pd.read_sql("select id, name from ${table}", engine).to_dict("list"))
    sa.Table("${table}_2", sa.MetaData(), sa.Column("id", sa.BigInteger), sa.Column("s", sa.String)).create(engine)
    print("${table}_2" in sa.inspect(engine).get_table_names())
    print(engine.dialect.do_ping(connection.connection.dbapi_connection))
    print(connection.execute(sa.select(people.c.id, people.c.name).where(people.c.name == "a")).fetchall())
    print(connection.execute(sa.select(people.c.id).order_by(people.c.id.desc()).limit(2)).fetchall())
    print(pd.read_sql(sa.select(people.c.id, people.c.price), connection).to_dict("list"))
`
  assert.deepEqual((await client.call<string>('sqlAlchemy', { code })).trim().split('\n'), [
    "[('id', 'BIGINT', 'key'), ('name', 'VARCHAR', ''), ('price', 'DECIMAL', ''), ('born', 'DATE', '')]",
    "[(1, 'a', Decimal('1.25'), datetime.date(2024, 2, 29)), (2, None, None, None), (3, 'x', Decimal('2'), None)]",
    '3',
    'True False',
    "{'id': [1, 2, 3], 'name': ['a', nan, 'x']}",
    'True',
    'True',
    "[(1, 'a')]",
    '[(3,), (2,)]',
    "{'id': [1, 2, 3], 'price': [1.25, nan, 2.0]}",
  ])
}

async function sqlDriver(context: Context, client: Client): Promise<undefined> {
  const table = context.tableName()
  const columns = {
    ...{ ti: 'TINYINT', si: 'SMALLINT', i: 'INT', bi: 'BIGINT', f: 'FLOAT', d: 'DOUBLE', s: 'STRING' },
    ...{ y: 'BINARY', o: 'BOOLEAN', t: 'DATETIME', m: 'DECIMAL(10,2)' },
  }
  const definitions = Object.entries(columns).map(([name, type]) => `${name} ${type}`)
  const some = "1, 2, 3, 4, 0.5, 0.25, 'it''s', null, true, datetime'2024-02-29 01:02:03', 1.25"
  const none = Array(11).fill('null').join(', ')
  const answer = await client.call<{ columns: unknown; rows: unknown[] }>('sqlDriver', {
    statements: [
      `create table ${table} (${definitions.join(', ')});`,
      `insert into ${table} values (${some}), (${none});`,
    ],
    query: `select * from ${table};`,
  })
  assert.deepEqual(
    answer.columns,
    Object.entries(columns).map(([name, type]) => ({ name, type })),
  )
  const numbers = ['{1 true}', '{2 true}', '{3 true}', '{4 true}', '{0.5 true}', '{0.25 true}']
  assert.deepEqual(answer.rows, [
    [...numbers, "{it's true}", "unhex('')", '{true true}', '2024-02-29 01:02:03', '1.25'],
    [...Array(6).fill('{0 false}'), ...['{ false}', "unhex('')", '{false false}', '0001-01-01 00:00:00', '']],
  ])
}

export const testQueries = (context: () => Context): void => {
  describe('query results', () => {
    for (const [feature, { check, clients = allNames }] of Object.entries(checks))
      for (const name of clients)
        test(`${name}: ${feature}`, async t => {
          const client = context().client(name)
          if (client === undefined) t.skip('not installed')
          else await runCheck(context(), client, feature, check)
        })
  })
}

const runCheck = async (context: Context, client: Client, feature: string, check: Check): Promise<void> => {
  const { report } = context
  try {
    const outcome = await check(context, client)
    report.set('Query results', feature, client.name, outcome ?? good)
  } catch (error) {
    report.set('Query results', feature, client.name, '✗')
    throw error
  }
}
