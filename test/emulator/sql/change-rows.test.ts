import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { start } from './session.js'

const transactional = "tblproperties ('transactional'='true')"

/* What MaxCompute's reference says of DELETE and UPDATE; for NULL in a condition, what standard SQL says. */
describe('DELETE and UPDATE', () => {
  test('the rows that meet the condition, and no others', async context => {
    const sql = await start(context)
    await sql.run(`create table t1 (c1 string) ${transactional}; insert into t1 values ('a'), ('b'), ('c'), ('a'), ('b'), (null);
      delete from t1 where c1 = 'a'`)
    assert.deepEqual(await sql.rows('t1'), [['b'], ['c'], ['b'], [null]])
    await sql.run("update t1 set c1 = concat(c1, '!') where c1 = 'b' and c1 is distinct from 'x'")
    assert.deepEqual(await sql.rows('t1'), [['b!'], ['c'], ['b!'], [null]])
    await sql.run('delete from t1')
    assert.deepEqual(await sql.rows('t1'), [])
  })

  test('several columns at once, each from the values before', async context => {
    const sql = await start(context)
    await sql.run(`create table \`2t\` (\`select\` bigint, b bigint, d decimal(10,2), s string) ${transactional};
      insert into \`2t\` values (1, 2, 3, 'x'), (3, 4, null, 'y'); create table u (k bigint); insert into u values (4);
      update \`2t\` set \`select\` = b, B = \`select\`, d = null, s = 'where, from' where b in (select k from u)`)
    assert.deepEqual(await sql.rows('2t'), [
      [1n, 2n, '3', 'x'],
      [4n, 3n, null, 'where, from'],
    ])
    await sql.run('update `2t` set b = b + 10')
    assert.deepEqual(
      (await sql.rows('2t')).map(row => (row as unknown[])[1]),
      [12n, 13n],
    )
  })

  test('in every partition, also where no row stays', async context => {
    const sql = await start(context)
    await sql.run(`create table t (a bigint) partitioned by (p string, q varchar(5)) ${transactional};
      insert into t partition (p, q) values (1, '01', 'x'), (2, '1', 'x'), (2, '2', 'x'), (3, '2', 'y');
      delete from t where a = 2 or p = '01'`)
    assert.deepEqual(await sql.rows('t'), [[3n, '2', 'y']])
    assert.equal((await sql.run('show partitions t')).trim().split('\n').length, 4)
    await sql.run("update t set a = 5 where q = 'y'; update t set a = 6 where q = 'x'")
    assert.deepEqual(await sql.rows('t'), [[5n, '2', 'y']])
  })

  test('of a table with a primary key, whose columns stay', async context => {
    const sql = await start(context)
    await sql.run(`create table t (id bigint not null, a string, primary key (id)) ${transactional};
      insert into t values (1, 'x'), (2, 'y'), (3, 'z'); delete from t where id = 2; update t set a = 'w' where id = 3`)
    assert.deepEqual(await sql.rows('t'), [
      [1n, 'x'],
      [3n, 'w'],
    ])
    await sql.fails('update t set ID = 7', /column id belongs to the primary key/)
  })

  test('rows that stay keep the values that were inserted, of each type, or nothing is done', async context => {
    const sql = await start(context)
    const values: readonly (readonly [type: string, values: readonly unknown[]])[] = [
      ['string', ['', 'a\0b', '\ufeffx', '😀', null]],
      ['double', [-0, Number.NaN, Number.NEGATIVE_INFINITY, 5e-324]],
      ['float', [-0, 2 ** -149]],
      ['decimal(38,18)', ['12345678901234567890.123456789012345678', '-0.000000000000000001']],
      ['bigint', [-(2n ** 63n), 2n ** 63n - 1n]],
      ['date', ['0001-01-01', '9999-12-31']],
      ['datetime', [new Date('0001-01-01T00:00:00Z'), new Date('9999-12-31T23:59:59.999Z')]],
      ['array<string>', [['a', null, ''], []]],
      ['map<string,bigint>', [new Map([['a', null]])]],
    ]
    for (const [i, [type, cells]] of values.entries()) {
      await sql.run(`create table v${i} (id bigint, cell ${type}) ${transactional}`)
      const rows = cells.map(cell => [1n, cell])
      await sql.emulator.insert(`v${i}`, [...rows, [2n, null]])
      await sql.run(`delete from v${i} where id = 2; update v${i} set id = 1 where id = 1`)
      assert.deepEqual(await sql.rows(`v${i}`), rows, type)
    }
    await sql.run(`create table b (id bigint, s string) ${transactional}`)
    await sql.emulator.insert('b', [
      [1n, Buffer.of(0xff)],
      [2n, 'x'],
    ])
    await sql.fails('delete from b where id = 2', /column s of table b has a value .* text that isn't UTF-8/)
    assert.equal(sql.emulator.rowCount('b'), 2)
  })

  test('what is wrong is refused, and no row is changed', async context => {
    const sql = await start(context)
    await sql.run(`create table plain (a bigint); create table t (a bigint not null, s string) ${transactional}; insert into t values (1, 'x');
      create table n (a bigint) partitioned by (p bigint) ${transactional}`)
    for (const [text, message] of [
      ['delete from plain where a = 1', /ODPS-0130071.*table plain is not transactional/],
      ['delete from nope', /ODPS-0130131:\[1,13\] Table not found/],
      ['update t set b = 1', /column b cannot be resolved in table t/],
      ['update t set a = 1, A = 2', /ODPS-0130161:\[1,21\].*column a is set twice/],
      ['update t set s = 1', /does not convert|can't be|bigint|CASE/i],
      ['update t set a = null', /NOT NULL/],
      ['delete from t where', /ODPS-0130161.*expect a condition/],
      ['update t set a = where a = 1', /ODPS-0130161.*expect an expression/],
      ['delete from t where a = = 1', /ODPS-0130161/],
      ['delete from t limit 1', /ODPS-0130161.*expect WHERE/],
      ['delete from n where a = 1', /emulator changes rows only in partitions/],
    ] as const)
      await sql.fails(text, message)
    await sql.fails('delete from t where a = 1; update t set a = (1', /ODPS-0130161/)
    assert.deepEqual(await sql.rows('t'), [[1n, 'x']])
  })
})
