import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { TunnelOptionError } from '../../lib/errors.js'
import { parseDataType } from '../../lib/schema/parse-data-type.js'
import { formatCell, parseCell } from '../../lib/text/cell-text.js'
import { timeZoneOf } from '../../lib/values/time-zone.js'
import { Timestamp } from '../../lib/values/timestamp.js'

const lastSecond = 8_640_000_000_000

describe('offsets of zones', () => {
  // zoneinfo.ZoneInfo(name).utcoffset() of Python 3.11; datetime ends with the year 9999, and the rules go on.
  const cases: [zone: string, second: number, offset: number][] = [
    ['Asia/Shanghai', -2_177_481_944, 29_143],
    ['Asia/Shanghai', -2_177_481_943, 28_800],
    ['America/New_York', 1_710_054_000, -14_400],
    ['America/New_York', 1_710_053_999, -18_000],
    ['Asia/Kathmandu', 1_700_000_000, 20_700],
    ['Australia/Lord_Howe', 1_700_000_000, 39_600],
    ['Africa/Monrovia', 0, -2_670],
  ]
  for (const [zone, second, offset] of cases)
    test(`${zone} at ${second}`, () => assert.equal(timeZoneOf(zone).offsetAt(second), offset))

  for (const [zone, offset] of [
    ['Asia/Shanghai', 28_800],
    ['Pacific/Kiritimati', 50_400],
    ['Pacific/Pago_Pago', -39_600],
  ] as const)
    test(`${zone} goes on beyond the last Date`, () => {
      const { offsetAt, toEpoch } = timeZoneOf(zone)
      for (const second of [
        lastSecond - 86_401,
        lastSecond - 1,
        lastSecond,
        lastSecond + 1,
        lastSecond * 3,
      ]) {
        assert.equal(offsetAt(second), offset)
        assert.equal(toEpoch(second), second - offset)
      }
    })

  test('before the first Date it is that of the place itself', () => {
    const { offsetAt } = timeZoneOf('Asia/Shanghai')
    for (const second of [-lastSecond, -lastSecond - 1, -lastSecond * 3])
      assert.equal(offsetAt(second), 29_143)
  })

  test('the last Date prints, and reads back', () => {
    const [datetime, timestamp] = [parseDataType('datetime'), parseDataType('timestamp')]
    const options = { timeZone: 'Asia/Shanghai' }
    const last = new Date(lastSecond * 1000)
    assert.equal(formatCell(last, datetime, options), '+275760-09-13T08:00:00.000+08:00')
    assert.deepEqual(parseCell('+275760-09-13T08:00:00.000+08:00', datetime), last)
    assert.equal(
      formatCell(new Timestamp(lastSecond + 86_400, 0), timestamp, options),
      '+275760-09-14T08:00:00.000000000+08:00',
    )
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
