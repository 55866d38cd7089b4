import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { parseDataType } from '../../lib/schema/parse-data-type.js'
import { formatCell, parseCell } from '../../lib/text/cell-text.js'
import { Timestamp } from '../../lib/values/timestamp.js'

/*
 * What clocks showed, from Python 3.11 (tzdata):
 *   datetime.fromisoformat(utc).astimezone(ZoneInfo(zone)).isoformat()
 */
const shown = [
  ['Asia/Shanghai', '1900-01-01T00:00:00+00:00', '1900-01-01T08:05:43+08:05:43'],
  ['Asia/Shanghai', '1900-12-31T15:54:16+00:00', '1900-12-31T23:59:59+08:05:43'],
  ['Asia/Shanghai', '1900-12-31T15:54:17+00:00', '1900-12-31T23:54:17+08:00'],
  ['Asia/Shanghai', '1986-06-01T00:00:00+00:00', '1986-06-01T09:00:00+09:00'],
  ['America/New_York', '1883-11-18T16:59:59+00:00', '1883-11-18T12:03:57-04:56:02'],
  ['America/New_York', '1883-11-18T17:00:00+00:00', '1883-11-18T12:00:00-05:00'],
  ['Asia/Kolkata', '1850-01-01T00:00:00+00:00', '1850-01-01T05:53:28+05:53:28'],
  ['Europe/Dublin', '1916-05-21T02:25:20+00:00', '1916-05-21T01:59:59-00:25:21'],
] as const

describe('instants as the clocks of a zone show them', () => {
  for (const [timeZone, utc, wall] of shown)
    test(`${utc} in ${timeZone}`, () => {
      const date = new Date(utc)
      const [datetime, timestamp] = [parseDataType('datetime'), parseDataType('timestamp')]
      const text = `${wall.slice(0, 19)}.000${wall.slice(19)}`
      assert.equal(formatCell(date, datetime, { timeZone }), text)
      assert.deepEqual(parseCell(text, datetime), date)
      assert.deepEqual(parseCell(wall, timestamp), Timestamp.from(date))
    })

  test('zones as PostgreSQL, BigQuery and Java spell them', () => {
    const noon = new Date('2001-02-03T12:00:00Z')
    const type = parseDataType('datetime')
    for (const zone of ['Z', 'UTC', 'GMT', ' UTC', '+00', '+0000', '-00:00', 'UTC+0', 'GMT+00:00'])
      assert.deepEqual(parseCell(`2001-02-03 12:00:00${zone}`, type, { timeZone: '+05:00' }), noon, zone)
    for (const zone of ['+08', '+0800', '+08:00', '+08:00:00', 'GMT+8', 'UTC+08:00', ' GMT+08', 'UTC+0800']) {
      assert.deepEqual(parseCell(`2001-02-03 20:00:00${zone}`, type), noon, zone)
      assert.deepEqual(parseCell('2001-02-03 20:00:00', type, { timeZone: zone.trim() }), noon, zone)
    }
    assert.deepEqual(parseCell('2001-02-03 08:30-0330', type), noon)
  })

  test('another zone is refused by its name', () => {
    const type = parseDataType('timestamp')
    for (const zone of ['CST', 'Asia/Shanghai', '+8', '+24:00', '+08:60', 'GMT8', 'EST-5']) {
      const named = new RegExp(`'${zone.replaceAll('+', '\\+')}'`)
      for (const text of [`2001-02-03T12:00:00${zone}`, `2001-02-03 12:00 ${zone}`]) {
        assert.throws(() => parseCell(text, type), { code: 'ODPS_INVALID_VALUE', message: named })
        assert.throws(() => Timestamp.from(text), { code: 'ODPS_INVALID_VALUE', message: named })
      }
    }
    for (const timeZone of ['+8', '+24:00', '+08:60', 'GMT+25', 'UTC+8x', 'Mars/Base'])
      assert.throws(() => parseCell('2001-02-03 12:00:00', type, { timeZone }), {
        code: 'ODPS_INVALID_OPTION',
        message: new RegExp(`'${timeZone.replaceAll('+', '\\+')}'`),
      })
  })
})
