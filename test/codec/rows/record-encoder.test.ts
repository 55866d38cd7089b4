import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createRecordDecoder } from '../../../lib/codec/rows/record-decoder.js'
import {
  createCompiledEncoder,
  createProtobufEncoder,
  createRecordEncoder,
  type EncodeOptions,
} from '../../../lib/codec/rows/record-encoder.js'
import { TunnelProtocolError, TunnelValueError } from '../../../lib/errors.js'
import { JsonText } from '../../../lib/values/json-text.js'
import { Timestamp } from '../../../lib/values/timestamp.js'
import { columns } from '../hand-made-stream.js'

const ways = [
  { way: 'WebAssembly', create: createRecordEncoder },
  { way: 'compiled', create: createCompiledEncoder },
  { way: 'protobufjs', create: createProtobufEncoder },
]

const sent = (type: string, value: unknown, options: EncodeOptions = {}): unknown => {
  const schema = columns(`c:${type}`)
  const streams = ways.map(({ create }) => {
    const encoder = create(schema, options)
    encoder.write([value], 0)
    return encoder.finish()
  })
  for (const stream of streams) assert.deepEqual(stream, streams[0])
  const rows: unknown[] = []
  const decoder = createRecordDecoder(schema, { json: 'text' })
  decoder.push(streams[0]!, rows)
  decoder.end()
  return (rows[0] as unknown[])[0]
}

const refused = (
  type: string,
  value: unknown,
  code: string,
  options: EncodeOptions = {},
): TunnelValueError => {
  const errors = ways.map(({ way, create }) => {
    const encoder = create(columns(`other:bigint c:${type}`), options)
    let caught: unknown
    assert.throws(
      () => encoder.write([1, value], 7),
      error => {
        caught = error
        return true
      },
      `${way}: ${type}`,
    )
    assert.ok(caught instanceof TunnelValueError, String(caught))
    assert.equal(caught.code, code, way)
    assert.equal(caught.column, 'c')
    assert.equal(caught.rowIndex, 7)
    assert.equal(encoder.pendingBytes, 0)
    return caught
  })
  assert.equal(errors[0]!.message, errors[1]!.message)
  return errors[0]!
}

const invalid = 'ODPS_INVALID_VALUE'
const range = 'ODPS_VALUE_OUT_OF_RANGE'
const long = 'ODPS_FIELD_TOO_LONG'
const unsafe = 'ODPS_UNSAFE_INTEGER'

