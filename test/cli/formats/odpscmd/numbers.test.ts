import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { printed, printing, reading } from './printing.js'

/*
 * By JDK 17: DecimalFormat without grouping and with at most 20 digits behind the point (odpscmd's default), and
 * Double.toString (its -e true). Where the first loses digits it is 0 or rounded there, and stands with an exponent here.
 */
const doubles: readonly (readonly [number, plain: string, java: string])[] = [
  [0, '0', '0.0'],
  [-0, '-0', '-0.0'],
  [1, '1', '1.0'],
  [-1.5, '-1.5', '-1.5'],
  [0.1, '0.1', '0.1'],
  [0.001, '0.001', '0.001'],
  [9.999e-4, '0.0009999', '9.999E-4'],
  [1e7, '10000000', '1.0E7'],
  [9999999, '9999999', '9999999.0'],
  [12345678.9, '12345678.9', '1.23456789E7'],
  [1e10, '10000000000', '1.0E10'],
  [1.5e-7, '0.00000015', '1.5E-7'],
  [1e-20, '0.00000000000000000001', '1.0E-20'],
  [1e21, '1000000000000000000000', '1.0E21'],
  [1e22, '10000000000000000000000', '1.0E22'],
  [0.30000000000000004, '0.30000000000000004', '0.30000000000000004'],
  [123456789, '123456789', '1.23456789E8'],
  [9007199254740992, '9007199254740992', '9.007199254740992E15'],
  [Number.MAX_VALUE, `17976931348623157${'0'.repeat(292)}`, '1.7976931348623157E308'],
  [Number.NaN, 'NaN', 'NaN'],
  [Number.POSITIVE_INFINITY, 'Infinity', 'Infinity'],
  [Number.NEGATIVE_INFINITY, '-Infinity', '-Infinity'],
]

/** By JDK 17: Float.toString. */
const floats: readonly (readonly [number, string])[] = [
  [1, '1.0'],
  [1e10, '1.0E10'],
  [0.1, '0.1'],
  [3.4028235e38, '3.4028235E38'],
  [1.17549435e-38, '1.1754944E-38'],
  [16777216, '1.6777216E7'],
  [-0, '-0.0'],
  [0.001, '0.001'],
  [9.99e-4, '9.99E-4'],
  [3.3e-7, '3.3E-7'],
]

describe('numbers as odpscmd prints them', () => {
  test('DOUBLE without an exponent, and as Java has it', () => {
    for (const [value, plain, java] of doubles) {
      assert.equal(printed('double', value), plain)
      assert.equal(printed('double', value, { plainNumbers: false }), java)
      assert.ok(Object.is(Number(plain), value) && Object.is(Number(java), value))
    }
  })

  test('DOUBLE of more than twenty digits behind the point keeps them, and is counted', () => {
    const { format, notes } = printing('double')
    for (const text of ['1.5e-20', '1e-21', '5e-324', '1.2345678901234568e-5'])
      assert.equal(format(Number(text)), text)
    const what = 'a number with more than 20 digits after the point is written with an exponent'
    assert.deepEqual(notes(), [`4 values: ${what}`])
  })

  test('FLOAT always as Java has it', () => {
    for (const [value, text] of floats) {
      assert.equal(printed('float', Math.fround(value)), text)
      assert.equal(printed('float', Math.fround(value), { plainNumbers: false }), text)
    }
  })

  test('DECIMAL without the sign of zero', () => {
    assert.equal(printed('decimal(10,2)', '-0.00'), '0.00')
    assert.equal(printed('decimal(10,2)', '-0.01'), '-0.01')
    assert.equal(
      printed('decimal(38,18)', '12345678901234567890.123456789012345678'),
      '12345678901234567890.123456789012345678',
    )
  })
})

test('plain digits beyond a DOUBLE are refused, with and without the word tunnel', () => {
  for (const isOdpscmd of [true, false])
    assert.throws(() => reading('double', { isOdpscmd })(`1${'0'.repeat(400)}`), {
      code: 'ODPS_VALUE_OUT_OF_RANGE',
    })
})
