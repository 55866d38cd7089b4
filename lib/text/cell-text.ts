import { isUtf8 } from 'node:buffer'
import { checkOptions, type OptionSpec, oneOf } from '../check-options.js'
import { checkDecimal, formatDecimal } from '../codec/types/decimal.js'
import { floatOfDigits, floatRoom, nearestFloat } from '../codec/types/floats.js'
import { integerRange, type SmallIntegerKind } from '../codec/types/integers.js'
import { checkJson, formatJson, parseJson } from '../codec/types/json.js'
import { TunnelValueError } from '../errors.js'
import type { DataType } from '../schema/data-type.js'
import {
  epochSeconds,
  formatDate,
  formatNanos,
  likeDay,
  likeTime,
  parseDate,
  parseTime,
} from '../values/calendar.js'
import { CellProblem, invalid, outOfRange } from '../values/cell-problem.js'
import { IntervalDayTime } from '../values/interval-day-time.js'
import { IntervalYearMonth } from '../values/interval-year-month.js'
import type { JsonArray, JsonObject } from '../values/json-tree.js'
import { timeZoneOf } from '../values/time-zone.js'
import { Timestamp } from '../values/timestamp.js'
import { formatInstant } from '../values/wall-clock.js'
import { memberCell, parseNested } from './json-cells.js'
import { type EqualKeys, formatNested } from './nested-text.js'

/*
 * Cells as text, for CSV and NDJSON: what `formatCell` prints, `parseCell` reads back to an equal value.
 *
 *   integers  digits                         DATE       2001-02-03
 *   FLOAT     shortest digits, NaN, Infinity DATETIME   2001-02-03T04:05:06.789Z
 *   DECIMAL   plain digits                   TIMESTAMP  2001-02-03T04:05:06.123456789Z
 *   BOOLEAN   true, false                    TIMESTAMP_NTZ  the same without Z
 *   BINARY    base64                         INTERVAL_DAY_TIME  [-]D HH:MM:SS.nnnnnnnnn
 *   JSON      its text                       INTERVAL_YEAR_MONTH  [-]years-months
 *   ARRAY, MAP, STRUCT, VECTOR  JSON
 */

/** How cells are printed and read. */
export interface CellTextOptions {
  /** For DATETIME and TIMESTAMP: the zone to formatValue in, and of text that names none. Default `'UTC'`. */
  readonly timeZone?: string
  /** Whether a JSON cell is a parsed value or text. Default `'parsed'`. */
  readonly json?: 'parsed' | 'text'
}

/** How the command line prints cells for files. */
export interface FileCellOptions extends CellTextOptions {
  /** What becomes of a MAP with equal keys. Default `'refuse'`. */
  readonly equalKeys?: EqualKeys
}

/**
 * Prints a cell that is not NULL.
 * @throws TunnelValueError when the value is none of the type; TunnelOptionError for an option that isn't known
 */
export const formatCell = (value: unknown, type: DataType, options: CellTextOptions = {}): string => {
  checkOptions('formatCell', options, cellTextSpec)
  return textOfCell(value, type, options)
}

/**
 * Parses the text of a cell that is not NULL, to the value a download gives by default.
 * @throws TunnelValueError ODPS_INVALID_VALUE (without column and row) when the text is none of the type; TunnelOptionError for an
 * option that isn't known
 */
export const parseCell = (text: string, type: DataType, options: CellTextOptions = {}): unknown => {
  checkOptions('parseCell', options, cellTextSpec)
  return cellOfText(text, type, options)
}

const cellTextSpec: OptionSpec = { timeZone: 'string', json: oneOf('parsed', 'text') }

/** {@link formatCell} for those who print many cells with options that were checked once. */
export const textOfCell = (value: unknown, type: DataType, options: FileCellOptions = {}): string =>
  named(() => formatValue(value, type, options))

/** {@link parseCell} for those who read many cells with options that were checked once. */
export const cellOfText = (text: string, type: DataType, options: CellTextOptions = {}): unknown =>
  named(() => parse(text, type, options))

/**
 * The i-th value of a JSON array or object as a cell; null for NULL.
 * @throws CellProblem, which knows where inside the cell it is
 */
export const cellOfJson = (
  parts: JsonArray | JsonObject,
  i: number,
  type: DataType,
  options: CellTextOptions,
): unknown => memberCell(parts, i, type, (text, cellType) => parse(text, cellType, options))

