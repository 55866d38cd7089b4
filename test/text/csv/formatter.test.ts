import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parse } from 'csv-parse/sync'
import { stringify } from 'csv-stringify/sync'
import fc from 'fast-check'
import { TunnelValueError } from '../../../lib/errors.js'
import { parseDataType } from '../../../lib/schema/parse-data-type.js'
import { formatCell } from '../../../lib/text/cell-text.js'
import { cellFormatterOf } from '../../../lib/text/csv/cell-formatter.js'
import { CsvFormatter } from '../../../lib/text/csv/formatter.js'
import { Timestamp } from '../../../lib/values/timestamp.js'

const types = [
  ...['bigint', 'int', 'double', 'float', 'decimal(38,18)', 'string', 'boolean', 'date', 'datetime'],
  ...['timestamp', 'timestamp_ntz', 'binary', 'json', 'interval_day_time'],
].map(text => parseDataType(text))

const value = fc.oneof(
  fc.integer(),
  fc.bigInt(),
  fc.double(),
  fc.constantFrom(0, -0, true, false, '', '-1.50', '1e5', '+7', '2001-02-03', 'a,b', Number.NaN),
  fc.string(),
  fc.date({ noInvalidDate: false }),
  fc
    .tuple(fc.integer({ min: -70_000_000_000, max: 300_000_000_000 }), fc.nat(999_999_999))
    .map(([seconds, nanos]) => new Timestamp(seconds, nanos)),
  fc.uint8Array(),
)

const outcome = (work: () => string): string => {
  try {
    return work()
  } catch (error) {
    if (error instanceof TunnelValueError) return `${error.code} ${error.message}`
    throw error
  }
}

test('columns print what formatCell prints', () => {
  const zones = fc.constantFrom(undefined, 'UTC', 'Asia/Shanghai')
  fc.assert(
    fc.property(fc.constantFrom(...types), value, zones, (type, cell, timeZone) => {
      const options = { json: 'parsed' as const, ...(timeZone !== undefined && { timeZone }) }
      // Bytes of a STRING pass, also those that are not UTF-8.
      if (type.kind === 'string' && cell instanceof Uint8Array) return
      assert.equal(
        outcome(() => cellFormatterOf(type, options).format(cell)),
        outcome(() => formatCell(cell, type, options)),
      )
    }),
    { numRuns: 5000 },
  )
})

test('doubles print their shortest digits', () => {
  const { format } = cellFormatterOf({ kind: 'double' }, {})
  const few = fc
    .tuple(fc.integer({ min: -2_000_000_000, max: 2_000_000_000 }), fc.nat(8))
    .map(([digits, scale]) => digits / 10 ** scale)
  fc.assert(
    fc.property(fc.oneof(few, fc.double()), number => {
      assert.equal(format(number), Object.is(number, -0) ? '-0' : String(number))
    }),
    { numRuns: 20_000 },
  )
})

test('what is said to be plain never needs quotes', () => {
  fc.assert(
    fc.property(fc.constantFrom(...types), value, (type, cell) => {
      const { format, isPlain } = cellFormatterOf(type, {})
      if (!isPlain) return
      const text = outcome(() => format(cell))
      if (!text.startsWith('ODPS_')) assert.match(text, /^[0-9A-Za-z+\-.: ]*$/)
    }),
    { numRuns: 5000 },
  )
})

test('records are those of csv-stringify', () => {
  const text = fc.oneof(
    fc.string(),
    fc.constantFrom('', '"', ',', '\n', '\r\n', 'NULL', '\ufeffa', '好', null),
  )
  const string = { format: String, isPlain: false }
  const plain = { format: String, isPlain: true }
  const cases = fc.record({
    rows: fc.array(fc.tuple(text, fc.option(fc.integer()), text), { maxLength: 5 }),
    delimiter: fc.constantFrom(',', ';', '1'),
    end: fc.constantFrom('\n', '\r\n'),
    nullText: fc.constantFrom('', 'NULL', '7'),
  })
  fc.assert(
    fc.property(cases, ({ rows, delimiter, end, nullText }) => {
      const printer = new CsvFormatter([string, plain, string], { delimiter, end, quote: '"', nullText })
      const expected = stringify(
        rows.map(row => row.map(cell => (typeof cell === 'number' ? String(cell) : cell))),
        {
          delimiter,
          record_delimiter: end,
          quoted_match:
            nullText === '' ? /\ufeff|[\r\n]|^$|^[ \t]|[ \t]$|^\\\.$/ : /\ufeff|[\r\n]|^[ \t]|[ \t]$|^\\\.$/,
          cast: {
            null: () => nullText,
            string: cell => (cell === nullText ? { value: cell, quoted: true } : cell),
          },
        },
      )
      assert.equal(printer.records(rows), expected)
    }),
    { numRuns: 2000 },
  )
})

test('fields that end like a delimiter begins stay apart from it', () => {
  const column = { format: String, isPlain: false }
  const text = fc.string({ unit: fc.constantFrom('|', '#', 'a', '"'), maxLength: 6 })
  fc.assert(
    fc.property(fc.array(fc.tuple(text, text), { minLength: 1 }), rows => {
      const syntax = { delimiter: '||', end: '#a#', quote: '"', nullText: 'NULL' }
      const printed = new CsvFormatter([column, column], syntax).records(rows)
      assert.deepEqual(parse(printed, { delimiter: '||', record_delimiter: '#a#' }), rows)
    }),
    { numRuns: 2000 },
  )
})
