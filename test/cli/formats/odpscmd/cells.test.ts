import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { CellNotes } from '../../../../lib/cli/formats/cell-notes.js'
import type { CellOptions } from '../../../../lib/cli/formats/cell-options.js'
import { cellParserOf, cellPrinterOf } from '../../../../lib/cli/formats/cells.js'
import { compileDatetimePattern } from '../../../../lib/cli/formats/times/datetime-pattern.js'
import { parseDataType, Timestamp } from '../../../../lib/index.js'

interface Given extends Partial<CellOptions> {
  readonly pattern?: string
}

const printing = (type: string, { pattern, ...given }: Given = {}) => {
  const options: CellOptions = {
    ...{
      encoding: 'utf-8',
      timeZone: 'UTC',
      datetime: undefined,
      nullText: '',
      plainNumbers: true,
      isOdpscmd: true,
    },
    ...(pattern !== undefined && { datetime: compileDatetimePattern(pattern, { takesTail: true }) }),
    notes: new CellNotes(),
    ...given,
  }
  const { format } = cellPrinterOf({ name: 'c', type: parseDataType(type) }, options)
  return { format, notes: () => options.notes.lines().map(line => line.replace(/^column 'c', /, '')) }
}

const printed = (type: string, value: unknown, given?: Given): string => printing(type, given).format(value)

/*
 * By JDK 17: DecimalFormat without grouping and with at most 20 digits behind the point (odpscmd's default), and
 * Double.toString (its -e true). Where the first loses digits it is 0 or rounded there, and stands with an exponent here.
 */
const doubles: readonly (readonly [number, plain: string, java: string])[] = [
  [0, '0', '0.0'],
  [-0, '-0', '-0.0'],
  [1, '1', '1.0'],
  [-1.5, '-1.5', '-1.5'],
  [0.1, '0.1', '0.1'],
  [0.001, '0.001', '0.001'],
  [9.999e-4, '0.0009999', '9.999E-4'],
  [1e7, '10000000', '1.0E7'],
  [9999999, '9999999', '9999999.0'],
  [12345678.9, '12345678.9', '1.23456789E7'],
  [1e10, '10000000000', '1.0E10'],
  [1.5e-7, '0.00000015', '1.5E-7'],
  [1e-20, '0.00000000000000000001', '1.0E-20'],
  [1e21, '1000000000000000000000', '1.0E21'],
  [1e22, '10000000000000000000000', '1.0E22'],
  [0.30000000000000004, '0.30000000000000004', '0.30000000000000004'],
  [123456789, '123456789', '1.23456789E8'],
  [9007199254740992, '9007199254740992', '9.007199254740992E15'],
  [Number.MAX_VALUE, `17976931348623157${'0'.repeat(292)}`, '1.7976931348623157E308'],
  [Number.NaN, 'NaN', 'NaN'],
  [Number.POSITIVE_INFINITY, 'Infinity', 'Infinity'],
  [Number.NEGATIVE_INFINITY, '-Infinity', '-Infinity'],
]

/** By JDK 17: Float.toString. */
const floats: readonly (readonly [number, string])[] = [
  [1, '1.0'],
  [1e10, '1.0E10'],
  [0.1, '0.1'],
  [3.4028235e38, '3.4028235E38'],
  [1.17549435e-38, '1.1754944E-38'],
  [16777216, '1.6777216E7'],
  [-0, '-0.0'],
  [0.001, '0.001'],
  [9.99e-4, '9.99E-4'],
  [3.3e-7, '3.3E-7'],
]

describe('numbers as odpscmd prints them', () => {
  test('DOUBLE without an exponent, and as Java has it', () => {
    for (const [value, plain, java] of doubles) {
      assert.equal(printed('double', value), plain)
      assert.equal(printed('double', value, { plainNumbers: false }), java)
      assert.ok(Object.is(Number(plain), value) && Object.is(Number(java), value))
    }
  })

  test('DOUBLE of more than twenty digits behind the point keeps them, and is counted', () => {
    const { format, notes } = printing('double')
    for (const text of ['1.5e-20', '1e-21', '5e-324', '1.2345678901234568e-5'])
      assert.equal(format(Number(text)), text)
    const what = 'a number with more than 20 digits after the point is written with an exponent'
    assert.deepEqual(notes(), [`4 values: ${what}`])
  })

  test('FLOAT always as Java has it', () => {
    for (const [value, text] of floats) {
      assert.equal(printed('float', Math.fround(value)), text)
      assert.equal(printed('float', Math.fround(value), { plainNumbers: false }), text)
    }
  })

  test('DECIMAL without the sign of zero', () => {
    assert.equal(printed('decimal(10,2)', '-0.00'), '0.00')
    assert.equal(printed('decimal(10,2)', '-0.01'), '-0.01')
    assert.equal(
      printed('decimal(38,18)', '12345678901234567890.123456789012345678'),
      '12345678901234567890.123456789012345678',
    )
  })
})

