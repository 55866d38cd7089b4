import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, describe, test } from 'node:test'
import { tableFromIPC } from 'apache-arrow'
import { createArrowDownloadStream } from '../../../../lib/arrow-streams/index.js'
import { type Emulator, startEmulator } from '../../../../lib/emulator/index.js'
import { IntervalYearMonth } from '../../../../lib/values/interval-year-month.js'
import { Timestamp } from '../../../../lib/values/timestamp.js'
import { loadVectors } from '../../../codec/golden-vectors.js'
import { TableCalls } from '../../emulator-client.js'
import { decode, Session } from '../session.js'

/** All tests share one emulator; each has tables of its own. */
let emulator: Emulator
let sql: Session

before(async () => {
  emulator = await startEmulator({ projects: ['p'] })
  sql = new Session(emulator)
})
after(() => emulator.close())

describe('queries over every type', () => {
  /** What DuckDB has no room for, by vector; everything else comes back as it was. */
  const refused: Readonly<Record<string, RegExp>> = {
    interval_day_time: /column c of table .* can't hold: an INTERVAL with parts of a microsecond/,
    'array-interval_day_time': /an INTERVAL with parts of a microsecond/,
    'struct-every-scalar': /an INTERVAL with parts of a microsecond/,
    'nested-8': /an INTERVAL with parts of a microsecond/,
    'every-type': /column c_16_interval_day_time .* an INTERVAL with parts of a microsecond/,
    'decimal-bare': /column c of table .* the DECIMAL has more than 38 digits/,
    'string-not-utf8': /column c of table .* text that isn't UTF-8/,
    'map-string-bigint': /U\+FEFF inside of nested values/,
    'map-bigint-string': /U\+FEFF inside of nested values/,
    'map-string-binary': /U\+FEFF inside of nested values/,
    'map-varchar_10-datetime': /U\+FEFF inside of nested values/,
    'nested-2': /U\+FEFF inside of nested values/,
    'nested-5': /U\+FEFF inside of nested values/,
    'nested-6': /U\+FEFF inside of nested values/,
  }
  const vectors = ['records-scalar', 'records-complex', 'records-mixed', 'records-decode-special'].flatMap(
    set => loadVectors(set).filter(({ hex }) => hex !== undefined),
  )

  /** What a decimal is worth, however many zeros it has. */
  const worth = (text: string): string => {
    const [, sign, whole, fraction = '', exponent = '0'] =
      /^(-?)(\d+)(?:\.(\d+))?(?:E([+-]?\d+))?$/.exec(text) ?? []
    if (whole === undefined) return text
    const [digits, zeros] = [BigInt(whole + fraction), /0*$/.exec(whole + fraction)![0].length]
    if (digits === 0n) return '0'
    return `${sign}${digits / 10n ** BigInt(zeros)}e${Number(exponent) - fraction.length + zeros}`
  }

  const asText = (value: unknown): string =>
    JSON.stringify(value, (_, part: unknown) => {
      if (typeof part === 'bigint') return `${part}n`
      if (typeof part === 'string') return worth(part)
      return part instanceof Map ? [...part] : part
    })

  test('a plain read gives the bytes of the table; a query the same cells, or says which it can not hold', async () => {
    assert.ok(vectors.length > 70, 'there are vectors')
    const seen: string[] = []
    for (const [i, { name, schema, hex = '' }] of vectors.entries()) {
      const table = `v${i}`
      await emulator.createTable({ name: table, columns: schema.map(({ name, type }) => ({ name, type })) })
      await new TableCalls(emulator, `/projects/p/tables/${table}`).upload([Buffer.from(hex, 'hex')])
      const plain = await sql.download(`select * from ${table}`)
      // CHAR is read n characters long.
      if (!schema.some(({ type }) => /char\(/.test(type))) assert.equal(plain.body.toString('hex'), hex, name)
      const query = `select * from ${table} where 1 = 1`
      const reason = refused[name]
      if (reason === undefined) assert.equal(asText(await sql.table(query)), asText(decode(plain)), name)
      else await sql.fails(query, reason)
      if (reason !== undefined) seen.push(name)
    }
    assert.deepEqual(seen.sort(), Object.keys(refused).sort())
  })
})

describe('what a query is and gives', () => {
  before(async () => {
    await sql.run(
      'create table typed (id bigint, small tinyint, v varchar(5), c char(4), n timestamp_ntz, t timestamp, d datetime, ' +
        'cash decimal(10,2), months interval_year_month, j json, tags array<varchar(3)>) partitioned by (pt string)',
    )
    const months = new IntervalYearMonth(14)
    const at = new Date('2024-03-01T00:00:00.125Z')
    await emulator.insert(
      'typed',
      [
        [1n, 1, 'five5', 'ab', at, at, at, '1.50', months, { a: 1 }, ['abc', null]],
        [2n, 2, null, null, null, null, null, '-0.25', null, null, null],
      ],
      { pt: 'x' },
    )
    await emulator.insert('typed', [[3n, 3, 'v', ...Array(8).fill(null)]], { pt: 'y' })
  })

  test('types that DuckDB lacks stay those of their columns', async () => {
    const { columns, rows } = await sql.table(
      'select v, c, n, t, d, months, j, tags, max(v) over (partition by id) m, v as w, small from typed where id = 1',
    )
    assert.deepEqual(columns, [
      ...[
        'v varchar(5)',
        'c char(4)',
        'n timestamp_ntz',
        't timestamp',
        'd datetime',
        'months interval_year_month',
      ],
      ...['j json', 'tags array<varchar(3)>', 'm varchar(5)', 'w varchar(5)', 'small tinyint'],
    ])
    const time = new Timestamp(1709251200, 125_000_000)
    assert.deepEqual(rows, [
      [
        ...['five5', 'ab  ', time, time, new Date('2024-03-01T00:00:00.125Z'), new IntervalYearMonth(14)],
        ...['{"a":1}', ['abc', null], 'five5', 'five5', 1],
      ],
    ])
  })

  test('sums are BIGINT, averages DOUBLE, those of DECIMAL keep their scale', async () => {
    const { columns, rows } = await sql.table(
      'select sum(id) s, avg(id) a, count(id) n, max(cash) m from typed',
    )
    assert.deepEqual(columns, ['s bigint', 'a double', 'n bigint', 'm decimal(10,2)'])
    assert.deepEqual(rows, [[6n, 2, 3n, '1.5']])
    await sql.run('create table wide (n bigint)')
    await emulator.insert('wide', [[2n ** 62n], [2n ** 62n]])
    await sql.fails('select sum(n) from wide', /^ODPS-0121095:/)
  })

  test('a star without some columns, also over windows', async () => {
    const others = 'c, n, t, d, months, j, tags, cash'
    assert.deepEqual(await sql.table(`select * except (${others}) from typed where id + 0 > 1 order by id`), {
      columns: ['id bigint', 'small tinyint', 'v varchar(5)', 'pt string'],
      rows: [
        [2n, 2, null, 'x'],
        [3n, 3, 'v', 'y'],
      ],
    })
    const { rows } = await sql.table(
      `select x.* except (${others}, v, PT), row_number() over (order by id desc) + id as four from typed x order by id`,
    )
    assert.deepEqual(rows, [
      [1n, 1, 4n],
      [2n, 2, 4n],
      [3n, 3, 4n],
    ])
  })

  test('a star with other values in the place of some columns, also over windows', async () => {
    const others = 'n, t, d, months, j, tags, cash'
    const [star, where] = [
      `* except (${others}) replace (id * 10 as id, upper(v) v)`,
      'where id + 0 < 3 order by small',
    ]
    assert.deepEqual(await sql.table(`select ${star} from typed ${where}`), {
      columns: ['id bigint', 'small tinyint', 'v string', 'c char(4)', 'pt string'],
      rows: [
        [10n, 1, 'FIVE5', 'ab  ', 'x'],
        [20n, 2, null, null, 'x'],
      ],
    })
    const { rows } = await sql.table(
      `select x.${star}, sum(id) over (order by id) + 0 as s from typed x ${where}`,
    )
    assert.deepEqual(rows, [
      [10n, 1, 'FIVE5', 'ab  ', 'x', 1n],
      [20n, 2, null, null, 'x', 3n],
    ])
    await sql.fails(
      'select * replace (max(id) as id) from typed',
      /an aggregate, a window or a random value in WHERE, GROUP BY or REPLACE/,
    )
    await sql.fails('select * replace (1 as nope) from typed', /column nope cannot be resolved/)
  })

  test('a number with the suffix of its type is no column', async () => {
    assert.deepEqual(await sql.table('select 7L, 1S from typed limit 1'), {
      columns: ['_c0 bigint', '_c1 smallint'],
      rows: [[7n, 1]],
    })
  })

  test('a partition that WHERE leaves out is not read', async () => {
    await sql.run('create table parts (a string) partitioned by (pt string)')
    await emulator.insert('parts', [['good']], { pt: 'x' })
    await emulator.insert('parts', [[Buffer.from([0xff])]], { pt: 'y' })
    assert.deepEqual((await sql.table("select a, 1 from parts where pt = 'x' and a is not null")).rows, [
      ['good', 1],
    ])
    await sql.fails(
      "select a, 1 from parts where pt = 'x' or pt = 'x'",
      /column a of table parts .* text that isn't UTF-8/,
    )
  })

  test('DATETIME and TIMESTAMP are the wall clock of the session, and come back as the instants they are', async () => {
    const query =
      "set odps.sql.timezone=Asia/Shanghai; select id, d, t from typed where d = datetime '2024-03-01 08:00:00.125'"
    assert.deepEqual((await sql.table(query)).rows, [
      [1n, new Date('2024-03-01T00:00:00.125Z'), new Timestamp(1709251200, 125_000_000)],
    ])
  })

  test('an instant that its wall clock does not tell is refused', async () => {
    await sql.run('create table clocks (d datetime)')
    // In Berlin 02:30 came twice on that day; this is the second one.
    await emulator.insert('clocks', [[new Date('2024-10-27T01:30:00Z')]])
    await sql.fails(
      'set odps.sql.timezone=Europe/Berlin; select d from clocks where 1 = 1',
      /column d of table clocks .* the clocks of Europe\/Berlin show twice/,
    )
    assert.equal((await sql.table('select d from clocks where 1 = 1')).rows.length, 1)
  })

  test('INSERT and CREATE TABLE AS take its rows; numbers become those of the columns', async () => {
    await sql.run(
      'create table made as select pt, count(*) as n, sum(cash) as cash from typed where id < 3 group by pt',
    )
    assert.deepEqual((await sql.table('select * from made')).columns, [
      'pt string',
      'n bigint',
      'cash decimal(38,2)',
    ])
    await sql.run(
      'create table taken (a tinyint, b double, c varchar(3), d decimal(20,4)) partitioned by (pt string)',
    )
    await sql.run(
      "insert into taken partition (pt='1') select id + 100, small, v, cash from typed where id > 1 and v is null",
    )
    assert.deepEqual(await sql.rows('taken'), [[102, 2, null, '-0.25', '1']])
    await sql.fails(
      "insert into taken partition (pt='1') select id + 200, 0, null, null from typed where id = 1",
      /column _c0 of the result, a tinyint: .*beyond TINYINT/,
    )
    await sql.fails(
      "insert into taken partition (pt='1') select 1, 1, v, null from typed where id = 1",
      /5 characters do not fit VARCHAR\(3\)/,
    )
    await sql.fails(
      "insert into taken partition (pt='1') select v, 1, null, null from typed where id = 1",
      /does not convert varchar\(5\) to tinyint, the type of column a/,
    )
    assert.deepEqual((await sql.rows('taken')).length, 1)
  })

  test('errors have the code and the place of the service', async () => {
    await sql.fails(
      'select a.id from typed a join nope b on a.id = b.id',
      /^ODPS-0130131:\[1,31\] Table not found - table p\.nope cannot be resolved$/,
    )
    await sql.fails(
      'select id,\n nope from typed where id + 1 = 2',
      /^ODPS-0130071:\[2,2\].*column nope cannot be resolved$/,
    )
    // DuckDB doesn't say which name it is that it knows no type of.
    for (const [query, place] of [
      ["select id from typed where id + 1 = 2 and nope = 'a'", '1,43'],
      ["select id from typed x where x.nope = 'a'", '1,32'],
      ['select concat(v, nope) from typed where id = 1', '1,18'],
    ] as const)
      await sql.fails(query, new RegExp(`^ODPS-0130071:\\[${place}\\].*column nope cannot be resolved, or`))
    await sql.fails(
      'select * except (nope) from typed',
      /^ODPS-0130071:\[1,18\].*column nope cannot be resolved$/,
    )
    await sql.fails('select id from typed order by', /^ODPS-0130161:/)
    await sql.fails(
      'select id, count(*) from typed',
      /^ODPS-0130071:\[1,8\].*column id must stand in GROUP BY/,
    )
    await sql.fails('select cast(v as bigint) from typed where id = 1', /^ODPS-0121095:.*five5/)
    await sql.fails(
      'select no_such_function(id) from typed',
      /^ODPS-0130071:\[1,8\].*the emulator does not have the function no_such_function/,
    )
    await sql.fails(
      'select upper(array(id)), length(array(id)) from typed',
      /^ODPS-0130071:.*the emulator does not have a function or an operator of this query for the types that it is given$/,
    )
    await sql.fails(
      'select substr(v, -9) from typed',
      /^ODPS-0130071:.*does not have SUBSTR from before the text/,
    )
  })

  test('a view of a query, read plainly and by another query', async () => {
    await sql.run('create view sums (pt, n, v) as select pt, sum(id), max(v) from typed group by pt')
    assert.deepEqual(await sql.table('select n, v as w from sums limit 1'), {
      columns: ['n bigint', 'w varchar(5)'],
      rows: [[3n, 'five5']],
    })
    assert.deepEqual((await sql.table('select a.n + b.n from sums a join sums b on a.pt < b.pt')).rows, [
      [6n],
    ])
    assert.deepEqual((await sql.table('select count(*) from sums where n = 3')).rows, [[2n]])
    await sql.run('drop view sums')
  })

  test('rows go to the partitions that a query names', async () => {
    await sql.run('create table split (n bigint) partitioned by (kind string, part bigint)')
    await sql.run(
      "insert into split partition (kind, part) select id, concat('k', id % 2), count(*) over () from typed",
    )
    const rows = (await sql.rows('split')) as [bigint, string, bigint][]
    assert.deepEqual(rows.map(row => row.join()).sort(), ['1,k1,3', '2,k0,3', '3,k1,3'])
  })

  test('INSERT calculates its values, each by itself', async () => {
    await sql.run(
      'create table calc (n bigint, t string, d datetime, tags array<string>, m map<string,bigint>, f double) partitioned by (pt string)',
    )
    await sql.run(
      "insert into calc partition (pt) values (1 + 2, upper('a,b)'), '2024-01-02 03:04:05', array('x', 'y'), map('k', 7L), 1, concat('p', 1))," +
        "\n (-4, null, dateadd(datetime'2024-02-28 00:00:00', 2, 'dd'), null, null, 0.5, 'q')",
    )
    assert.deepEqual(await sql.rows('calc'), [
      [3n, 'A,B)', new Date('2024-01-02T03:04:05Z'), ['x', 'y'], new Map([['k', 7n]]), 1, 'p1'],
      [-4n, null, new Date('2024-03-01T00:00:00Z'), null, null, 0.5, 'q'],
    ])
    await sql.fails(
      "insert into calc partition (pt='x') (n) values\n (n + 1)",
      /^ODPS-0130071:.*column n cannot be resolved/,
    )
    await sql.fails(
      "insert into calc partition (pt='x') (n) values (1), (concat('a', 'b'))",
      /\[1,54\].*does not convert string to bigint, the type of column n/,
    )
    assert.equal((await sql.rows('calc')).length, 2)
  })

  test('Arrow of a result, as apache-arrow reads it', async () => {
    const { endpoint, tunnelEndpoint } = emulator
    const credentials = { accessKeyId: 'a', accessKeySecret: 'b' }
    const stream = createArrowDownloadStream({
      ...{ endpoint, tunnelEndpoint, credentials, project: 'p', as: 'ipc' },
      sql: 'select id * 2 as twice, v, cash from typed where id < 3 order by id',
    })
    const chunks: Buffer[] = []
    for await (const chunk of stream) chunks.push(chunk as Buffer)
    const table = tableFromIPC(Buffer.concat(chunks))
    assert.deepEqual([...table.getChild('twice')!], [2n, 4n])
    assert.deepEqual([...table.getChild('v')!], ['five5', null])
    assert.deepEqual(
      [...table.getChild('cash')!].map(cell => (cell as Uint32Array)[0]! | 0),
      [150, -25],
    )
  })

  test('the option queries comes first', async context => {
    context.after(() => {
      emulator.queries = undefined
    })
    emulator.queries = [{ sql: 'select 1 + 1 as n', columns: { n: 'string' }, rows: [['told']] }]
    assert.deepEqual((await sql.table('SELECT 1 + 1 AS n;')).rows, [['told']])
    assert.deepEqual((await sql.table('select 1 + 2 as n')).rows, [[3]])
  })
})

describe('the same answers as SQLite (make-sqlite-answers.py)', () => {
  const { tables, answers } = JSON.parse(
    readFileSync(new URL('./sqlite-answers.json', import.meta.url), 'utf8'),
    (_, value: unknown) =>
      typeof value === 'string' && /^-?\d+n$/.test(value) ? BigInt(value.slice(0, -1)) : value,
  ) as {
    tables: Record<string, { columns: [string, string][]; rows: unknown[][] }>
    answers: { sql: string; rows: unknown[][] }[]
  }

  before(async () => {
    for (const [name, { columns, rows }] of Object.entries(tables)) {
      await emulator.createTable({ name, columns: columns.map(([name, type]) => ({ name, type })) })
      await emulator.insert(name, rows)
    }
  })

  for (const { sql: query, rows } of answers)
    test(query, async () => assert.deepEqual((await sql.table(query)).rows, rows))
})
