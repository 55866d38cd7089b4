import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { DataType as ArrowType, type RecordBatch, tableFromIPC, type Vector } from 'apache-arrow'
import { createRecordEncoder } from '../../../lib/codec/rows/record-encoder.js'
import type { Emulator } from '../../../lib/emulator/index.js'
import { IntervalDayTime, IntervalYearMonth, parseDataType, Timestamp } from '../../../lib/index.js'
import { call, idAndName, jsonOf, type Reply, TableCalls, withEmulator } from '../emulator-client.js'

const streamOf = (types: readonly string[], rows: readonly unknown[][]): Buffer => {
  const columns = types.map((type, i) => ({ name: `c${i}`, type: parseDataType(type), nullable: true }))
  const encoder = createRecordEncoder(columns, { json: 'text' })
  for (const [i, row] of rows.entries()) encoder.write(row, i)
  return encoder.finish()
}

const get = (emulator: Emulator, query = 'limit=-1', table = 't', headers = {}): Promise<Reply> =>
  call(emulator.tunnelEndpoint, 'GET', `/projects/p/schemas/default/tables/${table}/preview?${query}`, {
    headers,
  })

const previewed = async (emulator: Emulator, query?: string): Promise<RecordBatch[]> => {
  const { status, headers, body } = await get(emulator, query)
  assert.equal(status, 200, body.toString())
  assert.equal(headers['content-encoding'], undefined)
  return tableFromIPC(body).batches
}

/** All rows in plain values, times and decimals in what they have in memory. */
const rowsOf = (batches: readonly RecordBatch[]): unknown[][] =>
  batches.flatMap(batch =>
    Array.from({ length: batch.numRows }, (_, row) =>
      batch.schema.fields.map((_field, column) => plain(batch.getChildAt(column)!, row)),
    ),
  )

const plain = (vector: Vector, index: number): unknown => {
  if (!vector.isValid(index)) return null
  const data = vector.data[0]!
  const { type } = data
  if (ArrowType.isDecimal(type)) return [...(data.values as Uint32Array).subarray(index * 4, index * 4 + 4)]
  if (ArrowType.isTimestamp(type) || ArrowType.isDate(type) || ArrowType.isInterval(type))
    return data.values[index]
  if (ArrowType.isList(type)) {
    const list = vector.get(index) as Vector
    return Array.from({ length: list.length }, (_, i) => plain(list, i))
  }
  if (ArrowType.isMap(type))
    return [...(vector.get(index) as Iterable<[unknown, unknown]>)].map(entry => [...entry])
  if (ArrowType.isStruct(type))
    return Object.fromEntries(type.children.map(({ name }, i) => [name, plain(vector.getChildAt(i)!, index)]))
  const value: unknown = vector.get(index)
  return value instanceof Uint8Array ? Buffer.from(value).toString('hex') : value
}

const oldDecimal = (sign: number, whole: readonly number[], fraction: readonly [number, number]): string => {
  const bytes = Buffer.from([0, sign, whole.length, 2, ...Array(28).fill(0)])
  for (const [i, word] of [fraction[1], fraction[0], ...whole].entries()) bytes.writeUInt32LE(word, 4 + 4 * i)
  return bytes.toString('hex')
}

const max32 = 0xffff_ffff

