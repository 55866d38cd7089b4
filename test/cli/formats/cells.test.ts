import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { Timestamp } from '../../../lib/index.js'
import { printed, reading } from './odpscmd/printing.js'

describe('whatever is printed reads back to the same value', () => {
  const zones = [
    'UTC',
    '+08:00',
    'Asia/Shanghai',
    'America/New_York',
    'Europe/Amsterdam',
    'Australia/Lord_Howe',
  ]
  /** Around these clocks were put back or forward somewhere, or zones began. */
  const changes = [
    ...['1883-11-18T17:00:00Z', '1900-12-31T15:54:17Z', '1937-06-30T22:40:28Z', '1940-05-15T23:40:00Z'],
    ...['1986-05-03T18:00:00Z', '2021-03-14T07:00:00Z', '2021-11-07T06:00:00Z', '2021-10-31T01:00:00Z'],
    ...['2021-04-03T15:00:00Z', '2021-10-02T15:30:00Z'],
  ].map(text => Date.parse(text))
  const milliseconds = fc.oneof(
    fc.integer({ min: Date.UTC(-1, 0, 2), max: Date.UTC(10_001, 0) }),
    fc.integer({ min: 0, max: 4e12 }),
    fc.tuple(fc.constantFrom(...changes), fc.integer({ min: -8e6, max: 8e6 })).map(([at, by]) => at + by),
    fc
      .tuple(fc.constantFrom(...changes), fc.integer({ min: -5, max: 5 }))
      .map(([at, by]) => at + by * 1_800_000),
  )

  for (const pattern of [
    undefined,
    'dd/MM/yyyy HH:mm:ss',
    'yyyyMMddHHmmss.SSS',
    'uuuu-M-d h:m:s.SSSSSSSSS a xxxxx',
  ])
    test(`times by ${pattern ?? 'the default'}`, () => {
      fc.assert(
        fc.property(milliseconds, fc.nat(999_999), fc.constantFrom(...zones), (ms, micros, timeZone) => {
          const given = { timeZone, ...(pattern !== undefined && { pattern }) }
          const date = new Date(ms)
          assert.deepEqual(reading('datetime', given)(printed('datetime', date, given)), date)
          const { seconds, nanos } = Timestamp.from(date)
          const value = new Timestamp(seconds, nanos + micros)
          assert.deepEqual(reading('timestamp', given)(printed('timestamp', value, given)), value)
          if (pattern?.includes('x')) return
          assert.deepEqual(reading('timestamp_ntz', given)(printed('timestamp_ntz', value, given)), value)
        }),
        { numRuns: 2000 },
      )
    })

  test('numbers', () => {
    fc.assert(
      fc.property(fc.double(), fc.float(), fc.boolean(), (double, float, plainNumbers) => {
        assert.equal(reading('double')(printed('double', double, { plainNumbers })), double)
        assert.equal(reading('float')(printed('float', float, { plainNumbers })), float)
      }),
      { numRuns: 2000 },
    )
  })
})
