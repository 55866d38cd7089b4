import assert from 'node:assert/strict'
import { isUtf8 } from 'node:buffer'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import {
  createCompiledDecoder,
  createProtobufDecoder,
  createRecordDecoder,
  type DecodeOptions,
} from '../../../lib/codec/rows/record-decoder.js'
import { createProtobufEncoder, createRecordEncoder } from '../../../lib/codec/rows/record-encoder.js'
import { TunnelError } from '../../../lib/errors.js'
import type { DataType } from '../../../lib/schema/data-type.js'
import type { Column } from '../../../lib/schema/table-schema.js'
import { cellOf, nestedOf, stagedType } from '../arbitrary-rows.js'
import { columns } from '../hand-made-stream.js'

const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 300 }).map(array => Buffer.from(array)),
  fc.string({ unit: 'binary', maxLength: 200 }).map(text => Buffer.from(text)),
  fc.nat(700).map(length => Buffer.alloc(length, 'long text ')),
  fc.nat(300).map(length => Buffer.alloc(3 * length, '中')),
)

/** Strings take any bytes, so that text that is not UTF-8 comes too; JSON is written as a string (see `encode`). */
const leaf = (type: DataType): fc.Arbitrary<unknown> => {
  if (type.kind === 'string') return fc.oneof(cellOf(type), bytes)
  if (type.kind === 'json') return fc.oneof({ weight: 8, arbitrary: fc.json() }, bytes)
  return cellOf(type)
}

const cell = (type: DataType): fc.Arbitrary<unknown> =>
  fc.oneof({ weight: 8, arbitrary: nestedOf(type, leaf) }, { weight: 1, arbitrary: fc.constant(null) })

/** JSON is a string on the wire, and as one it may be any. */
const withStrings = (type: DataType): DataType => {
  switch (type.kind) {
    case 'json':
      return { kind: 'string' }
    case 'array':
      return { ...type, element: withStrings(type.element) }
    case 'map':
      return { ...type, key: withStrings(type.key), value: withStrings(type.value) }
    case 'struct':
      return { ...type, fields: type.fields.map(field => ({ ...field, type: withStrings(field.type) })) }
    default:
      return type
  }
}

const tableOf = (maxColumns: number, maxRows: number) =>
  fc
    .array(stagedType, { minLength: 1, maxLength: maxColumns })
    .map(types => types.map((type, i): Column => ({ name: `c${i}`, type, nullable: true })))
    .chain(columns =>
      fc.record({
        columns: fc.constant(columns),
        rows: fc.array(fc.tuple(...columns.map(({ type }) => cell(type))), { maxLength: maxRows }),
      }),
    )

const options: fc.Arbitrary<DecodeOptions> = fc.constantFrom<DecodeOptions>(
  {},
  { rowShape: 'object' },
  { bigint: 'number' },
  { bigint: 'string' },
  { string: 'buffer' },
  { json: 'text' },
  { map: 'pairs', bigint: 'number' },
  { json: 'text', string: 'exact' },
  { oldDates: 'refuse' },
  { firstRow: 1000, parsers: { bigint: value => String(value) } },
  { partition: [{ column: { name: 'pt', type: { kind: 'string' }, nullable: false }, value: 'x' }] },
  { maxRowBytes: 200 },
  {
    parsers: {
      int: value => {
        if (Number(value) > 1e9) throw new RangeError('large')
        return value
      },
    },
  },
)

/** All that can be seen of a decoder. */
const decode = (
  create: typeof createRecordDecoder,
  columns: readonly Column[],
  stream: Buffer,
  chunkBytes: number,
  options: DecodeOptions,
) => {
  const decoder = create(columns, options)
  const rows: unknown[] = []
  try {
    for (let from = 0; from < stream.length; from += chunkBytes)
      decoder.push(stream.subarray(from, from + chunkBytes), rows)
    decoder.end()
  } catch (error) {
    assert.ok(error instanceof TunnelError, String(error))
    return { rows, count: decoder.rows, code: error.code, message: error.message }
  }
  return { rows, count: decoder.rows, ended: decoder.ended, rawBytes: decoder.rawBytes }
}

const encode = (columns: readonly Column[], rows: readonly unknown[][]): Buffer => {
  const written = columns.map(column => ({ ...column, type: withStrings(column.type) }))
  const encoder = createProtobufEncoder(written)
  for (const [i, row] of rows.entries()) encoder.write(row, i)
  return encoder.finish()
}

