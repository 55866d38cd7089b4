import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { defaultCodecOptions } from '../../../lib/codec/cell-codec.js'
import { binaryCodec, boundedTextCodec, countCodePoints, stringCodec } from '../../../lib/codec/types/text.js'
import { readFrom, written } from './recorded-values.js'

describe('text and bytes', () => {
  test('the limit of a field counts bytes', () => {
    const codec = stringCodec({ ...defaultCodecOptions, maxFieldBytes: 6 })
    for (const value of ['abcdef', '好好', Buffer.from('ffffff', 'hex')]) written(codec, value)
    for (const value of ['abcdefg', '好好a', Buffer.alloc(7)])
      assert.throws(() => written(codec, value), { code: 'ODPS_FIELD_TOO_LONG' })
    assert.throws(() => written(binaryCodec({ ...defaultCodecOptions, maxFieldBytes: 2 }), Buffer.alloc(3)), {
      code: 'ODPS_FIELD_TOO_LONG',
    })
  })

  test('the length of VARCHAR and CHAR counts characters, of bytes as well', () => {
    for (const kind of ['varchar', 'char'] as const) {
      const codec = boundedTextCodec({ kind, length: 2 }, defaultCodecOptions)
      for (const value of ['ab', '好好', '😀😀', Buffer.from('é好'), '']) written(codec, value)
      for (const value of ['abc', '😀😀😀', Buffer.from('é好a')])
        assert.throws(() => written(codec, value), { code: 'ODPS_FIELD_TOO_LONG' })
    }
    assert.deepEqual([countCodePoints('a😀'), countCodePoints(Buffer.from('a😀é'))], [2, 3])
  })

  test('a lone surrogate has no UTF-8 form', () =>
    assert.throws(() => written(stringCodec(defaultCodecOptions), 'a\ud800'), {
      code: 'ODPS_INVALID_VALUE',
      message: /lone surrogate/,
    }))

  test('what is neither text nor bytes is refused', () => {
    for (const value of [1, true, new Date(0), {}, ['a']])
      assert.throws(() => written(stringCodec(defaultCodecOptions), value), { code: 'ODPS_INVALID_VALUE' })
    assert.throws(() => written(binaryCodec(defaultCodecOptions), 'text'), { code: 'ODPS_INVALID_VALUE' })
  })

  test('text comes as text, as bytes, or as bytes where it is not UTF-8', () => {
    const as = (string: 'buffer' | 'exact', hex: string): unknown =>
      readFrom(stringCodec({ ...defaultCodecOptions, string }), [['bytes', hex]])
    assert.equal(readFrom(stringCodec(defaultCodecOptions), [['text', 'é']]), 'é')
    assert.deepEqual(as('buffer', 'c3a9'), Buffer.from('é'))
    assert.equal(as('exact', 'c3a9'), 'é')
    assert.deepEqual(as('exact', 'c3'), Buffer.of(0xc3))
  })
})
