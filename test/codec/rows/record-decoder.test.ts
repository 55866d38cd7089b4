import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { mayGenerateCode } from '../../../lib/codec/generated/generated-code.js'
import {
  createCompiledDecoder,
  createProtobufDecoder,
  createRecordDecoder,
  type DecodeOptions,
} from '../../../lib/codec/rows/record-decoder.js'
import { createRecordEncoder, type EncodeOptions } from '../../../lib/codec/rows/record-encoder.js'
import { TunnelChecksumError, TunnelError, TunnelValueError } from '../../../lib/errors.js'
import {
  bigint,
  columns,
  type HandMadeRecord,
  le,
  raw,
  record,
  stream,
  text,
  zigzag,
} from '../hand-made-stream.js'

const ways = [
  { way: 'WebAssembly', create: createRecordDecoder },
  { way: 'compiled', create: createCompiledDecoder },
  { way: 'protobufjs', create: createProtobufDecoder },
]

const encoded = (schema: string, rows: readonly unknown[], options: EncodeOptions = {}): Buffer => {
  const encoder = createRecordEncoder(columns(schema), options)
  for (const [i, row] of rows.entries()) encoder.write(row, i)
  return encoder.finish()
}

for (const { way, create } of ways)
  describe(`decode options, ${way}`, () => {
    const decoded = (schema: string, bytes: Buffer, options: DecodeOptions = {}): unknown[] => {
      const decoder = create(columns(schema), options)
      const rows: unknown[] = []
      decoder.push(bytes, rows)
      decoder.end()
      return rows
    }
    const failing = (schema: string, bytes: Buffer, options: DecodeOptions = {}) => {
      const decoder = create(columns(schema), options)
      const rows: unknown[] = []
      try {
        decoder.push(bytes, rows)
      } catch (error) {
        assert.equal(decoder.rows, rows.length)
        return { rows, error }
      }
      throw new Error('nothing was thrown')
    }
    const valueError = (error: unknown, code: string, column: string, rowIndex: number): TunnelValueError => {
      assert.ok(error instanceof TunnelValueError, String(error))
      assert.deepEqual([error.code, error.column, error.rowIndex], [code, column, rowIndex])
      return error
    }

    test('bigint: three forms, nested ones too', () => {
      const schema = 'a:bigint n:array<map<bigint,bigint>>'
      const bytes = encoded(schema, [
        [7, [new Map([[8n, -9n]])]],
        [2n ** 53n - 1n, null],
      ])
      assert.deepEqual(decoded(schema, bytes)[0], [7n, [new Map([[8n, -9n]])]])
      assert.deepEqual(decoded(schema, bytes, { bigint: 'number' }), [
        [7, [new Map([[8, -9]])]],
        [2 ** 53 - 1, null],
      ])
      assert.deepEqual(decoded(schema, bytes, { bigint: 'string' }), [
        ['7', [new Map([['8', '-9']])]],
        ['9007199254740991', null],
      ])
    })
    test("bigint: 'number' refuses what is not safe, after the rows before", () => {
      for (const value of [2n ** 53n, -(2n ** 53n), 2n ** 63n - 1n, -(2n ** 63n)]) {
        const { rows, error } = failing('a:bigint', encoded('a:bigint', [[1], [value], [2]]), {
          bigint: 'number',
          firstRow: 100,
        })
        valueError(error, 'ODPS_UNSAFE_INTEGER', 'a', 101)
        assert.deepEqual(rows, [[1]])
        const nested = encoded('s:struct<x:bigint>', [[{ x: value }]])
        valueError(
          failing('s:struct<x:bigint>', nested, { bigint: 'number' }).error,
          'ODPS_UNSAFE_INTEGER',
          's',
          0,
        )
      }
    })
    test('a checksum that does not agree is told before a value that does not convert', () => {
      const bytes = encoded('a:bigint', [[2n ** 53n]])
      bytes[3]! ^= 1
      assert.ok(failing('a:bigint', bytes, { bigint: 'number' }).error instanceof TunnelChecksumError)
    })
    test("string: 'buffer' keeps bytes, nested ones too; 'string' shows U+FFFD; buffers are copies", () => {
      const schema = 's:string v:varchar(9) c:char(9) a:array<string> b:binary'
      const bad = Buffer.from([0x61, 0xff, 0x62])
      const bytes = encoded(schema, [[bad, bad, bad, [bad], bad]])
      const rows = decoded(schema, bytes, { string: 'buffer' })
      bytes.fill(0)
      assert.deepEqual(rows, [[bad, bad, bad, [bad], bad]])
      const shown = 'a\ufffdb'
      assert.deepEqual(decoded(schema, encoded(schema, rows)), [[shown, shown, shown, [shown], bad]])
    })
    test('text comes whole in every length, ASCII or not, valid or not', () => {
      const texts: (string | Buffer)[] = []
      for (let n = 0; n < 80; n++)
        for (const unit of ['x', 'é', '中', '😀', '\u0000'])
          texts.push(unit.repeat(n), `${'y'.repeat(n)}${unit}`)
      for (const n of [300, 22_000, 70_000]) texts.push('中'.repeat(n))
      const invalid = [
        'c080',
        'c1bf',
        'e08080',
        'eda080',
        'edbfbf',
        'f0808080',
        'f4908080',
        'f5808080',
        'ff',
        '80',
        'c3',
        'e4b8',
        'f09f98',
        '61c3',
        'c328',
        'e228a1',
        'f0288cbc',
      ]
      for (const hex of invalid)
        for (const tail of ['', '61', 'e4b8ad']) texts.push(Buffer.from(hex + tail, 'hex'))
      const rows = texts.map(value => [value, value])
      const bytes = encoded('a:string b:string', rows)
      const expected = rows.map(row => row.map(value => value.toString()))
      assert.deepEqual(decoded('a:string b:string', bytes), expected)
    })
    test('json: parsed or text; text that is none is refused without telling it', () => {
      const schema = 'j:json a:array<json>'
      const bytes = encoded(schema, [[{ x: [1] }, ['s', null]]])
      assert.deepEqual(decoded(schema, bytes), [[{ x: [1] }, ['s', null]]])
      assert.deepEqual(decoded(schema, bytes, { json: 'text' }), [['{"x":[1]}', ['"s"', null]]])
      const broken = encoded(schema, [['{secret', null]], { json: 'text' })
      const error = valueError(failing(schema, broken).error, 'ODPS_INVALID_VALUE', 'j', 0)
      assert.doesNotMatch(`${error.message} ${error.cause}`, /secret/)
      assert.deepEqual(decoded(schema, broken, { json: 'text' }), [['{secret', null]])
    })
    test('parsers: by name before kind, without case, with the default value, not for NULL, not for nested values', () => {
      const schema = 'Id:bigint n:bigint d:decimal(5,2) a:array<bigint>'
      const calls: unknown[] = []
      const rows = decoded(
        schema,
        encoded(schema, [
          [1, 2, '3.5', [4]],
          [null, null, null, null],
        ]),
        {
          parsers: {
            id: (value, column) => {
              calls.push([value, column.name, column.type.kind])
              return `id ${value}`
            },
            bigint: value => Number(value),
            decimal: value => Number(value),
          },
        },
      )
      assert.deepEqual(rows, [
        ['id 1', 2, 3.5, [4n]],
        [null, null, null, null],
      ])
      assert.deepEqual(calls.at(-1), [1n, 'Id', 'bigint'])
    })
    test('a parser that throws is the cause of an error with column and row', () => {
      const cause = new Error('mine')
      const parsers = {
        a: (value: unknown) => {
          if (value === 2n) throw cause
          return value
        },
      }
      const { rows, error } = failing('a:bigint', encoded('a:bigint', [[1], [2]]), { parsers })
      assert.equal(valueError(error, 'ODPS_INVALID_VALUE', 'a', 1).cause, cause)
      assert.deepEqual(rows, [[1n]])
    })
    test('partition columns come last, by their type, and pass the parsers', () => {
      const partition = [
        { column: columns('month:string')[0]!, value: '2001-01' },
        { column: columns('n:bigint')[0]!, value: '7' },
        { column: columns('i:int')[0]!, value: '-8' },
        { column: columns('d:date')[0]!, value: '2001-01-02' },
      ]
      const bytes = encoded('a:bigint', [[1], [null]])
      assert.deepEqual(decoded('a:bigint', bytes, { partition }), [
        [1n, '2001-01', 7n, -8, '2001-01-02'],
        [null, '2001-01', 7n, -8, '2001-01-02'],
      ])
      const parsers = { month: (value: unknown) => `m${value}` }
      const options = { partition, parsers, bigint: 'number', rowShape: 'object', string: 'buffer' } as const
      assert.deepEqual(decoded('a:bigint', bytes, { ...options, string: 'string' })[0], {
        a: 1,
        month: 'm2001-01',
        n: 7,
        i: -8,
        d: '2001-01-02',
      })
      assert.deepEqual(
        (decoded('a:bigint', bytes, { partition, string: 'buffer' })[0] as unknown[])[1],
        Buffer.from('2001-01'),
      )
      const of = (type: string, value: string, mode: 'number' | 'string') =>
        decoded('a:bigint', bytes, {
          bigint: mode,
          partition: [{ column: columns(`p:${type}`)[0]!, value }],
        })[0]
      assert.deepEqual(of('bigint', '9007199254740993', 'string'), ['1', '9007199254740993'])
      assert.deepEqual(of('decimal(3,1)', '1.5', 'number'), [1, '1.5'])
      const has = (code: string) => (error: unknown) => error instanceof TunnelError && error.code === code
      assert.throws(() => of('int', 'x', 'number'), has('ODPS_UNEXPECTED_ANSWER'))
      assert.throws(() => of('bigint', '9007199254740993', 'number'), has('ODPS_UNSAFE_INTEGER'))
    })
    test('objects have the schema’s names, whatever they are', () => {
      const odd = ["a'b", '"]:0}//', '\n', '1', 'a\\']
      const put = () => assert.fail('a setter that objects inherit was called')
      Object.defineProperty(Object.prototype, 'inherited', { set: put, configurable: true })
      const isCompiled = create !== createProtobufDecoder && mayGenerateCode()
      const inherited = isCompiled ? ['inherited', ...odd] : odd
      for (const names of [odd, inherited, ['__proto__', 'constructor', ...odd]]) {
        const type = columns('x:string')[0]!.type
        const schema = names.map(name => ({ name, type, nullable: true }))
        const encoder = createRecordEncoder(schema)
        encoder.write(names, 0)
        const rows: Record<string, unknown>[] = []
        create(schema, { rowShape: 'object' }).push(encoder.finish(), rows)
        const [row] = rows
        assert.equal(Object.getPrototypeOf(row), Object.prototype)
        assert.deepEqual(new Set(Object.keys(row!)), new Set(names))
        for (const name of names) assert.equal(Object.getOwnPropertyDescriptor(row, name)!.value, name)
      }
      Reflect.deleteProperty(Object.prototype, 'inherited')
    })
    test('of equal map keys the last stays; a NULL key is kept', () => {
      const map = raw(
        1,
        2,
        [3, 0, 2, 0, 2, 1, 3, 0, 4, 0, 6, 0, 8],
        [...le(1, 8), ...le(1, 8), ...[2, 3, 4].flatMap(v => le(v, 8))],
      )
      assert.deepEqual(decoded('m:map<bigint,bigint>', stream(record(map))), [
        [
          new Map([
            [1n, 3n],
            [null, 4n],
          ]),
        ],
      ])
    })
    test('an interval with negative nanos is floored', () => {
      const java = raw(1, 2, [...zigzag(-1), ...zigzag(-1)], [...le(-1, 8), ...le(-1, 4)])
      const [[interval]] = decoded('i:interval_day_time', stream(record(java))) as [[unknown]]
      assert.deepEqual({ ...(interval as object) }, { seconds: -2n, nanos: 999_999_999 })
    })
    test('dates beyond year 9999 are printed with sign and six digits, impossible ones refused', () => {
      const dates = [2_932_897, -719_529, 10_000_000]
      assert.deepEqual(decoded('d:date', stream(...dates.map(days => record(bigint(1, days))))), [
        ['+010000-01-01'],
        ['-000001-12-31'],
        ['+029349-01-26'],
      ])
      valueError(
        failing('d:date', stream(record(bigint(1, 2n ** 40n)))).error,
        'ODPS_VALUE_OUT_OF_RANGE',
        'd',
        0,
      )
      valueError(
        failing('t:datetime', stream(record(bigint(1, 2n ** 60n)))).error,
        'ODPS_VALUE_OUT_OF_RANGE',
        't',
        0,
      )
      valueError(
        failing('i:interval_year_month', stream(record(bigint(1, 2n ** 60n)))).error,
        'ODPS_VALUE_OUT_OF_RANGE',
        'i',
        0,
      )
    })
    test('fields out of order among many in order', () => {
      const records: HandMadeRecord[] = []
      for (let i = 0; i < 50; i++)
        records.push(
          i % 3 === 0 ? record(text(2, `${i}`), bigint(1, i)) : record(bigint(1, i), text(2, `${i}`)),
        )
      const expected = records.map((_, i) => [BigInt(i), `${i}`])
      assert.deepEqual(decoded('a:bigint b:string', stream(...records)), expected)
      const objects = decoded('a:bigint b:string', stream(...records), { rowShape: 'object' })
      assert.deepEqual(objects[3], { a: 3n, b: '3' })
    })
    test('NULL comes even where the schema allows none', () => {
      assert.deepEqual(decoded('a:bigint!', stream(record())), [[null]])
    })
    test('counts rows and bytes as they come', () => {
      const bytes = encoded('a:bigint', [[1], [2]])
      const decoder = create(columns('a:bigint'))
      decoder.push(bytes.subarray(0, 15), [])
      assert.deepEqual([decoder.rows, decoder.rawBytes, decoder.ended], [1, 15, false])
      decoder.push(bytes.subarray(15), [])
      assert.deepEqual([decoder.rows, decoder.rawBytes, decoder.ended], [2, bytes.length, true])
      decoder.end()
    })
    test('what is wrong with half a record is told at the end of the bytes, if not before', () => {
      const instant = (nanos: number) =>
        raw(1, 2, [...zigzag(1), ...zigzag(nanos)], [...le(1, 8), ...le(nanos, 4)])
      const [good, bad] = [record(instant(999_999_999)), record(instant(1_000_000_000))]
      const decoder = create(columns('a:timestamp'))
      const rows: unknown[] = []
      const pushAndEnd = (): void => {
        decoder.push(Uint8Array.from([...good.bytes, ...bad.bytes.slice(0, -1)]), rows)
        decoder.end()
      }
      assert.throws(pushAndEnd, { code: 'ODPS_MALFORMED_STREAM' })
      assert.equal(rows.length, 1)
    })
  })

test('rows much larger than others come whole, before and after small ones', () => {
  const sizes = [10, 5_000_000, 10, 6_000_000, 1, 1]
  const bytes = encoded(
    's:string',
    sizes.map(size => ['x'.repeat(size)]),
  )
  const decoder = createRecordDecoder(columns('s:string'))
  const lengths: number[] = []
  for (let from = 0; from < bytes.length; from += 1_000_000) {
    const rows: string[][] = []
    decoder.push(bytes.subarray(from, from + 1_000_000), rows)
    lengths.push(...rows.map(([text]) => text!.length))
  }
  decoder.end()
  assert.deepEqual(lengths, sizes)
})
