import { TunnelValueError } from '../../errors.js'
import type { DataType } from '../../schema/data-type.js'
import { Timestamp } from '../../values/timestamp.js'
import { type CellTextOptions, textOfCell } from '../cell-text.js'
import { escapedText, hasLoneSurrogates } from '../escaped-text.js'

/** How the cells of one column are printed. */
export interface CellFormatter {
  readonly format: (value: unknown) => string
  /** Whether what is printed has only digits, ASCII letters, `+`, `-`, `.`, `:` and blanks between them. */
  readonly isPlain: boolean
}

/** Text without lone surrogates, or bytes that may be none. */
const formatText = (value: unknown): string | undefined => {
  if (typeof value === 'string') return hasLoneSurrogates(value) ? undefined : value
  return value instanceof Uint8Array ? escapedText(value) : undefined
}

/** Prints what `formatCell` prints, common values of common types without its many steps. */
export const cellFormatterOf = (type: DataType, options: CellTextOptions): CellFormatter => {
  const formatInFull = (value: unknown): string => textOfCell(value, type, options)
  const isUtc = options.timeZone === undefined || options.timeZone === 'UTC'
  switch (type.kind) {
    case 'string':
    case 'varchar':
    case 'char':
      return { format: value => formatText(value) ?? notText(value), isPlain: false }
    case 'bigint':
    case 'tinyint':
    case 'smallint':
    case 'int':
      return {
        format: value =>
          typeof value === 'bigint' || Number.isSafeInteger(value) ? String(value) : formatInFull(value),
        isPlain: true,
      }
    case 'double':
      return {
        format: value =>
          typeof value === 'number' && value !== 0 ? formatDouble(value) : formatInFull(value),
        isPlain: true,
      }
    case 'datetime':
      return {
        format: isUtc ? value => formatDatetime(value) ?? formatInFull(value) : formatInFull,
        isPlain: true,
      }
    case 'timestamp':
    case 'timestamp_ntz': {
      const zone = type.kind === 'timestamp' ? 'Z' : ''
      const isQuick = isUtc || zone === ''
      return {
        format: isQuick ? value => formatTimestamp(value, zone) ?? formatInFull(value) : formatInFull,
        isPlain: true,
      }
    }
    case 'boolean':
      return {
        format: value => (value === true ? 'true' : value === false ? 'false' : formatInFull(value)),
        isPlain: true,
      }
    case 'decimal':
      return {
        format: value =>
          typeof value === 'string' && plainDecimal.test(value) ? value : formatInFull(value),
        isPlain: true,
      }
    case 'float':
      return { format: formatInFull, isPlain: true }
    case 'date':
      return { format: value => (typeof value === 'string' ? value : formatInFull(value)), isPlain: false }
    default:
      return { format: formatInFull, isPlain: false }
  }
}

const notText = (value: unknown): never => {
  if (typeof value !== 'string') return textOfCell(value, { kind: 'string' }, {}) as never
  throw new TunnelValueError(
    'ODPS_INVALID_VALUE',
    'the text contains a lone surrogate, which is not a character',
  )
}

/**
 * The same digits as String(value), sooner where they are few: of decimals with at most 15 digits no two are the same
 * double, so that one which reads back to the value is the shortest there is.
 */
const formatDouble = (value: number): string => {
  const size = Math.abs(value)
  if (size < 1e9)
    for (let scale = 1, digits = 0; digits <= 4; scale *= 10, digits++) {
      const scaled = Math.round(size * scale)
      if (scaled / scale !== size) continue
      const sign = value < 0 ? '-' : ''
      if (digits === 0) return sign + scaled
      const whole = Math.floor(size)
      return `${sign}${whole}.${String(scaled - whole * scale).padStart(digits, '0')}`
    }
  return String(value)
}

const plainDecimal = /^-?\d+(?:\.\d+)?$/

const twoDigits = Array.from({ length: 60 }, (_, i) => String(i).padStart(2, '0'))
const daySeconds = 86_400

/** Within the years of four digits, 0001 to 9999. */
const firstSecond = -62_135_596_800
const lastSecond = 253_402_214_400

/** Days that were printed before: rows mostly share a few. */
const days = new Map<number, string>()
const maxDays = 10_000

const dayText = (day: number): string => {
  let text = days.get(day)
  if (text === undefined) {
    if (days.size >= maxDays) days.clear()
    text = new Date(day * daySeconds * 1000).toISOString().slice(0, 11)
    days.set(day, text)
  }
  return text
}

/** `YYYY-MM-DDTHH:MM:SS.` */
const secondText = (seconds: number): string => {
  const day = Math.floor(seconds / daySeconds)
  const rest = seconds - day * daySeconds
  const [hour, minute] = [Math.floor(rest / 3600), Math.floor(rest / 60) % 60]
  return `${dayText(day)}${twoDigits[hour]}:${twoDigits[minute]}:${twoDigits[rest % 60]}.`
}

const formatDatetime = (value: unknown): string | undefined => {
  if (!(value instanceof Date)) return undefined
  const ms = value.getTime()
  const seconds = Math.floor(ms / 1000)
  if (!(seconds >= firstSecond && seconds < lastSecond)) return undefined
  const rest = ms - seconds * 1000
  return `${secondText(seconds)}${rest < 10 ? '00' : rest < 100 ? '0' : ''}${rest}Z`
}

const formatTimestamp = (value: unknown, zone: string): string | undefined => {
  if (!(value instanceof Timestamp)) return undefined
  const seconds = Number(value.seconds)
  if (!(seconds >= firstSecond && seconds < lastSecond)) return undefined
  return `${secondText(seconds)}${String(value.nanos).padStart(9, '0')}${zone}`
}
