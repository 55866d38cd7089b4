import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { call, idAndName, jsonOf, TableCalls, twoRows, withEmulator } from '../emulator-client.js'
import { get, runSql, submit } from '../rest-calls.js'

describe('instances', () => {
  test('a failed task tells the code that clients choose an error by', () =>
    withEmulator(async emulator => {
      await emulator.createTable({ name: 't', columns: idAndName, partitionColumns: { pt: 'string' } })
      const cases: [string, RegExp][] = [
        ['selec', /^ODPS-0130161:\[1,1\] Parse exception - /],
        ['select * from nope', /^ODPS-0130131:\[1,15\] Table not found - table p\.nope cannot be resolved$/],
        ['drop table nope', /^ODPS-0130131:/],
        ['create table t (a bigint)', /^ODPS-0130211:.*already/],
        ['create table u (a bigint, A string)', /^ODPS-0130071:.*'a' appears twice/],
        ['create table u (a bigint, primary key (b))', /^ODPS-0130071:.*b cannot be resolved/],
        ['create table u (a bigint not null, primary key (a, a))', /^ODPS-0130071:.*a appears twice/],
        ['create table u (a bigint, primary key (a))', /^ODPS-0130071:.*a must be NOT NULL/],
        ['create table u (a bigint not null primary key)', /^ODPS-0130071:.*'transactional'='true'/],
        [
          "create table u (a bigint not null primary key) tblproperties ('transactional'='true', 'write.bucket.num'='0')",
          /^ODPS-0130071:.*from 1 to 4096/,
        ],
        ['create table q.u (a bigint)', /^ODPS-0110061:.*Project not found/],
        ["alter table t add partition (x='1')", /^ODPS-0130071:.*'x' is not a partition column/],
        ["alter table t drop partition (pt='1')", /^ODPS-0130241:/],
        ["truncate table t partition (pt='1')", /^ODPS-0130241:/],
        ['alter table t add columns (id bigint)', /^ODPS-0130071:.*'id' appears twice/],
        ['alter table t add columns (n bigint not null)', /^ODPS-0130071:.*NOT NULL/],
        ["select * from t where no='1'", /^ODPS-0130071:\[1,15\].*column no cannot be resolved/],
        ['select id, zz from t', /^ODPS-0130071:\[1,12\].*zz cannot be resolved/],
      ]
      for (const [sql, message] of cases) {
        const [status, text] = await runSql(emulator, sql)
        assert.equal(status, 'Failed', sql)
        assert.match(text, message)
      }
      const id = await submit(emulator, 'selec')
      const reply = await call(emulator.tunnelEndpoint, 'POST', `/projects/p/instances/${id}?downloads`)
      assert.deepEqual([reply.status, jsonOf(reply)['Code']], [400, 'TaskFailed'])
    }))

  test('DDL does what it says', () =>
    withEmulator(async emulator => {
      const run = async (sql: string): Promise<void> =>
        assert.deepEqual(await runSql(emulator, sql), ['Success', ''])
      await run('create table t (id bigint, name string) partitioned by (pt string)')
      await run('create table if not exists t (other bigint)')
      await run(
        "alter table t add partition (pt='a'); alter table t add if not exists partition (pt='a') partition (pt='b')",
      )
      for (const partition of ['pt=a', 'pt=b'])
        await new TableCalls(emulator, undefined, partition).upload([twoRows])
      await run("truncate table t partition (pt='a')")
      assert.deepEqual([emulator.rowCount('t', 'pt=a'), emulator.rowCount('t')], [0, 2])
      await run("alter table t drop if exists partition (pt='zz'), partition (pt='a')")
      await run('alter table t add columns (more double)')
      await run('alter table t add columns if not exists (more double)')
      const { body } = await new TableCalls(emulator, undefined, 'pt=b').download('&columns=more,id')
      assert.ok(body.indexOf(Buffer.from('100280c0ff7f', 'hex')) === 0)
      await run('truncate table t')
      assert.equal(emulator.rowCount('t'), 0)
      await run('drop table t')
      await run('drop table if exists t')
      assert.equal(await emulator.dropTable('t'), false)
    }))

  test('two-part names mean a schema where the namespace has schemas', () =>
    withEmulator(async emulator => {
      await runSql(emulator, 'create table s1.t (a bigint)', '{"odps.namespace.schema": "true"}')
      await runSql(emulator, 'create table p.t (b bigint)')
      assert.equal(emulator.rowCount('s1.t'), 0)
      assert.match((await get(emulator, '/projects/p/schemas/s1/tables/t')).body.toString(), /"name":"a"/)
      assert.match((await get(emulator, '/projects/p/tables/t?curr_schema=s1')).body.toString(), /"name":"a"/)
      assert.match((await get(emulator, '/projects/p/tables/t')).body.toString(), /"name":"b"/)
    }))
})
