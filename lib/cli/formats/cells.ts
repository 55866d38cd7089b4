import { floatOfDigits } from '../../codec/types/floats.js'
import {
  type CellTextOptions,
  type Column,
  type DataType,
  type Timestamp,
  TunnelValueError,
} from '../../index.js'
import { cellOfText } from '../../text/cell-text.js'
import { type CellFormatter, cellFormatterOf } from '../../text/csv/cell-formatter.js'
import { likeTime, parseTime } from '../../values/calendar.js'
import { CliError } from '../usage-error.js'
import type { CellOptions } from './cell-options.js'
import { odpscmdPrinterOf } from './odpscmd/cells.js'
import { type CellParser, odpscmdNestedParser } from './odpscmd/nested.js'
import { withoutExponent } from './odpscmd/numbers.js'
import type { DatetimePattern } from './times/datetime-pattern.js'
import { printerOf } from './times/pattern-printer.js'

/*
 * Cells of text files, of one column, both ways. Common forms are read without the general parser, which costs several
 * times as much. Whatever is printed is read back as the same value; where odpscmd's forms don't allow that it is
 * counted, and told once per column.
 */

/** A function for the cells of one column: text that is not NULL to a value. It throws TunnelValueError. */
export const cellParserOf = (type: DataType, options: CellOptions): CellParser => {
  const textOptions: CellTextOptions = { timeZone: options.timeZone, json: 'text' }
  const exactly: CellParser = text => cellOfText(text, type, textOptions)
  const trimmed: CellParser = options.isOdpscmd
    ? text => exactly(isoYear(text.trim()))
    : text => exactly(text.trim())
  switch (type.kind) {
    case 'string':
    case 'varchar':
    case 'char':
      return text => text
    case 'json':
      return text => {
        JSON.parse(text)
        return text
      }
    case 'binary':
      return options.isOdpscmd ? text => Buffer.from(text) : exactly
    case 'bigint':
      return text => plainInteger(text) ?? trimmed(text)
    case 'double':
      return text => plainNumber(text) ?? trimmed(text)
    case 'datetime':
    case 'timestamp':
    case 'timestamp_ntz':
      return timeParser(trimmed, options.datetime)
    case 'array':
    case 'map':
    case 'struct':
    case 'vector':
      return options.isOdpscmd ? odpscmdNestedParser(type, options, cellParserOf) : trimmed
    default:
      return trimmed
  }
}

/** Java writes the year 10000 as +10000, ISO 8601 in six digits. */
const isoYear = (text: string): string =>
  text.replace(
    /^([+-])(\d{4,5})(?=-\d\d-)/,
    (_all, sign: string, year: string) => sign + year.padStart(6, '0'),
  )

/** Digits that a number holds exactly need no bigint. */
const plainInteger = (text: string): number | undefined => {
  if (text.length === 0 || text.length > 15) return undefined
  let value = 0
  const start = text.charCodeAt(0) === 45 ? 1 : 0
  if (start === text.length) return undefined
  for (let i = start; i < text.length; i++) {
    const digit = text.charCodeAt(i) - 48
    if (digit < 0 || digit > 9) return undefined
    value = value * 10 + digit
  }
  return start === 1 ? 0 - value : value
}

const plainDecimals = /^-?\d+(?:\.\d+)?$/

const plainNumber = (text: string): number | undefined =>
  plainDecimals.test(text) ? floatOfDigits(text, 'double') : undefined

const dateOnly = /^\d{4}-\d\d-\d\d$/

const timeParser = (parse: CellParser, pattern: DatetimePattern | undefined): CellParser => {
  if (pattern === undefined)
    return text => parse(text.length === 10 && dateOnly.test(text) ? `${text}T00:00:00` : text)
  return text => {
    const iso = pattern.parse(text.trim())
    if (iso === undefined)
      throw new TunnelValueError(
        'ODPS_INVALID_VALUE',
        `expected a time of the form '${pattern.pattern}', with year, month and day`,
      )
    try {
      return parse(iso)
    } catch (error) {
      if (parseTime(iso) !== undefined) throw error
      throw new TunnelValueError(
        'ODPS_INVALID_VALUE',
        `expected a time of the form '${pattern.pattern}', got ${likeTime(iso)}`,
      )
    }
  }
}

/** How the cells of one column are printed. JSON columns are text already. */
export const cellPrinterOf = (
  { name, type }: Pick<Column, 'name' | 'type'>,
  options: CellOptions,
): CellFormatter => {
  const { datetime, plainNumbers, isOdpscmd } = options
  if (type.kind === 'timestamp_ntz' && datetime?.hasZone) throw hasNoZone(name, datetime)
  if (isOdpscmd) return odpscmdPrinterOf({ name, type }, options)
  const column = cellFormatterOf(type, { timeZone: options.timeZone, json: 'text' })
  switch (type.kind) {
    case 'json':
      return cellFormatterOf({ kind: 'string' }, {})
    case 'float':
    case 'double':
      return plainNumbers ? { format: value => withoutExponent(column.format(value)), isPlain: true } : column
    case 'datetime':
    case 'timestamp':
    case 'timestamp_ntz':
      return datetime === undefined ? column : patternColumn(name, type.kind, datetime, options)
    default:
      return column
  }
}

const patternColumn = (
  name: string,
  kind: 'datetime' | 'timestamp' | 'timestamp_ntz',
  pattern: DatetimePattern,
  { timeZone, notes }: CellOptions,
): CellFormatter => {
  const print = printerOf(pattern, {
    timeZone: kind === 'timestamp_ntz' ? undefined : timeZone,
    tail: undefined,
    report: notes.counter(name),
  })
  return { format: value => print(value as Date | Timestamp), isPlain: false }
}

const hasNoZone = (name: string, { pattern }: DatetimePattern): CliError =>
  new CliError(
    `the column '${name}' is a TIMESTAMP_NTZ, which has no zone, but the pattern '${pattern}' contains one`,
    'Leave X, x and Z out of --datetime-format, or the column out with --columns',
  )
