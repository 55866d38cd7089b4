import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { loadVectors } from '../../codec/golden-vectors.js'
import { TableCalls, twoRows } from '../emulator-client.js'
import { start } from './session.js'

describe('INSERT', () => {
  test('literals of every plain type', async context => {
    const sql = await start(context)
    await sql.run(
      'create table t (a tinyint, b bigint, c float, d double, e decimal(10,2), f string, g varchar(5), h boolean, i date, j datetime, k timestamp, l binary, m json)',
    )
    await sql.run(
      "insert into table t values (-1, 9223372036854775807L, 1.5, 1e300, 1.25BD, 'it''s', \"x\", true, date'2001-02-03', datetime'2001-02-03 04:05:06', timestamp'2001-02-03 04:05:06.123456789', 'ab', json'{\"a\":[1]}')," +
        "(null, '7', '0.5', -2, '3', 12, 12.50, 'false', '2001-02-03', '2001-02-03 04:05:06', null, null, '1'); ",
    )
    const rows = (await sql.emulator.rows('t', undefined, { rowShape: 'array' })) as unknown as unknown[][]
    assert.deepEqual(
      rows.map(row =>
        row.map(cell => (typeof cell === 'object' && cell !== null ? JSON.stringify(cell) : cell)),
      ),
      [
        [
          ...[-1, 9223372036854775807n, 1.5, 1e300, '1.25', "it's", 'x', true],
          ...['2001-02-03', '"2001-02-03T04:05:06.000Z"', '"2001-02-03T04:05:06.123456789"'],
          ...['{"type":"Buffer","data":[97,98]}', '{"a":[1]}'],
        ],
        [
          null,
          7n,
          0.5,
          -2,
          '3',
          '12',
          '12.50',
          false,
          '2001-02-03',
          '"2001-02-03T04:05:06.000Z"',
          null,
          null,
          1,
        ],
      ],
    )
  })

  test('rows lie in the table as another client writes them', async context => {
    const sql = await start(context)
    await sql.run("create table t (id bigint, name string); insert into t values (1, 'abc'), (2, null);")
    const { body } = await new TableCalls(sql.emulator).download()
    assert.equal(body.toString('hex'), twoRows.toString('hex'))
  })

  test('a DATETIME literal is the wall clock of the session', async context => {
    const sql = await start(context)
    await sql.run(
      "create table t (a datetime); set odps.sql.timezone=Asia/Shanghai; insert into t values ('2001-02-03 04:05:06')",
    )
    assert.deepEqual(await sql.rows('t'), [[new Date('2001-02-02T20:05:06Z')]])
  })

  test('columns by name, the others NULL or their default', async context => {
    const sql = await start(context)
    await sql.run("create table t (a bigint, b string default 'x', c bigint)")
    await sql.run('insert into t (c, A) values (1, 2)')
    assert.deepEqual(await sql.rows('t'), [[2n, 'x', 1n]])
    await sql.fails('insert into t (c, c) values (1, 2)', /^ODPS-0130071:\[1,13\].*column c appears twice/)
    await sql.fails('insert into t (d) values (1)', /column d cannot be resolved in table t/)
  })

  test('partitions are created, overwritten, and must be named', async context => {
    const sql = await start(context)
    await sql.run('create table t (a bigint) partitioned by (d string, r string)')
    await sql.run("insert into t partition (r='x', d='1') values (1)")
    await sql.run("insert into t partition (d='1', r='x') values (2)")
    await sql.run("insert into t partition (d='2', r='x') values (3)")
    await sql.run("insert overwrite table t partition (d='1', r='x') values (4), (5)")
    assert.deepEqual(await sql.rows('t'), [
      [4n, '1', 'x'],
      [5n, '1', 'x'],
      [3n, '2', 'x'],
    ])
    await sql.fails('insert into t values (1)', /^ODPS-0130071:\[1,13\].*'d' is missing/)
    await sql.fails("insert into t partition (d='1') values (1)", /'r' is missing/)
    await sql.run('create table u (a bigint)')
    await sql.fails("insert into u partition (d='1') values (1)", /the table is not partitioned/)
  })

  test('all or nothing, with the position of the wrong value', async context => {
    const sql = await start(context)
    await sql.run('create table t (a tinyint, b string not null)')
    await sql.fails(
      "insert into t values (1, 'x'),\n (300, 'y')",
      /^ODPS-0130071:\[2,3\] Semantic.*column a: TINYINT ranges from -128 to 127/,
    )
    await sql.fails('insert into t values (1, null)', /NULL/)
    await sql.fails('insert into t (a) values (1)', /'b'/)
    await sql.fails("insert into t values (1, 'x', 2)", /\[1,23\].*takes 2 values, and this row has 3/)
    await sql.fails(
      "insert into t values (true, 'x')",
      /\[1,23\].*does not convert a boolean literal to tinyint/,
    )
    assert.deepEqual(await sql.rows('t'), [])
    await sql.fails('insert into nope values (1)', /^ODPS-0130131:\[1,13\] Table not found/)
  })
})

