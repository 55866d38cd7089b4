import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { daysOfDate } from '../../../lib/cli/formats/typed-cells.js'
import { TunnelValueError } from '../../../lib/index.js'

describe('cells for formats with types', () => {
  /*
   * As Python has them: (date - datetime.date(1970, 1, 1)).days; the years beyond it from java.time, or 400 years later
   * and 146097 days more.
   */
  for (const [date, days] of [
    ['0001-01-01', -719_162],
    ['1582-10-15', -141_427],
    ['9999-12-31', 2_932_896],
    ['0000-01-01', -719_528],
    ['+010000-01-01', 2_932_897],
    ['+999999-01-01', 364_522_607],
  ] as const)
    test(`${date} is day ${days}`, () => assert.equal(daysOfDate(date), days))

  for (const date of ['', '2001-13-01', '2001-02-29', '2001-02-03 '])
    test(`'${date}' is not a DATE that a file holds`, () =>
      assert.throws(() => daysOfDate(date), TunnelValueError))
})
