import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { parseJsonExactly, writtenObject, writtenText } from '../../lib/text/json-values.js'
import { JsonNumber } from '../../lib/values/json-tree.js'

describe('JSON without loss', () => {
  test('numbers are numbers where they are exact, else bigints, else their digits', () =>
    assert.deepEqual(
      parseJsonExactly(
        '[9007199254740991, 9007199254740993, -0.1, 0.10, 1e2, 0.1234567890123456789, 1e400, 12345678901234567890.5]',
      ),
      [
        9_007_199_254_740_991,
        9_007_199_254_740_993n,
        -0.1,
        0.1,
        100,
        new JsonNumber('0.1234567890123456789'),
        new JsonNumber('1e400'),
        new JsonNumber('12345678901234567890.5'),
      ],
    ))

  test('of equal keys the last is the value; how it was written stays known', () => {
    const value = parseJsonExactly('{"b": 1.0, "a": [1, 2], "b": 2}') as Record<string, unknown>
    assert.deepEqual(value, { b: 2, a: [1, 2] })
    assert.deepEqual(writtenObject(value)?.keys, ['b', 'a', 'b'])
    assert.equal(writtenText(value['a'], value, 'a'), '[1, 2]')
  })

  test('keys that are numbers keep their order', () =>
    assert.deepEqual(writtenObject(parseJsonExactly('{"2": 1, "1": 2}') as object)?.keys, ['2', '1']))

  test('a number that stands for its value only by its place is known by that', () => {
    const list = parseJsonExactly('[1.0, 1.50]') as unknown[]
    assert.deepEqual([writtenText(list[0], list, 0), writtenText(list[1], list, 1)], ['1.0', '1.50'])
    assert.equal(writtenText(1, {}, 'a'), undefined)
  })

  test('what was changed since is not as it was written', () => {
    const value = parseJsonExactly('{"a": 1.0, "l": [ 1.0 ]}') as { a: number; l: number[] }
    value.l.push(2)
    assert.equal(writtenText(value.l, value, 'l'), undefined)
    assert.equal(writtenObject(value), undefined)
    assert.equal(writtenText(value.a, value, 'a'), '1.0')
    value.a = 2
    assert.equal(writtenText(value.a, value, 'a'), undefined)
  })

  test('what is no JSON is refused, and so is what is nested too deep', () => {
    for (const text of ['{', '[1,]', "{'a':1}", '01'])
      assert.throws(() => parseJsonExactly(text), { code: 'ODPS_INVALID_VALUE' })
    assert.throws(() => parseJsonExactly('['.repeat(10_000) + ']'.repeat(10_000)), {
      code: 'ODPS_INVALID_VALUE',
    })
  })

  test('__proto__ is a key like any other', () =>
    assert.deepEqual(Object.keys(parseJsonExactly('{"__proto__": 1.0, "a": 1}') as object), [
      '__proto__',
      'a',
    ]))
})
