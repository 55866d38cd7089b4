import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { Timestamp } from '../../lib/index.js'
import { cliBench } from './support.js'

/* Files that pyarrow 26 and Python's csv wrote; Timestamps as a download gives them. */

const golden = (name: string): string => fileURLToPath(new URL(`golden/${name}`, import.meta.url))

const types =
  'i:int l:bigint f:double s:string b:binary o:boolean d:decimal(38,9) e:date m:datetime n:timestamp z:timestamp_ntz a:array<bigint> p:map<string,bigint> r:struct<x:int,y:string> c:string'
const columns = types.split(' ').map(column => {
  const at = column.indexOf(':')
  return { name: column.slice(0, at), type: column.slice(at + 1) }
})

const time = new Timestamp(981_173_106n, 789_123_456)
const before = new Timestamp(-1n, 999_999_999)
const rows = [
  [
    1,
    2n ** 63n - 1n,
    0.5,
    'a,"b"\n好',
    Buffer.from([0, 255]),
    true,
    '12345678901234567890.123456789',
    '1582-10-15',
    new Date('2001-02-03T04:05:06.789Z'),
    time,
    time,
    [1n, null, 3n],
    new Map([
      ['k', 1n],
      ['', 2n],
    ]),
    { x: 1, y: 'q' },
    'red',
  ],
  columns.map(() => null),
  [
    -(2 ** 31),
    -(2n ** 63n),
    -1e300,
    '',
    Buffer.alloc(0),
    false,
    '-0.000000001',
    '9999-12-31',
    new Date('1969-12-31T23:59:59.999Z'),
    before,
    before,
    [],
    new Map(),
    { x: null, y: null },
    'red',
  ],
]

describe('files of other programs', () => {
  for (const name of [
    'pyarrow-snappy.parquet',
    'pyarrow-zstd-v2.parquet',
    'pyarrow.arrow',
    'pyarrow.arrows',
  ]) {
    test(`${name} is read`, async context => {
      const bench = await cliBench(context)
      await bench.emulator.createTable({ name: 't', columns })
      await bench.ok(['upload', golden(name), 't'])
      assert.deepEqual(await bench.rows('t'), rows)
    })

    test(`${name} makes a table`, async context => {
      const bench = await cliBench(context)
      await bench.ok(['upload', golden(name), 'made', '--create'])
      assert.deepEqual(await bench.rows('made'), rows)
    })
  }

  test('Parquet is written with the integer types that strict readers take', async context => {
    const bench = await cliBench(context)
    await bench.emulator.createTable({
      name: 't',
      columns: { a: 'tinyint', b: 'smallint', c: 'int', d: 'bigint' },
    })
    await bench.fill('t', [[1, 2, 3, 4n]])
    await bench.ok(['download', 't', bench.path('t.parquet')])
    const { asyncBufferFromFile, parquetMetadataAsync } = await import('hyparquet')
    const { schema } = await parquetMetadataAsync(await asyncBufferFromFile(bench.path('t.parquet')))
    assert.deepEqual(
      schema.slice(1).map(({ type, converted_type, logical_type }) => [type, converted_type, logical_type]),
      [
        ['INT32', 'INT_8', undefined],
        ['INT32', 'INT_16', undefined],
        ['INT32', 'INT_32', undefined],
        ['INT64', undefined, undefined],
      ],
    )
  })

  /* pyarrow 26 reads these files to the same values; these readers stand in for it. */
  const nested =
    'a:array<array<string>> m:map<string,bigint> s:struct<x:int,y:array<datetime>> v:vector(float,2)'
  const nestedColumns = nested.split(' ').map(text => {
    const at = text.indexOf(':')
    return { name: text.slice(0, at), type: text.slice(at + 1) }
  })
  const nestedRows = [
    [[['a', null], null, []], new Map([['k', 1n]]), { x: 1, y: [new Date(5), null] }, [1, 0.5]],
    [null, null, null, null],
    [[], new Map(), { x: null, y: null }, [0, -1]],
  ]

  test('nested values are nested in Parquet', async context => {
    const bench = await cliBench(context)
    await bench.emulator.createTable({ name: 't', columns: nestedColumns })
    await bench.fill('t', nestedRows)
    await bench.ok(['download', 't', bench.path('t.parquet')])
    const { asyncBufferFromFile, parquetReadObjects } = await import('hyparquet')
    const { compressors } = await import('hyparquet-compressors')
    const file = await asyncBufferFromFile(bench.path('t.parquet'))
    const plain = JSON.stringify(await parquetReadObjects({ file, compressors }), (_key, value) =>
      typeof value === 'bigint' ? Number(value) : (value ?? null),
    )
    assert.deepEqual(JSON.parse(plain), [
      {
        a: [['a', null], null, []],
        m: { k: 1 },
        s: { x: 1, y: ['1970-01-01T00:00:00.005Z', null] },
        v: [1, 0.5],
      },
      { a: null, m: null, s: null, v: null },
      { a: [], m: {}, s: { x: null, y: null }, v: [0, -1] },
    ])
  })

  for (const file of ['t.arrow', 't.arrows'])
    test(`nested values are nested in ${file}`, async context => {
      const bench = await cliBench(context)
      await bench.emulator.createTable({ name: 't', columns: nestedColumns })
      await bench.fill('t', nestedRows)
      await bench.ok(['download', 't', bench.path(file)])
      const { tableFromIPC } = await import('apache-arrow')
      const table = tableFromIPC(await readFile(bench.path(file)))
      assert.deepEqual(
        table.schema.fields.map(({ type }) => String(type)),
        [
          'List<List<Utf8>>',
          'Map<{key:Utf8, value:Int64}>',
          'Struct<{x:Int32, y:List<Timestamp<MILLISECOND, UTC>>}>',
          'FixedSizeList[2]<Float32>',
        ],
      )
      const plain = JSON.parse(
        JSON.stringify(table.toArray(), (_key, value) => (typeof value === 'bigint' ? Number(value) : value)),
      )
      assert.deepEqual(plain, [
        { a: [['a', null], null, []], m: { k: 1 }, s: { x: 1, y: [5, null] }, v: [1, 0.5] },
        { a: null, m: null, s: null, v: null },
        { a: [], m: {}, s: { x: null, y: null }, v: [0, -1] },
      ])
    })

  test('python.csv is read', async context => {
    const bench = await cliBench(context)
    await bench.emulator.createTable({ name: 't', columns: { i: 'bigint', s: 'string' } })
    await bench.ok(['upload', golden('python.csv'), 't'])
    assert.deepEqual(await bench.rows('t'), [
      [1n, 'a,"b"\n好'],
      [null, null],
      [3n, ' x '],
    ])
  })
})
