import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { defaultCodecOptions } from '../../../lib/codec/cell-codec.js'
import { bigintCodec, smallIntegerCodec } from '../../../lib/codec/types/integers.js'
import { readFrom, written } from './recorded-values.js'

const bigint = bigintCodec(defaultCodecOptions)

describe('whole numbers', () => {
  // The ranges of two's complement with 8, 16 and 32 bits.
  for (const [kind, min, max] of [
    ['tinyint', -128, 127],
    ['smallint', -32_768, 32_767],
    ['int', -2_147_483_648, 2_147_483_647],
  ] as const)
    test(`${kind.toUpperCase()} goes from ${min} to ${max}, out and in`, () => {
      const codec = smallIntegerCodec(kind)
      for (const value of [min, -1, 0, max]) {
        const pieces = [['int64', BigInt(value)]] as const
        for (const form of [value, BigInt(value), String(value)])
          assert.deepEqual(written(codec, form), pieces)
        assert.equal(readFrom(codec, pieces), value)
      }
      for (const value of [min - 1, max + 1]) {
        assert.throws(() => written(codec, value), { code: 'ODPS_VALUE_OUT_OF_RANGE' })
        assert.throws(() => readFrom(codec, [['int64', BigInt(value)]]), { code: 'ODPS_MALFORMED_STREAM' })
      }
      // The low half alone would be a good value.
      assert.throws(() => readFrom(codec, [['int64', 2n ** 32n]]), { code: 'ODPS_MALFORMED_STREAM' })
    })

  test('BIGINT holds 64 bits, as text with a sign and zeros too', () => {
    for (const [value, expected] of [
      ['9223372036854775807', 2n ** 63n - 1n],
      ['-9223372036854775808', -(2n ** 63n)],
      ['+0007', 7n],
      ['-0', 0n],
      ['000000000000000000000000000012345678901234567', 12_345_678_901_234_567n],
      [2 ** 53 - 1, 9_007_199_254_740_991n],
      [-(2n ** 63n), -(2n ** 63n)],
    ] as const)
      assert.deepEqual(written(bigint, value), [['int64', expected]])
    for (const value of ['9223372036854775808', -(2n ** 63n) - 1n, '10000000000000000000'])
      assert.throws(() => written(bigint, value), { code: 'ODPS_VALUE_OUT_OF_RANGE' })
  })

  test('what is no exact whole number is refused', () => {
    assert.throws(() => written(bigint, 2 ** 53), { code: 'ODPS_UNSAFE_INTEGER' })
    for (const value of [1.5, Number.NaN, '', '1.0', '1e3', ' 1', '0x1', true, [1], {}])
      assert.throws(() => written(bigint, value), { code: 'ODPS_INVALID_VALUE' }, String(value))
  })

  test('BIGINT comes as asked, a number only when it is exact', () => {
    const as = (form: 'number' | 'string', value: bigint): unknown =>
      readFrom(bigintCodec({ ...defaultCodecOptions, bigint: form }), [['int64', value]])
    assert.equal(readFrom(bigint, [['int64', -5n]]), -5n)
    assert.equal(as('number', -(2n ** 53n) + 1n), -9_007_199_254_740_991)
    assert.throws(() => as('number', 2n ** 53n), { code: 'ODPS_UNSAFE_INTEGER' })
    assert.equal(as('string', 2n ** 63n - 1n), '9223372036854775807')
    assert.equal(as('string', -1n), '-1')
  })
})
