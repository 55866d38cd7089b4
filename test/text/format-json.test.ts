import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { formatJsonValue } from '../../lib/text/format-json.js'
import { JsonText } from '../../lib/values/json-text.js'
import { JsonNumber } from '../../lib/values/json-tree.js'
import { Timestamp } from '../../lib/values/timestamp.js'

describe('a value as JSON', () => {
  const values: readonly (readonly [unknown, string])[] = [
    [null, 'null'],
    [undefined, 'null'],
    ['a"\n\u2028', '"a\\"\\n\u2028"'],
    [1.5, '1.5'],
    [-0, '-0'],
    [Number.NaN, '"NaN"'],
    [Number.NEGATIVE_INFINITY, '"-Infinity"'],
    [9_223_372_036_854_775_807n, '9223372036854775807'],
    [true, 'true'],
    [new Date(0), '"1970-01-01T00:00:00.000Z"'],
    // python3 -c "import base64; print(base64.b64encode(bytes([0xfb, 0xff])))"
    [Uint8Array.of(0, 0xfb, 0xff, 0).subarray(1, 3), '"+/8="'],
    [[1n, [null]], '[1,[null]]'],
    [Float32Array.of(0.5), '[0.5]'],
    [{ a: 1, b: { c: undefined } }, '{"a":1,"b":{"c":null}}'],
    [new Map([['k', 1n]]), '{"k":1}'],
    [new Map([[1n, 'a']]), '[[1,"a"]]'],
    [
      new Map<unknown, number>([
        ['a', 1],
        [2, 2],
      ]),
      '[["a",1],[2,2]]',
    ],
    [new Map(), '{}'],
    [new JsonText('{ "a":\n 1.0 }'), '{ "a":  1.0 }'],
    [new JsonNumber('1.0e400'), '1.0e400'],
    [new Timestamp(0n, 1), '"1970-01-01T00:00:00.000000001"'],
  ]
  for (const [value, text] of values)
    test(text, () => {
      assert.equal(formatJsonValue(value), text)
      JSON.parse(text)
    })

  test('what has no form is refused, however deep', () => {
    for (const value of [() => 1, Symbol('s'), [{ a: () => 1 }]])
      assert.throws(() => formatJsonValue(value), TypeError)
  })
})