describe('what each type takes', () => {
  const taken: readonly (readonly [type: string, value: unknown, back: unknown])[] = [
    ['bigint', 5, 5n],
    ['bigint', -0, 0n],
    ['bigint', '-9223372036854775808', -(2n ** 63n)],
    ['bigint', '+007', 7n],
    ['bigint', Number.MIN_SAFE_INTEGER, BigInt(Number.MIN_SAFE_INTEGER)],
    ['int', -2147483648n, -2147483648],
    ['smallint', '12', 12],
    ['tinyint', -128, -128],
    ['float', 0.1, Math.fround(0.1)],
    ['float', Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY],
    ['double', Number.NaN, Number.NaN],
    ['string', '\ufeffBOM', '\ufeffBOM'],
    ['string', Buffer.from('é'), 'é'],
    ['varchar(3)', '😀😀😀', '😀😀😀'],
    ['varchar(2)', Buffer.from('中文'), '中文'],
    ['char(3)', ' a ', ' a '],
    ['binary', new Uint8Array([0, 255]), Buffer.from([0, 255])],
    ['decimal(5,2)', 1.5, '1.5'],
    ['decimal(5,2)', -12n, '-12'],
    ['decimal(5,2)', '-000.50', '-000.50'],
    ['decimal(38,18)', 1e-7, '0.0000001'],
    ['decimal', 1e21, '1000000000000000000000'],
    ['decimal(10,4)', '+12.5E2', '1250'],
    ['decimal(10,4)', '.5', '0.5'],
    ['decimal(10,4)', { toString: () => '1.25' }, '1.25'],
    ['boolean', false, false],
    ['datetime', '2001-02-03T04:05:06.7+08:00', new Date('2001-02-02T20:05:06.700Z')],
    ['datetime', 0, new Date(0)],
    ['datetime', '2001-02-03 04:05Z', new Date('2001-02-03T04:05:00Z')],
    ['datetime', new Date('0000-01-01T00:00:00Z'), new Date('0000-01-01T00:00:00Z')],
    ['date', new Date('1969-12-31T00:00:00Z'), '1969-12-31'],
    ['date', '0000-02-29', '0000-02-29'],
    ['timestamp', '1969-12-31T23:59:59.5Z', new Timestamp(-1, 500_000_000)],
    ['timestamp', new Date(-1), new Timestamp(-1, 999_000_000)],
    ['timestamp', { seconds: 1, nanos: 2 }, new Timestamp(1, 2)],
    ['timestamp_ntz', '2001-02-03 04:05:06.123456789', Timestamp.from('2001-02-03T04:05:06.123456789')],
    ['array<int>', [1, undefined], [1, null]],
    ['map<bigint,string>', { 2: 'b' }, new Map([[2n, 'b']])],
    ['struct<A:int,b:string>', { a: 1 }, { A: 1, b: null }],
    ['vector(double,2)', new Float32Array([1, 2]), [1, 2]],
    ['json', { a: [1, null] }, '{"a":[1,null]}'],
    ['json', 'text', '"text"'],
    ['json', new JsonText('{ "exact" : 1e2 }'), '{ "exact" : 1e2 }'],
  ]
  for (const [type, value, back] of taken)
    test(`${type} takes ${String(value)} (${typeof value})`, () => assert.deepEqual(sent(type, value), back))

  test('an interval in any spelling is floored', () => {
    assert.deepEqual(
      sent('interval_day_time', { seconds: 0, nanos: -1 }),
      sent('interval_day_time', { seconds: -1n, nanos: 999_999_999 }),
    )
    assert.deepEqual(
      sent('interval_year_month', { months: -14 }),
      sent('interval_year_month', { months: -14 }),
    )
  })
  test("JSON text with json: 'text'", () => assert.equal(sent('json', ' [1] ', { json: 'text' }), ' [1] '))
  test('an invalid UTF-8 buffer passes as it is', () => {
    const encoder = createRecordEncoder(columns('c:string'))
    encoder.write([Buffer.from([0xff])], 0)
    const rows: unknown[][] = []
    createRecordDecoder(columns('c:string'), { string: 'buffer' }).push(encoder.finish(), rows)
    assert.deepEqual(rows, [[Buffer.from([0xff])]])
  })
})

