import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { defaultCodecOptions } from '../../../lib/codec/cell-codec.js'
import { checkJson, formatJson, jsonCodec, parseJson } from '../../../lib/codec/types/json.js'
import { JsonText } from '../../../lib/values/json-text.js'
import { readFrom, written } from './recorded-values.js'

describe('JSON', () => {
  test('what JSON.stringify would drop or change is refused', () => {
    for (const value of [
      Number.NaN,
      [Number.POSITIVE_INFINITY],
      { m: new Map() },
      new Set(),
      [undefined],
      undefined,
      { f: () => 1 },
      Symbol('s'),
      1n,
      { a: Promise.resolve(1) },
      [new Error('lost')],
      /lost/,
      new WeakMap(),
      new ArrayBuffer(2),
      new Uint8Array(2),
      new Float64Array(1),
      new DataView(new ArrayBuffer(1)),
      new URLSearchParams('a=1'),
      new (class {
        get a() {
          return 1
        }
      })(),
      Object(1n),
      Object(Number.NaN),
    ])
      assert.throws(() => formatJson(value), { code: 'ODPS_INVALID_VALUE' })
    const circle: unknown[] = []
    circle.push(circle)
    assert.throws(() => formatJson(circle), { code: 'ODPS_INVALID_VALUE' })
  })

  test('objects of classes are their own keys, or what their toJSON says', () => {
    class Point {
      x = 1
    }
    const value = [new Point(), {}, Object.create(null), new Date(0), Buffer.of(1), Object('s'), Object(1)]
    assert.equal(
      formatJson(value),
      '[{"x":1},{},{},"1970-01-01T00:00:00.000Z",{"type":"Buffer","data":[1]},"s",1]',
    )
  })

  test('a key without a value is left out, as everywhere in JavaScript', () =>
    assert.equal(formatJson({ a: undefined, b: [null, true, 'x'] }), '{"b":[null,true,"x"]}'))

  test('text that is held as text is not touched', () =>
    assert.equal(formatJson(new JsonText('{ "a" : 1.0 }')), '{ "a" : 1.0 }'))

  test('of equal keys the last stays, with escapes at their end too', () => {
    assert.deepEqual(parseJson('{"a":1,"a":2}'), { a: 2 })
    // python3 -c "import json; print(json.loads(r'{\"a\\u0062\":1,\"ab\":2,\"x\\n\":3}'))"
    assert.deepEqual(parseJson('{"a\\u0062":1,"ab":2,"x\\n":3}'), { ab: 2, 'x\n': 3 })
    assert.deepEqual(parseJson('{"\\"": [1, {"\\\\": -1.5e3}]}'), { '"': [1, { '\\': -1500 }] })
    assert.deepEqual(Object.keys(parseJson('{"__proto__":1,"q\\n":2}') as object), ['__proto__', 'q\n'])
  })

  test('what is no JSON is refused without its text', () => {
    for (const text of ['', '{', "{'a':1}", '01', 'NaN', '{"secret":}'])
      assert.throws(
        () => checkJson(text),
        (error: Error & { code?: string }) => {
          assert.equal(error.code, 'ODPS_INVALID_VALUE')
          assert.ok(!error.message.includes('secret') && error.cause === undefined)
          return true
        },
      )
    assert.equal(checkJson(' [1, 2] '), ' [1, 2] ')
  })

  test('comes and goes as values or as text', () => {
    const [parsed, text] = [
      jsonCodec(defaultCodecOptions),
      jsonCodec({ ...defaultCodecOptions, json: 'text' }),
    ]
    assert.deepEqual(written(parsed, 'a'), [['text', '"a"']])
    assert.deepEqual(written(text, 'a'), [['text', 'a']])
    assert.throws(() => written(text, { a: 1 }), { code: 'ODPS_INVALID_VALUE' })
    assert.deepEqual(readFrom(parsed, [['text', '[1]']]), [1])
    assert.equal(readFrom(text, [['text', '[1]']]), '[1]')
    const exact = jsonCodec({ ...defaultCodecOptions, json: 'text', string: 'exact' })
    assert.deepEqual(readFrom(exact, [['bytes', 'ff']]), Buffer.of(0xff))
    assert.throws(() => written(jsonCodec({ ...defaultCodecOptions, maxFieldBytes: 3 }), 'ab'), {
      code: 'ODPS_FIELD_TOO_LONG',
    })
  })
})
