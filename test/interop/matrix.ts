import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type CompressionName, parseDataType } from '../../lib/index.js'
import { type Cell, compareRows, type Row } from './cells.js'
import type { Client, ColumnText, Context, RefusedCell } from './context.js'
import type { ClientName } from './install.js'
import { good } from './report.js'

const everyone: readonly ClientName[] = ['python', 'java', 'go']

export interface TypeCase {
  readonly type: string
  readonly cells: readonly Cell[]
  /** The clients that know the type; default all. */
  readonly clients?: readonly ClientName[]
}

const moment = (seconds: string, nanos: number): Cell => ({ seconds, nanos })
const long = 'long text, '.repeat(20_000)

/** Every type, with what all clients that know it can hold; what only some can is among the odd values. */
export const typeCases: readonly TypeCase[] = [
  { type: 'bigint', cells: ['0', '1', '-1', '9223372036854775807', '-9223372036854775807', '4294967296'] },
  { type: 'int', cells: [0, 1, -1, 2147483647, -2147483648] },
  { type: 'smallint', cells: [0, -1, 32767, -32768] },
  { type: 'tinyint', cells: [0, -1, 127, -128] },
  { type: 'boolean', cells: [true, false] },
  {
    type: 'float',
    cells: [
      0,
      1.5,
      -1.25,
      3.4028234663852886e38,
      1.401298464324817e-45,
      'NaN',
      'Infinity',
      '-Infinity',
      '-0',
    ],
  },
  {
    type: 'double',
    cells: [0, 0.1, -1e-300, 1.7976931348623157e308, 5e-324, 'NaN', 'Infinity', '-Infinity', '-0'],
  },
  {
    type: 'decimal(38,18)',
    cells: ['0', '1', '-1.5', '99999999999999999999.999999999999999999', '-0.000000000000000001', '120.0300'],
  },
  { type: 'decimal(10,2)', cells: ['0', '-99999999.99', '0.01', '7.5'] },
  { type: 'decimal', cells: ['0', '12345678901234567890.123456789', '-0.5'] },
  {
    type: 'string',
    cells: ['', 'a', ' b ', '😀𝄞é漢字', 'x\u0000y\n\t"\\', 'é'.repeat(64), '\ufeffbom', long],
  },
  { type: 'varchar(200)', cells: ['', 'varchar', ' pads ', 'é'.repeat(80)] },
  { type: 'char(20)', cells: ['', 'char', ' inner blank', 'x'.repeat(20)] },
  { type: 'binary', cells: ['', '00', 'ff00fe80c328', 'ab'.repeat(70_000)] },
  {
    type: 'datetime',
    cells: [
      { ms: 0 },
      { ms: 1735787045678 },
      { ms: -1 },
      { ms: -1234567890123 },
      { ms: 951782400000 },
      { ms: 253402300799000 },
    ],
  },
  {
    type: 'date',
    cells: [
      { iso: '1970-01-01' },
      { iso: '2024-02-29' },
      { iso: '1969-12-31' },
      { iso: '1600-02-29' },
      { iso: '9999-12-31' },
    ],
  },
  {
    type: 'timestamp',
    cells: [
      moment('0', 0),
      moment('1735787045', 123456789),
      moment('-1', 999999999),
      moment('-1', 1),
      moment('-1234567891', 999999000),
      moment('7258118399', 1),
    ],
  },
  {
    type: 'timestamp_ntz',
    cells: [
      moment('0', 1),
      moment('1735787045', 123456789),
      moment('-1', 999999999),
      moment('-5364662400', 123000000),
    ],
  },
  { type: 'interval_day_time', cells: [moment('0', 0), moment('86400', 0), moment('-86401', 0)] },
  {
    type: 'interval_year_month',
    cells: [{ months: 0 }, { months: 14 }, { months: -14 }, { months: 119999 }],
  },
  {
    type: 'json',
    cells: ['{"a": 1, "b": [true, null, "\\u00e9😀"]}', '[]', '{}', '[1, 2.5, "x", {"y": null}]'],
  },
  { type: 'array<bigint>', cells: [[], ['1', null, '-9223372036854775807'], Array(129).fill('7')] },
  { type: 'array<string>', cells: [[], ['', null, '😀', 'a']] },
  { type: 'array<double>', cells: [[0.5, null, -1e-300]] },
  { type: 'array<float>', cells: [[1.5, null]] },
  { type: 'array<boolean>', cells: [[true, null, false]] },
  { type: 'array<decimal(20,4)>', cells: [['1.5', null, '-9999999999999999.9999']] },
  { type: 'array<date>', cells: [[{ iso: '2024-02-29' }, null, { iso: '1969-12-31' }]] },
  { type: 'array<datetime>', cells: [[{ ms: 1735787045678 }, null, { ms: -1000 }]] },
  { type: 'array<timestamp>', cells: [[moment('1735787045', 123456789), null, moment('-1', 999999999)]] },
  { type: 'array<binary>', cells: [['00ff', null, '']] },
  { type: 'array<int>', cells: [[2147483647, null, -2147483648]] },
  { type: 'array<tinyint>', cells: [[-128, null, 127]] },
  {
    type: 'map<string,bigint>',
    cells: [
      [],
      [
        ['k1', '1'],
        ['k2', null],
        ['😀', '-5'],
      ],
    ],
  },
  {
    type: 'map<bigint,string>',
    cells: [
      [
        ['-1', 'minus one'],
        ['9223372036854775807', null],
      ],
    ],
  },
  {
    type: 'map<string,array<double>>',
    cells: [
      [
        ['a', [1, null]],
        ['b', []],
        ['c', null],
      ],
    ],
  },
  {
    type: 'struct<x:bigint,y:string,z:double>',
    cells: [
      { x: '1', y: 'a', z: 0.5 },
      { x: null, y: null, z: null },
    ],
  },
  {
    type: 'struct<i:int,d:decimal(10,2),inner:struct<t:timestamp,names:array<string>>>',
    cells: [{ i: -1, d: '7.5', inner: { t: moment('-1', 5), names: ['a', null] } }],
  },
  {
    type: 'array<struct<id:bigint,tags:map<string,string>>>',
    cells: [[{ id: '1', tags: [['k', 'v']] }, null, { id: null, tags: [] }]],
  },
  { type: 'array<array<array<int>>>', cells: [[[[1, null], []], null, []]] },
  {
    type: 'vector(float,3)',
    cells: [
      [1, 2.5, -3],
      [0, 0, 0],
    ],
    clients: ['python'],
  },
  { type: 'vector(double,2)', cells: [[0.1, -1e-300]], clients: ['python'] },
]