describe('times as odpscmd prints them', () => {
  const timeZone = 'Asia/Shanghai'

  test('DATETIME of whole seconds; milliseconds behind them are counted', () => {
    const { format, notes } = printing('datetime', { timeZone })
    assert.equal(format(new Date('2001-02-03T04:05:06Z')), '2001-02-03 12:05:06')
    assert.equal(format(new Date('1899-12-31T15:54:17Z')), '1900-01-01 00:00:00')
    assert.deepEqual(notes(), [])
    assert.equal(format(new Date('2001-02-03T04:05:06.120Z')), '2001-02-03 12:05:06.120')
    assert.deepEqual(notes(), ['1 value: a fraction of a second is written after the seconds'])
  })

  test('TIMESTAMP has the digits that odpscmd prints itself', () => {
    const { format, notes } = printing('timestamp', { timeZone })
    for (const [fraction, text] of [
      ['', ''],
      ['.5', '.5'],
      ['.000000001', '.000000001'],
      ['.120000', '.12'],
    ])
      assert.equal(format(Timestamp.from(`2001-02-03T04:05:06${fraction}Z`)), `2001-02-03 12:05:06${text}`)
    assert.deepEqual(notes(), [])
  })

  test('TIMESTAMP_NTZ has its own clock', () => {
    const value = Timestamp.from('2001-02-03T04:05:06.25Z')
    assert.equal(printed('timestamp_ntz', value, { timeZone }), '2001-02-03 04:05:06.25')
  })

  test('a time that comes twice gets its offset', () => {
    const { format, notes } = printing('datetime', { timeZone: 'America/New_York' })
    assert.equal(format(new Date('2021-11-07T05:30:00Z')), '2021-11-07 01:30:00')
    assert.equal(format(new Date('2021-11-07T06:30:00.5Z')), '2021-11-07 01:30:00.500-05:00')
    assert.deepEqual(notes(), [
      '1 value: a fraction of a second is written after the seconds',
      '1 value: a time that occurs twice on the clocks of the zone is written with its offset',
    ])
  })

  test('a pattern that ends in seconds keeps milliseconds, another leaves them out, and both are counted', () => {
    const date = new Date('2001-02-03T04:05:06.789Z')
    const seconds = printing('datetime', { pattern: 'dd/MM/yyyy HH:mm:ss' })
    assert.equal(seconds.format(date), '03/02/2001 04:05:06.789')
    assert.match(seconds.notes()[0]!, /written after the seconds/)
    const minutes = printing('datetime', { pattern: 'dd/MM/yyyy HH:mm' })
    assert.equal(minutes.format(date), '03/02/2001 04:05')
    assert.match(minutes.notes()[0]!, /leaves out a part of the time/)
  })

  test('DATE beyond the year 9999 as Java has it', () => {
    assert.equal(printed('date', '2001-02-03'), '2001-02-03')
    assert.equal(printed('date', '+010000-01-01'), '+10000-01-01')
  })
})

/*
 * Gson's JSON: all members are strings, nested ones too, and signs of HTML are escaped.
 */
