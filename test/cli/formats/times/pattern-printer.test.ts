import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Timestamp } from '../../../../lib/index.js'
import { printed, printing } from '../odpscmd/printing.js'

describe('times as odpscmd prints them', () => {
  const timeZone = 'Asia/Shanghai'

  test('DATETIME of whole seconds; milliseconds behind them are counted', () => {
    const { format, notes } = printing('datetime', { timeZone })
    assert.equal(format(new Date('2001-02-03T04:05:06Z')), '2001-02-03 12:05:06')
    assert.equal(format(new Date('1899-12-31T15:54:17Z')), '1900-01-01 00:00:00')
    assert.deepEqual(notes(), [])
    assert.equal(format(new Date('2001-02-03T04:05:06.120Z')), '2001-02-03 12:05:06.120')
    assert.deepEqual(notes(), ['1 value: a fraction of a second is written after the seconds'])
  })

  test('TIMESTAMP has the digits that odpscmd prints itself', () => {
    const { format, notes } = printing('timestamp', { timeZone })
    for (const [fraction, text] of [
      ['', ''],
      ['.5', '.5'],
      ['.000000001', '.000000001'],
      ['.120000', '.12'],
    ])
      assert.equal(format(Timestamp.from(`2001-02-03T04:05:06${fraction}Z`)), `2001-02-03 12:05:06${text}`)
    assert.deepEqual(notes(), [])
  })

  test('TIMESTAMP_NTZ has its own clock', () => {
    const value = Timestamp.from('2001-02-03T04:05:06.25Z')
    assert.equal(printed('timestamp_ntz', value, { timeZone }), '2001-02-03 04:05:06.25')
  })

  test('a time that comes twice gets its offset', () => {
    const { format, notes } = printing('datetime', { timeZone: 'America/New_York' })
    assert.equal(format(new Date('2021-11-07T05:30:00Z')), '2021-11-07 01:30:00')
    assert.equal(format(new Date('2021-11-07T06:30:00.5Z')), '2021-11-07 01:30:00.500-05:00')
    assert.deepEqual(notes(), [
      '1 value: a fraction of a second is written after the seconds',
      '1 value: a time that occurs twice on the clocks of the zone is written with its offset',
    ])
  })

  test('a pattern that ends in seconds keeps milliseconds, another leaves them out, and both are counted', () => {
    const date = new Date('2001-02-03T04:05:06.789Z')
    const seconds = printing('datetime', { pattern: 'dd/MM/yyyy HH:mm:ss' })
    assert.equal(seconds.format(date), '03/02/2001 04:05:06.789')
    assert.match(seconds.notes()[0]!, /written after the seconds/)
    const minutes = printing('datetime', { pattern: 'dd/MM/yyyy HH:mm' })
    assert.equal(minutes.format(date), '03/02/2001 04:05')
    assert.match(minutes.notes()[0]!, /leaves out a part of the time/)
  })

  test('DATE beyond the year 9999 as Java has it', () => {
    assert.equal(printed('date', '2001-02-03'), '2001-02-03')
    assert.equal(printed('date', '+010000-01-01'), '+10000-01-01')
  })
})
