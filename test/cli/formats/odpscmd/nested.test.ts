import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Timestamp } from '../../../../lib/index.js'
import { printed, printing, reading } from './printing.js'

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
