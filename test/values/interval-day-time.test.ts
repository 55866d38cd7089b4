import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { TunnelValueError } from '../../lib/errors.js'
import { IntervalDayTime } from '../../lib/values/interval-day-time.js'

const refuses = (run: () => unknown, code: string): void =>
  assert.throws(run, (error: unknown) => error instanceof TunnelValueError && error.code === code)

describe('IntervalDayTime', () => {
  test('floors negative nanos', () => {
    assert.deepEqual({ ...new IntervalDayTime(0, -1) }, { seconds: -1n, nanos: 999_999_999 })
  })
  test('prints a sign, days and time, and parses it', () => {
    assert.equal(new IntervalDayTime(86_402, 3004).toString(), '1 00:00:02.000003004')
    assert.equal(new IntervalDayTime(-1, 999_999_999).toString(), '-0 00:00:00.000000001')
    assert.equal(`${IntervalDayTime.parse('-1 02:03:04.5')}`, '-1 02:03:04.500000000')
    assert.equal(JSON.stringify(new IntervalDayTime(0)), '"0 00:00:00.000000000"')
    fc.assert(
      fc.property(
        fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
        fc.integer({ min: 0, max: 999_999_999 }),
        (seconds, nanos) => {
          const value = new IntervalDayTime(seconds, nanos)
          assert.deepEqual(IntervalDayTime.parse(value.toString()), value)
        },
      ),
      { seed: 20_010_203 },
    )
  })
  test('refuses what is none', () => {
    refuses(() => new IntervalDayTime(1.5), 'ODPS_INVALID_VALUE')
    refuses(() => new IntervalDayTime(1, 1.5), 'ODPS_INVALID_VALUE')
    refuses(() => new IntervalDayTime(1, -1e9), 'ODPS_VALUE_OUT_OF_RANGE')
    for (const text of ['', '1', '1 2:03:04', '1 24:00:00', '1 00:60:00', '1 00:00:00.1234567890'])
      refuses(() => IntervalDayTime.parse(text), 'ODPS_INVALID_VALUE')
  })
})
