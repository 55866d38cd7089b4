import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { start } from './session.js'

describe('SHOW and DESC', () => {
  test('SHOW CREATE TABLE makes the same table again', async context => {
    const sql = await start(context)
    await sql.run(
      "create table t (a bigint not null comment 'key''s', `b c` decimal(10,2), primary key (a)) comment 'x\\ny' partitioned by (d string) tblproperties ('transactional'='true') lifecycle 5",
    )
    const text = await sql.run('show create table t')
    assert.equal(
      text,
      "CREATE TABLE IF NOT EXISTS `p`.`t` (\n  `a`   BIGINT NOT NULL COMMENT 'key\\'s',\n  `b c` DECIMAL(10,2),\n  PRIMARY KEY (`a`)\n)\nCOMMENT 'x\\ny'\nPARTITIONED BY (\n  `d` STRING\n)\nTBLPROPERTIES ('transactional'='true')\nLIFECYCLE 5\n",
    )
    await sql.run('drop table t')
    await sql.run(text)
    assert.equal(await sql.run('show create table t'), text)
  })

  test('SHOW TABLES by place and pattern, SHOW PARTITIONS by prefix', async context => {
    const sql = await start(context, { projects: ['p', 'q'] })
    await sql.run('create table p.b1 (a int); create table a_2 (a int); create table q.s.x (a int)')
    assert.equal(await sql.run('show tables'), 'ALIYUN$emulator:a_2\nALIYUN$emulator:b1\n')
    assert.equal(await sql.run("show tables like 'A_*|nope'"), 'ALIYUN$emulator:a_2\n')
    assert.equal(await sql.run("show tables like 'a*1'"), '')
    assert.equal(await sql.run('show tables in q.s'), 'ALIYUN$emulator:x\n')
    await sql.run('create table t (a int) partitioned by (d string, r string)')
    await sql.run(
      "alter table t add partition (d='2', r='x') partition (d='1', r='y') partition (d='1', r='x')",
    )
    assert.equal(await sql.run('show partitions t'), 'd=1/r=x\nd=1/r=y\nd=2/r=x\n')
    assert.equal(await sql.run("show partitions t partition (d='1')"), 'd=1/r=x\nd=1/r=y\n')
    await sql.fails('show partitions b1', /^ODPS-0130071:\[1,17\].*not partitioned/)
  })
})
