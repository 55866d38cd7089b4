import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { call, jsonOf, TableCalls, twoRows } from '../emulator-client.js'
import { get } from '../rest-calls.js'
import { type Session, start } from './session.js'

/** Views of plain reads: none of this needs DuckDB. */
describe('views', () => {
  const prepare = async (sql: Session): Promise<void> =>
    void (await sql.run(
      "create table t (a bigint comment 'x', b string) partitioned by (pt string); insert into t partition (pt='1') values (1, 'x'); " +
        "insert into t partition (pt='2') values (2, 'y'), (3, null)",
    ))

  test('a view gives what its query gives when it is read', async context => {
    const sql = await start(context)
    await prepare(sql)
    await sql.run("create view v (n comment 'no', t) comment 'a view' as select a, b from t where pt = '2'")
    assert.deepEqual(await sql.table('select t, n as m from v limit 1'), {
      columns: ['t string', 'm bigint'],
      rows: [['y', 2n]],
    })
    await sql.run("insert into t partition (pt='2') values (4, 'z')")
    assert.equal(await sql.run('select count(*) from v'), '"_c0"\n3\n')
    await sql.run('create view w as select n from v limit 2; create table made as select * from w')
    assert.deepEqual(await sql.rows('made'), [[2n], [3n]])
    assert.deepEqual(await sql.run('select * from w'), '"n"\n2\n3\n')
  })

  test('records pass through a view as they are', async context => {
    const sql = await start(context)
    await sql.run('create table t (id bigint, name string)')
    await new TableCalls(sql.emulator).upload([twoRows])
    await sql.run('create view v as select * from t')
    assert.equal((await sql.download('select * from v')).body.toString('hex'), twoRows.toString('hex'))
  })

  test('created, replaced, dropped', async context => {
    const sql = await start(context)
    await prepare(sql)
    await sql.run('create view v as select a from t')
    await sql.fails('create view v as select b from t', /^ODPS-0130211:\[1,13\] Table or view already exists/)
    await sql.run('create view if not exists v as select b from t')
    assert.deepEqual((await sql.table('select * from v')).columns, ['a bigint'])
    await sql.run('create or replace view v as select b, a from t')
    assert.deepEqual((await sql.table('select * from v')).columns, ['b string', 'a bigint'])
    await sql.fails('create or replace view t as select * from v', /p\.t is a table, not a view/)
    await sql.fails(
      'create view w (a, b) as select a from t',
      /the view names 2 columns, and the query gives 1/,
    )
    await sql.fails('create view w as select a, a from t', /'a' appears twice/)
    await sql.fails('create view w as select * from nope', /^ODPS-0130131:\[1,32\] Table not found/)
    await sql.fails('drop view t', /p\.t is a table, not a view/)
    await sql.fails('drop table v', /p\.v is a view/)
    await sql.fails('drop view nope', /^ODPS-0130131:/)
    await sql.run('drop view if exists nope; drop view v')
    await sql.fails('select * from v', /^ODPS-0130131:/)
  })

  test('what becomes of its tables shows when it is read', async context => {
    const sql = await start(context)
    await prepare(sql)
    await sql.run('create view v as select * from t; create view w as select * from v')
    await sql.run('alter table t add columns (c double)')
    await sql.fails('select * from v', /the view v has 3 columns, and its query now gives 4/)
    await sql.fails('select * from w', /the view v has 3 columns/)
    await sql.run('create view x as select a from t; create view y as select * from x')
    await sql.run('create or replace view x as select * from y')
    await sql.fails('select * from x', /^ODPS-0130071:\[1,15\].*the view x reads itself/)
    await sql.run('create or replace view x as select b from t; drop table t')
    await sql.fails('select * from y', /^ODPS-0130131:\[1,15\] Table not found - table p\.t/)
  })

  test('names in it are those of where it was made', async context => {
    const sql = await start(context)
    await sql.run('create schema s')
    await sql.run(
      'create table t (a bigint); insert into t values (5); create view v as select a from t',
      'curr_schema=s',
    )
    await sql.run('create table t (b string)')
    assert.equal(await sql.run('select * from p.s.v'), '"a"\n5\n')
  })

  test('it has no rows to change', async context => {
    const sql = await start(context)
    await prepare(sql)
    await sql.run('create view v as select a, b from t')
    for (const change of [
      "insert into v values (1, 'x')",
      'truncate table v',
      'alter table v add columns (c string)',
    ])
      await sql.fails(change, /^ODPS-0130071:.*p\.v is a view/)
    const upload = await call(sql.emulator.tunnelEndpoint, 'POST', '/projects/p/tables/v?uploads=')
    assert.deepEqual([upload.status, jsonOf(upload)['Code']], [405, 'MethodNotAllowed'])
    await assert.rejects(sql.emulator.insert('v', [[1n, 'x']]), { code: 'ODPS_INVALID_TABLE_NAME' })
    await assert.rejects(sql.emulator.rows('v'), /'v' is a view/)
  })

  test('it is listed and described as one', async context => {
    const sql = await start(context)
    await prepare(sql)
    await sql.run("create view v (n comment 'it''s', b) comment 'c' as select a, b from t")
    assert.equal(await sql.run('show tables'), 'ALIYUN$emulator:t\nALIYUN$emulator:v\n')
    assert.equal(await sql.run('show views'), 'ALIYUN$emulator:v\n')
    assert.match(await sql.run('desc v'), /\| VirtualView: YES +\| ViewText: select a, b from t +\|/)
    const text = await sql.run('show create table v')
    assert.equal(
      text,
      "CREATE VIEW IF NOT EXISTS p.v (`n` COMMENT 'it\\'s', `b`) COMMENT 'c' AS select a, b from t\n",
    )
    await sql.run(`drop view v; ${text}`)
    assert.equal(await sql.run('show create table v'), text)
    const described = (await get(sql.emulator, '/projects/p/tables/v')).body.toString()
    assert.match(described, /<Type>VIRTUAL_VIEW<\/Type>/)
    assert.match(described, /"isVirtualView":true,"viewText":"select a, b from t"/)
    const names = async (query: string): Promise<string[]> => {
      const { body } = await get(sql.emulator, `/projects/p/tables?expectmarker=true${query}`)
      return [...body.toString().matchAll(/<Name>(\w+)<\/Name>/g)].map(match => match[1]!)
    }
    assert.deepEqual(await names(''), ['t', 'v'])
    assert.deepEqual(await names('&type=VIRTUAL_VIEW'), ['v'])
    assert.deepEqual(await names('&type=managed_table'), ['t'])
  })

  test('a directory keeps it', async context => {
    const dataDir = await mkdtemp(join(tmpdir(), 'views-'))
    context.after(() => rm(dataDir, { recursive: true, force: true }))
    const first = await start(context, { dataDir })
    await first.run(
      'create table t (a bigint); insert into t values (7); create view v as select a as b from t',
    )
    await first.emulator.close()
    const second = await start(context, { dataDir })
    assert.equal(await second.run('select * from v'), '"b"\n7\n')
  })
})