describe('what each type refuses', () => {
  const bad: readonly (readonly [type: string, value: unknown, code: string])[] = [
    ['bigint', 1.5, invalid],
    ['bigint', Number.NaN, invalid],
    ['bigint', '1.0', invalid],
    ['bigint', '', invalid],
    ['bigint', true, invalid],
    ['bigint', 2 ** 53, unsafe],
    ['bigint', 2n ** 63n, range],
    ['bigint', -(2n ** 63n) - 1n, range],
    ['bigint', '9223372036854775808', range],
    ['bigint', '1'.repeat(30), range],
    ['int', 2147483648, range],
    ['smallint', -32769n, range],
    ['tinyint', '128', range],
    ['tinyint', 0.5, invalid],
    ['float', 1e39, range],
    ['float', '1', invalid],
    ['double', 1n, invalid],
    ['string', 5, invalid],
    ['string', '\ud800', invalid],
    ['string', `${'x'.repeat(100)}\udc00`, invalid],
    ['varchar(2)', '😀😀😀', long],
    ['varchar(2)', 'abc', long],
    ['char(1)', Buffer.from('中文'), long],
    ['binary', 'text', invalid],
    ['binary', new Float64Array(1), invalid],
    ['decimal(5,2)', 'x', invalid],
    ['decimal(5,2)', '', invalid],
    ['decimal(5,2)', '.', invalid],
    ['decimal(5,2)', Number.NaN, invalid],
    ['decimal(5,2)', Number.POSITIVE_INFINITY, invalid],
    ['decimal(5,2)', {}, invalid],
    ['decimal(5,2)', [1], invalid],
    ['decimal(5,2)', Object.create(null), invalid],
    ['decimal(5,2)', true, invalid],
    ['decimal(5,2)', '1234', range],
    ['decimal(5,2)', '1.234', range],
    ['decimal(5,2)', '1e999999999', range],
    ['boolean', 1, invalid],
    ['boolean', 'true', invalid],
    ['datetime', new Date(Number.NaN), invalid],
    ['datetime', '2001-02-03T04:05:06', invalid],
    ['datetime', '2001-02-30T04:05:06Z', invalid],
    ['datetime', '2001-02-03T24:05:06Z', invalid],
    ['datetime', '2001-02-03T04:05:06.1234Z', invalid],
    ['datetime', 1.5, invalid],
    ['datetime', 253_402_300_800_000, range],
    ['datetime', new Date(-8.64e15), range],
    ['date', '2001-02-29', invalid],
    ['date', '2001-2-3', invalid],
    ['date', new Date(1), invalid],
    ['date', 11_000, invalid],
    ['date', '+010000-01-01', range],
    ['timestamp', '2001-02-03T04:05:06', invalid],
    ['timestamp', { seconds: 1.5, nanos: 0 }, invalid],
    ['timestamp', { seconds: 1 }, invalid],
    ['timestamp', { seconds: 1, nanos: -1 }, range],
    ['timestamp', { seconds: 1, nanos: 1e9 }, range],
    ['timestamp', { seconds: 2n ** 62n, nanos: 0 }, range],
    ['timestamp', 5, invalid],
    ['timestamp', new Date(Number.NaN), invalid],
    ['timestamp_ntz', '2001-02-03T04:05:06Z', invalid],
    ['interval_day_time', new Date(0), invalid],
    ['interval_day_time', { seconds: -(2n ** 63n), nanos: -1 }, range],
    ['interval_year_month', 14, invalid],
    ['interval_year_month', { months: 1.5 }, invalid],
    ['array<int>', 'text', invalid],
    ['array<int>', new Int32Array(1), invalid],
    ['array<int>', [1, 'x'], invalid],
    ['map<string,int>', [], invalid],
    ['map<string,int>', new Date(0), invalid],
    ['map<string,int>', new Map([[null, 1]]), 'ODPS_NULL_NOT_ALLOWED'],
    ['struct<a:int>', { b: 1 }, invalid],
    ['struct<a:int>', { a: 1, A: 2 }, invalid],
    ['struct<a:int>', new Map([['a', 1]]), invalid],
    ['vector(float,2)', [1], invalid],
    ['vector(float,2)', [1, null], invalid],
    ['vector(float,2)', new BigInt64Array(2), invalid],
    ['json', Number.NaN, invalid],
    ['json', { deep: [Number.POSITIVE_INFINITY] }, invalid],
    ['json', { f: () => 1 }, invalid],
    ['json', [undefined], invalid],
    ['json', { m: new Map() }, invalid],
    ['json', 1n, invalid],
    ['json', Symbol('s'), invalid],
  ]
  for (const [type, value, code] of bad)
    test(`${type} refuses ${typeof value === 'symbol' ? 'a symbol' : JSON.stringify(value, (_, v) => (typeof v === 'bigint' ? `${v}n` : v))?.slice(0, 40)} with ${code}`, () => {
      refused(type, value, code)
    })

  test('a JSON value in a circle', () => {
    const circle: unknown[] = []
    circle.push(circle)
    refused('json', circle, invalid)
  })
  test("anything but text with json: 'text'", () => {
    refused('json', {}, invalid, { json: 'text' })
  })
  test('STRING, BINARY and JSON beyond maxFieldBytes, counted in bytes', () => {
    refused('string', 'xxxx', long, { maxFieldBytes: 3 })
    refused('string', '中文', long, { maxFieldBytes: 5 })
    refused('string', Buffer.alloc(4), long, { maxFieldBytes: 3 })
    refused('binary', Buffer.alloc(4), long, { maxFieldBytes: 3 })
    refused('json', 'xxx', long, { maxFieldBytes: 4 })
    refused('array<string>', ['xxxx'], long, { maxFieldBytes: 3 })
    assert.equal(sent('string', '中文', { maxFieldBytes: 6 }), '中文')
    assert.equal(sent('string', 'x'.repeat(100), { maxFieldBytes: 100 }), 'x'.repeat(100))
  })
  test('names the place inside a nested value, and never tells the value', () => {
    const secret = 'geheim'
    const type = 'array<struct<m:map<string,int>>>'
    const error = refused(type, [null, { m: new Map([['k', secret]]) }], invalid)
    assert.match(error.message, /column 'c'\[1\]\.m\.values\[0\]: /)
    assert.doesNotMatch(error.message, /geheim/)
    assert.match(refused('vector(double,2)', [1, secret], invalid).message, /'c'\[1\]: /)
    assert.match(refused('map<bigint,int>', { [secret]: 1 }, invalid).message, /'c'\.keys\[0\]: /)
  })
})

