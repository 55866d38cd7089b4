import { UsageError } from '../../usage-error.js'
import { type PatternPart, parsePattern, type TimeField } from './pattern-fields.js'

/*
 * Times in text by a pattern of java.time, as odpscmd takes it: yyyy-MM-dd HH:mm:ss.SSS, dd/MM/yyyy hh:mm a, 'T' for text.
 * A pattern is compiled once, to an expression that reads and to functions that print the fields of a zone's clock
 * (pattern-printer.ts). Every letter that is taken prints as java.time prints it; all others are refused when the option
 * is read, because a letter that means something else here would change every value of a column.
 */

export interface DatetimePattern {
  readonly pattern: string
  readonly parts: readonly PatternPart[]
  readonly has: (field: TimeField) => boolean
  /** Whether its text names the zone. */
  readonly hasZone: boolean
  /** ISO text of what the pattern reads, with an offset only if the pattern has one; undefined when it does not match. */
  readonly parse: (text: string) => string | undefined
  /** Options are compared as JSON. */
  readonly toJSON: () => string
}

export interface PatternOptions {
  /** Take what {@link printerOf} appends so that nothing is lost: digits of a fraction, an offset. */
  readonly takesTail?: boolean
}

/** @throws UsageError for a letter that has no meaning here, and for a pattern that could not be read back */
export const compileDatetimePattern = (
  pattern: string,
  { takesTail = false }: PatternOptions = {},
): DatetimePattern => {
  const parts = parsePattern(pattern)
  const fields = new Set(parts.flatMap(part => ('field' in part ? [part.field] : [])))
  const has = (field: TimeField): boolean => fields.has(field)
  checkFields(pattern, has)
  return {
    pattern,
    parts,
    has,
    hasZone: has('offset'),
    parse: readerOf(parts, takesTail),
    toJSON: () => pattern,
  }
}

const checkFields = (pattern: string, has: (field: TimeField) => boolean): void => {
  const wrong = (what: string, next: string): UsageError =>
    new UsageError(`--datetime-format: '${pattern}' ${what}`, next)
  if (has('hour12') !== has('halfDay'))
    throw wrong(
      'has only one of h (hours to 12) and a (AM or PM)',
      'Use H for hours to 23, or h and a together',
    )
  if (has('hour') && has('hour12')) throw wrong('has the hour twice', 'Use H, or h and a')
  const chain = [has('hour') || has('hour12'), has('minute'), has('second'), has('fraction')]
  if (chain.some((isThere, i) => isThere && i > 0 && !chain[i - 1]))
    throw wrong(
      'has a part of the time without the larger one before it',
      'Use HH:mm:ss.SSS, or less from its end',
    )
}

/** Calendar fields a text must have to be an instant. */
const needed = ['year', 'month', 'day'] as const

interface Found {
  readonly texts: Partial<Record<TimeField, string>>
  readonly tail: string | undefined
  readonly tailOffset: string | undefined
}

const readerOf = (parts: readonly PatternPart[], takesTail: boolean): DatetimePattern['parse'] => {
  const fields = parts.flatMap(part => ('field' in part ? [part.field] : []))
  if (needed.some(field => !fields.includes(field))) return () => undefined
  const last = parts.at(-1)!
  const canHaveTail = takesTail && 'field' in last && (last.field === 'second' || last.field === 'fraction')
  const tail = canHaveTail
    ? `(${last.field === 'second' ? '\\.' : ''}\\d{1,9})?([+-]\\d\\d:\\d\\d(?::\\d\\d)?|Z)?`
    : ''
  const expression = new RegExp(`^${parts.map(part => part.expression).join('')}${tail}$`)
  return text => {
    const found = expression.exec(text)
    if (found === null) return undefined
    const texts = Object.fromEntries(fields.map((field, i) => [field, found[i + 1]!]))
    return formatIso({ texts, tail: found[fields.length + 1], tailOffset: found[fields.length + 2] })
  }
}

const formatIso = ({ texts, tail = '', tailOffset }: Found): string | undefined => {
  const { month = '', day = '', minute = '0', second = '0', fraction = '', offset } = texts
  const hour = hourOf(texts)
  const digits = fraction + tail.replace('.', '')
  if (hour === undefined || digits.length > 9) return undefined
  const time = [hour, minute, second].map(two).join(':')
  const zone = offset === undefined ? (tailOffset ?? '') : isoOffset(offset)
  return `${isoYear(texts)}-${two(month)}-${two(day)}T${time}${digits === '' ? '' : `.${digits}`}${zone}`
}

const two = (text: string): string => text.padStart(2, '0')

const hourOf = ({ hour, hour12, halfDay }: Found['texts']): string | undefined => {
  if (hour12 === undefined) return hour ?? '0'
  const value = Number(hour12)
  return value >= 1 && value <= 12
    ? String((value % 12) + (halfDay!.toUpperCase() === 'PM' ? 12 : 0))
    : undefined
}

/** Two digits are of 2000 to 2099, as java.time has it. */
const isoYear = ({ year = '' }: Found['texts']): string => {
  if (/^\d\d$/.test(year)) return `20${year}`
  const value = Number(year)
  if (value >= 0 && value <= 9999) return year.replace(/^[+-]/, '').padStart(4, '0').slice(-4)
  return (value < 0 ? '-' : '+') + String(Math.abs(value)).padStart(6, '0')
}

const isoOffset = (text: string): string => {
  const [, sign = '', hours = '', minutes = '00', seconds = ''] =
    /^([+-])(\d\d):?(\d\d)?:?(\d\d)?$/.exec(text) ?? []
  return hours === '' ? 'Z' : `${sign}${hours}:${minutes}${seconds === '' ? '' : `:${seconds}`}`
}
