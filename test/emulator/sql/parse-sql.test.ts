import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { parseSql } from '../../../lib/emulator/sql/parse-sql.js'
import { SqlError } from '../../../lib/emulator/sql/sql-error.js'
import type { CreateTable } from '../../../lib/emulator/sql/statement.js'
import { one } from './parsed.js'

const refused = (sql: string, message: RegExp): void =>
  assert.throws(
    () => parseSql(sql),
    (error: unknown) => {
      assert.ok(error instanceof SqlError)
      assert.match(error.message, /^ODPS-0130161:\[\d+,\d+\] Parse exception - /)
      assert.match(error.message, message)
      return true
    },
  )

describe('the other statements', () => {
  test('DROP and TRUNCATE', () => {
    assert.deepEqual(one('DROP TABLE p.t'), { kind: 'dropTable', name: ['p', 't'], ifExists: false })
    assert.deepEqual(one('drop table if exists T;;'), { kind: 'dropTable', name: ['T'], ifExists: true })
    // PyODPS puts the name of a schema here as it is, whatever word it is.
    const name = ['p', 'inner', 'select']
    assert.deepEqual(one('drop table p.inner.select'), { kind: 'dropTable', name, ifExists: false })
    assert.deepEqual(one('truncate table t'), { kind: 'truncateTable', name: ['t'], specs: [] })
    assert.deepEqual(one("truncate table t partition (a='1')"), {
      kind: 'truncateTable',
      name: ['t'],
      specs: [[{ name: 'a', value: '1' }]],
    })
  })

  test('scripts', () => {
    assert.deepEqual(parseSql("set odps.sql.type.system.odps2=true;\nSET a.b = 'x;y=' ; drop table t;"), [
      { kind: 'set', key: 'odps.sql.type.system.odps2', value: 'true' },
      { kind: 'set', key: 'a.b', value: "'x;y='" },
      { kind: 'dropTable', ifExists: false, name: ['t'] },
    ])
  })
})

