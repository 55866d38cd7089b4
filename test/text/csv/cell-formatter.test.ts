import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { parseDataType } from '../../../lib/schema/parse-data-type.js'
import { cellFormatterOf } from '../../../lib/text/csv/cell-formatter.js'
import { Timestamp } from '../../../lib/values/timestamp.js'

const print = (type: string, value: unknown, timeZone?: string): string =>
  cellFormatterOf(parseDataType(type), timeZone === undefined ? {} : { timeZone }).format(value)

describe('cells as text', () => {
  test('DOUBLE has the digits that JavaScript prints, few or many', () => {
    for (const value of [
      1, -0.5, 0.1, 123_456.789, 1e9, 999_999_999.9999, 5e-324, 1.7976931348623157e308, 0.30000000000000004,
    ])
      assert.equal(print('double', value), String(value))
    assert.equal(print('double', 0), '0')
    assert.equal(print('double', -0), '-0')
  })

  test('times in UTC are those of toISOString, as far as they go', () => {
    for (const text of [
      '1970-01-01T00:00:00.000Z',
      '1969-12-31T23:59:59.001Z',
      '0001-01-01T00:00:00.010Z',
      '9999-12-31T23:59:59.999Z',
    ])
      assert.equal(print('datetime', new Date(text)), text)
    assert.equal(print('timestamp', new Timestamp(-1n, 1)), '1969-12-31T23:59:59.000000001Z')
    assert.equal(print('timestamp_ntz', new Timestamp(0n, 0)), '1970-01-01T00:00:00.000000000')
  })

  // TZ=Asia/Shanghai date -d @0 --iso-8601=seconds
  test('times of another zone have its clock', () =>
    assert.match(print('datetime', new Date(0), 'Asia/Shanghai'), /^1970-01-01T08:00:00(\.000)?\+08:00$/))

  test('other values as they are', () => {
    assert.equal(print('string', 'a,"b"'), 'a,"b"')
    assert.equal(print('bigint', 9_223_372_036_854_775_807n), '9223372036854775807')
    assert.equal(print('boolean', false), 'false')
    assert.equal(print('decimal(10,2)', '1.50'), '1.50')
  })

  test('what is no value of the type is refused', () => {
    for (const [type, value] of [
      ['string', 'a\ud800'],
      ['string', 7],
      ['bigint', 1.5],
      ['double', 'x'],
      ['datetime', new Date(Number.NaN)],
      ['boolean', 'yes'],
      ['decimal(10,2)', 'x'],
    ] as const)
      assert.throws(() => print(type, value), { code: /^ODPS_/ }, `${type} ${value}`)
  })

  test('only what never needs quotes says so', () => {
    for (const [type, isPlain] of [
      ['bigint', true],
      ['timestamp', true],
      ['float', true],
      ['string', false],
      ['json', false],
      ['array<int>', false],
      ['date', false],
    ] as const)
      assert.equal(cellFormatterOf(parseDataType(type), {}).isPlain, isPlain, type)
  })
})