/** Turns the problem of a cell into an error that names the place in it. */
export const named = <T>(run: () => T): T => {
  try {
    return run()
  } catch (error) {
    if (!(error instanceof CellProblem)) throw error
    throw new TunnelValueError(
      error.code,
      error.path === '' ? error.message : `${error.path}: ${error.message}`,
    )
  }
}

const formatValue = (value: unknown, type: DataType, options: FileCellOptions): string => {
  switch (type.kind) {
    case 'tinyint':
    case 'smallint':
    case 'int':
    case 'bigint':
      return formatWhole(value)
    case 'float':
    case 'double':
      return formatFloat(value, type.kind)
    case 'boolean':
      return typeof value === 'boolean' ? String(value) : refuse('true or false', value)
    case 'decimal':
      return formatDecimal(value)
    case 'string':
    case 'varchar':
    case 'char':
      return value instanceof Uint8Array ? utf8TextOf(value) : asText(value)
    case 'binary':
      return value instanceof Uint8Array ? Buffer.from(value).toString('base64') : refuse('bytes', value)
    case 'datetime':
      return value instanceof Date && !Number.isNaN(value.getTime())
        ? formatDatetime(value, options)
        : refuse('a Date', value)
    case 'date':
      return value instanceof Date ? formatDate(Math.floor(value.getTime() / 86_400_000)) : asText(value)
    case 'timestamp':
    case 'timestamp_ntz':
      return formatTimestamp(value, type.kind, options)
    case 'interval_day_time':
      return value instanceof IntervalDayTime ? value.toString() : refuse('an IntervalDayTime', value)
    case 'interval_year_month':
      return value instanceof IntervalYearMonth ? value.toString() : refuse('an IntervalYearMonth', value)
    case 'json':
      return options.json === 'text' ? jsonTextOf(value) : formatJson(value)
    case 'unsupported':
      return refuse('a value of a known type', value)
    default:
      return formatNested(
        value,
        type,
        (cell, cellType) => formatValue(cell, cellType, options),
        options.equalKeys ?? 'refuse',
      )
  }
}

const parse = (text: string, type: DataType, options: CellTextOptions): unknown => {
  switch (type.kind) {
    case 'tinyint':
    case 'smallint':
    case 'int':
      return parseSmall(text, type.kind)
    case 'bigint':
      return parseBigint(text)
    case 'float':
    case 'double':
      return parseFloatText(text, type.kind)
    case 'boolean':
      return parseBoolean(text)
    case 'decimal':
      return checkDecimal(formatDecimal(text), type)
    case 'string':
    case 'varchar':
    case 'char':
      return text
    case 'binary':
      return parseBase64(text)
    case 'datetime':
      return parseDatetime(text, options)
    case 'date':
      return formatDate(parseDate(text) ?? refuse('YYYY-MM-DD', text, likeDay(text)))
    case 'timestamp':
    case 'timestamp_ntz':
      return parseTimestamp(text, type.kind, options)
    case 'interval_day_time':
      return IntervalDayTime.parse(text)
    case 'interval_year_month':
      return IntervalYearMonth.parse(text)
    case 'json':
      return options.json === 'text' ? checkJson(text) : parseJson(text)
    case 'unsupported':
      return refuse('a value of a known type', text)
    default:
      return parseNested(text, type, (cell, cellType) => parse(cell, cellType, options))
  }
}

const jsonTextOf = (value: unknown): string => {
  if (typeof value === 'string') return value
  return value instanceof Uint8Array ? utf8TextOf(value) : formatJson(value)
}

const utf8TextOf = (bytes: Uint8Array): string =>
  isUtf8(bytes) ? Buffer.from(bytes).toString() : refuse('text in UTF-8', bytes)

const refuse = (expected: string, value: unknown, got?: string): never => {
  throw invalid(expected, value, got)
}

const asText = (value: unknown): string => (typeof value === 'string' ? value : refuse('text', value))

const wholePattern = /^[+-]?\d+$/

const formatWhole = (value: unknown): string => {
  const isWhole =
    typeof value === 'bigint' ||
    Number.isSafeInteger(value) ||
    (typeof value === 'string' && wholePattern.test(value))
  return isWhole ? String(value) : refuse('a whole number', value)
}

/** Digits without sign and leading zeros: at most as many as 64 bits have, before anything counts with them. */
const parseWhole = (text: string, name: string): bigint => {
  if (!wholePattern.test(text)) return refuse('a whole number', text)
  let from = text.startsWith('-') || text.startsWith('+') ? 1 : 0
  while (from < text.length - 1 && text.charCodeAt(from) === 48) from++
  if (text.length - from > 19)
    throw outOfRange(`the text has ${text.length - from} digits, too many for ${name}`)
  const size = BigInt(text.slice(from))
  return text.startsWith('-') ? -size : size
}

