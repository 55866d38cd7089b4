import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  type ConvertOptions,
  cellConverterOf,
} from '../../../../lib/cli/formats/file-values/cell-converter.js'
import type { FileType } from '../../../../lib/cli/formats/file-values/file-type.js'
import { IntervalDayTime, parseDataType, Timestamp, TunnelValueError } from '../../../../lib/index.js'

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values)
const utf8 = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text))

const convert = (from: FileType, to: string, value: unknown, options?: ConvertOptions): unknown =>
  cellConverterOf(from, parseDataType(to), options)(value)

const text: FileType = { kind: 'text' }
const int64: FileType = { kind: 'integer', bits: 64, signed: true }
const decimal = (scale: number): FileType => ({ kind: 'decimal', precision: 38, scale })
const timestamp = (unit: 's' | 'ms' | 'us' | 'ns', zoned = true): FileType => ({
  kind: 'timestamp',
  unit,
  zoned,
})

describe('a value of a file becomes a cell', () => {
  const cases: readonly (readonly [FileType, string, unknown, unknown])[] = [
    [int64, 'bigint', -(2n ** 63n), -(2n ** 63n)],
    [int64, 'decimal(20,0)', 2n ** 64n - 1n, '18446744073709551615'],
    [int64, 'string', 2n ** 63n - 1n, '9223372036854775807'],
    [int64, 'double', 2n ** 60n, 2 ** 60],
    [decimal(2), 'decimal(10,2)', 110n, '1.10'],
    [decimal(2), 'decimal(10,2)', -5n, '-0.05'],
    [decimal(-2), 'decimal(10,0)', 123n, '12300'],
    [decimal(2), 'bigint', 1200n, 12n],
    [decimal(40), 'string', 1n, '0.0000000000000000000000000000000000000001'],
    [text, 'string', bytes(0xff, 0x61), bytes(0xff, 0x61)],
    [text, 'varchar(3)', utf8('\ufeffa'), utf8('\ufeffa')],
    [text, 'decimal(38,18)', utf8('12345678901234567.89'), '12345678901234567.89'],
    [text, 'json', utf8('[1.0,12345678901234567890]'), '[1.0,12345678901234567890]'],
    [{ kind: 'bytes' }, 'string', bytes(0xff), bytes(0xff)],
    [{ kind: 'bytes' }, 'binary', bytes(0xff), bytes(0xff)],
    [
      { kind: 'uuid' },
      'string',
      bytes(0, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff),
      '00112233-4455-6677-8899-aabbccddeeff',
    ],
    [{ kind: 'date' }, 'date', -1, '1969-12-31'],
    [{ kind: 'date' }, 'date', 2932896, '9999-12-31'],
    [{ kind: 'date' }, 'date', -719528, '0000-01-01'],
    [timestamp('ms'), 'datetime', -1n, -1],
    [timestamp('s'), 'datetime', 5n, 5000],
    [timestamp('ns'), 'datetime', 1_000_000n, 1],
    [timestamp('ns'), 'timestamp', -1n, new Timestamp(-1n, 999_999_999)],
    [timestamp('us', false), 'timestamp_ntz', 253402300799999999n, new Timestamp(253402300799n, 999_999_000)],
    [{ kind: 'duration', unit: 'ms' }, 'interval_day_time', -1n, new IntervalDayTime(-1n, 999_000_000)],
    [{ kind: 'null' }, 'bigint', null, null],
    [{ kind: 'list', element: decimal(1) }, 'array<decimal(5,1)>', [15n, null], ['1.5', null]],
    [
      { kind: 'map', key: decimal(2), value: int64 },
      'map<decimal(5,2),bigint>',
      [
        [110n, 1n],
        [10n, null],
      ],
      new Map([
        ['1.10', 1n],
        ['0.10', null],
      ]),
    ],
    [{ kind: 'struct', fields: [{ name: 'A', type: int64 }] }, 'struct<a:bigint,b:string>', [7n], { a: 7n }],
    [
      { kind: 'struct', fields: [{ name: 'a', type: { kind: 'list', element: decimal(2) } }] },
      'json',
      [[110n, null]],
      '{"a":[1.10,null]}',
    ],
    [
      { kind: 'map', key: text, value: { kind: 'json' } },
      'json',
      [
        [utf8('__proto__'), utf8('{"b":2.50}')],
        [utf8('1'), null],
      ],
      '{"__proto__":{"b":2.50},"1":null}',
    ],
  ]
  for (const [from, to, value, expected] of cases)
    test(`${JSON.stringify(from)} in ${to} is ${String(expected)}`, () => {
      assert.deepEqual(convert(from, to, value), expected)
    })

  test('a field named __proto__ is a field', () => {
    const from: FileType = { kind: 'struct', fields: [{ name: '__proto__', type: int64 }] }
    const object = convert(from, 'struct<`__proto__`:bigint>', [7n]) as object
    assert.deepEqual(Object.entries(object), [['__proto__', 7n]])
  })

  test('times without a zone are those of the zone where an instant is wanted', () => {
    const options = { timeZone: 'Asia/Shanghai' }
    assert.equal(convert(timestamp('ms', false), 'datetime', 0n, options), -8 * 3_600_000)
    assert.deepEqual(convert(timestamp('ns', false), 'timestamp', 1n, options), new Timestamp(-28_800n, 1))
    assert.equal(convert(timestamp('ms', true), 'datetime', 0n, options), 0)
    assert.deepEqual(convert(timestamp('ns', false), 'timestamp_ntz', 1n, options), new Timestamp(0n, 1))
  })
})

