import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { TunnelValueError } from '../../lib/errors.js'
import { IntervalYearMonth } from '../../lib/values/interval-year-month.js'

const refuses = (run: () => unknown, code: string): void =>
  assert.throws(run, (error: unknown) => error instanceof TunnelValueError && error.code === code)

describe('IntervalYearMonth', () => {
  test('prints and parses years and months', () => {
    for (const [months, text] of [
      [14, '1-2'],
      [-14, '-1-2'],
      [0, '0-0'],
      [-1, '-0-1'],
    ] as const) {
      assert.equal(new IntervalYearMonth(months).toString(), text)
      assert.deepEqual(IntervalYearMonth.parse(text), new IntervalYearMonth(months))
    }
    assert.equal(JSON.stringify(new IntervalYearMonth(3)), '"0-3"')
  })
  test('refuses what is none', () => {
    refuses(() => new IntervalYearMonth(0.5), 'ODPS_INVALID_VALUE')
    for (const text of ['', '1', '1-12', '1-', 'x'])
      refuses(() => IntervalYearMonth.parse(text), 'ODPS_INVALID_VALUE')
  })
})