describe('records read in WebAssembly', () => {
  for (const [maxColumns, maxRows, numRuns] of [
    [6, 10, 300],
    [100, 4, 60],
    [4, 2500, 8],
  ] as const)
    test(`same rows and faults as compiled code and protobufjs: ${maxColumns} columns, ${maxRows} rows`, () => {
      fc.assert(
        fc.property(
          tableOf(maxColumns, maxRows),
          options,
          fc.integer({ min: 1, max: 100_000 }),
          fc.option(fc.tuple(fc.nat(), fc.integer({ min: 1, max: 255 })), { freq: 2 }),
          ({ columns, rows }, options, chunkBytes, damage) => {
            const stream = encode(columns, rows)
            if (damage) stream[damage[0] % stream.length]! ^= damage[1]
            const staged = decode(createRecordDecoder, columns, stream, chunkBytes, options)
            assert.deepEqual(staged, decode(createCompiledDecoder, columns, stream, chunkBytes, options))
            assert.deepEqual(staged, decode(createProtobufDecoder, columns, stream, chunkBytes, options))
          },
        ),
        { numRuns },
      )
    })

  test('text of every mixture of lengths, and bytes that are no UTF-8 anywhere in it, as Node reads them', () => {
    const pieces = [
      '',
      'é',
      'é中',
      '😀',
      '\u0800',
      '\ud7ff',
      '\ue000',
      '\uffff',
      '中'.repeat(12),
      'é'.repeat(9),
    ]
      .map(piece => Buffer.from(piece))
      // A half of a pair, more bytes than it takes, a tail without a head, heads without tails, beyond the last character.
      .concat(
        [
          'eda080',
          'edbfbf',
          'e08080',
          'e09fbf',
          'c080',
          'f08080af',
          '80',
          'e4b8',
          'e4b841',
          'e441ad',
          'f4908080',
        ].map(hex => Buffer.from(hex, 'hex')),
      )
    const texts: Buffer[] = []
    for (const before of [0, 1, 3, 4, 7, 15, 16, 17])
      for (const han of [0, 1, 3, 4, 5, 8, 11])
        for (const piece of pieces)
          for (const behind of ['', 'x', '中中', 'y'.repeat(17), '中中中中z'])
            texts.push(
              Buffer.concat([Buffer.from('x'.repeat(before) + '中'.repeat(han)), piece, Buffer.from(behind)]),
            )
    const schema = columns('s:string')
    const stream = encode(
      schema,
      texts.map(text => [text]),
    )
    const read = (string: 'string' | 'exact') =>
      decode(createRecordDecoder, schema, stream, 65_536, { string }).rows
    assert.deepEqual(
      read('string'),
      texts.map(text => [text.toString()]),
    )
    assert.deepEqual(
      read('exact'),
      texts.map(text => [isUtf8(text) ? text.toString() : text]),
    )
  })

  test('rows larger than the window, and many behind them', () => {
    const schema = columns('n:bigint s:string b:binary')
    const rows = Array.from({ length: 4000 }, (_, i) => [
      BigInt(i),
      'é'.repeat(i % 1500 === 7 ? 400_000 : i % 90),
      Buffer.alloc(i % 1100 === 0 ? 700_000 : i % 50, i),
    ])
    const stream = encode(schema, rows)
    for (const chunkBytes of [16_384, 65_536, 1_000_000])
      assert.deepEqual(decode(createRecordDecoder, schema, stream, chunkBytes, {}).rows, rows)
  })

  test('a parser may use the codec itself', () => {
    const schema = columns('n:bigint s:string')
    const rows = Array.from({ length: 3000 }, (_, i) => [BigInt(i), `text ${i}`])
    const parsers = {
      s: (value: unknown) => {
        const stream = encodeFast(schema, [[7n, `of ${String(value)}`]])
        return decode(createRecordDecoder, schema, stream, 100, {}).rows
      },
    }
    for (const chunkBytes of [4096, 65_536]) {
      const { rows: read } = decode(createRecordDecoder, schema, encode(schema, rows), chunkBytes, {
        parsers,
      })
      assert.deepEqual(
        read,
        rows.map(([n, s]) => [n, [[7n, `of ${String(s)}`]]]),
      )
    }
  })

  test('decoders and encoders take turns', () => {
    const schema = columns('n:bigint s:string')
    const rows = Array.from({ length: 2000 }, (_, i) => [BigInt(i), `é ${i}`])
    const stream = encode(schema, rows)
    const decoders = [createRecordDecoder(schema), createRecordDecoder(schema)]
    const read: unknown[][] = [[], []]
    const again = createRecordEncoder(schema)
    for (let from = 0; from < stream.length; from += 777) {
      for (const [i, decoder] of decoders.entries()) decoder.push(stream.subarray(from, from + 777), read[i]!)
      while (again.rows < read[0]!.length) again.write(read[0]![again.rows], again.rows)
    }
    for (const decoder of decoders) decoder.end()
    assert.deepEqual(read, [rows, rows])
    assert.deepEqual(again.finish(), stream)
  })

  test('nested values, thousands of rows, some of them larger than the window', () => {
    const schema = columns(
      'n:bigint a:array<array<bigint>> m:map<string,double> s:struct<t:string,__proto__:binary>',
    )
    const rows = Array.from({ length: 3000 }, (_, i) => {
      const size = i % 1000 === 7 ? 200_000 : i % 23
      return [
        BigInt(i),
        [
          Array.from({ length: size }, (_, k) => (k % 7 === 0 ? null : BigInt(k - 9) ** 5n % 2n ** 60n)),
          [],
          null,
        ],
        new Map(Array.from({ length: size % 100 }, (_, k) => [`é${k}`.slice(k % 2), k / 3])),
        JSON.parse(`{"t":"${'中x'.repeat(size % 90)}","__proto__":null}`),
      ]
    })
    const stream = encode(schema, rows)
    for (const chunkBytes of [777, 65_536, 10_000_000])
      assert.deepEqual(decode(createRecordDecoder, schema, stream, chunkBytes, {}).rows, rows)
  })

  test('fields in another order in every record', () => {
    const schema = columns('a:bigint b:string')
    const swapped = encode(
      columns('b:string a:bigint'),
      Array.from({ length: 500 }, (_, i) => [`x${i}`, i]),
    )
    const wanted = decode(createProtobufDecoder, schema, swapped, 1000, {})
    assert.deepEqual(decode(createRecordDecoder, schema, swapped, 1000, {}), wanted)
  })
})

const encodeFast = (columns: readonly Column[], rows: readonly unknown[][]): Buffer => {
  const encoder = createRecordEncoder(columns)
  for (const [i, row] of rows.entries()) encoder.write(row, i)
  return encoder.finish()
}
