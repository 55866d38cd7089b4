import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { parseCell, printCell } from '../../lib/codec/cell-text.js'
import { JsonText } from '../../lib/codec/json-text.js'
import { parseLosslessJson } from '../../lib/codec/lossless-json.js'
import { Timestamp } from '../../lib/codec/timestamp.js'
import { TunnelOptionError, TunnelValueError } from '../../lib/errors.js'
import { parseDataType } from '../../lib/schema/parse-data-type.js'
import { cellOf, dataType } from './arbitrary-rows.js'

const print = (type: string, value: unknown, options = {}): string =>
  printCell(value, parseDataType(type), options)
const parse = (type: string, text: string, options = {}): unknown =>
  parseCell(text, parseDataType(type), options)
const refused = (run: () => unknown): void =>
  assert.throws(run, (error: unknown) => {
    assert.ok(error instanceof TunnelValueError, String(error))
    assert.doesNotMatch(error.message, /geheim/)
    return true
  })

describe('cells as text', () => {
  for (const timeZone of ['UTC', 'Asia/Shanghai', 'America/New_York', '+05:30'])
    test(`what is printed is parsed to the same value, ${timeZone}`, () => {
      const typed = dataType.chain(type => cellOf(type).map(value => ({ type, value })))
      fc.assert(
        fc.property(typed, ({ type, value }) => {
          assert.deepEqual(parseCell(printCell(value, type, { timeZone }), type, { timeZone }), value)
        }),
        { numRuns: 1000, seed: 20_010_203 },
      )
    })

  test('the forms', () => {
    const forms: readonly (readonly [type: string, value: unknown, text: string])[] = [
      ['bigint', -(2n ** 63n), '-9223372036854775808'],
      ['int', 5, '5'],
      ['float', Math.fround(0.1), '0.1'],
      ['float', Math.fround(16_777_217), '16777216'],
      ['double', 0.1 + 0.2, '0.30000000000000004'],
      ['double', -0, '-0'],
      ['double', Number.NaN, 'NaN'],
      ['double', Number.NEGATIVE_INFINITY, '-Infinity'],
      ['decimal(5,2)', '1.50', '1.50'],
      ['string', 'a,"b"\n', 'a,"b"\n'],
      ['binary', Buffer.from([0, 255]), 'AP8='],
      ['boolean', true, 'true'],
      ['datetime', new Date(-1), '1969-12-31T23:59:59.999Z'],
      ['date', '2001-02-03', '2001-02-03'],
      ['timestamp', new Timestamp(0, 1), '1970-01-01T00:00:00.000000001Z'],
      ['timestamp_ntz', new Timestamp(0, 1), '1970-01-01T00:00:00.000000001'],
      ['json', { a: 1 }, '{"a":1}'],
      ['array<bigint>', [2n ** 60n, null], '[1152921504606846976,null]'],
      ['array<double>', [1.5, Number.NaN, -0], '[1.5,"NaN",-0]'],
      ['map<bigint,date>', new Map([[10n, '2001-02-03']]), '{"10":"2001-02-03"}'],
      [
        'struct<s:string,j:json,b:binary>',
        { s: 'x', j: [1], b: Buffer.from('x') },
        '{"s":"x","j":[1],"b":"eA=="}',
      ],
      ['vector(float,2)', [1, 2], '[1,2]'],
    ]
    for (const [type, value, text] of forms) {
      assert.equal(print(type, value), text)
      assert.deepEqual(parse(type, text), value)
    }
  })

  test('other forms of values print too', () => {
    assert.equal(print('bigint', '12'), '12')
    assert.equal(print('bigint', 12), '12')
    assert.equal(print('string', Buffer.from('é')), 'é')
    assert.equal(print('decimal', 1e-7), '0.0000001')
    assert.equal(print('date', new Date(0)), '1970-01-01')
    assert.equal(print('json', new JsonText('[ 1 ]')), '[ 1 ]')
    assert.equal(print('json', '[ 1 ]', { json: 'text' }), '[ 1 ]')
    assert.equal(print('map<string,int>', { a: 1 }), '{"a":1}')
    assert.equal(print('struct<a:int,b:int>', { A: 1 }), '{"a":1,"b":null}')
    assert.equal(print('vector(double,1)', new Float64Array([1])), '[1]')
  })

  test('a time zone prints an offset, and is that of text without one', () => {
    const timeZone = 'Asia/Shanghai'
    const noon = new Date('2001-02-03T04:00:00Z')
    assert.equal(print('datetime', noon, { timeZone }), '2001-02-03T12:00:00.000+08:00')
    assert.deepEqual(parse('datetime', '2001-02-03 12:00', { timeZone }), noon)
    assert.deepEqual(parse('datetime', '2001-02-03 04:00', {}), noon)
    assert.deepEqual(parse('timestamp', '2001-02-03T12:00:00', { timeZone }), Timestamp.from(noon))
    assert.deepEqual(
      parse('timestamp_ntz', '2001-02-03T12:00:00', { timeZone }),
      Timestamp.from('2001-02-03T12:00:00'),
    )
    assert.equal(
      print('datetime', new Date('1890-01-01T00:00:00Z'), { timeZone }),
      '1890-01-01T08:05:43.000+08:05:43',
    )
    assert.throws(() => parse('datetime', '2001-02-03 12:00', { timeZone: 'Mars' }), TunnelOptionError)
  })

  test('nested JSON in other spellings', () => {
    const type = 'struct<d:decimal(38,18),n:bigint,b:boolean>'
    assert.deepEqual(parse(type, ' { "N" : "9007199254740993", "d": 1234567890123456789.5 } '), {
      d: '1234567890123456789.5',
      n: 9007199254740993n,
      b: null,
    })
    assert.deepEqual(parse('array<bigint>', '[9007199254740993]'), [9007199254740993n])
    assert.deepEqual(parse('array<json>', '[{"b":1,"a":[true,null,"x"]}]'), [{ b: 1, a: [true, null, 'x'] }])
    assert.deepEqual(
      [...(parse('map<int,int>', '{"2":1,"1":2}') as Map<number, number>)],
      [
        [2, 1],
        [1, 2],
      ],
    )
    assert.deepEqual(parse('boolean', 'TRUE'), true)
    assert.deepEqual(parse('boolean', '0'), false)
  })

  test('text that is none of the type is refused', () => {
    const bad: readonly (readonly [type: string, text: string])[] = [
      ['bigint', 'geheim'],
      ['bigint', '1.5'],
      ['bigint', ''],
      ['tinyint', '128'],
      ['int', '-2147483649'],
      ['double', 'geheim'],
      ['double', '0x10'],
      ['double', ''],
      ['decimal', 'geheim'],
      ['boolean', 'geheim'],
      ['binary', 'geheim!'],
      ['binary', 'AP8'],
      ['datetime', 'geheim'],
      ['datetime', '2001-02-03T04:05:06.1234Z'],
      ['date', '2001-02-30'],
      ['timestamp', 'geheim'],
      ['timestamp_ntz', '2001-02-03T04:05:06Z'],
      ['interval_day_time', 'geheim'],
      ['interval_year_month', 'geheim'],
      ['json', '{geheim'],
      ['array<int>', 'geheim'],
      ['array<int>', '{}'],
      ['array<int>', '["geheim"]'],
      ['array<string>', '[["geheim"]]'],
      ['map<string,int>', '[]'],
      ['struct<a:int>', '{"geheimnis":1}'.replace('geheimnis', 'x')],
      ['struct<a:int>', '[]'],
    ]
    for (const [type, text] of bad) refused(() => parse(type, text))
  })

  test('values that are none of the type are refused', () => {
    const bad: readonly (readonly [type: string, value: unknown])[] = [
      ['bigint', 1.5],
      ['double', 'geheim'],
      ['boolean', 'geheim'],
      ['string', 5],
      ['binary', 'geheim'],
      ['datetime', new Date(Number.NaN)],
      ['date', 5],
      ['timestamp', { seconds: 1n, nanos: 0 }],
      ['timestamp', new Timestamp(2n ** 60n)],
      ['interval_day_time', 5],
      ['interval_year_month', 5],
      ['array<int>', 'geheim'],
      ['vector(float,1)', 5],
      ['map<string,int>', 5],
      ['map<string,int>', new Map([[null, 1]])],
      ['struct<a:int>', 5],
      ['struct<a:int>', { x: 1 }],
    ]
    for (const [type, value] of bad) refused(() => print(type, value))
    refused(() => printCell(1, { kind: 'unsupported', text: 'geography' }))
    refused(() => parseCell('1', { kind: 'unsupported', text: 'geography' }))
    assert.throws(() => parse('array<struct<a:int>>', '[null,{"a":"geheim"}]'), /\[1\]\.a: /)
  })
})

