import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type CodecOptions, defaultCodecOptions } from '../../../lib/codec/cell-codec.js'
import { codecOf } from '../../../lib/codec/codec-of.js'
import { parseDataType } from '../../../lib/schema/parse-data-type.js'
import { type Piece, readFrom, written } from './recorded-values.js'

const codec = (type: string, options: Partial<CodecOptions> = {}) =>
  codecOf(parseDataType(type), { ...defaultCodecOptions, ...options })

const whole = (value: bigint): Piece[] => [
  ['null', false],
  ['int64', value],
]

describe('nested values', () => {
  test('ARRAY: a count, and a flag before each element', () => {
    const pieces: Piece[] = [['count', 2], ...whole(1n), ['null', true]]
    assert.deepEqual(written(codec('array<bigint>'), [1n, undefined]), pieces)
    assert.deepEqual(readFrom(codec('array<bigint>'), pieces), [1n, null])
  })

  test('MAP: all keys, then all values', () => {
    const pieces: Piece[] = [
      ...([
        ['count', 1],
        ['null', false],
        ['text', 'k'],
        ['count', 1],
      ] as Piece[]),
      ...whole(5n),
    ]
    for (const map of [new Map([['k', 5n]]), { k: 5n }])
      assert.deepEqual(written(codec('map<string,bigint>'), map), pieces)
    assert.deepEqual(readFrom(codec('map<string,bigint>'), pieces), new Map([['k', 5n]]))
    assert.deepEqual(readFrom(codec('map<string,bigint>', { map: 'pairs' }), pieces), [['k', 5n]])
    const uneven: Piece[] = [['count', 1], ...whole(1n), ['count', 0]]
    assert.throws(() => readFrom(codec('map<bigint,bigint>'), uneven), { code: 'ODPS_MALFORMED_STREAM' })
    assert.throws(() => written(codec('map<string,bigint>'), new Map([[null, 1n]])), {
      code: 'ODPS_NULL_NOT_ALLOWED',
    })
  })

  test('STRUCT: a flag and a value per field, names without case, a missing one NULL', () => {
    const type = codec('struct<a:bigint,b:bigint>')
    const pieces: Piece[] = [...whole(1n), ['null', true]]
    for (const value of [{ a: 1n }, { A: 1n, b: null }, { b: undefined, a: 1n }])
      assert.deepEqual(written(type, value), pieces)
    assert.deepEqual(readFrom(type, pieces), { a: 1n, b: null })
    for (const value of [{ a: 1n, c: 2n }, { a: 1n, A: 2n }, { c: 1n }, [1n], new Map()])
      assert.throws(() => written(type, value), { code: 'ODPS_INVALID_VALUE' })
  })

  test('VECTOR: just as many numbers as its type has', () => {
    const type = codec('vector(float,2)')
    const pieces: Piece[] = [
      ['count', 2],
      ['float', 0.5],
      ['float', -2],
    ]
    for (const value of [[0.5, -2], Float32Array.of(0.5, -2)]) assert.deepEqual(written(type, value), pieces)
    assert.deepEqual(readFrom(type, pieces), [0.5, -2])
    for (const value of [[1], [1, 2, 3], new DataView(new ArrayBuffer(2)), '12'])
      assert.throws(() => written(type, value), { code: 'ODPS_INVALID_VALUE' })
    assert.throws(() => readFrom(type, [['count', 3]]), { code: 'ODPS_MALFORMED_STREAM' })
  })

  test('an error names the place inside', () => {
    for (const [type, value, path] of [
      ['array<struct<s:array<int>>>', [{ s: [] }, { s: [1, 'x'] }], '[1].s[1]'],
      ['map<string,int>', { a: 1, b: 'x' }, '.values[1]'],
      ['map<int,int>', { 1: 1, x: 2 }, '.keys[1]'],
      ['vector(double,2)', [1, 'x'], '[1]'],
    ] as const)
      assert.throws(() => written(codec(type), value), { path })
  })
})
