import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { start } from './session.js'

describe('several INSERTs behind one FROM', () => {
  // MaxCompute's reference, MULTI INSERT: the example, and what is refused.
  test('each partition gets the rows of its SELECT', async context => {
    const sql = await start(context)
    await sql.run(`create table sale_detail (shop_name string, customer_id string, total_price double)
        partitioned by (sale_date string, region string);
      insert into sale_detail partition (sale_date='2013', region='china') values ('s1', 'c1', 100.1), ('s2', 'c2', 100.2), ('s3', 'c3', 100.3);
      create table sale_detail_multi like sale_detail;
      from sale_detail
      insert overwrite table sale_detail_multi partition (sale_date='2010', region='china')
      select shop_name, customer_id, total_price
      insert overwrite table sale_detail_multi partition (sale_date='2011', region='china')
      select shop_name, customer_id, total_price;`)
    const rows = [
      ['s1', 'c1', 100.1],
      ['s2', 'c2', 100.2],
      ['s3', 'c3', 100.3],
    ]
    const expected = ['2010', '2011'].flatMap(year => rows.map(row => [...row, year, 'china']))
    assert.deepEqual(await sql.rows('sale_detail_multi'), expected)
  })

  test('SELECTs may be anything but read from elsewhere, and all see the tables as they were', async context => {
    const sql = await start(context)
    await sql.run(`create table t (k string, n bigint); insert into t values ('a', 1), ('a', 2), ('b', 3);
      create table sums (k string, n bigint); create table other like sums;
      from (select k, n from t where n < 4) x join (select 10L as m) y on x.n < y.m
      insert into sums select k, sum(n) group by k having sum(n) is distinct from 7 order by k limit 5
      insert into sums (n, k) select n, \`insert\` lateral view explode(array('p', 'q')) z as \`insert\` where n = 3
      insert overwrite table t select k, n + m as \`order\` where n > 1
      insert into other select k, 1L + 2;
      with w as (select * from t) from w insert overwrite table other select * except (n), n order by n desc limit 1`)
    assert.deepEqual(await sql.rows('sums'), [
      ['a', 3n],
      ['b', 3n],
      ['p', 3n],
      ['q', 3n],
    ])
    const rows = [
      ['a', 12n],
      ['b', 13n],
    ]
    assert.deepEqual(await sql.rows('t'), rows)
    assert.deepEqual(await sql.rows('other'), rows.slice(1))
  })

  test('rows that are copied as bytes outlast the table that they came from', async context => {
    const dataDir = await mkdtemp(join(tmpdir(), 'multi-insert-'))
    context.after(() => rm(dataDir, { recursive: true }))
    const sql = await start(context, { dataDir })
    await sql.run(`create table t (a bigint); insert into t values (1), (2); create table u (a bigint);
      from t insert overwrite table t select a limit 1 insert into u select a`)
    assert.deepEqual([await sql.rows('t'), await sql.rows('u')], [[[1n]], [[1n], [2n]]])
  })

  test('what is wrong is refused before anything is written', async context => {
    const sql = await start(context)
    await sql.run(`create table t (a bigint); insert into t values (1); create table u (a bigint, b string);
      create table pt (a bigint) partitioned by (p string)`)
    const one = 'from t insert into t select a'
    for (const [text, message] of [
      [`${one} insert into u select a`, /\[1,43\].*the table takes 2 columns, and the query gives 1/],
      [`${one} insert into u select a, a`, /does not convert bigint to string/],
      [`${one} insert into nope select a`, /\[1,43\] Table not found/],
      [`${one} insert overwrite table t select a`, /table t is overwritten and named more than once/],
      [`from t ${'insert into t select a '.repeat(256)}`, /ODPS-0130161.*at most 255 INSERTs/],
      [`${one} from u`, /ODPS-0130161:\[1,31\].*the FROM of all SELECTs/],
      [`${one} union all select 1L`, /emulator.*'union'/],
      [
        "from t insert into pt partition (p='1') select a insert into pt partition (p='1') select a",
        /p=1 .*more than once/,
      ],
      [
        "from t insert into pt partition (p='1') select a insert into pt partition (p) select a, 'x'",
        /emulator does not have/,
      ],
      ['from t select a', /emulator.*'select'/],
      ['from t', /ODPS-0130161.*expect INSERT/],
      ['from t insert into t values (1)', /ODPS-0130161.*expect SELECT/],
      ['from t where a = 1 insert into t select a', /expect INSERT|emulator/],
    ] as const)
      await sql.fails(text, message)
    assert.deepEqual(await sql.rows('t'), [[1n]])
  })
})