describe('what is refused, with its position', () => {
  const cases: [string, RegExp][] = [
    ['', /\[1,1\].*no statement/],
    [' ; ', /no statement/],
    ['selec 1', /\[1,1\].*invalid token 'selec'/],
    ['drop table\n  5', /\[2,3\].*invalid token '5', expect a table name/],
    ['drop table a.b.c.d', /end of the table name/],
    ['create table t (a bigint', /invalid token the end, expect '\)'/],
    ['create table t ()', /expect a column name/],
    ['create table t (a nonsense)', /data type 'nonsense' is not known/],
    ['create table t (a decimal(99,1))', /\[1,19\]/],
    ['create table t (a array<int)', /expect '>'/],
    ["create table t (a int comment 'x)", /a string is not closed/],
    ['create table `t (a int)', /back quote is not closed/],
    ['create table `` (a int)', /name is empty/],
    ['drop table t /* x', /comment is not closed/],
    ['drop table t drop table u', /expect ';'/],
    ['alter table t renam to u', /expect ADD, DROP, RENAME, TOUCH, CHANGE or SET/],
    ["alter table t add partition (a<'1')", /expect '='/],
    ["alter table t add partition (a='1,2')", /does not accept/],
    ['alter table t add partition (a = b)', /expect a value/],
    ['select * form t', /\[1,10\].*'form', expect the end of the query/],
    ['select from t', /\[1,8\].*'from', expect an expression/],
    ['select a,, b from t', /\[1,10\].*',', expect an expression/],
    ['select a, from t', /\[1,11\].*'from', expect an expression/],
    ['select a b c from t', /\[1,12\].*'c', expect the end of the query/],
    ['select * from', /invalid token the end, expect a table name/],
    ['select * from where', /'where', expect a table name/],
    ['select * from t where', /\[1,22\].*the end, expect an expression/],
    ["select * from t where pt = 'a' and", /the end, expect an expression/],
    ["select * from t wher pt = 'a'", /\[1,22\].*'pt', expect the end of the query/],
    ['select a) from t', /\[1,9\].*'\)', expect the end of the query/],
    ['create tabel t (a bigint)', /'tabel', expect TABLE/],
    ['create table t (a bigint b)', /'b', expect '\)'/],
    ['create table t a bigint', /'a', expect '\(' or AS/],
    ['alter table t add colums (a bigint)', /expect PARTITION or COLUMNS/],
    ['inser into t values (1)', /'inser'/],
    ['insert t values (1)', /'t', expect INTO/],
    ['insert into t value (1)', /'value', expect SELECT/],
    ['insert into t values 1', /'1', expect '\('/],
    ['insert into t values (1,)', /'\)', expect a literal or an expression/],
    ['insert into t values (1 2)', /\[1,25\].*'2', expect '\)'/],
    ['insert into t values (1 from u)', /'from', expect '\)'/],
    ['insert into t values (upper(1)', /the end, expect '\)'/],
    ['insert into t values (1, upper(1, 2', /the end, expect '\)'/],
    ["insert into t partition (pt='a' values (1)", /'values', expect '\)'/],
    ['show table', /'table', expect TABLES, VIEWS, PARTITIONS, SCHEMAS or CREATE TABLE/],
    ['show partitions', /the end, expect a table name/],
    ['desc', /the end, expect a table name/],
    ['alter table t change column', /expect a column name/],
    ['alter table t rename u', /'rename', expect ADD, DROP, RENAME/],
    ['alter table t set lifecycle x', /expect a number of days/],
    ['set x', /key=value/],
    ['select * from t limit x', /expect a number of rows/],
  ]
  for (const [sql, message] of cases) test(JSON.stringify(sql), () => refused(sql, message))

  // All of these are right in MaxCompute.
  const absent = [
    "insert overwrite directory 'oss://a' select * from t",
    'create table t partitioned by (p string) as select * from u',
    'create table t partitioned by (p) as select * from u',
    "alter table t drop if exists partition (pt > 'a')",
    'with a as (select 1 x) insert into t values (1)',
    "select * from t where a ilike 'x'",
    "select * from t where a like any ('x%', 'y%')",
    "select * from t where a rlike all ('x', 'y')",
    'select lag(a ignore nulls) over (order by b) from t',
    'select a, explode(b) from t',
    'select inline(a) from t',
    'select * from t pivot (max(a) for b in (1, 2))',
    'select * from t unpivot (a for b in (c, d))',
    'values (1), (2)',
    "select date '2025-01-31' + interval '1' month",
    'select filter(a, x -> x > 1) from t',
    'select a from t order by 1',
    'select rand(7)',
    'create or replace table t (a bigint)',
    'create temporary table t (a bigint)',
    "create table t (a bigint, b datetime) auto partitioned by (trunc_time(b, 'day') as c)",
    'show columns from t',
    'use p',
    'alter table t change column a a string not null',
    'alter table t add columns (a string) first',
    "alter table t changeowner to 'u'",
    "alter table t set serdeproperties ('a'='b')",
    "alter table t partition (pt='a') merge smallfiles",
    'show functions',
    'show grants for user u',
    'desc function f',
    'describe view v',
    '@x := select * from t',
    'merge into t using u on t.a = u.a when matched then delete',
    'update t set a = 1 from u where t.b = u.b',
    'update t set (a, b) = (select 1, 2)',
    'delete from t as u where a = 1',
    'explain select * from t',
    'grant select on table t to user a',
    'msck repair table t add partitions',
    'setproject odps.sql.timezone=UTC',
    'set label 2 to table t',
    'create materialized view v as select * from t',
    "create external table t (a bigint) location 'oss://b/c'",
    "create function f as 'a.B' using 'c.jar'",
    'create table t (a bigint) clustered by (a) into 4 buckets',
    'create table t (a bigint) stored as parquet',
    'create table t (a bigint, constraint k check (a > 1))',
    'drop function f',
    'drop table t purge',
    'alter table t merge smallfiles',
    'alter view v rename to w',
    'select * from t tablesample (1 out of 2)',
  ]
  for (const sql of absent)
    test(`right, but absent: ${sql}`, () =>
      assert.throws(
        () => parseSql(sql),
        (error: unknown) => {
          assert.ok(error instanceof SqlError)
          assert.match(
            error.message,
            /^ODPS-0130071:\[1,\d+\] Semantic analysis exception - the emulator does not have /,
          )
          return true
        },
      ))

  // Queries that are more than plain reads; they are rewritten when they are parsed, so that a mistake is told here.
  const rewritten = [
    "select * from t where upper(a) = 'X'",
    "select * from t where a = upper('x')",
    'select upper(name) from t',
    'insert into t select a + 1 from u',
    'insert into t with x as (select 1) select * from x',
    'insert into t (select a from u)',
    'create table t as select a, count(*) from u group by a',
    'create table t as with x as (select 1) select * from x',
    'with x as (select 1) select * from x',
    '(select a from t) union all (select a from u)',
    'select 1',
    "select 'x' as a",
    'select null from t',
    'select -a from t',
    'select a + 1 from t',
    'select t.a from t',
    'select t.* from t',
    'select *, a from t',
    'select distinct a from t',
    'select count(a) from t',
    'select count(distinct a) from t',
    'select count(*), a from t',
    'select a, count(*) from t',
    'select sum(a) as s from t',
    'select case when a then 1 end from t',
    'select cast(a as string) from t',
    'select a[0] from t',
    'select * from t x',
    'select * from t as x where x.a = 1',
    'select * from t, u',
    'select * from t join u on t.a = u.a',
    'select * from t left outer join u on t.a = u.a',
    'select * from t x join u y on x.a = y.a',
    'select * from (select * from t) x',
    'select * from t where a > 5',
    'select * from t where a <> 5',
    'select * from t where a != 5',
    'select * from t where a in (1, 2)',
    "select * from t where a like 'x%'",
    'select * from t where a between 1 and 2',
    'select * from t where a is not null',
    'select * from t where not a = 1',
    'select * from t where exists (select 1 from u)',
    'select * from t where 1 = 1',
    'select * from t where a = b',
    "select * from t where a = '1' or b = '2'",
    'select a from t group by a',
    'select a from t group by a having count(*) > 1',
    'select * from t order by a',
    'select * from t order by a limit 5',
    'select * from t distribute by a sort by a',
    'select * from t limit 5, 10',
    'select * from t limit 5 offset 10',
    'select * from t union all select * from u',
    'select * from values (1, 2) x (a, b)',
    'select /*+ mapjoin(u) */ t.a from t',
    'select row_number() over (partition by a order by b) from t',
  ]
  for (const sql of rewritten)
    test(`a query for the engine: ${sql}`, () => {
      const statement = one(sql)
      const query =
        'query' in statement ? statement.query : 'source' in statement ? statement.source : statement
      assert.ok(typeof query === 'object' && 'plain' in query, 'it is or has a query')
      assert.equal(query.plain, undefined)
    })

  test('only SqlError comes out, whatever goes in', () => {
    const words = fc.constantFrom(
      ..."create table schema drop alter rename change touch set insert into overwrite values show desc tables partitions as select from where partition add columns if not exists null a `b` 'c' 1 , ( ) < > = ; . * \" /* -- \\ count decimal array \n".split(
        ' ',
      ),
    )
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(words, { maxLength: 30 }).map(list => list.join(' ')),
        ),
        sql => {
          try {
            parseSql(sql)
          } catch (error) {
            if (!(error instanceof SqlError)) throw error
          }
        },
      ),
      { numRuns: 500 },
    )
  })

  test('any text survives as a comment, any name in back quotes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.string({ minLength: 1 }), (comment, name) => {
        const literal = comment.replaceAll('\\', '\\\\').replaceAll("'", "\\'")
        const statement = one<CreateTable>(
          `create table \`${name.replaceAll('`', '``')}\` (a int) comment '${literal}'`,
        )
        assert.equal(statement.comment, comment)
        assert.deepEqual(statement.name, [name])
      }),
    )
  })
})