describe('JSON without loss', () => {
  test('agrees with JSON.parse where that loses nothing', () => {
    fc.assert(
      fc.property(fc.json(), fc.constantFrom(0, 1, 2), (text, indent) => {
        const spaced = JSON.stringify(JSON.parse(text), null, indent)
        for (const form of [text, spaced]) {
          const numbers = (form.match(/-?\d+/g) ?? []).every(digits => Number.isSafeInteger(Number(digits)))
          if (numbers) assert.deepEqual(parseLosslessJson(form), JSON.parse(form))
        }
      }),
      { numRuns: 500, seed: 20_010_203 },
    )
  })
  test('keeps long integers, and __proto__ as a key', () => {
    assert.deepEqual(parseLosslessJson('[9007199254740993,-9007199254740993,9007199254740991,1e20,1.5]'), [
      9007199254740993n,
      -9007199254740993n,
      9007199254740991,
      1e20,
      1.5,
    ])
    const object = parseLosslessJson('{"__proto__":1,"a":1,"a":2}') as object
    assert.deepEqual(Object.entries(object), [
      ['__proto__', 1],
      ['a', 2],
    ])
  })
  test('reads every escape', () => {
    const text = '"\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\ud83d\\ude00 é😀\\ud800"'
    assert.equal(parseLosslessJson(text), JSON.parse(text))
  })
  test('refuses what JSON.parse refuses', () => {
    const bad = [
      '',
      ' ',
      '{',
      '[',
      '[1',
      '[1,]',
      '{"a"}',
      '{"a":}',
      '{"a":1,}',
      '{a:1}',
      '"',
      '"\\x"',
      '"\\u12"',
      '"\n"',
      '01',
      '1.',
      '.5',
      '+1',
      '-',
      '1e',
      'tru',
      'nul',
      'NaN',
      '1 2',
      '[1 2]',
      "'a'",
      '\u00a01',
    ]
    for (const text of bad) {
      assert.throws(() => JSON.parse(text), text)
      refused(() => parseLosslessJson(text))
    }
    refused(() => parseLosslessJson('['.repeat(100_000)))
  })
})
