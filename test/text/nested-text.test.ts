import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { parseDataType } from '../../lib/schema/parse-data-type.js'
import { formatCell } from '../../lib/text/cell-text.js'
import { type EqualKeys, formatNested } from '../../lib/text/nested-text.js'

const print = (type: string, value: unknown, equalKeys: EqualKeys = 'refuse'): string =>
  formatNested(value, parseDataType(type) as never, (cell, of) => formatCell(cell, of, {}), equalKeys)

describe('nested values as text', () => {
  const values: readonly (readonly [type: string, value: unknown, text: string])[] = [
    ['array<bigint>', [1n, null, undefined], '[1,null,null]'],
    ['array<string>', ['a"b', '1'], '["a\\"b","1"]'],
    ['array<double>', [1.5, Number.NaN, Number.POSITIVE_INFINITY], '[1.5,"NaN","Infinity"]'],
    ['array<decimal(10,2)>', ['1.50'], '["1.50"]'],
    ['array<boolean>', [true], '[true]'],
    ['array<binary>', [Buffer.of(0xff)], '["/w=="]'],
    ['array<json>', [{ a: [1] }], '[{"a":[1]}]'],
    ['map<bigint,string>', new Map([[1n, 'a']]), '{"1":"a"}'],
    ['map<string,int>', { k: 1 }, '{"k":1}'],
    ['map<string,array<int>>', new Map([['k', [1]]]), '{"k":[1]}'],
    ['struct<a:int,b:string>', { B: 'x', a: 1 }, '{"a":1,"b":"x"}'],
    ['struct<a:int,b:string>', { a: 1 }, '{"a":1,"b":null}'],
    ['vector(float,2)', Float32Array.of(0.5, 1), '[0.5,1]'],
  ]
  for (const [type, value, text] of values)
    test(`${type} ${text}`, () => {
      assert.equal(print(type, value), text)
      JSON.parse(text)
    })

  test('equal keys are pairs where asked, and else refused', () => {
    const pairs = [
      [1, 'a'],
      [1, 'b'],
    ]
    assert.equal(print('map<int,string>', pairs, 'pairs'), '[[1,"a"],[1,"b"]]')
    assert.equal(
      print(
        'map<string,string>',
        pairs.map(([, v]) => ['k', v]),
        'pairs',
      ),
      '[["k","a"],["k","b"]]',
    )
    assert.throws(() => print('map<int,string>', pairs), { message: /duplicate key/ })
  })

  test('what is not of the type is refused', () => {
    for (const [type, value] of [
      ['array<int>', { 0: 1 }],
      ['vector(float,1)', 'x'],
      ['map<int,int>', 7],
      ['map<int,int>', new Map([[null, 1]])],
      ['struct<a:int>', [1]],
      ['struct<a:int>', { b: 1 }],
    ] as const)
      assert.throws(() => print(type, value), { code: 'ODPS_INVALID_VALUE' })
  })
})