describe('nested values as odpscmd prints them', () => {
  for (const [type, value, text] of [
    ['array<bigint>', [1n, null, -2n], '["1","","-2"]'],
    ['array<double>', [1, 1e10, 0.1], '["1","10000000000","0.1"]'],
    ['array<float>', [1], '["1.0"]'],
    [
      'array<string>',
      ['a', '', '"', '\\', "<a href='x'>&\u2028"],
      '["a","","\\"","\\\\","\\u003ca href\\u003d\\u0027x\\u0027\\u003e\\u0026\\u2028"]',
    ],
    ['array<boolean>', [true, null], '["true",""]'],
    ['array<datetime>', [new Date('2001-02-03T04:05:06Z')], '["2001-02-03 04:05:06"]'],
    [
      'map<string,bigint>',
      [
        ['a', 1n],
        ['b', null],
      ],
      '{"a":"1","b":""}',
    ],
    ['map<bigint,string>', new Map([[1n, 'x']]), '{"1":"x"}'],
    ['struct<x:bigint,y:string>', { x: 1n, y: 'z' }, '{"x":"1","y":"z"}'],
    ['array<struct<a:bigint>>', [{ a: 1n }, null], '["{\\"a\\":\\"1\\"}",""]'],
    ['array<array<string>>', [['a'], []], '["[\\"a\\"]","[]"]'],
    ['map<string,array<bigint>>', [['k', [1n]]], '{"k":"[\\"1\\"]"}'],
    ['struct<m:map<string,string>>', { m: [['=', '1']] }, '{"m":"{\\"\\\\u003d\\":\\"1\\"}"}'],
  ] as const)
    test(type, () => assert.equal(printed(type, value), text))

  test('a NULL beside empty texts is null, and is counted', () => {
    const { format, notes } = printing('array<string>')
    assert.equal(format(['', null]), '["",null]')
    assert.deepEqual(notes(), ['1 value: NULL inside is written as null, because "" is an empty text'])
    const named = printing('array<string>', { nullText: 'NULL' })
    assert.equal(named.format(['', null, 'NULL']), '["","NULL","NULL"]')
    assert.deepEqual(named.notes(), ['1 value: text that means NULL in the file will be read as NULL'])
  })

  test('what JSON cannot hold is refused', () => {
    assert.throws(() => printed('array<binary>', [Buffer.from([0xff])]), /not UTF-8, which JSON cannot hold/)
    assert.equal(printed('array<binary>', [Buffer.from('é')]), '["é"]')
    assert.throws(
      () =>
        printed('map<string,bigint>', [
          ['a', 1n],
          ['a', 2n],
        ]),
      /a duplicate key/,
    )
  })
})

const reading = (type: string, given: Given = {}) => {
  const { pattern, ...rest } = given
  return cellParserOf(parseDataType(type), {
    ...{ encoding: 'utf-8', timeZone: 'UTC', datetime: undefined, nullText: '', plainNumbers: true },
    ...(pattern !== undefined && { datetime: compileDatetimePattern(pattern, { takesTail: true }) }),
    ...{ isOdpscmd: true, notes: new CellNotes(), ...rest },
  })
}

describe("nested cells of odpscmd's files", () => {
  for (const [type, text, value] of [
    ['array<bigint>', '["1","","-2"]', [1, null, -2]],
    ['array<bigint>', '[1,null]', [1, null]],
    ['array<string>', '["a","",null]', ['a', '', null]],
    ['array<datetime>', '["2001-02-03 04:05:06.5",""]', [new Date('2001-02-03T04:05:06.500Z'), null]],
    ['array<binary>', '["YQ=="]', [Buffer.from('YQ==')]],
    [
      'map<string,bigint>',
      '{"a":"","b":"9"}',
      new Map([
        ['a', null],
        ['b', 9],
      ]),
    ],
    ['map<bigint,string>', '{"9007199254740993":""}', new Map([[9007199254740993n, '']])],
    ['struct<x:bigint,y:double>', '{"x":"","y":""}', { x: null, y: null }],
    ['struct<x:bigint,y:string>', '{"Y":"z","X":"1"}', { x: 1, y: 'z' }],
    ['array<struct<a:bigint>>', '["{\\"a\\":\\"1\\"}",""]', [{ a: 1 }, null]],
    ['array<struct<a:bigint>>', '[{"a":1}]', [{ a: 1 }]],
    [
      'struct<l:array<map<string,bigint>>>',
      '{"l":"[\\"{\\\\\\"k\\\\\\":\\\\\\"\\\\\\"}\\"]"}',
      { l: [new Map([['k', null]])] },
    ],
    ['array<json>', '["{\\"a\\": 1.0}",""]', ['{"a": 1.0}', null]],
    ['array<bigint>', 'null', null],
    ['array<string>', '["\\u003ca href\\u003d\\u0027x\\u0027\\u003e"]', ["<a href='x'>"]],
  ] as const)
    test(`${type} ${text}`, () => assert.deepEqual(reading(type)(text), value))

  test('the text that means NULL is one inside, too', () => {
    assert.deepEqual(reading('array<string>', { nullText: 'NULL' })('["NULL","","null"]'), [null, '', 'null'])
    assert.deepEqual(reading('array<bigint>', { nullText: '\\N' })('["\\\\N","1"]'), [null, 1])
    assert.throws(() => reading('array<bigint>', { nullText: 'NULL' })('[""]'), {
      code: 'ODPS_INVALID_VALUE',
    })
  })

  test('a pattern holds for times inside', () => {
    const read = reading('array<timestamp>', { pattern: 'dd/MM/yyyy HH:mm:ss' })
    assert.deepEqual(read('["03/02/2001 04:05:06"]'), [Timestamp.from('2001-02-03T04:05:06Z')])
  })

  for (const [type, text] of [
    ['array<bigint>', '["1"'],
    ['array<bigint>', '["1.5"]'],
    ['array<bigint>', '{"a":"1"}'],
    ['array<array<bigint>>', '["[1"]'],
    ['struct<a:bigint>', '{"b":"1"}'],
    ['struct<a:bigint>', '{"a":"1","A":"2"}'],
    ['map<string,bigint>', '{"a":"1","a":"2"}'],
    ['array<double>', '["1e400"]'],
  ] as const)
    test(`${type} ${text} is refused`, () =>
      assert.throws(() => reading(type)(text), { name: 'TunnelValueError' }))

  test('what is printed is read back', () => {
    for (const [type, value] of [
      ['array<string>', ['', null, 'a"b\\', '\u2028<>&=']],
      ['array<double>', [1e-30, null, 0.1, 1e300]],
      [
        'map<string,array<string>>',
        new Map([
          ['', ['']],
          ['k', []],
          ['n', null],
        ]),
      ],
      [
        'struct<t:timestamp,b:binary>',
        { t: Timestamp.from('1900-01-01T00:00:00.000000001Z'), b: Buffer.from('é') },
      ],
      ['array<json>', ['{"a":[1.0,"x"]}', '"text"', null]],
      ['array<date>', ['2001-02-03', null]],
    ] as const)
      assert.deepEqual(reading(type)(printed(type, value)), value, type)
  })
})