/** What goes in, the Arrow type, what comes out. */
const cases: readonly [type: string, arrow: string, pairs: readonly (readonly [unknown, unknown])[]][] = [
  [
    'boolean',
    'Bool',
    [
      [true, true],
      [false, false],
    ],
  ],
  [
    'tinyint',
    'Int8',
    [
      [-128, -128],
      [127, 127],
    ],
  ],
  [
    'smallint',
    'Int16',
    [
      [-32768, -32768],
      [32767, 32767],
    ],
  ],
  [
    'int',
    'Int32',
    [
      [-2147483648, -2147483648],
      [2147483647, 2147483647],
    ],
  ],
  [
    'bigint',
    'Int64',
    [
      [-(2n ** 63n) + 1n, -(2n ** 63n) + 1n],
      [2n ** 63n - 1n, 2n ** 63n - 1n],
    ],
  ],
  [
    'float',
    'Float32',
    [
      [1.5, 1.5],
      [Number.NaN, Number.NaN],
    ],
  ],
  [
    'double',
    'Float64',
    [
      [-0, -0],
      [5e-324, 5e-324],
    ],
  ],
  [
    'string',
    'Utf8',
    [
      ['', ''],
      ['😀é\0', '😀é\0'],
    ],
  ],
  [
    'varchar(5)',
    'Utf8',
    [
      [' a ', ' a '],
      ['漢字', '漢字'],
    ],
  ],
  [
    'char(3)',
    'Utf8',
    [
      ['é', 'é  '],
      ['😀bc', '😀bc'],
    ],
  ],
  [
    'json',
    'Utf8',
    [
      ['{"a": 1}', '{"a": 1}'],
      ['null', 'null'],
    ],
  ],
  [
    'binary',
    'Binary',
    [
      [Buffer.alloc(0), ''],
      [Buffer.from('ff00fe', 'hex'), 'ff00fe'],
    ],
  ],
  [
    'date',
    'Date32<DAY>',
    [
      ['0000-03-01', -719468],
      ['9999-12-31', 2932896],
    ],
  ],
  [
    'datetime',
    'Timestamp<MILLISECOND>',
    [
      [new Date(-1), -1n],
      [new Date(253402300799999), 253402300799999n],
    ],
  ],
  [
    'timestamp',
    'Struct<{sec:Int64, nano:Int32}>',
    [
      [new Timestamp(-1n, 999999999), { sec: -1n, nano: 999999999 }],
      [new Timestamp(253402300799n, 1), { sec: 253402300799n, nano: 1 }],
    ],
  ],
  [
    'timestamp_ntz',
    'Struct<{sec:Int64, nano:Int32}>',
    [[new Timestamp(-62167219200n, 5), { sec: -62167219200n, nano: 5 }]],
  ],
  [
    'interval_day_time',
    'Struct<{sec:Int64, nano:Int32}>',
    [[new IntervalDayTime(-86401n, 7), { sec: -86401n, nano: 7 }]],
  ],
  ['interval_year_month', 'Interval<YEAR_MONTH>', [[new IntervalYearMonth(-14), -14]]],
  [
    'decimal(38,18)',
    'Decimal[38e+18]',
    [
      ['0.000000000000000001', [1, 0, 0, 0]],
      ['-0.000000000000000001', [max32, max32, max32, max32]],
      ['4.294967296', [0, 1_000_000_000, 0, 0]],
    ],
  ],
  [
    'decimal(10,2)',
    'Decimal[10e+2]',
    [
      ['7.5', [750, 0, 0, 0]],
      ['-99999999.99', [max32 - 1410065406, max32 - 2, max32, max32]],
    ],
  ],
  [
    'decimal',
    'FixedSizeBinary[32]',
    [
      ['0', oldDecimal(0, [0], [0, 0])],
      ['-0.5', oldDecimal(1, [0], [500000000, 0])],
      [
        '12345678901234567890.123456789012345678',
        oldDecimal(0, [234567890, 345678901, 12], [123456789, 12345678]),
      ],
      ['9'.repeat(36), oldDecimal(0, Array(4).fill(999999999), [0, 0])],
    ],
  ],
  [
    'array<bigint>',
    'List<Int64>',
    [
      [[], []],
      [
        [1n, null, -1n],
        [1n, null, -1n],
      ],
    ],
  ],
  [
    'array<timestamp>',
    'List<Struct<{sec:Int64, nano:Int32}>>',
    [
      [
        [new Timestamp(1n, 2), null],
        [{ sec: 1n, nano: 2 }, null],
      ],
    ],
  ],
  [
    'array<array<string>>',
    'List<List<Utf8>>',
    [
      [
        [['a'], null, []],
        [['a'], null, []],
      ],
    ],
  ],
  [
    'map<string,bigint>',
    'Map<{key:Utf8, value:Int64}>',
    [
      [new Map(), []],
      [
        new Map([
          ['k', 1n],
          ['l', null],
        ]),
        [
          ['k', 1n],
          ['l', null],
        ],
      ],
    ],
  ],
  [
    'struct<x:bigint,y:array<char(2)>>',
    'Struct<{x:Int64, y:List<Utf8>}>',
    [
      [
        { x: 1n, y: ['a'] },
        { x: 1n, y: ['a '] },
      ],
      [
        { x: null, y: null },
        { x: null, y: null },
      ],
    ],
  ],
  [
    'vector(float,2)',
    'List<Float32>',
    [
      [
        [1, -2.5],
        [1, -2.5],
      ],
    ],
  ],
]

