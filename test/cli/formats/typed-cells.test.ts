import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { decimalText } from '../../../lib/cli/formats/file-values/exact-values.js'
import { daysOf, unscaledOf } from '../../../lib/cli/formats/typed-cells.js'
import { TunnelValueError } from '../../../lib/index.js'

describe('cells for formats with types', () => {
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

  /* As Python has them: (date - datetime.date(1970, 1, 1)).days; the years beyond it from java.time. */
  for (const [date, days] of [
    ['0001-01-01', -719_162],
    ['1582-10-15', -141_427],
    ['9999-12-31', 2_932_896],
    ['0000-01-01', -719_528],
    ['+010000-01-01', 2_932_897],
  ] as const)
    test(`${date} is day ${days}`, () => assert.equal(daysOf(date), days))

  for (const date of ['', '2001-13-01', '+999999-01-01', '2001-02-03 '])
    test(`'${date}' is not a DATE that a file holds`, () =>
      assert.throws(() => daysOf(date), TunnelValueError))
})
