import assert from 'node:assert/strict'
import { register } from 'node:module'
import { test } from 'node:test'
import { start } from '../session.js'

/** A process in which the package isn't installed. */
register(
  `data:text/javascript,${encodeURIComponent(
    "export const resolve = (name, context, next) => { if (name === '@duckdb/node-api') throw new Error('absent'); return next(name, context) }",
  )}`,
)

test('without the package plain reads go on, and a query says what to install', async context => {
  const sql = await start(context)
  await sql.run(
    "create table t (a bigint) partitioned by (pt string); insert into t partition (pt='x') values (1), (2)",
  )
  assert.equal(await sql.run("select a as b from t where pt = 'x' limit 1"), '"b"\n1\n')
  const refusal =
    /^ODPS-0130071:\[1,\d+\] Semantic analysis exception - the emulator does not have queries other than plain reads without the package @duckdb\/node-api \(npm install @duckdb\/node-api\)/
  for (const query of [
    'select a + 1 from t',
    'select a from t where a = 1',
    'insert into t partition (pt=1) select a + 1 from t',
  ])
    await sql.fails(query, refusal)
  await sql.run('create view v as select a from t')
  assert.equal(await sql.run('select * from v'), '"a"\n1\n2\n')
  await sql.fails('select a +', /^ODPS-0130161:/)
})
