import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { parseDataType } from '../../../lib/schema/parse-data-type.js'
import { cellForm, cellFormOf, decimalRoomOf, QuickCells } from '../../../lib/text/csv/quick-cells.js'
import { Timestamp } from '../../../lib/values/timestamp.js'

/** A cell behind other text, and what is left of the line; undefined when it is left to the parser. */
const read = <T>(text: string, how: (cells: QuickCells, at: number) => T): [value: T, rest: string] => {
  const cells = new QuickCells()
  cells.bytes = Buffer.from(`x,${text},y\n`)
  const value = how(cells, 2)
  return [value, Buffer.from(cells.bytes.subarray(cells.end)).toString()]
}

const taken = (text: string, how: (cells: QuickCells, at: number) => unknown, value: unknown): void =>
  assert.deepEqual(read(text, how), [value, ',y\n'], text)

/** Either refused, or stopped before the end of the field, which whoever asks takes for the same. */
const left = (text: string, how: (cells: QuickCells, at: number) => unknown): void => {
  const [value, rest] = read(text, how)
  assert.ok(value === undefined || value === false || !rest.startsWith(','), `${text} gave ${String(value)}`)
}

describe('cells read from bytes', () => {
  const whole = (cells: QuickCells, at: number) => cells.whole(at)
  const number = (cells: QuickCells, at: number) => cells.number(at)

  test('whole numbers of at most fifteen digits', () => {
    for (const [text, value] of [
      ['0', 0],
      ['-0', 0],
      ['007', 7],
      ['-42', -42],
      ['999999999999999', 999_999_999_999_999],
    ] as const)
      taken(text, whole, value)
    for (const text of ['', '-', '+1', '1.0', '1e3', ' 1', '1 ', '1000000000000000', '0x1']) left(text, whole)
  })

  test('numbers are those that Number reads, bit by bit', () => {
    for (const text of ['0.1', '-0.3', '3.141592653589', '123456.789012345', '0.00000000000001', '7', '-0'])
      taken(text, number, Number(text))
    for (const text of ['', '.5', '5.', '1e3', 'NaN', '1.2.3', '0.1234567890123456']) left(text, number)
  })

  test('decimals with room for their digits', () => {
    const decimal = (cells: QuickCells, at: number) => cells.decimal(at, { whole: 3, fraction: 2 })
    for (const text of ['0', '-123.45', '001.5', '999']) taken(text, decimal, true)
    for (const text of ['1234', '1.234', '.5', '5.', '', '1e2', '+1']) left(text, decimal)
    assert.deepEqual(decimalRoomOf(parseDataType('decimal(10,4)')), { whole: 6, fraction: 4 })
  })

  test('true and false in small letters', () => {
    const boolean = (cells: QuickCells, at: number) => cells.boolean(at)
    taken('true', boolean, true)
    taken('false', boolean, false)
    for (const text of ['TRUE', 'tru', 't', '1', '', 'trueish']) left(text, boolean)
  })

  test('days of the calendar', () => {
    const day = (cells: QuickCells, at: number) => cells.day(at)
    for (const text of ['1970-01-01', '2000-02-29', '2024-02-29', '0001-12-31', '9999-04-30'])
      taken(text, day, true)
    // 1900 is no leap year, 2000 is (Gregorian calendar).
    for (const text of [
      '1900-02-29',
      '2023-02-29',
      '2024-04-31',
      '2024-13-01',
      '2024-00-01',
      '2024-01-00',
      '24-1-1',
    ])
      left(text, day)
  })

  test('times, which Date.parse reads the same', () => {
    const ms = (cells: QuickCells, at: number) => cells.milliseconds(at)
    for (const text of [
      '1970-01-01T00:00:00Z',
      '2024-02-29T23:59:59.999Z',
      '1969-12-31T23:59:59.5Z',
      '0001-01-01T00:00:00Z',
    ])
      taken(text, ms, Date.parse(text))
    taken('2024-01-02 03:04:05', ms, Date.parse('2024-01-02T03:04:05Z'))
    for (const text of [
      '2024-01-02',
      '2024-01-02T24:00:00Z',
      '2024-01-02T23:60:00Z',
      '2024-01-02T23:00:60Z',
      '2024-01-02T23:00:00.0001Z',
      '2024-01-02T23:00:00.Z',
      '2024-02-30T00:00:00Z',
      '2024-01-02T23:00:00+01:00',
      '',
    ])
      left(text, ms)
  })

  test('times to the nanosecond, with a zone only where the type has one', () => {
    const withZone = (cells: QuickCells, at: number) => cells.timestamp(at, true)
    const without = (cells: QuickCells, at: number) => cells.timestamp(at, false)
    taken('1970-01-01T00:00:01.000000001Z', withZone, new Timestamp(1n, 1))
    taken('1969-12-31 23:59:59.5', without, new Timestamp(-1n, 500_000_000))
    left('1970-01-01T00:00:01Z', without)
    left('1970-01-01T00:00:01.0000000001', withZone)
  })

  test('a NULL that looks like a value leaves only the slow way, but for text', () => {
    const form = (type: string, nullText: string) =>
      cellFormOf(parseDataType(type), { nullText, marks: '",', isUtc: true, as: 'values' })
    for (const nullText of ['-', '-1', '0', 'false', 'True'])
      assert.deepEqual([form('int', nullText), form('string', nullText)], [cellForm.other, cellForm.text])
    assert.equal(form('int', '\\N'), cellForm.int)
  })

  test('a time of another zone, and a nested value, are left to the parser', () => {
    const form = (type: string, as: 'values' | 'numbers', isUtc: boolean) =>
      cellFormOf(parseDataType(type), { nullText: '\\N', marks: '",', isUtc, as })
    assert.equal(form('datetime', 'values', false), cellForm.other)
    assert.equal(form('timestamp', 'values', false), cellForm.other)
    assert.equal(form('timestamp_ntz', 'values', false), cellForm.timestampNtz)
    assert.equal(form('datetime', 'values', true), cellForm.date)
    assert.equal(form('datetime', 'numbers', true), cellForm.milliseconds)
    assert.equal(form('bigint', 'numbers', true), cellForm.whole)
    assert.equal(form('array<int>', 'values', true), cellForm.other)
  })
})
