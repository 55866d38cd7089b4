import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import { type Emulator, startEmulator } from '../../../lib/emulator/index.js'
import { readXml, textAt } from '../../../lib/xml.js'
import { loadVectors } from '../../codec/golden-vectors.js'
import { call, TableCalls, twoRows } from '../emulator-client.js'

/** The text of a statement's result; throws that of its error. */
class Session {
  readonly emulator: Emulator

  constructor(emulator: Emulator) {
    this.emulator = emulator
  }

  async run(sql: string, query = ''): Promise<string> {
    const body = Buffer.from(
      `<Instance><Job><Tasks><SQL><Name>T</Name><Query><![CDATA[${sql}]]></Query></SQL></Tasks></Job></Instance>`,
    )
    const path = `/projects/p/instances?${query}`
    const { headers } = await call(this.emulator.endpoint, 'POST', path, { body })
    const id = headers['location']!.split('/').at(-1)
    const answer = await call(this.emulator.endpoint, 'GET', `/projects/p/instances/${id}?result`)
    const root = readXml(answer.body.toString())
    const text = Buffer.from(textAt(root, 'Tasks', 'Task', 'Result') ?? '', 'base64').toString()
    if (textAt(root, 'Tasks', 'Task', 'Status') === 'Failed') throw new Error(text)
    return text
  }

  rows(table: string): Promise<unknown[]> {
    return this.emulator.rows(table, undefined, { rowShape: 'array' })
  }

  async fails(sql: string, message: RegExp): Promise<void> {
    await assert.rejects(this.run(sql), { message })
  }
}

const start = async (context: TestContext, options = {}): Promise<Session> => {
  const emulator = await startEmulator({ projects: ['p'], ...options })
  context.after(() => emulator.close())
  return new Session(emulator)
}

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
    await sql.run('create table w (a int not null, b string)')
    await sql.fails(
      'insert into w select * from t',
      /does not look for NULL in the query, and column a is NOT NULL/,
    )
  })

  test('errors name the table that is meant; nothing is left of a table that failed', async context => {
    const sql = await start(context)
    await sql.run('create table t (a bigint); create table u (a bigint)')
    await sql.fails(
      'create table v as\nselect * from nope',
      /^ODPS-0130131:\[2,15\] Table not found - table p\.nope/,
    )
    await sql.fails('insert into t select b from u', /^ODPS-0130071:\[1,29\].*column b cannot be resolved/)
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

describe('SHOW and DESC', () => {
  test('SHOW CREATE TABLE makes the same table again', async context => {
    const sql = await start(context)
    await sql.run(
      "create table t (a bigint not null comment 'key''s', `b c` decimal(10,2), primary key (a)) comment 'x\\ny' partitioned by (d string) tblproperties ('transactional'='true') lifecycle 5",
    )
    const text = await sql.run('show create table t')
    assert.equal(
      text,
      "CREATE TABLE IF NOT EXISTS `p`.`default`.`t` (\n  `a`   BIGINT NOT NULL COMMENT 'key\\'s',\n  `b c` DECIMAL(10,2),\n  PRIMARY KEY (`a`)\n)\nCOMMENT 'x\\ny'\nPARTITIONED BY (\n  `d` STRING\n)\nTBLPROPERTIES ('transactional'='true')\nLIFECYCLE 5\n",
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

  test('DESC', async context => {
    const sql = await start(context, { clock: () => Date.UTC(2025, 0, 2, 3, 4, 5) })
    await sql.run("create table desc (a int comment 'first') partitioned by (d string)")
    const text = await sql.run('desc desc')
    assert.match(text, /^\| CreateTime: +2025-01-02 03:04:05 +\|$/m)
    assert.match(text, /^\| a +\| int +\| +\| first +\|$/m)
    assert.match(text, /^\| Partition Columns: +\|$/m)
    assert.equal(
      new Set(
        text
          .trimEnd()
          .split('\n')
          .map(({ length }) => length),
      ).size,
      1,
    )
    assert.match(await sql.run('describe extended desc'), /^\| RecordNum: +0 +\|$/m)
    await sql.fails('desc nope', /^ODPS-0130131:\[1,6\]/)
    await sql.fails("desc desc partition (d='1')", /^ODPS-0130241/)
  })
})

describe('schemas in SQL', () => {
  test('are created, listed, described and dropped', async context => {
    const sql = await start(context)
    await sql.run("create schema s1 comment 'one'; create schema if not exists p.S1; create schema s2")
    assert.equal(await sql.run('show schemas'), 'default\ns1\ns2\n')
    await sql.fails('create schema s1', /^ODPS-0130211:\[1,15\] Schema already exists - schema p\.s1/)
    assert.deepEqual(JSON.parse(await sql.run('desc schema s1')).description, 'one')
    await sql.run('create table p.s2.t (a int)')
    await sql.fails('drop schema s2', /holds tables/)
    await sql.fails('drop schema default', /is the default one/)
    await sql.run('drop table p.s2.t; drop schema s2; drop schema if exists s2')
    await sql.fails('drop schema s2', /^ODPS-0422155:\[1,13\] Schema not found/)
    assert.equal(await sql.run('show schemas in p'), 'default\ns1\n')
    await sql.fails('create schema nope.s', /^ODPS-0110061/)
  })
})
