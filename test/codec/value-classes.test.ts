import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { TunnelOptionError, TunnelValueError } from '../../lib/errors.js'
import { dateOf, daysOf, formatDate, parseDate, parseTime } from '../../lib/values/calendar.js'
import { IntervalDayTime } from '../../lib/values/interval-day-time.js'
import { IntervalYearMonth } from '../../lib/values/interval-year-month.js'
import { JsonText } from '../../lib/values/json-text.js'
import { timeZoneOf } from '../../lib/values/time-zone.js'
import { Timestamp } from '../../lib/values/timestamp.js'
import { loadVectors, type RecordVector } from './golden-vectors.js'

const refuses = (run: () => unknown, code: string): void =>
  assert.throws(run, (error: unknown) => error instanceof TunnelValueError && error.code === code)

const valuesOf = (name: string): Record<string, never>[] =>
  loadVectors<RecordVector>('records-scalar')
    .find(vector => vector.name === name)!
    .rows!.map(([cell]) => cell as Record<string, never>)
    .filter(cell => cell !== null)

describe('Timestamp', () => {
  for (const name of ['timestamp', 'timestamp_ntz'])
    test(`prints and parses the reference's ${name} texts`, () => {
      for (const { seconds, nanos, iso } of valuesOf(name)) {
        const value = new Timestamp(seconds!, nanos)
        assert.equal(value.toString(), (iso as unknown as string).replace('Z', ''))
        assert.deepEqual(Timestamp.from(iso!), value)
      }
    })
  test('from a Date and back, before 1970 too', () => {
    for (const ms of [0, 1, -1, 999, -999, -1000, 1_704_164_645_678, -8.64e15, 8.64e15]) {
      const value = Timestamp.from(new Date(ms))
      assert.equal(value.toDate().getTime(), ms)
      assert.ok(value.nanos >= 0)
    }
    assert.equal(new Timestamp(-1, 999_999_999).toDate().getTime(), -1)
  })
  test('with offsets, and printed as JSON', () => {
    assert.deepEqual(Timestamp.from('1970-01-01T08:00:00.5+08:00'), new Timestamp(0, 500_000_000))
    assert.equal(JSON.stringify({ t: new Timestamp(0n) }), '{"t":"1970-01-01T00:00:00.000000000"}')
    assert.deepEqual(Timestamp.from({ seconds: 5n, nanos: 6 }), new Timestamp(5, 6))
  })
  test('prints instants far beyond a Date', () => {
    assert.equal(new Timestamp(8_640_000_000_001n).toString(), '+275760-09-13T00:00:01.000000000')
    refuses(() => new Timestamp(8_640_000_000_001n).toDate(), 'ODPS_VALUE_OUT_OF_RANGE')
  })
  test('refuses what is none', () => {
    refuses(() => new Timestamp(0.5), 'ODPS_INVALID_VALUE')
    refuses(() => new Timestamp(0, 0.5), 'ODPS_INVALID_VALUE')
    refuses(() => new Timestamp(0, -1), 'ODPS_VALUE_OUT_OF_RANGE')
    refuses(() => new Timestamp(0, 1e9), 'ODPS_VALUE_OUT_OF_RANGE')
    refuses(() => Timestamp.from('yesterday'), 'ODPS_INVALID_VALUE')
    refuses(() => Timestamp.from(new Date(Number.NaN)), 'ODPS_INVALID_VALUE')
  })
})

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

test('JsonText is its text, and the value in JSON', () => {
  assert.equal(`${new JsonText('{ "a":1}')}`, '{ "a":1}')
  assert.equal(JSON.stringify([new JsonText('{ "a":1}')]), '[{"a":1}]')
})

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

describe('time zones', () => {
  const seconds = (iso: string): number => Date.parse(iso) / 1000
  test('offsets in force', () => {
    assert.equal(timeZoneOf('Asia/Shanghai').offsetAt(seconds('2001-01-01T00:00:00Z')), 8 * 3600)
    assert.equal(
      timeZoneOf('Asia/Shanghai').offsetAt(seconds('1900-01-01T00:00:00Z')),
      8 * 3600 + 5 * 60 + 43,
    )
    assert.equal(timeZoneOf('America/New_York').offsetAt(seconds('2001-07-01T00:00:00Z')), -4 * 3600)
    assert.equal(
      timeZoneOf('America/New_York').offsetAt(seconds('0000-07-01T00:00:00Z')),
      -(4 * 3600 + 56 * 60 + 2),
    )
    assert.equal(timeZoneOf('-03:30').offsetAt(0), -3.5 * 3600)
    assert.equal(timeZoneOf('UTC').offsetAt(0), 0)
  })
  test('wall clock to instant: once, twice, never', () => {
    const zone = timeZoneOf('America/New_York')
    const at = (wall: string): string => new Date(zone.toEpoch(seconds(`${wall}Z`)) * 1000).toISOString()
    assert.equal(at('2001-07-01T12:00:00'), '2001-07-01T16:00:00.000Z')
    assert.equal(at('2001-10-28T01:30:00'), '2001-10-28T05:30:00.000Z')
    assert.equal(at('2001-04-01T02:30:00'), '2001-04-01T07:30:00.000Z')
    assert.equal(at('2001-10-28T02:30:00'), '2001-10-28T07:30:00.000Z')
    assert.equal(timeZoneOf('+08:00').toEpoch(8 * 3600), 0)
  })
  test('an unknown name is an option error', () => {
    for (const name of ['Mars/Olympus', '', '+25:00'])
      assert.throws(
        () => timeZoneOf(name),
        (error: unknown) => error instanceof TunnelOptionError && error.code === 'ODPS_INVALID_OPTION',
      )
  })
})
