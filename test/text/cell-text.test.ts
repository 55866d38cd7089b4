import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { TunnelOptionError, TunnelValueError } from '../../lib/errors.js'
import { parseDataType } from '../../lib/schema/parse-data-type.js'
import { formatCell, parseCell, textOfCell } from '../../lib/text/cell-text.js'
import { JsonText } from '../../lib/values/json-text.js'
import { Timestamp } from '../../lib/values/timestamp.js'
import { cellOf, dataType } from '../codec/arbitrary-rows.js'

const print = (type: string, value: unknown, options = {}): string =>
  textOfCell(value, parseDataType(type), options)
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
          assert.deepEqual(parseCell(formatCell(value, type, { timeZone }), type, { timeZone }), value)
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
    // DuckDB writes DECIMAL(5,0) so into JSON.
    assert.equal(parse('decimal(5,0)', '-1.0'), '-1')
    assert.equal(parse('decimal(5,2)', '1.5000'), '1.50')
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
      ['map<string,int>', '[1]'],
      ['map<string,int>', '[["a"]]'],
      ['map<string,int>', '[[null,1]]'],
      ['struct<a:int>', '{"geheimnis":1}'.replace('geheimnis', 'x')],
      ['struct<a:int>', '[]'],
    ]
    for (const [type, text] of bad) refused(() => parse(type, text))
  })

  test('of a day or time that no calendar has, this is told, and not that its form is wrong', () => {
    const missing = / got a day or a time of day that does not exist$/
    for (const [type, text] of [
      ['date', '2001-02-29'],
      ['date', '2001-13-01'],
      ['datetime', '2001-02-30T00:00:00Z'],
      ['datetime', '2001-01-01 24:00:00'],
      ['timestamp', '2001-01-01T00:60:00'],
      ['timestamp_ntz', '2001-00-01T00:00:00'],
      ['array<date>', '["2001-04-31"]'],
    ] as const)
      assert.throws(
        () => parse(type, text),
        { code: 'ODPS_INVALID_VALUE', message: missing },
        `${type} ${text}`,
      )
    for (const [type, text] of [
      ['date', '2001-02-28 00:00:00'],
      ['date', '2001-2-29'],
      ['datetime', '2001-02-30'],
      ['timestamp_ntz', '2001-02-28T00:00:00Z'],
    ] as const)
      assert.throws(() => parse(type, text), { message: / got text of another form$/ }, `${type} ${text}`)
  })

  test('numbers beyond a type are refused, in nested values too', () => {
    const beyond: readonly (readonly [type: string, text: string])[] = [
      ['float', '1e39'],
      ['float', '-3.5e38'],
      ['float', `1${'0'.repeat(39)}`],
      ['double', '1e400'],
      ['double', '-1E309'],
      ['double', '9'.repeat(400)],
      ['bigint', '9223372036854775808'],
      ['bigint', '-9223372036854775809'],
      ['bigint', '1'.repeat(30)],
      ['smallint', '32768'],
      ['int', '2147483648'],
      ['decimal(5,2)', '1000'],
      ['decimal(5,2)', '1.001'],
      ['decimal(5,2)', '1.0010'],
      ['decimal(38,18)', '1e400'],
      ['decimal', `${'1'.repeat(37)}`],
      ['array<float>', '[1e39]'],
      ['array<double>', '[1,1e400]'],
      ['map<double,int>', '{"1e400":1}'],
      ['struct<a:struct<b:double>>', '{"a":{"b":-1e400}}'],
      ['vector(float,2)', '[0,1e39]'],
      ['array<decimal(5,2)>', '[1000]'],
      ['array<bigint>', '[9223372036854775808]'],
    ]
    for (const [type, text] of beyond)
      assert.throws(() => parse(type, text), { code: 'ODPS_VALUE_OUT_OF_RANGE' }, `${type} ${text}`)
    assert.deepEqual(parse('array<double>', '["Infinity","-Infinity","NaN"]'), [
      Number.POSITIVE_INFINITY,
      Number.NEGATIVE_INFINITY,
      Number.NaN,
    ])
    assert.equal(parse('float', '-Infinity'), Number.NEGATIVE_INFINITY)
    assert.equal(parse('double', '1.7976931348623157e308'), Number.MAX_VALUE)
    assert.equal(parse('bigint', '-0009223372036854775808'), -(2n ** 63n))
  })

  test('a number too small for a type is refused where it would become 0; what is small and fits, fits', () => {
    const below: readonly (readonly [type: string, text: string])[] = [
      ['double', '1e-400'],
      ['double', '-2.4703282292062327e-324'],
      ['double', `0.${'0'.repeat(400)}1`],
      ['float', '7.006492321624085e-46'],
      ['float', '-1e-60'],
      ['array<double>', '[0,1e-400]'],
      ['map<double,int>', '{"1e-400":1}'],
    ]
    for (const [type, text] of below)
      assert.throws(() => parse(type, text), { code: 'ODPS_VALUE_OUT_OF_RANGE' }, `${type} ${text}`)
    // float() of Python, and numpy.float32() of the same texts.
    const fits: readonly (readonly [type: string, text: string, value: number])[] = [
      ['double', '5e-324', 2 ** -1074],
      ['double', '2.4703282292062328e-324', 2 ** -1074],
      ['double', '0e-400', 0],
      ['double', '-0.000e999', -0],
      ['float', '7.006492321624087e-46', 2 ** -149],
      ['float', '0.0e5', 0],
    ]
    for (const [type, text, value] of fits) assert.ok(Object.is(parse(type, text), value), `${type} ${text}`)
  })

  /** As str(numpy.float32(...)) of numpy 2.4 prints them, but for the two digits of its exponents. */
  test('a FLOAT has the fewest digits, the smallest ones too', () => {
    for (const [text, value] of [
      ['1e-45', 2 ** -149],
      ['3e-45', 2 * 2 ** -149],
      ['4e-45', 3 * 2 ** -149],
      ['1.1754944e-38', 2 ** -126],
      ['3.4028235e+38', (2 - 2 ** -23) * 2 ** 127],
      ['0.1', Math.fround(0.1)],
      ['1.2345679', Math.fround(1.23456789)],
      ['1e-7', Math.fround(1e-7)],
    ] as const) {
      assert.equal(print('float', value), text)
      assert.equal(parse('float', text), value)
    }
  })

  test('JSON in a cell: other kinds of values, equal keys and unknown fields are refused', () => {
    const bad: readonly (readonly [type: string, text: string])[] = [
      ['array<string>', '[1]'],
      ['array<string>', '[true]'],
      ['array<binary>', '[1234]'],
      ['array<date>', '[20010203]'],
      ['array<bigint>', '[true]'],
      ['array<bigint>', '[1.5]'],
      ['array<bigint>', '[1e30]'],
      ['array<boolean>', '[2]'],
      ['array<int>', '[[1]]'],
      ['map<string,int>', '{"a":1,"a":2}'],
      ['map<string,int>', '[["a",1],["a",2]]'],
      ['map<decimal(5,2),int>', '{"1.0":1,"1.00":2}'],
      ['map<string,int>', '[["a",1,2]]'],
      ['struct<a:int>', '{"a":1,"a":1}'],
      ['struct<a:int>', '{"a":1,"A":1}'],
      ['struct<a:int>', '[1]'],
      ['array<json>', '[NaN]'],
    ]
    for (const [type, text] of bad) refused(() => parse(type, text))
    assert.deepEqual(parse('array<bigint>', '[1.0,1e3,-0,"7",120e-1]'), [1n, 1000n, 0n, 7n, 12n])
    assert.deepEqual(
      parse('map<bigint,string>', '[[2,"a"],["1",null]]'),
      new Map([
        [2n, 'a'],
        [1n, null],
      ]),
    )
    assert.deepEqual(parse('array<array<int>>', '["[1]",[2]]'), [[1], [2]])
    assert.deepEqual(parse('array<json>', '[ {"b": 2.50,  "a":"\\u00e9"},-0 ]', { json: 'text' }), [
      '{"b": 2.50,  "a":"\\u00e9"}',
      '-0',
    ])
    refused(() => parse('json', '{"a":1,}', { json: 'text' }))
  })

  test('a MAP with equal keys is a list of pairs where that is asked for, else refused', () => {
    const pairs = [
      ['a', 1n],
      ['b', null],
      ['a', 2n],
    ]
    refused(() => print('map<string,bigint>', pairs))
    const options = { equalKeys: 'pairs' } as const
    assert.equal(print('map<string,bigint>', pairs, options), '[["a",1],["b",null],["a",2]]')
    assert.equal(
      print(
        'map<bigint,int>',
        [
          [1n, 1],
          [1n, 2],
        ],
        options,
      ),
      '[[1,1],[1,2]]',
    )
    assert.equal(print('map<string,bigint>', pairs.slice(0, 2), options), '{"a":1,"b":null}')
    refused(() => print('array<map<string,bigint>>', [pairs]))
  })

  test('JSON within a nested value stands on one line, and must be JSON', () => {
    assert.equal(print('array<json>', ['{\n"a": 2.50}'], { json: 'text' }), '[{ "a": 2.50}]')
    refused(() => print('array<json>', ['{geheim'], { json: 'text' }))
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
    refused(() => formatCell(1, { kind: 'unsupported', text: 'geography' }))
    refused(() => parseCell('1', { kind: 'unsupported', text: 'geography' }))
    assert.throws(() => parse('array<struct<a:int>>', '[null,{"a":"geheim"}]'), /\[1\]\.a: /)
  })
})
