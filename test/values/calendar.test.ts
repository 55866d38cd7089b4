import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { dateOf, daysOf, formatDate, parseDate, parseTime } from '../../lib/values/calendar.js'

describe('calendar', () => {
  test('agrees with Date on every day of its range that is tried', () => {
    fc.assert(
      fc.property(fc.integer({ min: -100_000_000, max: 100_000_000 }), days => {
        const date = new Date(days * 86_400_000)
        const parts = { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() }
        assert.deepEqual(dateOf(days), parts)
        assert.equal(daysOf(parts), days)
        assert.equal(formatDate(days), date.toISOString().replace(/T.*/, ''))
        assert.equal(parseDate(formatDate(days)), days)
      }),
      { seed: 20_010_203, numRuns: 2000 },
    )
  })
  test('refuses days that are none, and other forms', () => {
    for (const text of [
      '2001-02-29',
      '1900-02-29',
      '2001-04-31',
      '2001-00-01',
      '2001-13-01',
      '2001-01-00',
      '2001-01-32',
      '01-01-01',
      '2001/01/01',
      '2001-01-01 ',
      '١٩٧٠-01-01',
    ])
      assert.equal(parseDate(text), undefined, text)
    for (const text of [
      '2001-02-03',
      '2001-02-03T04',
      '2001-02-03T04:60Z',
      '2001-02-03T04:05:60Z',
      '2001-02-03T04:05:06.Z',
      '2001-02-03T04:05:06.1234567890Z',
      '2001-02-30T04:05:06Z',
    ])
      assert.equal(parseTime(text), undefined, text)
  })
})
