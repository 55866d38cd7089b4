import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { parseJson } from '../../lib/codec/types/json.js'
import {
  JsonArray,
  JsonNumber,
  JsonObject,
  type JsonTree,
  oneLineJson,
  parseJsonTree,
} from '../../lib/values/json-tree.js'

/** What JSON.parse makes of it. */
const standard = (tree: JsonTree): unknown => {
  if (tree instanceof JsonNumber) return Number(tree.text)
  if (tree instanceof JsonArray) return tree.values.map(standard)
  return tree instanceof JsonObject
    ? Object.fromEntries(tree.keys.map((key, i) => [key, standard(tree.values[i]!)]))
    : tree
}

const numbersOf = (text: string): string[] => {
  const tree = parseJsonTree(text)
  assert.ok(tree instanceof JsonArray)
  return tree.values.map(value => {
    assert.ok(value instanceof JsonNumber)
    return value.text
  })
}

/** In the manner of JSONTestSuite: what a parser of RFC 8259 must accept. */
const good = [
  ...[
    '[]',
    '{}',
    ' [ ] ',
    '\t\r\n{\n}\n',
    '""',
    '0',
    '-0',
    'true',
    'false',
    'null',
    '[null]',
    '[[],[[]],{}]',
  ],
  ...['1e1', '1E+2', '1e-2', '0e0', '0.0', '-0.1e-999', '123456789012345678901234567890', '1e400', '-1E400'],
  ...[
    '"\\u0000"',
    '"\\uD83D\\uDE00"',
    '"\\ud800"',
    '"\\/\\b\\f\\n\\r\\t\\\\\\""',
    '"\u007f"',
    '"\u2028\u2029"',
  ],
  ...[
    '{"":0}',
    '{"a":1,"a":1}',
    '{"a":[{"b":{}}]}',
    '[1 , 2]',
    '{"a" : 1 , "b" : 2}',
    '"\u00a0"',
    '["\ufeff"]',
  ],
]

/** And what it must refuse. */
const bad = [
  ...[
    '',
    ' ',
    '[',
    ']',
    '{',
    '}',
    '[1',
    '[1,',
    '[1,]',
    '[,1]',
    '[1,,2]',
    '[1 2]',
    '1 2',
    '[1]]',
    '[]{}',
    '"a" "b"',
  ],
  ...[
    '{"a"}',
    '{"a":}',
    '{"a":1,}',
    '{"a" 1}',
    '{a:1}',
    '{1:1}',
    "{'a':1}",
    '{"a":1 "b":2}',
    '{,}',
    '{"a":1}}',
  ],
  ...[
    '+1',
    '01',
    '-01',
    '-',
    '.5',
    '1.',
    '1.e1',
    '1e',
    '1e+',
    '1E-',
    '0x1',
    '1_0',
    '--1',
    '1.2.3',
    '１',
    '-a',
    '00',
  ],
  ...['NaN', 'Infinity', '-Infinity', 'nan', 'True', 'tru', 'nul', 'nulll', 'undefined', 'nullx', 'falsee'],
  ...[
    '"',
    '"a',
    '"\\',
    '"\\"',
    '"\\x"',
    '"\\u12"',
    '"\\u12G4"',
    '"\\U0041"',
    '"\n"',
    '"\t"',
    '"\u0000"',
    '"\u001f"',
  ],
  ...[
    '\ufeff1',
    '[\ufeff]',
    '\u00a01',
    '[1\u00a0]',
    '\u20281',
    '\v1',
    '\f1',
    '/**/1',
    '1//',
    '#1',
    '[1\u0000]',
    'a',
  ],
]

describe('JSON as it was written', () => {
  for (const text of good)
    test(`accepts ${JSON.stringify(text)}`, () => {
      assert.deepEqual(standard(parseJsonTree(text)), JSON.parse(text))
    })
  for (const text of bad)
    test(`refuses ${JSON.stringify(text)}`, () => {
      assert.throws(() => parseJsonTree(text), {
        code: 'ODPS_INVALID_VALUE',
        message: /^the text isn't JSON/,
      })
      assert.throws(() => JSON.parse(text), SyntaxError)
    })

  test('agrees with JSON.parse on any value, and knows where each part stands', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), fc.constantFrom('', ' ', '\n', '\t'), (value, indent) => {
        const text = JSON.stringify(value, null, indent)
        const tree = parseJsonTree(text)
        assert.deepEqual(standard(tree), JSON.parse(text))
        if (tree instanceof JsonObject || tree instanceof JsonArray)
          for (const [i, part] of tree.values.entries())
            assert.deepEqual(standard(parseJsonTree(tree.textOf(i))), standard(part))
      }),
      { numRuns: 500, seed: 20_010_203 },
    )
  })

  test('a number is its digits', () => {
    const digits = ['2.50', '-0', '1.0', '123456789012345678901234567890', '1e400', '1E+07', '-0.000e-0']
    assert.deepEqual(numbersOf(` [ ${digits.join(' , ')} ] `), digits)
  })

  test('an object keeps its keys in order, equal ones too, and the text of each value', () => {
    const tree = parseJsonTree('{"2": 1, "1" : [ 2.50,"\\u00e9  x" ] ,"__proto__":null,"2":{}}')
    assert.ok(tree instanceof JsonObject)
    assert.deepEqual(tree.keys, ['2', '1', '__proto__', '2'])
    assert.deepEqual(
      tree.keys.map((_, i) => tree.textOf(i)),
      ['1', '[ 2.50,"\\u00e9  x" ]', 'null', '{}'],
    )
    assert.equal(tree.repeatedKey(), '2')
    const many = Array.from({ length: 40 }, (_, i) => `"k${i}":${i}`)
    assert.equal((parseJsonTree(`{${many.join()}}`) as JsonObject).repeatedKey(), undefined)
    assert.equal((parseJsonTree(`{${many.join()},"k7":1}`) as JsonObject).repeatedKey(), 'k7')
  })

  test('nesting ends at 512 levels, however deep the text goes', () => {
    const nested = (depth: number, open = '[', close = ']'): string =>
      open.repeat(depth) + close.repeat(depth)
    assert.ok(parseJsonTree(nested(512)))
    const tooDeep = { code: 'ODPS_INVALID_VALUE', message: /nested deeper than 512 levels/ }
    for (const depth of [513, 2_000, 100_000, 1_000_000]) {
      assert.throws(() => parseJsonTree(nested(depth)), tooDeep)
      assert.throws(() => parseJsonTree('['.repeat(depth)), tooDeep)
      assert.throws(() => parseJsonTree('{"a":'.repeat(depth)), tooDeep)
    }
  })

  test('on one line', () => {
    assert.equal(oneLineJson('{\r\n"a":\n"\\n"}'), '{  "a": "\\n"}')
    assert.throws(() => oneLineJson('{"a":"\n"}'), { code: 'ODPS_INVALID_VALUE' })
  })

  test('parsed as JavaScript does where that is asked for, whatever JSON.parse makes of escapes', () => {
    assert.deepEqual(Object.keys(parseJson('{"a":null,"\\\\":1}') as object), ['a', '\\'])
    assert.deepEqual(parseJson('{"a\\n":9007199254740993,"a\\n":1.50}'), { 'a\n': 1.5 })
    assert.throws(() => parseJson('{"geheim"'), {
      message: /^the text isn't JSON; read it with json: 'text'$/,
    })
  })
})
