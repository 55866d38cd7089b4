import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { defineSchema } from '../../lib/schema/define-schema.js'
import { objectsToRows, rowsToObjects } from '../../lib/transforms/object-rows.js'
import { IntervalDayTime } from '../../lib/values/interval-day-time.js'
import { IntervalYearMonth } from '../../lib/values/interval-year-month.js'
import { JsonText } from '../../lib/values/json-text.js'
import { JsonNumber } from '../../lib/values/json-tree.js'
import { Timestamp } from '../../lib/values/timestamp.js'

const schema = defineSchema({ id: 'bigint', Name: 'string' })

/** One value of one type. */
const revived = (type: string, value: unknown): unknown =>
  objectsToRows(defineSchema({ c: type }))({ c: value })[0]

describe('objectsToRows', () => {
  test('puts keys in the order of columns, without case; what is missing is NULL', () => {
    const toRow = objectsToRows(schema)
    assert.deepEqual(toRow({ name: 'a', ID: 1 }), [1n, 'a'])
    assert.deepEqual(toRow({ name: undefined }), [null, null])
    assert.deepEqual(toRow({}), [null, null])
    assert.deepEqual(toRow([2, 'b']), [2n, 'b'])
  })

  test('refuses unknown keys, equal keys and other rows, with the row number', () => {
    const toRow = objectsToRows(schema)
    toRow({ id: 1 })
    assert.throws(() => toRow({ nme: 1 }), { code: 'ODPS_UNKNOWN_COLUMN', column: 'nme', rowIndex: 1 })
    assert.throws(() => toRow({ id: 1, ID: 1 }), { code: 'ODPS_INVALID_ROW', rowIndex: 2 })
    assert.throws(() => toRow([1]), { code: 'ODPS_ROW_LENGTH', rowIndex: 3 })
    assert.throws(() => toRow(7 as never), { code: 'ODPS_INVALID_ROW', rowIndex: 4 })
  })

  test('brings the JSON forms of values to their types', () => {
    assert.equal(revived('bigint', 7), 7n)
    assert.equal(revived('bigint', 2n ** 60n), 2n ** 60n)
    assert.equal(revived('int', 7), 7)
    assert.equal(revived('double', 'NaN'), Number.NaN)
    assert.equal(revived('float', '-Infinity'), Number.NEGATIVE_INFINITY)
    assert.equal(revived('double', 10n ** 20n), 1e20)
    assert.equal(revived('decimal(38,2)', '1.50'), '1.50')
    assert.deepEqual(revived('binary', 'AP8='), Buffer.from([0, 255]))
    assert.deepEqual(
      revived('datetime', '2001-02-03T04:05:06.789+08:00'),
      new Date('2001-02-02T20:05:06.789Z'),
    )
    assert.equal(revived('date', '2001-02-03'), '2001-02-03')
    for (const text of ['1970-01-01T00:00:01.000000002', '1970-01-01T08:00:01.000000002+08:00'])
      assert.deepEqual(revived('timestamp', text), new Timestamp(1, 2))
    assert.deepEqual(revived('timestamp_ntz', '1970-01-01 00:00:01'), new Timestamp(1, 0))
    assert.deepEqual(revived('interval_day_time', '-0 00:00:01.5'), new IntervalDayTime(-2, 500_000_000))
    assert.deepEqual(revived('interval_year_month', '1-2'), new IntervalYearMonth(14))
    assert.deepEqual(revived('vector(float,3)', [1, 'NaN', 2n]), [1, Number.NaN, 2])
    assert.deepEqual(revived('array<bigint>', [1, null]), [1n, null])
    assert.deepEqual(revived('struct<a:bigint,B:array<binary>>', { b: ['AA=='], A: 1 }), {
      B: [Buffer.from([0])],
      a: 1n,
    })
  })

  test('takes a MAP as an object, a list of pairs or a Map', () => {
    for (const map of [
      { a: 1, b: null },
      [
        ['a', 1],
        ['b', null],
      ],
      new Map<string, number | null>([
        ['a', 1],
        ['b', null],
      ]),
    ])
      assert.deepEqual(
        revived('map<string,bigint>', map),
        new Map([
          ['a', 1n],
          ['b', null],
        ]),
      )
    assert.deepEqual(revived('map<bigint,string>', { 7: 'x' }), new Map([[7n, 'x']]))
    assert.deepEqual(revived('map<int,string>', { '-7': 'x' }), new Map([[-7, 'x']]))
    assert.deepEqual(
      revived('map<boolean,string>', { true: 'x', false: 'y' }),
      new Map([
        [true, 'x'],
        [false, 'y'],
      ]),
    )
    assert.deepEqual(
      revived('map<datetime,int>', { '2001-02-03T00:00:00Z': 1 }),
      new Map([[new Date('2001-02-03'), 1]]),
    )
  })

  test('exact numbers in a JSON column keep their digits', () => {
    const text = revived('json', { a: [12345678901234567000n], b: new JsonNumber('2.50'), c: undefined })
    assert.ok(text instanceof JsonText)
    assert.equal(text.text, '{"a":[12345678901234567000],"b":2.50}')
    assert.equal(revived('json', '12'), '12')
    assert.throws(() => revived('json', { a: 1n, b: Number.NaN }), {
      code: 'ODPS_INVALID_VALUE',
      column: 'c',
      rowIndex: 0,
    })
  })

  test('leaves values that are right already, and those that are wrong for the encoder to name', () => {
    const values: [string, unknown][] = [
      ['binary', Buffer.from('x')],
      ['datetime', new Date(0)],
      ['timestamp', new Timestamp(1)],
      ['string', 'x'],
      ['boolean', true],
      ['bigint', '7'],
      ['bigint', 1.5],
      ['binary', 'no base64!'],
      ['binary', 'AB=='],
      ['datetime', '2001-02-03T04:05:06'],
      ['datetime', '2001-02-03T04:05:06.7891Z'],
      ['timestamp', 'yesterday'],
      ['timestamp_ntz', '1970-01-01T00:00:01Z'],
      ['interval_day_time', '1 day'],
      ['array<int>', 7],
      ['map<string,int>', 'x'],
      ['map<string,int>', [['a']]],
      ['struct<a:int>', [1]],
      ['struct<a:int>', { a: 1, b: 2 }],
      ['vector(float,2)', 'x'],
    ]
    for (const [type, value] of values) assert.deepEqual(revived(type, value), value)
  })
})

describe('rowsToObjects', () => {
  test('names the cells of a row as the schema spells the columns', () => {
    const toObject = rowsToObjects(schema)
    assert.deepEqual(toObject([1n, 'a']), { id: 1n, Name: 'a' })
    assert.throws(() => toObject([1n]), { code: 'ODPS_ROW_LENGTH', rowIndex: 1 })
    assert.throws(() => toObject({} as never), { code: 'ODPS_INVALID_ROW', rowIndex: 2 })
  })

  test('a column named __proto__ is a key like others', () => {
    const object = rowsToObjects(defineSchema([['__proto__', 'int']]))([7])
    assert.deepEqual(Object.entries(object), [['__proto__', 7]])
    assert.equal(Object.getPrototypeOf(object), Object.prototype)
  })
})