for (const { way, create } of ways)
  describe(`rows, ${way}`, () => {
    const schema = columns('a:bigint b:string! c:array<string>')
    const fails = (row: unknown, code: string, column?: string, options: EncodeOptions = {}): void => {
      const encoder = create(schema, options)
      assert.throws(
        () => encoder.write(row, 3),
        (error: unknown) => {
          assert.ok(error instanceof TunnelValueError, String(error))
          assert.deepEqual([error.code, error.column, error.rowIndex], [code, column, 3])
          return true
        },
      )
      assert.deepEqual([encoder.rows, encoder.rawBytes], [0, 0])
    }

    test('that are no rows', () => {
      for (const row of [
        null,
        undefined,
        5,
        'abc',
        new Map(),
        new Set([1]),
        new Date(),
        Promise.resolve([]),
        () => 1,
      ])
        fails(row, 'ODPS_INVALID_ROW')
    })
    test('of another length', () => {
      fails([1, 'x'], 'ODPS_ROW_LENGTH')
      fails([1, 'x', null, 4], 'ODPS_ROW_LENGTH')
    })
    test('with an unknown key', () => fails({ b: 'x', nope: 1 }, 'ODPS_UNKNOWN_COLUMN', 'nope'))
    test('with a key twice but for case', () => fails({ b: 'x', B: 'y' }, 'ODPS_INVALID_ROW', 'B'))
    test('with NULL where none is allowed', () => {
      fails({ a: 1 }, 'ODPS_NULL_NOT_ALLOWED', 'b')
      fails([1, null, []], 'ODPS_NULL_NOT_ALLOWED', 'b')
      fails([1, undefined, []], 'ODPS_NULL_NOT_ALLOWED', 'b')
    })
    test('as objects match names without case, in any order, methods and missing keys counting for nothing', () => {
      class Inherited {
        get c(): string[] {
          return ['of the class']
        }
        B = 'x'
        a = 1
      }
      class Method {
        B = 'x'
        a = 1
        c(): void {}
      }
      const arrays = create(schema)
      arrays.write([1, 'x', ['of the class']], 0)
      arrays.write([1, 'x', null], 0)
      arrays.write([null, 'y', ['z']], 1)
      arrays.write([2, 'w', []], 2)
      const objects = create(schema)
      objects.write(new Inherited(), 0)
      objects.write(new Method(), 0)
      objects.write(Object.assign(Object.create(null), { C: ['z'], b: 'y', a: undefined }), 1)
      objects.write({ a: 2, b: 'w', c: [] }, 2)
      assert.deepEqual(objects.finish(), arrays.finish())
    })
    test('may carry the partition, if it is the right one', () => {
      const options = { partition: [{ name: 'Month', value: '2001' }] }
      const encoder = create(schema, options)
      encoder.write({ b: 'x', month: '2001' }, 0)
      encoder.write({ b: 'x', MONTH: 2001 }, 1)
      encoder.write({ b: 'x', month: undefined }, 2)
      encoder.write({ b: 'x' }, 3)
      assert.equal(encoder.rows, 4)
      fails({ b: 'x', month: '2002' }, 'ODPS_INVALID_VALUE', 'Month', options)
      fails({ b: 'x', month: null }, 'ODPS_INVALID_VALUE', 'Month', options)
      fails({ b: 'x', month: '2001' }, 'ODPS_UNKNOWN_COLUMN', 'month')
      fails(['x', 1, 2, '2001'], 'ODPS_ROW_LENGTH', undefined, options)
    })
    test('with columns named like parts of every object', () => {
      const odd = columns('__proto__:bigint constructor:string toString:string')
      const encoder = create(odd)
      encoder.write({}, 0)
      encoder.write(JSON.parse('{"__proto__":1,"constructor":"c"}'), 1)
      const rows: unknown[] = []
      createRecordDecoder(odd).push(encoder.finish(), rows)
      assert.deepEqual(rows, [
        [null, null, null],
        [1n, 'c', null],
      ])
    })
  })

