import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { TunnelValueError } from '../../lib/errors.js'
import { decimalText, unscaledOf } from '../../lib/values/unscaled.js'

describe('decimals without their point', () => {
  test('decimals keep every digit', () => {
    fc.assert(
      fc.property(
        fc.bigInt(-(10n ** 38n), 10n ** 38n),
        fc.integer({ min: 0, max: 18 }),
        (unscaled, scale) => {
          assert.equal(unscaledOf(decimalText(unscaled, scale), scale), unscaled)
        },
      ),
    )
  })

  /* As Python has them: int(Decimal(text).scaleb(scale)). */
  for (const [text, scale, unscaled] of [
    ['1E-7', 7, 1n],
    ['-12.50', 3, -12500n],
    ['+0.1e2', 0, 10n],
    ['.5', 1, 5n],
    ['7.', 2, 700n],
    ['1.500', 1, 15n],
    ['0e-400', 2, 0n],
    ['12345678901234567890.123456789012345678', 18, 12345678901234567890123456789012345678n],
  ] as const)
    test(`${text} with ${scale} fraction digits is ${unscaled}`, () =>
      assert.equal(unscaledOf(text, scale, 38), unscaled))

  for (const text of ['NaN', 'Infinity', '', '.', '-', '1e', '0x1', '1 ', '1.25', '1e-2', '1e38', '1e99999'])
    test(`'${text}' is not a DECIMAL(38,1)`, () =>
      assert.throws(() => unscaledOf(text, 1, 38), TunnelValueError))
})
