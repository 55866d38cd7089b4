import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { IntervalDayTime, IntervalYearMonth, JsonText, Timestamp } from '../../lib/index.js'
import { cliBench } from './support.js'

/** Every type, with the values at its edges. The third row is NULL throughout. */
const columns: readonly (readonly [type: string, first: unknown, second: unknown])[] = [
  ['tinyint', -128, 127],
  ['smallint', -32_768, 32_767],
  ['int', -(2 ** 31), 2 ** 31 - 1],
  ['bigint', -(2n ** 63n), 2n ** 63n - 1n],
  ['float', 0.1, -3.4028234663852886e38],
  ['double', 5e-324, -1.7976931348623157e308],
  ['decimal(38,18)', '12345678901234567890.123456789012345678', '-0.000000000000000001'],
  ['decimal(9,2)', '1234567.89', '-0.01'],
  ['decimal(18,0)', '999999999999999999', '-1'],
  ['decimal', '1.5', '-123456789012345678901234567890.5'],
  ['string', 'a,"b"\r\n\t\\N 好 😀\u0000', ''],
  ['varchar(10)', '十个字', 'x'],
  ['char(3)', 'abc', 'd,\n'],
  ['binary', Buffer.from([0, 255, 10, 13]), Buffer.alloc(0)],
  ['boolean', true, false],
  ['datetime', new Date('1969-12-31T23:59:59.999Z'), new Date('2262-01-01T00:00:00.001Z')],
  ['date', '1582-10-15', '9999-12-31'],
  ['timestamp', new Timestamp(-1n, 1), new Timestamp(9_000_000_000n, 999_999_999)],
  ['timestamp_ntz', new Timestamp(0n, 0), new Timestamp(1_000_000_000n, 123_456_789)],
  ['interval_day_time', new IntervalDayTime(-1n, 5), new IntervalDayTime(100_000n, 0)],
  ['interval_year_month', new IntervalYearMonth(-13), new IntervalYearMonth(25)],
  ['json', { a: [1, null, 'x'], b: {} }, []],
  ['array<bigint>', [1n, null, -(2n ** 63n)], []],
  ['array<decimal(10,2)>', ['1.50', null], ['-3.00']],
  ['array<array<string>>', [['a', null], null, []], [[]]],
  ['array<struct<a:bigint,b:map<string,datetime>>>', [{ a: 1n, b: new Map([['k', new Date(5)]]) }, null], []],
  [
    'struct<a:array<int>,b:string,c:interval_year_month>',
    { a: [1], b: 'x', c: new IntervalYearMonth(1) },
    { a: [], b: null, c: null },
  ],
  [
    'map<string,array<int>>',
    new Map([
      ['k', [1, 2]],
      ['', [null]],
    ]),
    new Map(),
  ],
  ['map<bigint,timestamp>', new Map([[1n, new Timestamp(1n, 1)]]), new Map()],
  [
    'struct<a:int,b:struct<c:string,d:boolean>>',
    { a: 1, b: { c: 'x', d: true } },
    { a: null, b: { c: null, d: null } },
  ],
  ['struct<j:json,n:bigint>', { j: { a: ['x', null, 1.5] }, n: 1n }, { j: 'text', n: null }],
  ['array<json>', [{ a: 1 }, 'text', null], []],
  ['map<string,json>', new Map<string, unknown>([['k', [1, true]]]), new Map()],
  ['vector(float,3)', [1, 0.5, -2], [0, 0, 0]],
]

const definitions = columns.map(([type], i) => ({ name: `c${i}`, type }))
const rows = [
  columns.map(([, first]) => first),
  columns.map(([, , second]) => second),
  columns.map(() => null),
]

const files = [
  'f.csv',
  'f.csv.gz',
  'f.csv.zst',
  'f.tsv',
  'f.ndjson',
  'f.ndjson.gz',
  'f.json',
  'f.json.zst',
  'f.parquet',
  'f.arrow',
  'f.arrows',
  'f.arrow.gz',
]

describe('every format keeps every data type', () => {
  for (const file of files)
    test(file, async context => {
      const bench = await cliBench(context)
      await bench.emulator.createTable({ name: 'a', columns: definitions })
      await bench.emulator.createTable({ name: 'b', columns: definitions })
      await bench.fill('a', rows)
      await bench.ok(['download', 'a', bench.path(file)])
      await bench.ok(['upload', bench.path(file), 'b'])
      assert.deepEqual(await bench.rows('b'), await bench.rows('a'))
    })

  test('text options keep it too', async context => {
    const bench = await cliBench(context)
    await bench.emulator.createTable({ name: 'a', columns: definitions })
    await bench.emulator.createTable({ name: 'b', columns: definitions })
    await bench.fill('a', rows)
    const options = [
      '--delimiter',
      '||',
      '--record-delimiter',
      '\\u0001\\n',
      '--null',
      'NULL',
      '--quote',
      "'",
      '--encoding',
      'gb18030',
    ]
    const times = [
      '--timezone',
      'Asia/Shanghai',
      '--datetime-format',
      "yyyy/MM/dd'T'HH.mm.ss.SSSSSSSSS",
      '--no-header',
    ]
    const without = definitions.filter(
      ({ type }) => type !== 'datetime' && type !== 'timestamp_ntz' && type !== 'decimal',
    )
    const list = ['--columns', without.map(({ name }) => name).join(',')]
    await bench.ok(['download', 'a', bench.path('f.csv'), '--no-exponential', ...options, ...times, ...list])
    await bench.ok(['upload', bench.path('f.csv'), 'b', ...options, ...times, ...list])
    const names = definitions.map(({ name }) => name)
    const [a, b] = await Promise.all(['a', 'b'].map(table => bench.rows(table) as Promise<unknown[][]>))
    for (const { name } of without)
      assert.deepEqual(
        b!.map(row => row[names.indexOf(name)]),
        a!.map(row => row[names.indexOf(name)]),
        name,
      )
  })

  test('the JSON value null and NULL, which JSON itself cannot tell apart', async context => {
    const bench = await cliBench(context)
    const type = { c: 'json' } as const
    await bench.emulator.createTable({ name: 'a', columns: type })
    await bench.fill('a', [[new JsonText('null')], [null], [[null]]])
    for (const [file, wanted] of [
      ['f.csv', 'null\n\n[null]\n'],
      ['f.parquet', 'null\n\n[null]\n'],
      ['f.ndjson', '\n\n[null]\n'],
      ['f.json', '\n\n[null]\n'],
    ] as const) {
      const table = file.replace('f.', 'b_')
      await bench.emulator.createTable({ name: table, columns: type })
      await bench.ok(['download', 'a', bench.path(file)])
      await bench.ok(['upload', bench.path(file), table])
      const { stdout } = await bench.ok(['download', table, '-', '--format', 'csv', '--no-header'])
      assert.equal(stdout, wanted, file)
    }
  })

  for (const file of files)
    test(`${file} of an empty table`, async context => {
      const bench = await cliBench(context)
      await bench.emulator.createTable({ name: 'a', columns: { id: 'bigint', name: 'string' } })
      await bench.ok(['download', 'a', bench.path(file)])
      const { stderr } = await bench.ok(['upload', bench.path(file), 'a'])
      assert.match(stderr, /^0 rows committed/)
      assert.deepEqual(await bench.rows('a'), [])
    })
})