for (const { way, create } of ways)
  describe(`the stream, ${way}`, () => {
    const schema = columns('a:bigint b:string c:array<string>')
    const good = (i: number): unknown[] => [i, `row ${i}`, ['x'.repeat(i % 90), null]]

    test('is not changed by rows that fail in the middle', () => {
      const clean = create(schema)
      const dirty = create(schema)
      for (let i = 0; i < 300; i++) {
        clean.write(good(i), i)
        for (const bad of [
          [1, 'x'.repeat(5000), ['y'.repeat(70_000), 5]],
          [1, 'x', [null, {}]],
          [1, '\ud800', null],
        ])
          assert.throws(() => dirty.write(bad, i), TunnelValueError)
        dirty.write(good(i), i)
        assert.deepEqual([dirty.rows, dirty.rawBytes], [clean.rows, clean.rawBytes])
      }
      assert.deepEqual(dirty.finish(), clean.finish())
    })

    test('may be written over what was handed over, once it was reclaimed', () => {
      const whole = create(schema)
      const parted = create(schema)
      const copies: Buffer[] = []
      for (let i = 0; i < 3000; i++) {
        whole.write(good(i), i)
        parted.write(good(i), i)
        if (i % 7 === 0) copies.push(Buffer.from(parted.take()))
        // With bytes to be taken, and without.
        if (i % 5 === 0) parted.reclaim()
        assert.equal(parted.rawBytes, whole.rawBytes)
      }
      copies.push(parted.finish())
      const bytes = whole.finish()
      assert.deepEqual(Buffer.concat(copies), bytes)
      parted.reclaim()
      for (let i = 0; i < 3000; i++) parted.write(good(i), i)
      assert.deepEqual(parted.finish(), bytes)
    })

    test('is handed over in parts that are not written over without a word', () => {
      const whole = create(schema)
      const parted = create(schema)
      const parts: Buffer[] = []
      const copies: Buffer[] = []
      for (let i = 0; i < 5000; i++) {
        whole.write(good(i), i)
        parted.write(good(i), i)
        if (i % 7 === 0) {
          assert.equal(parted.rawBytes, whole.rawBytes)
          const part = parted.take()
          parts.push(part)
          copies.push(Buffer.from(part))
          assert.equal(parted.pendingBytes, 0)
        }
      }
      const { rawBytes } = whole
      const end = parted.finish()
      const bytes = whole.finish()
      assert.deepEqual(Buffer.concat([...parts, end]), bytes)
      assert.deepEqual(parts, copies)
      assert.ok(rawBytes < bytes.length)
    })

    test('begins anew after finish and after discard', () => {
      const encoder = create(schema)
      encoder.write(good(1), 0)
      const first = encoder.finish()
      assert.deepEqual([encoder.rows, encoder.rawBytes, encoder.pendingBytes], [0, 0, 0])
      encoder.write(good(2), 0)
      encoder.take()
      encoder.write(good(3), 1)
      encoder.discard()
      assert.deepEqual([encoder.rows, encoder.rawBytes, encoder.pendingBytes], [0, 0, 0])
      encoder.write(good(1), 0)
      assert.deepEqual(encoder.finish(), first)
    })

    test('takes text of every length around the limits of the ways it is written', () => {
      const texts = columns('s:string')
      for (const unit of ['x', 'é', '中', '😀'])
        for (const length of [
          ...Array.from({ length: 140 }, (_, i) => i),
          4095,
          4096,
          4097,
          16_384,
          70_000,
        ]) {
          const encoder = create(texts)
          encoder.write([unit.repeat(length)], 0)
          encoder.write(['y'.repeat(length % 5) + unit], 1)
          const rows: unknown[] = []
          createRecordDecoder(texts).push(encoder.finish(), rows)
          assert.deepEqual(rows, [[unit.repeat(length)], ['y'.repeat(length % 5) + unit]])
        }
    })
  })

test('a column of an unknown type is named, with what to do', () => {
  for (const create of [createRecordEncoder, createProtobufEncoder, createRecordDecoder])
    for (const type of ['geography', 'array<geography>', 'map<string,geography>', 'struct<g:geography>'])
      assert.throws(
        () => create(columns(`a:bigint place:${type}`)),
        (error: unknown) => {
          assert.ok(error instanceof TunnelProtocolError)
          assert.equal(error.code, 'ODPS_UNSUPPORTED_TYPE')
          assert.match(error.message, /'place'.*geography.*`columns`/)
          return true
        },
      )
})
