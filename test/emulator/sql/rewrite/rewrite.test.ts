import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { rewriteQuery } from '../../../../lib/emulator/sql/rewrite/rewrite.js'
import { tokenize } from '../../../../lib/emulator/sql/tokenize.js'

const rewrite = (sql: string) => rewriteQuery(tokenize(sql), sql)

const tablesOf = (sql: string): [alias: string, name: string, offset: number][] =>
  rewrite(sql).tables.map(({ parts, alias, offset }) => [alias, parts.join('/'), offset])

describe('the tables of a query', () => {
  test('stand behind FROM and JOIN at any depth, each once', () => {
    assert.deepEqual(tablesOf('select a from t'), [['t0', 't', 14]])
    assert.deepEqual(tablesOf('select * from p.s.t a, `S`.u join P.S.T on a.x = t.x'), [
      ['t0', 'p/s/t', 14],
      ['t1', 'S/u', 23],
    ])
    assert.deepEqual(
      tablesOf('select (select max(x) from a) from (select x from b) c where x in (select x from d)').map(
        ([, name]) => name,
      ),
      ['a', 'b', 'd'],
    )
    assert.deepEqual(tablesOf('select 1 union all select x from (u join v on u.x = v.x)').length, 2)
  })

  test('are not the names of WITH, where these are known', () => {
    const nested =
      'with a as (select * from t), b as (select * from A) select * from b, (with c as (select 1) select * from c) d, c'
    assert.deepEqual(
      tablesOf(nested).map(([, name]) => name),
      ['t', 'c'],
    )
    assert.deepEqual(tablesOf('with a as (select * from a) select * from a').length, 1)
    assert.deepEqual(tablesOf('with a as (select 1) select * from s.a').length, 1)
  })

  test('have names that the query does not use', () => {
    assert.deepEqual(tablesOf('with t0 as (select 1 as x) select t0.x from t0, u')[0]![0], 't_0')
  })

  test('keep their own names for their columns', () => {
    assert.match(rewrite('select orders.id from shop.orders').sql, /FROM t0 AS "orders"$/)
    assert.match(rewrite('select o.id from shop.orders o').sql, /FROM t0 AS "o"$/)
  })
})

describe('what is not translated', () => {
  const cases: readonly (readonly [sql: string, message: RegExp])[] = [
    ['select foo(1)', /^ODPS-0130071:\[1,8\].* does not have the function foo;/],
    ['select read_csv(1)', /the function read_csv;/],
    ['select * from t tablesample (10 rows)', /does not have TABLESAMPLE/],
    ['select a from t order by 1', /\[1,26\].*ORDER BY with the number of a column/],
    ['select count(*) from t group by 1', /GROUP BY with the number of a column/],
    ['select a from t join u', /a JOIN without ON/],
    ['with recursive a as (select 1) select * from a', /WITH RECURSIVE/],
    ['select transform(a) using "cat" from t', /SELECT TRANSFORM/],
    ['select lag(a) from t', /lag without OVER/],
    ['select if(1, 2)', /if with 2 arguments/],

    ['select 300Y', /beyond its type/],
    ['select * from t tablesample (1 rows)', /does not have TABLESAMPLE/],
    ['select * from t pivot (max(a) for b in (1))', /does not have PIVOT/],
    ['select * from t group by a', /a \* beside groups/],
    [
      'select a, (select max(u.b) + u.a from u where u.a = t.a group by u.a) from t',
      /in a sub-query with groups/,
    ],
    ['select a, (select max(u.b) + t.a from u where u.a = t.a) from t', /in a sub-query with groups/],
    ['select a.*, sum(x) over () s from t a join u b on a.x = b.x', /windows over several tables/],
    ['select a from t where count(*) > 1', /an aggregate, a window or a random value in WHERE/],
    ['select sum(count(*)) from t', /an aggregate, a window or a random value within another/],
    ['select sum(rand()) from t', /a random value within another/],
    ['select a from t where rand() < 0.5', /\[1,23\].*a random value in WHERE/],
    [
      'select a from t join u on max(t.b) = u.b',
      /\[1,15\].*an aggregate, a window or a random value in FROM/,
    ],
    ['select a from t lateral view explode(collect_list(b)) v as x', /a random value in FROM/],
    ['select explode(a) from t', /explode without names for its columns/],
    ['select explode(a) as x, b from t', /explode beside other columns: use LATERAL VIEW/],
    ['select explode(a) as (x, y, z) from t', /explode with 3 columns/],
    ['select explode(a, b) as x from t', /explode with 2 arguments/],
    ['select explode(a) as x from t group by b', /BY beside explode/],
    ['select explode(a) as x from t sort by x', /BY beside explode/],
    ["select json_tuple(a, '$.b') as x from t", /JSON_TUPLE with a key that isn't a literal/],
    ['select * from t lateral view stack(1, a) v as x', /LATERAL VIEW stack/],
    ['select first_value(a, b) over (order by a) from t', /argument 2 that is neither TRUE nor FALSE/],
    [
      'select a from t where exists (select max(u.b) + 1 from u where u.a = t.a)',
      /a column of a query around/,
    ],
    ['select last_value(a) over (order by a) from t', /last_value with an order and without ROWS/],
    ['select sum(a) over w from t window w as (order by a)', /sum OVER the name of a window/],
    ['select a union select b minus select c', /different operators between SELECTs/],
    ['select interval 1 day', /does not have INTERVAL/],
    [
      'select a from t where exists (select 1 from u where u.a = t.a and exists (select 1 from v where v.b = u.b))',
      /a column of a query around/,
    ],
    [
      'select a from t where a in (select u.a from u where u.b in (select c from v))',
      /without the name of its table/,
    ],
    ["select timestamp_ntz '2024-01-01 00:00:00'", /does not have TIMESTAMP_NTZ '…'/],
    ["select datetime '2024-01-01'", /does not have DATETIME '2024-01-01'/],
    ["select dateadd(a, 1, 'week') from t", /dateadd by 'week'/],
    ['select dateadd(a, 1, b) from t', /argument 3 that isn't a text literal/],
    ['select cast(a as binary) from t', /CAST to BINARY/],
    ["select a rlike '' from t", /an empty pattern/],
    ["select '\\0'", /a text literal with U\+0000/],
    ["select '\\ud800'", /half of a surrogate pair/],
    ['select `\uE000c0\uE001`, a from t', /a name with the character/],
  ]
  for (const [sql, message] of cases)
    test(sql, () => assert.throws(() => rewrite(sql), { name: 'SqlError', message }))
})

test('depth is limited, wherever it comes from', () => {
  const deep = (open: string, inner: string, close: string) => open.repeat(3000) + inner + close.repeat(3000)
  for (const sql of [
    `select ${deep('(', '1', ')')}`,
    `select ${deep('not ', 'true', '')}`,
    `select ${deep('- ', 'a', '')}`,
    `select ${deep('abs(', '1', ')')}`,
    `select * from ${deep('(', 't', ')')}`,
    `select * from ${deep('(select * from ', 't', ') x')}`,
    `select cast(a as ${deep('array<', 'int', '>')})`,
  ])
    assert.throws(() => rewrite(sql), /nested more than 100 levels/, sql.slice(0, 40))
})

describe('what is wrong is a syntax error', () => {
  for (const sql of [
    'select',
    'select 1 from t where',
    'select a b c from t',
    'select and (1)',
    'select (1',
    'select 1)',
    'select sum(a) over (order by a rows 1 preceding exclude rows) from t',
    'select explode(a) as from t',
  ])
    test(sql, () => assert.throws(() => rewrite(sql), /^SqlError: ODPS-0130161:/))
})