describe('INSERT … SELECT and CREATE TABLE … AS', () => {
  test('a WITH before INSERT belongs to its query', async context => {
    const sql = await start(context)
    await sql.run('create table target (n bigint, s string) partitioned by (pt string)')
    await sql.run(
      "with a as (select 1L as n), insert_me as (select n + 1 as n from a) insert into target partition (pt = 'x') select n, 'v' from insert_me",
    )
    await sql.run(
      "with a as (select 7L as n) insert overwrite table target partition (pt) select n, 'w', 'x' from a;",
    )
    assert.deepEqual(await sql.emulator.rows('target', { pt: 'x' }, { rowShape: 'array' }), [[7n, 'w']])
    await sql.fails('with a as (select 1) insert into target select * from nope', /\[1,55\] Table not found/)
  })

  test('CREATE TABLE … LIKE takes columns and comments along, and no rows and no lifecycle', async context => {
    const sql = await start(context)
    const columns =
      "(n bigint not null comment 'c', s string default 'd') comment 'about' partitioned by (pt string)"
    await sql.run(`create table source ${columns} lifecycle 9`)
    await sql.run("insert into source partition (pt = 'x') (n) values (1)")
    await sql.run('create table copied like source')
    await sql.run('create table p.kept lifecycle 3 like p.source')
    await sql.run('create table if not exists copied like source')
    const made = (await sql.run('show create table source')).replace(/\nLIFECYCLE 9/, '')
    assert.equal(await sql.run('show create table copied'), made.replace('`source`', '`copied`'))
    assert.match(await sql.run('show create table kept'), /\nLIFECYCLE 3\n$/)
    assert.equal(sql.emulator.rowCount('copied'), 0)
    await sql.fails('create table copied like source', /ODPS-0130211:\[1,14\]/)
    await sql.fails('create table more like nope', /ODPS-0130131:.* table p\.nope cannot be resolved/)
    await sql.run(
      "create table keyed (id bigint not null, primary key (id)) tblproperties ('transactional'='true')",
    )
    await sql.fails(
      'create table more like keyed',
      /the emulator does not have CREATE TABLE … LIKE a table with TBLPROPERTIES/,
    )
  })

  /** Records of PyODPS: all types, values that no decoded form would keep, among them. */
  const vectors = ['records-scalar', 'records-complex', 'records-mixed', 'records-decode-special'].flatMap(
    set => loadVectors(set).filter(({ hex }) => hex !== undefined),
  )

  test('records are copied byte for byte, whatever is in them', async context => {
    assert.ok(vectors.length > 70)
    const sql = await start(context)
    for (const [i, { name, schema, hex = '' }] of vectors.entries()) {
      const columns = schema.map(({ name, type }) => ({ name, type }))
      await sql.emulator.createTable({ name: `t${i}`, columns })
      await sql.emulator.createTable({ name: `v${i}`, columns, partitionColumns: { pt: 'string' } })
      const at = (table: string, partition?: string): TableCalls =>
        new TableCalls(sql.emulator, `/projects/p/tables/${table}${i}`, partition)
      await at('t').upload([Buffer.from(hex, 'hex')])
      await sql.run(
        `create table u${i} as select * from t${i}; insert into v${i} partition (pt='a') select * from t${i}`,
      )
      const original = (await at('t').download()).body.toString('hex')
      assert.equal((await at('u').download()).body.toString('hex'), original, name)
      assert.equal((await at('v', 'pt=a').download()).body.toString('hex'), original, name)
      // CHAR is read n characters long, the others as they came.
      if (!schema.some(({ type }) => /char\(/.test(type))) assert.equal(original, hex, name)
    }
  })

  test('columns are chosen, reordered, renamed; partition columns become ordinary ones', async context => {
    const sql = await start(context)
    await sql.run('create table t (a bigint, b string) partitioned by (d bigint)')
    await sql.run(
      "insert into t partition (d='7') values (1, 'x'); insert into t partition (d='8') values (2, null)",
    )
    await sql.run('create table u as select d as day, b, a, a as again from t where d = 7 limit 5')
    assert.deepEqual(await sql.emulator.rows('u'), [{ day: 7n, b: 'x', a: 1n, again: 1n }])
    await sql.run('create table v (n bigint, m string, o bigint)')
    await sql.run('insert into v (o, m) select a, b from t')
    await sql.run('insert into v (n) select count(*) from t')
    assert.deepEqual(await sql.rows('v'), [
      [null, 'x', 1n],
      [null, null, 2n],
      [2n, null, null],
    ])
    await sql.run('insert overwrite table v select n, m, o from v limit 1')
    assert.deepEqual(await sql.rows('v'), [[null, 'x', 1n]])
  })

  test('whole numbers may grow; other types are not converted', async context => {
    const sql = await start(context)
    await sql.run('create table t (a int, b string); insert into t values (5, null)')
    await sql.run('create table u (a bigint, b string); insert into u select * from t')
    assert.deepEqual(await sql.rows('u'), [[5n, null]])
    await sql.fails('insert into t select * from u', /does not convert bigint to int, the type of column a/)
    await sql.fails('insert into t select b, a from t', /does not convert string to int/)
    await sql.fails('insert into t select a from t', /takes 2 columns, and the query gives 1/)
    await sql.run('create table w (a int not null, b string); insert into w select * from t')
    await sql.run('insert into t values (null, null)')
    await sql.fails('insert into w select * from t', /column a is NOT NULL, and row 1 of the query has NULL/)
    assert.deepEqual(await sql.rows('w'), [[5, null]])
  })

  test('each row goes to the partition that its last columns name', async context => {
    const sql = await start(context)
    await sql.run(
      'create table s (a bigint, b string, d date, h int); create table t (a bigint, b string) partitioned by (d string, h bigint)',
    )
    await sql.run(
      "insert into s values (1, 'x', '2024-01-02', 7), (2, null, '2024-01-03', 7), (3, 'z', '2024-01-02', 7)",
    )
    await sql.run(
      "insert into t partition (d='2024-01-02', h=7) values (0, 'old'); insert into t partition (d='y', h=1) values (9, 'stays')",
    )
    await sql.run('insert overwrite table t partition (d, h) select a, b, d, h from s')
    assert.deepEqual(await sql.rows('t'), [
      [1n, 'x', '2024-01-02', 7n],
      [3n, 'z', '2024-01-02', 7n],
      [9n, 'stays', 'y', 1n],
      [2n, null, '2024-01-03', 7n],
    ])
    await sql.run("insert into t partition (d='q', h) values (4, 'v', 1), (5, 'v', 2), (6, 'v', 1)")
    await sql.run("insert into t partition (d='r', h) (h, b) select h, b from s limit 1")
    assert.equal(
      await sql.run('show partitions t'),
      'd=2024-01-02/h=7\nd=2024-01-03/h=7\nd=q/h=1\nd=q/h=2\nd=r/h=7\nd=y/h=1\n',
    )
    assert.deepEqual(await sql.emulator.rows('t', 'd=q,h=1', { rowShape: 'array' }), [
      [4n, 'v'],
      [6n, 'v'],
    ])
    assert.deepEqual(await sql.emulator.rows('t', 'd=r,h=7', { rowShape: 'array' }), [[null, 'x']])
  })

  test('what names no partition is refused, and nothing is written', async context => {
    const sql = await start(context)
    await sql.run("create table s (a double, b string); insert into s values (1, 'ok'), (2, null)")
    await sql.run('create table t (a double) partitioned by (d string)')
    await sql.fails(
      'insert into t partition (d) select * from s',
      /a value of a partition column is NULL, empty/,
    )
    await sql.fails('insert into t partition (d) select b, a from s', /does not convert string to double/)
    await sql.fails('insert into t partition (d) select a, a from s', /makes no partitions of a double/)
    await sql.fails(
      'insert into t partition (d) select a from s',
      /the table takes 2 columns, and the query gives 1/,
    )
    await sql.fails('insert into t partition (e) select * from s', /e is not a partition column of table t/)
    await sql.fails('insert into t partition (d) (a) select a from s', /the partition column d gets no value/)
    await sql.fails(
      "insert into t partition (d) values (1, 'x'), (2, null)",
      /no partition of a null literal/,
    )
    await sql.fails("insert into t partition (d) values (1, 'a'), (2, 'a,b')", /does not accept/)
    await sql.fails(
      "insert into t partition (d, e='x') values (1, 2)",
      /^ODPS-0130161:.*stands behind one without/,
    )
    assert.equal(await sql.run('show partitions t'), '')
  })

  test('errors name the table that is meant; nothing is left of a table that failed', async context => {
    const sql = await start(context)
    await sql.run('create table t (a bigint); create table u (a bigint)')
    await sql.fails(
      'create table v as\nselect * from nope',
      /^ODPS-0130131:\[2,15\] Table not found - table p\.nope/,
    )
    await sql.fails('insert into t select b from u', /^ODPS-0130071:\[1,22\].*column b cannot be resolved/)
    await sql.fails('create table v as select a, a from t', /'a' appears twice/)
    await sql.fails(
      'create table u as select a from t',
      /^ODPS-0130211:\[1,14\] Table or view already exists/,
    )
    await sql.run('create table if not exists u as select a from t')
    assert.deepEqual((await sql.run('show tables')).split('\n'), [
      'ALIYUN$emulator:t',
      'ALIYUN$emulator:u',
      '',
    ])
  })
})
