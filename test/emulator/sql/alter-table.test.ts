import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import { TableCalls } from '../emulator-client.js'
import { type Session, start } from './session.js'

describe('ALTER TABLE', () => {
  const filled = async (context: TestContext): Promise<Session> => {
    const sql = await start(context)
    await sql.run('create table t (a int, b string, c bigint) partitioned by (d string)')
    await sql.run(
      "insert into t partition (d='1') values (1, 'x', 10); insert into t partition (d='2') values (2, null, 20)",
    )
    return sql
  }

  test('RENAME of the table and of a partition', async context => {
    const sql = await filled(context)
    await sql.run("alter table t rename to `U`; alter table u partition (d='1') rename to partition (d='3')")
    assert.deepEqual(await sql.rows('u'), [
      [2, null, 20n, '2'],
      [1, 'x', 10n, '3'],
    ])
    await sql.fails('select * from t', /^ODPS-0130131/)
    await sql.run('create table t (a int)')
    await sql.fails('alter table t rename to u', /^ODPS-0130211:\[1,13\]/)
    await sql.fails('alter table t rename to q.t2', /cannot move to another project/)
    await sql.fails("alter table u partition (d='9') rename to partition (d='8')", /^ODPS-0130241:\[1,13\]/)
    await sql.fails("alter table u partition (d='2') rename to partition (d='3')", /^ODPS-0110061/)
  })

  test('CHANGE COLUMN: name, comment, wider type', async context => {
    const sql = await filled(context)
    await sql.run("alter table t change column a e bigint comment 'wide'; alter table t change b rename to f")
    await sql.run("alter table t change column c comment 'third'")
    assert.deepEqual(await sql.rows('t'), [
      [1n, 'x', 10n, '1'],
      [2n, null, 20n, '2'],
    ])
    const text = await sql.run('show create table t')
    assert.match(text, /`e` BIGINT COMMENT 'wide'/)
    assert.match(text, /`f` STRING,/)
    assert.match(text, /`c` BIGINT COMMENT 'third'/)
    await sql.fails('alter table t change column c c int', /does not convert column c from bigint to int/)
    await sql.fails('alter table t change column c f bigint', /'f' appears twice/)
    await sql.fails('alter table t change column d e string', /d is a partition column/)
    await sql.fails('alter table t change column x y string', /column x cannot be resolved/)
  })

  test('DROP COLUMN numbers the fields anew; a session from before is refused', async context => {
    const sql = await filled(context)
    const calls = new TableCalls(sql.emulator, '/projects/p/tables/t', 'd=1')
    const uploadId = await calls.createUpload()
    await sql.run('alter table t drop columns a, c')
    assert.deepEqual(await sql.rows('t'), [
      ['x', '1'],
      [null, '2'],
    ])
    const late = await calls.commit(uploadId)
    assert.equal(late.status, 412)
    assert.equal(JSON.parse(late.body.toString()).Code, 'SchemaModified')
    await sql.run('alter table t add columns (g bigint)')
    assert.deepEqual(await sql.rows('t'), [
      ['x', null, '1'],
      [null, null, '2'],
    ])
    await calls.upload([])
    await sql.fails('alter table t drop columns b, g', /a table needs at least one column/)
    await sql.fails('alter table t drop column z', /column z cannot be resolved/)
  })

  test('TOUCH and SET', async context => {
    let now = Date.UTC(2025, 0, 1)
    const sql = await start(context, { clock: () => now })
    await sql.run("create table t (a int) partitioned by (d string); alter table t add partition (d='1')")
    now += 60_000
    await sql.run("alter table t touch; alter table t touch partition (d='1')")
    assert.match(await sql.run('desc t'), /LastModifiedTime: +2025-01-01 00:01:00 /)
    assert.match(await sql.run("desc t partition (d='1')"), /LastModifiedTime: +2025-01-01 00:01:00 /)
    await sql.fails("alter table t touch partition (d='2')", /^ODPS-0130241:\[1,13\]/)
    await sql.run(
      "alter table t set lifecycle 9; alter table t set comment 'it''s'; alter table t set tblproperties ('k'='v')",
    )
    const text = await sql.run('show create table t')
    assert.match(text, /\nCOMMENT 'it\\'s'\n/)
    assert.match(text, /\nTBLPROPERTIES \('k'='v'\)\nLIFECYCLE 9\n$/)
  })
})
