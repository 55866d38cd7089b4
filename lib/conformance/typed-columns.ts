import type { ColumnTexts } from '../schema/row-types.js'
import { IntervalDayTime } from '../values/interval-day-time.js'
import { IntervalYearMonth } from '../values/interval-year-month.js'
import { Timestamp } from '../values/timestamp.js'

/*
 * A column of each data type, with values at its edges. Types that every project has share a table, for a table costs two
 * statements; those that a project may lack have one each, so that a refusal is the answer about that type alone. Beside them
 * stand those whose values may come back spelled otherwise: CHAR is padded, and a DECIMAL may gain or lose zeros.
 */

export interface TypedColumn {
  readonly name: string
  readonly type: string
  readonly values: readonly unknown[]
}

const column = (name: string, type: string, ...values: readonly unknown[]): TypedColumn => ({
  ...{ name, type, values },
})

/** Half a second before 1970, and a time with all its digits. */
const instants = [new Timestamp(0), new Timestamp(-1, 500_000_000), new Timestamp(1_709_210_096, 123_456_789)]

export const typedColumns = {
  basic: [
    column('bigint', 'bigint', 0n, -1n, 9_223_372_036_854_775_807n, -9_223_372_036_854_775_807n),
    column('double', 'double', 0, -1.5, Number.MAX_VALUE, Number.MIN_VALUE),
    column('boolean', 'boolean', true, false),
    column('string', 'string', '', 'some text', 'Zürich 東京 🙂', 'a tab\tand\nlines'),
    column(
      'datetime',
      'datetime',
      ...['1970-01-01T00:00:00.000Z', '2024-02-29T12:34:56.789Z', '1969-12-31T23:59:59.500Z'].map(
        text => new Date(text),
      ),
    ),
    column('tinyint', 'tinyint', 0, 127, -128),
    column('smallint', 'smallint', 0, 32_767, -32_768),
    column('int', 'int', 0, 2_147_483_647, -2_147_483_648),
    column('float', 'float', 0, -1.5, 16_777_216),
    column('binary', 'binary', Buffer.of(), Buffer.of(0, 127, 128, 255)),
    column('varchar', 'varchar(10)', '', 'ten signs!', 'zehn: äöü'),
    column('date', 'date', '1970-01-01', '2024-02-29', '1969-12-31', '9999-12-31'),
    column('timestamp', 'timestamp', ...instants),
  ],
  nested: [
    column('array', 'array<bigint>', [1n, null, -2n], []),
    column('map', 'map<string,bigint>', new Map([['one', 1n]]), new Map([['none', null]])),
    column('struct', 'struct<a:bigint,b:string>', { a: 1n, b: 'x' }, { a: null, b: '' }),
    column('array_of_structs', 'array<struct<a:bigint,b:string>>', [{ a: 1n, b: 'x' }, null]),
  ],
  char: [column('char', 'char(4)', 'four', 'ab')],
  decimal: [
    column('decimal_38_18', 'decimal(38,18)', '0', '-1.5', '12345678901234567890.123456789012345678'),
    column('decimal_10_2', 'decimal(10,2)', '12.34', '-0.05', '99999999.99'),
  ],
  old_decimal: [column('old_decimal', 'decimal', '0', '-1.5', '123456789012345678.123456789012345678')],
  timestamp_ntz: [column('timestamp_ntz', 'timestamp_ntz', ...instants)],
  json: [column('json', 'json', { a: 1, b: [1.5, null, 'x'] }, 'text', [])],
  interval_day_time: [
    column(
      'interval_day_time',
      'interval_day_time',
      new IntervalDayTime(90_061n, 5),
      new IntervalDayTime(-2n, 500_000_000),
    ),
  ],
  interval_year_month: [
    column(
      'interval_year_month',
      'interval_year_month',
      new IntervalYearMonth(14),
      new IntervalYearMonth(-1),
    ),
  ],
  vector: [column('vector', 'vector(float,3)', [0.5, 1, -2])],
} as const satisfies Readonly<Record<string, readonly TypedColumn[]>>

export type TypedTable = keyof typeof typedColumns

/** What the statements of some of them need. */
export const typedHints: Readonly<Partial<Record<TypedTable, Readonly<Record<string, string>>>>> = {
  old_decimal: { 'odps.sql.type.system.odps2': 'false', 'odps.sql.decimal.odps2': 'false' },
  json: { 'odps.sql.type.json.enable': 'true' },
}

export const textsOf = (columns: readonly TypedColumn[]): ColumnTexts =>
  Object.fromEntries(columns.map(({ name, type }) => [`c_${name}`, type]))

/** As many rows as the longest list of values, and one of NULLs. */
export const rowsOfColumns = (columns: readonly TypedColumn[]): unknown[][] => {
  const count = 1 + Math.max(...columns.map(({ values }) => values.length))
  return Array.from({ length: count }, (_, i) => columns.map(({ values }) => values[i] ?? null))
}