const parseBigint = (text: string): bigint => {
  const whole = parseWhole(text, 'BIGINT')
  if (BigInt.asIntN(64, whole) !== whole) throw outOfRange('BIGINT ranges from -2^63 to 2^63 - 1')
  return whole
}

const parseSmall = (text: string, kind: SmallIntegerKind): number => {
  const [min, max] = integerRange(kind)
  const name = kind.toUpperCase()
  const whole = parseWhole(text, name)
  if (whole < min || whole > max) throw outOfRange(`${name} ranges from ${min} to ${max}`)
  return Number(whole)
}

/** The fewest digits that read back to the same number; for a FLOAT, to the same 32-bit float. */
const formatFloat = (value: unknown, kind: 'float' | 'double'): string => {
  if (typeof value !== 'number') return refuse('a number', value)
  if (Object.is(value, -0)) return '-0'
  if (kind === 'double' || !Number.isFinite(value)) return String(value)
  const rounded = Math.fround(value)
  // Small ones have few digits to begin with: 1e-45 is the least.
  for (let digits = 1; digits < 9; digits++) {
    const short = rounded.toPrecision(digits)
    if (nearestFloat(short) === rounded) return String(Number(short))
  }
  return String(Number(rounded.toPrecision(9)))
}

/** No two parts of it can match the same digits: a long text is looked at once. */
const floatPattern = /^[+-]?(?:(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?|Infinity)$|^NaN$/

/** Text that doesn't say Infinity isn't infinite, and what isn't zero doesn't become it. */
const parseFloatText = (text: string, kind: 'float' | 'double'): number => {
  if (!floatPattern.test(text)) return refuse('a number', text)
  if (text.includes('N') || text.includes('I')) return Number(text)
  const number = floatOfDigits(text, kind)
  if (number === undefined) throw outOfRange(floatRoom[kind])
  return number
}

const parseBoolean = (text: string): boolean => {
  const word = text.toLowerCase()
  if (word === 'true' || word === '1') return true
  return word === 'false' || word === '0' ? false : refuse('true or false', text)
}

const parseBase64 = (text: string): Buffer => {
  const bytes = Buffer.from(text, 'base64')
  return bytes.toString('base64') === text ? bytes : refuse('base64', text)
}

const formatDatetime = (date: Date, options: CellTextOptions): string => {
  const ms = date.getTime()
  const seconds = Math.floor(ms / 1000)
  return formatInstant(seconds, `.${String(ms - seconds * 1000).padStart(3, '0')}`, options.timeZone ?? 'UTC')
}

const parseDatetime = (text: string, options: CellTextOptions): Date => {
  const time =
    parseTime(text) ?? refuse('YYYY-MM-DDTHH:MM:SS.mmm with or without a zone', text, likeTime(text))
  if (time.nanos % 1_000_000 !== 0) return refuse('at most milliseconds', text)
  return new Date(toEpoch(time, options) * 1000 + time.nanos / 1_000_000)
}

const formatTimestamp = (
  value: unknown,
  kind: 'timestamp' | 'timestamp_ntz',
  options: CellTextOptions,
): string => {
  if (!(value instanceof Timestamp)) return refuse('a Timestamp', value)
  if (kind === 'timestamp_ntz') return value.toString()
  const seconds = Number(value.seconds)
  if (!Number.isSafeInteger(seconds)) return refuse('a Timestamp that a calendar can represent', value)
  return formatInstant(seconds, `.${formatNanos(value.nanos)}`, options.timeZone ?? 'UTC')
}

const parseTimestamp = (
  text: string,
  kind: 'timestamp' | 'timestamp_ntz',
  options: CellTextOptions,
): Timestamp => {
  const time = parseTime(text)
  const expected = `YYYY-MM-DDTHH:MM:SS.nnnnnnnnn${kind === 'timestamp_ntz' ? ' without a zone' : ''}`
  if (!time) return refuse(expected, text, likeTime(text))
  if (kind === 'timestamp_ntz' && time.offset !== undefined) return refuse(expected, text)
  return new Timestamp(kind === 'timestamp' ? toEpoch(time, options) : epochSeconds(time), time.nanos)
}

const toEpoch = (
  time: NonNullable<ReturnType<typeof parseTime>>,
  { timeZone = 'UTC' }: CellTextOptions,
): number =>
  time.offset === undefined ? timeZoneOf(timeZone).toEpoch(epochSeconds(time)) : epochSeconds(time)
