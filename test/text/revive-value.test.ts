import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { parseDataType } from '../../lib/schema/parse-data-type.js'
import { parseJsonExactly } from '../../lib/text/json-values.js'
import { reviverOf } from '../../lib/text/revive-value.js'
import { IntervalDayTime } from '../../lib/values/interval-day-time.js'
import { IntervalYearMonth } from '../../lib/values/interval-year-month.js'
import { JsonText } from '../../lib/values/json-text.js'
import { Timestamp } from '../../lib/values/timestamp.js'

/** The value of a cell as it comes from JSON. */
const revived = (type: string, json: string): unknown => {
  const row = parseJsonExactly(`{"c": ${json}}`) as { c: unknown }
  return reviverOf(parseDataType(type))(row.c, row, 'c')
}

describe('values of JSON as values of a type', () => {
  const values: readonly (readonly [type: string, json: string, value: unknown])[] = [
    ['bigint', '7', 7n],
    ['bigint', '9223372036854775807', 9_223_372_036_854_775_807n],
    ['double', '12345678901234567890', 12_345_678_901_234_567_000],
    // As strtof reads them: the nearest double lies halfway between two floats.
    ['float', '1.60561865568161', 1.6056185960769653],
    ['float', '16777217.0000000001', 16_777_218],
    ['float', '1.000000059604644775390625', 1],
    ['float', '1.00000005960464477539062500001', 1.0000001192092896],
    ['array<float>', '[16777217.0000000001]', [16_777_218]],
    ['vector(float,2)', '[1.60561865568161, 0.1]', [1.6056185960769653, 0.1]],
    ['map<float,int>', '{"16777217.0000000001": 1}', new Map([[16_777_218, 1]])],
    ['double', '"-Infinity"', Number.NEGATIVE_INFINITY],
    ['decimal(38,18)', '0.10', '0.10'],
    ['binary', '"/w=="', Buffer.of(0xff)],
    ['datetime', '"1970-01-01T01:00:00.5+01:00"', new Date(500)],
    ['timestamp', '"1970-01-01T00:00:01.000000001Z"', new Timestamp(1n, 1)],
    ['timestamp_ntz', '"1970-01-01 00:00:01"', new Timestamp(1n, 0)],
    ['interval_year_month', '"1-2"', new IntervalYearMonth(14)],
    ['interval_day_time', '"1 00:00:00.000000001"', new IntervalDayTime(86_400n, 1)],
    ['array<bigint>', '[1, null]', [1n, null]],
    [
      'map<bigint,double>',
      '{"1": "NaN", "2": null}',
      new Map([
        [1n, Number.NaN],
        [2n, null],
      ]),
    ],
    ['map<boolean,int>', '{"true": 1}', new Map([[true, 1]])],
    ['map<bigint,int>', '[[1, 2]]', new Map([[1n, 2]])],
    ['struct<a:bigint>', '{"A": 1}', { a: 1n }],
    ['vector(float,2)', '["NaN", 1]', [Number.NaN, 1]],
    ['json', '{"a": 1.0}', new JsonText('{"a": 1.0}')],
    ['json', '{"a":1}', { a: 1 }],
    ['json', '1.0', new JsonText('1.0')],
    ['string', '"x"', 'x'],
  ]
  for (const [type, json, value] of values)
    test(`${type} ${json}`, () => assert.deepEqual(revived(type, json), value))

  test('what cannot be read stays as it is, for the encoder to name it', () => {
    for (const [type, json] of [
      ['bigint', '1.5'],
      ['binary', '"not base64"'],
      // DATETIME without a zone, or finer than it holds.
      ['datetime', '"1970-01-01T00:00:00"'],
      ['datetime', '"1970-01-01T00:00:00.0001Z"'],
      ['timestamp', '"soon"'],
      // TIMESTAMP_NTZ has no zone.
      ['timestamp_ntz', '"1970-01-01T00:00:00Z"'],
      ['interval_year_month', '"x"'],
      ['array<int>', '{"a":1}'],
      ['map<int,int>', '[1,2]'],
      ['struct<a:int>', '[1]'],
    ] as const)
      assert.deepEqual(
        revived(type, json),
        (parseJsonExactly(`[${json}]`) as unknown[])[0],
        `${type} ${json}`,
      )
  })

  test('a key that comes twice is refused, in MAP and in STRUCT', () => {
    for (const [type, json] of [
      ['map<string,int>', '{"a": 1, "a": 2}'],
      ['map<bigint,int>', '{"1": 1, "01": 2}'],
      ['map<int,int>', '[[1, 1], [1, 2]]'],
      ['struct<a:int>', '{"a": 1, "a": 2}'],
    ] as const)
      assert.throws(() => revived(type, json), { code: 'ODPS_INVALID_VALUE', message: /duplicate key/ })
  })

  test('values that are right already stay', () => {
    const [date, map] = [new Date(0), new Map([[1n, 2]])]
    assert.equal(reviverOf({ kind: 'datetime' })(date, {}, 'c'), date)
    assert.deepEqual(reviverOf(parseDataType('map<bigint,int>'))(map, {}, 'c'), map)
  })
})
