import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { parseDataType } from '../../lib/schema/parse-data-type.js'
import { parseCell } from '../../lib/text/cell-text.js'
import { keyText, parseNested } from '../../lib/text/json-cells.js'
import { invalid } from '../../lib/values/cell-problem.js'

const read = (type: string, text: string): unknown =>
  parseNested(text, parseDataType(type), (cell, of) => {
    try {
      return parseCell(cell, of, {})
    } catch {
      throw invalid(of.kind, cell)
    }
  })

describe('JSON as cells of a type', () => {
  const cells: readonly (readonly [type: string, text: string, value: unknown])[] = [
    ['array<bigint>', '[1, null, "2", 1.0, 12e2]', [1n, null, 2n, 1n, 1200n]],
    ['array<decimal(38,18)>', '[0.10, 1e-3]', ['0.10', '0.001']],
    ['array<double>', '[1.50, "NaN"]', [1.5, Number.NaN]],
    ['array<boolean>', '[true, "false"]', [true, false]],
    ['array<datetime>', '[0, "1970-01-01T00:00:01Z"]', [new Date(0), new Date(1000)]],
    ['array<string>', '["1", ""]', ['1', '']],
    ['array<json>', '[{"a": 1.0}, "x"]', [{ a: 1 }, 'x']],
    [
      'map<bigint,string>',
      '{"2": "b", "1": null}',
      new Map([
        [2n, 'b'],
        [1n, null],
      ]),
    ],
    ['map<array<int>,int>', '[[[1], 2]]', new Map([[[1], 2]])],
    ['struct<a:int,b:array<int>>', '{"B": [1], "A": 2}', { a: 2, b: [1] }],
    ['struct<a:int,b:int>', '{"a": 1}', { a: 1, b: null }],
    // Nested values within nested ones, which other programs write as text.
    ['array<array<int>>', '["[1]", [2]]', [[1], [2]]],
    ['vector(float,2)', '[0.5, 1]', [0.5, 1]],
  ]
  for (const [type, text, value] of cells)
    test(`${type} ${text}`, () => assert.deepEqual(read(type, text), value))

  const refused: readonly (readonly [type: string, text: string, path: string])[] = [
    ['array<int>', '{}', ''],
    ['array<string>', '["a", 1]', '[1]'],
    ['array<bigint>', '[1.5]', '[0]'],
    ['array<int>', '[true]', '[0]'],
    ['array<boolean>', '[[]]', '[0]'],
    ['map<string,int>', '{"a": 1, "a": 2}', ''],
    ['map<decimal(10,2),int>', '{"1.0": 1, "1.00": 2}', ''],
    ['map<int,int>', '{"x": 1}', '.keys'],
    ['map<int,int>', '{"1": "x"}', '.values'],
    ['map<int,int>', '[[null, 1]]', ''],
    ['map<int,int>', '[[1, 2, 3]]', ''],
    ['map<int,int>', '7', ''],
    ['struct<a:int>', '{"b": 1}', ''],
    ['struct<a:int>', '{"a": 1, "A": 2}', ''],
    ['struct<s:array<int>>', '{"s": [1, "x"]}', '.s[1]'],
  ]
  for (const [type, text, path] of refused)
    test(`${type} ${text} is refused`, () =>
      assert.throws(() => read(type, text), { code: /^ODPS_(INVALID_VALUE|VALUE_OUT_OF_RANGE)$/, path }))

  test('an exponent makes no gigabytes of zeros', () =>
    assert.throws(() => read('array<bigint>', '[1e999999999]'), { code: /^ODPS_/ }))
})

test('keys are the same when a table could not tell them apart', () => {
  const decimal = { kind: 'decimal' } as const
  assert.equal(keyText('1.50', decimal), keyText('15e-1', decimal))
  assert.notEqual(keyText('1.5', decimal), keyText('-1.5', decimal))
  assert.equal(keyText(new Date(5), { kind: 'datetime' }), keyText(new Date(5), { kind: 'datetime' }))
  assert.equal(keyText(Buffer.of(255), { kind: 'binary' }), keyText(Uint8Array.of(255), { kind: 'binary' }))
})
