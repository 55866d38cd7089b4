import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  checkDecimal,
  decimalCodec,
  decimalDigits,
  decimalParts,
  fits,
  formatDecimal,
} from '../../../lib/codec/types/decimal.js'
import { readFrom, written } from './recorded-values.js'

describe('DECIMAL', () => {
  // python3 -c "from decimal import Decimal; print(f'{Decimal(text):f}')"
  const plain: readonly (readonly [unknown, string])[] = [
    ['1E+3', '1000'],
    ['1.50E-7', '0.000000150'],
    ['-1.5e2', '-150'],
    ['12.345e1', '123.45'],
    ['+7', '7'],
    ['.5', '0.5'],
    ['5.', '5'],
    [1e21, '1000000000000000000000'],
    [1e-7, '0.0000001'],
    [-123n, '-123'],
    [{ toString: () => '1.25' }, '1.25'],
  ]
  for (const [value, expected] of plain)
    test(`${String(value)} in plain digits`, () => assert.equal(formatDecimal(value), expected))

  test('plain digits stay as they are written', () => assert.equal(formatDecimal('007.10'), '007.10'))

  test('what is no decimal is refused', () => {
    for (const value of ['', '.', '-', '1,5', '1e', 'NaN', Number.NaN, '0x10', [1], null, true])
      assert.throws(() => formatDecimal(value), { code: 'ODPS_INVALID_VALUE' }, String(value))
    for (const value of [[1], new Uint8Array([0x31]), new Float64Array([1.5])])
      assert.throws(() => formatDecimal(value), { code: 'ODPS_INVALID_VALUE' })
    assert.equal(formatDecimal(Buffer.from('1.50')), '1.50')
    assert.throws(() => formatDecimal(Object.create(null)), { code: 'ODPS_INVALID_VALUE' })
    assert.throws(() => formatDecimal('1e1001'), { code: 'ODPS_VALUE_OUT_OF_RANGE' })
  })

  test('the room of a type, and of the old one without precision', () => {
    assert.deepEqual(decimalDigits({ kind: 'decimal', precision: 10, scale: 2 }), { whole: 8, fraction: 2 })
    assert.deepEqual(decimalDigits({ kind: 'decimal', precision: 10 }), { whole: 10, fraction: 0 })
    assert.deepEqual(decimalDigits({ kind: 'decimal' }), { whole: 36, fraction: 18 })
  })

  test('more digits than there is room for are refused; zeros at the outside are none', () => {
    const type = { kind: 'decimal', precision: 4, scale: 2 } as const
    assert.equal(checkDecimal('0099.99', type), '0099.99')
    assert.equal(checkDecimal('1.5000', type), '1.50')
    assert.equal(checkDecimal('-1.0', { kind: 'decimal', precision: 38, scale: 0 }), '-1')
    for (const text of ['100', '1.001', '-123.4'])
      assert.throws(() => checkDecimal(text, type), { code: 'ODPS_VALUE_OUT_OF_RANGE' })
  })

  test('the quick look takes nothing that the other refuses', () => {
    for (const text of ['0', '-12', '12.34', '-0.1']) assert.ok(fits(text, 2, 2), text)
    for (const text of ['', '-', '.5', '5.', '123', '1.234', '1e2', '+1', '1.2.3', ' 1'])
      assert.ok(!fits(text, 2, 2), text)
  })

  test('parts say what a decimal is worth, however it is spelled', () => {
    const worth = { isNegative: false, digits: '15', exponent: -1 }
    for (const text of ['1.5', '+01.50', '15e-1', '0.15E1', '150e-2'])
      assert.deepEqual(decimalParts(text), worth)
    for (const text of ['0', '0.000', '0e9'])
      assert.deepEqual(decimalParts(text), { isNegative: false, digits: '', exponent: 0 })
    assert.deepEqual(decimalParts('-1200'), { isNegative: true, digits: '12', exponent: 2 })
    for (const text of ['', '.', 'x', '1e9999999999']) assert.equal(decimalParts(text), undefined)
  })

  test('goes out in plain digits, and comes in as it is', () => {
    const codec = decimalCodec({ kind: 'decimal', precision: 5, scale: 2 })
    assert.deepEqual(written(codec, '1.5'), [['text', '1.5']])
    assert.deepEqual(written(codec, '15e-1'), [['text', '1.5']])
    assert.deepEqual(written(codec, 0.25), [['text', '0.25']])
    assert.throws(() => written(codec, '1000'), { code: 'ODPS_VALUE_OUT_OF_RANGE' })
    assert.equal(readFrom(codec, [['text', '1.5']]), '1.5')
  })
})