describe('preview', () => {
  for (const [type, arrow, pairs] of cases)
    test(`${type}, with NULLs between`, () =>
      withEmulator(async emulator => {
        await emulator.createTable({ name: 't', columns: { c0: type } })
        const [values, expected] = [0, 1].map(side => pairs.flatMap(pair => [[null], [pair[side]], [null]]))
        await new TableCalls(emulator).upload([streamOf([type], values!)])
        const batches = await previewed(emulator)
        assert.equal(String(batches[0]!.schema.fields[0]!.type), arrow)
        assert.deepEqual(rowsOf(batches), expected)
      }))

  test('a column of NULLs of each type', () =>
    withEmulator(async emulator => {
      const types = cases.map(([type]) => type)
      const columns = types.map((type, i) => ({ name: `c${i}`, type }))
      await emulator.createTable({ name: 't', columns })
      const nulls = types.map(() => null)
      await new TableCalls(emulator).upload([streamOf(types, [nulls, nulls])])
      assert.deepEqual(rowsOf(await previewed(emulator)), [nulls, nulls])
    }))

  test('text that is not UTF-8 goes out as it is', () =>
    withEmulator(async emulator => {
      await emulator.createTable({ name: 't', columns: { c0: 'string' } })
      await new TableCalls(emulator).upload([streamOf(['string'], [[Buffer.from('ff61', 'hex')]])])
      const [data] = (await previewed(emulator))[0]!.data.children
      assert.deepEqual(Buffer.from(data!.values).subarray(0, 2), Buffer.from('ff61', 'hex'))
    }))

  test('a table without rows is a schema without batches', () =>
    withEmulator(async emulator => {
      await emulator.createTable({ name: 't', columns: idAndName, partitionColumns: { ds: 'string' } })
      for (const query of ['limit=-1', 'limit=0', '']) {
        const { status, body } = await get(emulator, query)
        assert.equal(status, 200)
        const table = tableFromIPC(body)
        assert.deepEqual(table.schema.names, ['id', 'name', 'ds'])
        assert.equal(table.batches.filter(({ numRows }) => numRows > 0).length, 0)
        assert.deepEqual(body.subarray(-8), Buffer.from('ffffffff00000000', 'hex'))
      }
    }))

  test('the limit: across blocks and batches, 10 000 at most', () =>
    withEmulator(async emulator => {
      await emulator.createTable({ name: 't', columns: { c0: 'bigint' } })
      const block = (first: number, count: number): Buffer =>
        streamOf(
          ['bigint'],
          Array.from({ length: count }, (_, i) => [BigInt(first + i)]),
        )
      await new TableCalls(emulator).upload([block(0, 4000), block(4000, 1), block(4001, 7000)])
      for (const [query, rows] of [
        ['limit=1', 1],
        ['limit=4001', 4001],
        ['limit=-1', 10_000],
        ['limit=99999999999', 10_000],
        ['', 10_000],
      ] as const) {
        const batches = await previewed(emulator, query)
        assert.deepEqual(
          rowsOf(batches).map(([id]) => Number(id)),
          Array.from({ length: rows }, (_, i) => i),
        )
        assert.ok(batches.every(({ numRows }) => numRows > 0))
      }
    }))

  test('large rows go out in several batches', () =>
    withEmulator(async emulator => {
      await emulator.createTable({ name: 't', columns: { c0: 'binary' } })
      const rows = Array.from({ length: 8 }, (_, i) => [Buffer.alloc(1 << 20, i)])
      await new TableCalls(emulator).upload([streamOf(['binary'], rows)])
      const batches = await previewed(emulator)
      assert.notEqual(batches.length, 1)
      assert.deepEqual(
        rowsOf(batches),
        rows.map(([bytes]) => [bytes!.toString('hex')]),
      )
    }))

  test('columns in the order asked, those of the partition too', () =>
    withPartitions(async emulator => {
      for (const [query, names, first] of [
        ['', ['id', 'name', 'ds', 'hh'], [1n, 'a', '2024-01-01', 7]],
        ['columns=', ['id', 'name', 'ds', 'hh'], [1n, 'a', '2024-01-01', 7]],
        ['columns=name', ['name'], ['a']],
        ['columns=HH,%20id', ['hh', 'id'], [7, 1n]],
      ] as const) {
        const batches = await previewed(emulator, `limit=1&${query}`)
        assert.deepEqual(
          batches[0]!.schema.fields.map(({ name }) => name),
          names,
        )
        assert.deepEqual(rowsOf(batches), [first])
      }
    }))

  test('one partition, or all of them', () =>
    withPartitions(async emulator => {
      const ids = async (query: string): Promise<unknown[]> =>
        rowsOf(await previewed(emulator, query)).map(([id, , ds, hh]) => `${id} ${ds} ${hh}`)
      assert.deepEqual(await ids('limit=-1'), ['1 2024-01-01 7', '2 2024-01-01 7', '3 2024-01-02 8'])
      assert.deepEqual(await ids('limit=2&partition=ds=2024-01-02,hh=8'), ['3 2024-01-02 8'])
      assert.deepEqual(await ids("limit=1&partition=ds='2024-01-01'/hh='7'"), ['1 2024-01-01 7'])
    }))

  test('a partition column of a rare type has its own Arrow type', () =>
    withEmulator(async emulator => {
      await emulator.createTable({ name: 't', columns: { c0: 'bigint' }, partitionColumns: { day: 'date' } })
      for (const day of ['2024-02-29', 'someday']) {
        await emulator.addPartition('t', `day=${day}`)
        await new TableCalls(emulator, undefined, `day=${day}`).upload([streamOf(['bigint'], [[1n]])])
      }
      assert.deepEqual(rowsOf(await previewed(emulator, 'partition=day=2024-02-29')), [[1n, 19782]])
      refused(await get(emulator), 400, 'InvalidPartitionSpec')
    }))

  test('a table that changes while its rows are sent', () =>
    withPartitions(async emulator => {
      const reply = get(emulator)
      await emulator.dropTable('t')
      const { status, body } = await reply
      assert.equal(status === 200 ? tableFromIPC(body).numRows : status, status === 200 ? 3 : 404)
    }))

  test('who asks for compressed buffers gets plain ones', () =>
    withPartitions(async emulator => {
      for (const encoding of ['ZSTD', 'LZ4_FRAME', 'zstd', 'deflate']) {
        const { headers, body } = await get(emulator, 'limit=-1', 't', { 'Accept-Encoding': encoding })
        assert.equal(headers['content-encoding'], undefined)
        assert.equal(tableFromIPC(body).numRows, 3)
      }
    }))

  test('requests that are refused', () =>
    withPartitions(async emulator => {
      for (const [query, status, code] of [
        ['limit=ten', 400, 'InvalidArgument'],
        ['limit=-2', 400, 'InvalidArgument'],
        ['limit=', 400, 'InvalidArgument'],
        ['columns=nope', 400, 'InvalidColumnSpec'],
        ['columns=id,id', 400, 'InvalidColumnSpec'],
        ['partition=ds=2024-01-01', 400, 'InvalidPartitionSpec'],
        ['partition=ds=2024-01-01,hh=9', 404, 'NoSuchPartition'],
      ] as const)
        refused(await get(emulator, query), status, code)
      refused(await get(emulator, 'limit=-1', 'nope'), 404, 'NoSuchTable')
      await emulator.createTable({ name: 'plain', columns: idAndName })
      refused(await get(emulator, 'limit=1&partition=ds=1', 'plain'), 400, 'InvalidPartitionSpec')
    }))

  test('values that JavaScript would change: the last times, bytes that are not UTF-8, equal keys', () =>
    withEmulator(async emulator => {
      const columns = { d: 'datetime', y: 'date', j: 'json', m: 'map<json,bigint>' }
      await emulator.createTable({ name: 't', columns })
      const odd = Buffer.from('"\xff"', 'latin1')
      const pairs = new Map([
        [odd, 1n],
        [Buffer.from(odd), 2n],
      ])
      const row = [2n ** 63n - 1n, 100_000_001n, odd, pairs]
      // By types that lie on the wire in the same way.
      await new TableCalls(emulator).upload([
        streamOf(['bigint', 'bigint', 'binary', 'map<binary,bigint>'], [row]),
      ])
      const batch = (await previewed(emulator))[0]!
      const values = (column: number): unknown => batch.getChildAt(column)!.data[0]!.values
      assert.equal((values(0) as BigInt64Array)[0], 2n ** 63n - 1n)
      assert.equal((values(1) as Int32Array)[0], 100_000_001)
      assert.match(Buffer.from(values(2) as Uint8Array).toString('hex'), /^22ff22(00)*$/)
      const entries = batch.getChildAt(3)!.data[0]!.children[0]!
      const keys = Buffer.from(entries.children[0]!.values as Uint8Array).toString('hex')
      assert.match(keys, /^22ff2222ff22(00)*$/)
      assert.deepEqual([...(entries.children[1]!.values as BigInt64Array)], [1n, 2n])
    }))

  for (const [type, sent, value] of [
    ['date', 'bigint', 2n ** 31n],
    ['array<interval_year_month>', 'array<bigint>', [-(2n ** 31n) - 1n]],
    ['decimal(4,2)', 'string', '100'],
    ['decimal', 'string', `1${'0'.repeat(36)}`],
  ] as const)
    test(`a ${type} that Arrow has no room for is refused by column and row, before any byte of the answer`, () =>
      withEmulator(async emulator => {
        await emulator.createTable({ name: 't', columns: { id: 'bigint', c: type } })
        await new TableCalls(emulator).upload([streamOf(['bigint', sent], [[1n, null]])])
        assert.equal((await get(emulator)).status, 200)
        await new TableCalls(emulator).upload([streamOf(['bigint', sent], [[2n, value]])])
        const reply = await get(emulator)
        refused(reply, 400, 'InvalidArgument')
        assert.match(
          String(jsonOf(reply)['Message']),
          /^The column c of row 1, counted from 0, has no form in Arrow: /,
        )
        assert.equal((await get(emulator, 'limit=1')).status, 200)
      }))

  test('is an action of its own, also with two-level names', () =>
    withPartitions(async emulator => {
      const { status } = await call(emulator.tunnelEndpoint, 'GET', '/projects/p/tables/T/preview?limit=1')
      assert.equal(status, 200)
      const { action, table } = emulator.requests.at(-1)!
      assert.deepEqual([action, table], ['preview', 'T'])
      emulator.setFaults([{ action: 'preview', fault: { status: 503 } }])
      assert.equal((await get(emulator)).status, 503)
    }))
})

const refused = (reply: Reply, status: number, code: string): void =>
  assert.equal(`${reply.status} ${jsonOf(reply)['Code']}`, `${status} ${code}`)

/** Three rows in two partitions of (id bigint, name string). */
const withPartitions = (run: (emulator: Emulator) => Promise<void>): Promise<void> =>
  withEmulator(async emulator => {
    await emulator.createTable({
      name: 't',
      columns: idAndName,
      partitionColumns: { ds: 'string', hh: 'int' },
    })
    for (const [partition, rows] of [
      [
        'ds=2024-01-01,hh=7',
        [
          [1n, 'a'],
          [2n, null],
        ],
      ],
      ['ds=2024-01-02,hh=8', [[3n, 'c']]],
    ] as const) {
      await emulator.addPartition('t', partition)
      await new TableCalls(emulator, undefined, partition).upload([
        streamOf(
          ['bigint', 'string'],
          rows.map(row => [...row]),
        ),
      ])
    }
    await run(emulator)
  })
