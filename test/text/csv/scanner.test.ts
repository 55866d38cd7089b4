import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parse } from 'csv-parse/sync'
import fc from 'fast-check'
import { TunnelValueError } from '../../../lib/errors.js'
import { parseDataType } from '../../../lib/schema/parse-data-type.js'
import type { Column, TableSchema } from '../../../lib/schema/table-schema.js'
import { parseCell } from '../../../lib/text/cell-text.js'
import { parseCsv } from '../../../lib/transforms/parse-csv.js'
import { runChain } from '../../transforms/run-chain.js'

const types = [
  ...['bigint', 'int', 'smallint', 'tinyint', 'double', 'float', 'decimal(38,18)', 'string', 'boolean'],
  ...['date', 'datetime', 'timestamp', 'timestamp_ntz', 'json', 'binary'],
]

const columnsOf = (names: readonly string[]): Column[] =>
  names.map((name, i) => ({ name: `c${i}`, type: parseDataType(name), nullable: true }))

const cell = fc.oneof(
  fc.string({ maxLength: 5 }),
  fc.string({ minLength: 45, maxLength: 60 }),
  fc.constantFrom('', '"', 'a"b', 'a,b', 'a\nb', 'a\r\nb', '\\N', '好😀', '{"a":1}', 'YQ==', 'true', 'false'),
  fc.integer().map(String),
  fc.bigInt(-(2n ** 63n), 2n ** 63n).map(String),
  fc.double().map(String),
  fc.constantFrom(
    '-0',
    '+1',
    '1.',
    '.5',
    '007',
    '1.50',
    '128',
    '32768',
    '1234567890123456',
    '9007199254740993',
  ),
  fc.date({ noInvalidDate: true, min: new Date(0), max: new Date(4e12) }).map(date => date.toISOString()),
  fc.constantFrom('2001-02-03', '1900-02-29', '2001-02-03 04:05:06.123456789', '2001-02-03T24:00:00Z'),
)

/** The values of records as csv-parse has split them, up to the first that does not fit. */
const expectedRows = (
  text: string,
  columns: readonly Column[],
  { nullText, delimiter }: { nullText: string; delimiter: string },
): unknown[] => {
  const rows: unknown[] = []
  const options = { delimiter, relax_column_count: true, record_delimiter: ['\r\n', '\n'] }
  const cast = (value: string, { quoting }: { quoting: boolean }) =>
    quoting && value === nullText ? { text: value } : value
  for (const record of (parse(text, { ...options, cast }) as (string | { text: string })[][]).slice(1)) {
    if (record.length === 1 && record[0] === '' && columns.length > 1) continue
    if (record.length !== columns.length) return rows
    try {
      rows.push(
        record.map((field, i) => {
          if (field === nullText) return null
          return parseCell(typeof field === 'string' ? field : field.text, columns[i]!.type)
        }),
      )
    } catch (error) {
      if (error instanceof TunnelValueError || error instanceof SyntaxError) return rows
      throw error
    }
  }
  return rows
}

test('rows are those of csv-parse and of the text of each cell, however the bytes are cut', async () => {
  const cases = fc.record({
    names: fc.array(fc.constantFrom(...types), { minLength: 1, maxLength: 5 }),
    records: fc.array(fc.array(fc.tuple(cell, fc.boolean()), { minLength: 1, maxLength: 5 }), {
      maxLength: 8,
    }),
    end: fc.constantFrom('\n', '\r\n'),
    isEnded: fc.boolean(),
    nullText: fc.constantFrom('', '\\N', '-1'),
    // Some are signs of numbers and times, too.
    delimiter: fc.constantFrom(',', ',', ' ', '-', '.', ':', 'T', 'e', '7'),
    cuts: fc.array(fc.nat(), { maxLength: 4 }),
  })
  await fc.assert(
    fc.asyncProperty(
      cases,
      async ({ names, records, end, isEnded, nullText: drawnNull, delimiter, cuts }) => {
        const nullText = drawnNull.includes(delimiter) ? '' : drawnNull
        const columns = columnsOf(names)
        const schema: TableSchema = { columns, partitionColumns: [] }
        const lines = records.map(record =>
          record
            .map(([text, isQuoted]) =>
              isQuoted || (delimiter === ',' ? /[",\r\n]/ : /["\r\n]/).test(text)
                ? `"${text.replaceAll('"', '""')}"`
                : text,
            )
            .join(delimiter),
        )
        const text = [names.map((_, i) => `c${i}`).join(delimiter), ...lines].join(end) + (isEnded ? end : '')
        const bytes = Buffer.from(text)
        const at = [...new Set(cuts.map(cut => cut % (bytes.length + 1)))].sort((a, b) => a - b)
        const chunks = [0, ...at].map((from, i) => bytes.subarray(from, at[i] ?? bytes.length))
        const rows: unknown[] = []
        const keep = (row: unknown): unknown => {
          rows.push(row)
          return row
        }
        await runChain(chunks, parseCsv(schema, { nullText, delimiter }), keep).catch(error => {
          assert.ok(error instanceof TunnelValueError, String(error))
        })
        assert.deepEqual(rows, expectedRows(text, columns, { nullText, delimiter }))
      },
    ),
    { numRuns: 3000 },
  )
})

test('a delimiter that is not ASCII reads the same', async () => {
  const schema: TableSchema = { columns: columnsOf(['bigint', 'string']), partitionColumns: [] }
  const text = 'c0§c1\n1§a\n2§"b§c"\n\\N§"\\N"\n'
  const rows = await runChain([Buffer.from(text)], parseCsv(schema, { delimiter: '§' }))
  assert.deepEqual(rows, [
    [1n, 'a'],
    [2n, 'b§c'],
    [null, '\\N'],
  ])
})