describe('a value that does not fit is refused', () => {
  const map: FileType = { kind: 'map', key: text, value: int64 }
  const cases: readonly (readonly [FileType, string, unknown, RegExp])[] = [
    [int64, 'double', 2n ** 53n + 1n, /round/],
    [{ kind: 'integer', bits: 32, signed: true }, 'float', 2 ** 24 + 1, /round/],
    [decimal(2), 'bigint', 110n, /fraction/],
    [timestamp('us'), 'datetime', 1n, /finer/],
    [{ kind: 'date' }, 'date', 2932897, /years 0000 to 9999/],
    [{ kind: 'date' }, 'date', 2 ** 31 - 1, /years 0000 to 9999/],
    [text, 'json', utf8('{a}'), /not JSON/],
    [text, 'json', bytes(0x22, 0xff, 0x22), /not UTF-8/],
    [text, 'decimal(5,2)', bytes(0xff), /not UTF-8/],
    [{ kind: 'float', bits: 64 }, 'json', Number.NaN, /NaN/],
    [
      map,
      'map<string,bigint>',
      [
        [utf8('a'), 1n],
        [utf8('a'), 2n],
      ],
      /duplicate key/,
    ],
    [
      map,
      'json',
      [
        [utf8('a'), 1n],
        [utf8('a'), 2n],
      ],
      /duplicate key/,
    ],
    [
      { kind: 'list', element: { kind: 'struct', fields: [{ name: 'd', type: decimal(1) }] } },
      'array<struct<d:bigint>>',
      [[10n], [15n]],
      /^\[1\]\.d: the decimal has a fraction/,
    ],
  ]
  for (const [from, to, value, message] of cases)
    test(`${JSON.stringify(from)} in ${to}: ${message}`, () => {
      assert.throws(
        () => convert(from, to, value),
        error => error instanceof TunnelValueError && message.test(error.message),
      )
    })

  const never: readonly (readonly [FileType, string])[] = [
    [{ kind: 'unsupported', name: 'TIME(MICROS)' }, 'string'],
    [{ kind: 'list', element: { kind: 'unsupported', name: 'TIME(MICROS)' } }, 'json'],
    [{ kind: 'time', unit: 'us' }, 'bigint'],
    [{ kind: 'integer', bits: 32, signed: true }, 'datetime'],
    [{ kind: 'boolean' }, 'bigint'],
    [text, 'binary'],
    [{ kind: 'bytes' }, 'json'],
    [{ kind: 'struct', fields: [{ name: 'x', type: int64 }] }, 'struct<y:bigint>'],
    [{ kind: 'struct', fields: [{ name: 'x', type: int64 }] }, 'map<string,bigint>'],
    [
      {
        kind: 'struct',
        fields: [
          { name: 'x', type: int64 },
          { name: 'X', type: int64 },
        ],
      },
      'struct<x:bigint>',
    ],
    [decimal(2), 'double'],
  ]
  for (const [from, to] of never)
    test(`no value of ${JSON.stringify(from)} is one of ${to}`, () => {
      assert.throws(() => cellConverterOf(from, parseDataType(to)), TunnelValueError)
    })
})
