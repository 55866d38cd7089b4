import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import {
  bigintOf,
  cell32,
  cell64,
  highOf,
  highOfBigint,
  isSafe,
  lowHalf,
  lowOf,
  lowOfBigint,
  numberOf,
} from '../../lib/wire/int64.js'

describe('64-bit integers as halves', () => {
  /* By Python: struct.unpack('<ii', struct.pack('<q', value)). */
  for (const [value, low, high, safe] of [
    [0n, 0, 0, true],
    [0x0123456789abcdefn, -1_985_229_329, 19_088_743, false],
    [-1n, -1, -1, true],
    [-(2n ** 63n), 0, -2_147_483_648, false],
    [2n ** 53n, 0, 2_097_152, false],
    [2n ** 53n - 1n, -1, 2_097_151, true],
    [-(2n ** 53n), 0, -2_097_152, false],
    [-(2n ** 53n) + 1n, 1, -2_097_152, true],
    [-(2n ** 32n) - 1n, -1, -2, true],
  ] as const)
    test(`${value} is ${low} and ${high}`, () => {
      assert.deepEqual([lowOfBigint(value), highOfBigint(value)], [low, high])
      assert.equal(bigintOf(low, high), value)
      assert.equal(bigintOf(low >>> 0, high), value)
      assert.equal(isSafe(low, high), safe)
      cell64[0] = value
      assert.deepEqual([cell32[lowHalf], cell32[1 - lowHalf]], [low, high])
      if (!safe) return
      assert.equal(numberOf(low, high), Number(value))
      assert.deepEqual([lowOf(Number(value)), highOf(Number(value))], [low, high])
    })

  test('all others go and come back', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), value => {
        const [low, high] = [lowOfBigint(value), highOfBigint(value)]
        assert.equal(bigintOf(low, high), value)
        assert.equal(
          isSafe(low, high),
          Number.isSafeInteger(Number(value)) && BigInt(Number(value)) === value,
        )
      }),
      { seed: 20_010_203, numRuns: 1000 },
    )
  })
})