/** The compressions a client has (protocol 5). */
export const compressionsOf: Readonly<Record<ClientName, readonly CompressionName[]>> = {
  python: ['raw', 'deflate', 'snappy', 'zstd', 'lz4'],
  java: ['raw', 'deflate', 'snappy', 'zstd', 'lz4'],
  go: ['raw', 'deflate', 'snappy', 'zstd'],
}

interface Plan {
  readonly cases: readonly TypeCase[]
  readonly columns: readonly ColumnText[]
  readonly rows: readonly Row[]
}

/** Row n holds the n-th cell of every type; the last row, and what a short list leaves over, is NULL. */
const planFor = (client?: ClientName): Plan => {
  const cases = typeCases.filter(({ clients = everyone }) => client === undefined || clients.includes(client))
  const count = Math.max(...cases.map(({ cells }) => cells.length)) + 1
  return {
    cases,
    columns: cases.map(({ type }, i) => ({ name: `c${i}`, type })),
    rows: Array.from({ length: count }, (_, row) => cases.map(({ cells }) => cells[row] ?? null)),
  }
}

/** Every type × compression × direction. */
export const testMatrix = (context: () => Context): void => {
  describe('data types × compressions', () => {
    test('ours: written and read by us', () => testOurs(context()))
    for (const name of everyone)
      for (const compression of compressionsOf[name])
        test(`${name}, ${compression}`, async t => {
          const client = context().clients.find(each => each.name === name)
          if (client === undefined) t.skip('not installed')
          else await testClient(context(), client, compression)
        })
  })
}

const testOurs = async (context: Context): Promise<void> => {
  const plan = planFor()
  const table = await context.createTable(plan.columns)
  for (const compression of compressionsOf.python) {
    await context.write({ table, compression, overwrite: true }, plan.columns, plan.rows)
    judge(context, plan, 'ours', compression, '', await context.read({ table, compression }, plan.columns))
  }
}

const testClient = async (context: Context, client: Client, compression: CompressionName): Promise<void> => {
  const plan = planFor(client.family)
  const table = context.tableName()
  await client.call('createTable', { table, columns: plan.columns })
  const [write, read] = [
    { table, compression, overwrite: true },
    { table, compression },
  ]

  const refused = await client.write(write, plan.rows)
  const ours = judge(
    context,
    plan,
    client.family,
    compression,
    'it writes, we read: ',
    await context.read(read, plan.columns),
    refused,
  )
  const own = judge(
    context,
    plan,
    client.family,
    compression,
    'it writes, it reads: ',
    await client.read(read),
    refused,
  )
  await context.write(write, plan.columns, plan.rows)
  const theirs = judge(
    context,
    plan,
    client.family,
    compression,
    'we write, it reads: ',
    await client.read(read),
  )
  assert.deepEqual([...ours, ...own, ...theirs], [])
}

/** Writes down for every type whether its column came back, and gives the differences that no note explains. */
const judge = (
  { report }: Context,
  { cases, columns, rows }: Plan,
  column: ClientName | 'ours',
  compression: CompressionName,
  direction: string,
  actual: readonly Row[],
  refused: readonly RefusedCell[] = [],
): string[] => {
  const types = columns.map(({ type }) => parseDataType(type))
  const differences = compareRows(actual, rows, types)
  for (const [index, { type }] of cases.entries()) {
    const own = differences.filter(({ column }) => column === index)
    const refusals = refused.filter(([, column]) => column === index)
    report.set('Data types', type, column, own.length === 0 && refusals.length === 0 ? good : '✗')
  }
  report.set('Compressions', compression, column, differences.length === 0 ? good : '✗')
  return [
    ...differences.map(({ row, text }) => `${direction}row ${row}, ${text.slice(0, 300)}`),
    ...refused.map(
      ([row, index, kind]) => `${direction}row ${row}, ${columns[index]?.type}: refused, ${kind}`,
    ),
  ]
}