test('plain digits beyond a DOUBLE are refused, with and without the word tunnel', () => {
  for (const isOdpscmd of [true, false])
    assert.throws(() => reading('double', { isOdpscmd })(`1${'0'.repeat(400)}`), {
      code: 'ODPS_VALUE_OUT_OF_RANGE',
    })
})

describe('whatever is printed reads back to the same value', () => {
  const zones = [
    'UTC',
    '+08:00',
    'Asia/Shanghai',
    'America/New_York',
    'Europe/Amsterdam',
    'Australia/Lord_Howe',
  ]
  /** Around these clocks were put back or forward somewhere, or zones began. */
  const changes = [
    ...['1883-11-18T17:00:00Z', '1900-12-31T15:54:17Z', '1937-06-30T22:40:28Z', '1940-05-15T23:40:00Z'],
    ...['1986-05-03T18:00:00Z', '2021-03-14T07:00:00Z', '2021-11-07T06:00:00Z', '2021-10-31T01:00:00Z'],
    ...['2021-04-03T15:00:00Z', '2021-10-02T15:30:00Z'],
  ].map(text => Date.parse(text))
  const milliseconds = fc.oneof(
    fc.integer({ min: Date.UTC(-1, 0, 2), max: Date.UTC(10_001, 0) }),
    fc.integer({ min: 0, max: 4e12 }),
    fc.tuple(fc.constantFrom(...changes), fc.integer({ min: -8e6, max: 8e6 })).map(([at, by]) => at + by),
    fc
      .tuple(fc.constantFrom(...changes), fc.integer({ min: -5, max: 5 }))
      .map(([at, by]) => at + by * 1_800_000),
  )

  for (const pattern of [
    undefined,
    'dd/MM/yyyy HH:mm:ss',
    'yyyyMMddHHmmss.SSS',
    'uuuu-M-d h:m:s.SSSSSSSSS a xxxxx',
  ])
    test(`times by ${pattern ?? 'the default'}`, () => {
      fc.assert(
        fc.property(milliseconds, fc.nat(999_999), fc.constantFrom(...zones), (ms, micros, timeZone) => {
          const given = { timeZone, ...(pattern !== undefined && { pattern }) }
          const date = new Date(ms)
          assert.deepEqual(reading('datetime', given)(printed('datetime', date, given)), date)
          const { seconds, nanos } = Timestamp.from(date)
          const value = new Timestamp(seconds, nanos + micros)
          assert.deepEqual(reading('timestamp', given)(printed('timestamp', value, given)), value)
          if (pattern?.includes('x')) return
          assert.deepEqual(reading('timestamp_ntz', given)(printed('timestamp_ntz', value, given)), value)
        }),
        { numRuns: 2000 },
      )
    })

  test('numbers', () => {
    fc.assert(
      fc.property(fc.double(), fc.float(), fc.boolean(), (double, float, plainNumbers) => {
        assert.equal(reading('double')(printed('double', double, { plainNumbers })), double)
        assert.equal(reading('float')(printed('float', float, { plainNumbers })), float)
      }),
      { numRuns: 2000 },
    )
  })
})
