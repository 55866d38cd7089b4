import { invalid } from './cell-problem.js'
import { offsetOfText, zoneText } from './zone-offset.js'

/* The proleptic Gregorian calendar in UTC, as days since 1970-01-01, and ISO 8601 text. Never local time. */

export interface CalendarDate {
  readonly year: number
  readonly month: number
  readonly day: number
}

const daysInEra = 146_097
const daysToEpoch = 719_468

/** Days since 1970-01-01 of a date. Years count from March here, so that the leap day is the last. */
export const daysOf = ({ year, month, day }: CalendarDate): number => {
  const y = month <= 2 ? year - 1 : year
  const era = Math.floor(y / 400)
  const yearOfEra = y - era * 400
  const dayOfYear = Math.floor((153 * ((month + 9) % 12) + 2) / 5) + day - 1
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear
  return era * daysInEra + dayOfEra - daysToEpoch
}

export const dateOf = (days: number): CalendarDate => {
  const shifted = days + daysToEpoch
  const era = Math.floor(shifted / daysInEra)
  const dayOfEra = shifted - era * daysInEra
  const leaps = Math.floor(dayOfEra / 1460) - Math.floor(dayOfEra / 36_524) + Math.floor(dayOfEra / 146_096)
  const yearOfEra = Math.floor((dayOfEra - leaps) / 365)
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  const m = Math.floor((5 * dayOfYear + 2) / 153)
  const month = m < 10 ? m + 3 : m - 9
  const day = dayOfYear - Math.floor((153 * m + 2) / 5) + 1
  return { year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day }
}

const pad = (value: number, width: number): string => String(value).padStart(width, '0')

/** `YYYY-MM-DD`; years outside 0000-9999 as ±YYYYYY. */
export const formatDate = (days: number): string => {
  const { year, month, day } = dateOf(days)
  return `${formatYear(year)}-${pad(month, 2)}-${pad(day, 2)}`
}

const remembered = new Map<number, string>()
const maxRemembered = 4096

/** The same for dates of a table or a file, which are few and come again and again. */
export const formatDateAgain = (days: number): string => {
  const known = remembered.get(days)
  if (known !== undefined) return known
  if (remembered.size >= maxRemembered) remembered.clear()
  const text = formatDate(days)
  remembered.set(days, text)
  return text
}

const formatYear = (year: number): string =>
  year >= 0 && year <= 9999 ? pad(year, 4) : (year < 0 ? '-' : '+') + pad(Math.abs(year), 6)

/** `HH:MM:SS` */
export const formatTime = (secondOfDay: number): string =>
  `${pad(Math.floor(secondOfDay / 3600), 2)}:${pad(Math.floor(secondOfDay / 60) % 60, 2)}:${pad(secondOfDay % 60, 2)}`

export const formatNanos = (nanos: number): string => pad(nanos, 9)

/** A date and time as text says it, before any zone is applied. */
export interface ParsedTime {
  readonly days: number
  readonly secondOfDay: number
  readonly nanos: number
  readonly fractionDigits: number
  /** Seconds east of UTC; undefined when the text has no zone. */
  readonly offset: number | undefined
}

const datePattern = /^(\d{4}|[+-]\d{6})-(\d\d)-(\d\d)$/
const timePattern =
  /^((?:\d{4}|[+-]\d{6})-\d\d-\d\d)[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?(?: ?([A-Za-z+-][\w+:/-]{0,39}))?$/

const like =
  (form: RegExp) =>
  (value: unknown): string | undefined =>
    typeof value === 'string' && form.test(value) ? 'a day or a time of day that does not exist' : undefined

/** What was got, of text that is no day only because the calendar does not have it; undefined of anything else. */
export const likeDay = like(datePattern)
/** The same of what {@link parseTime} does not take for a time. */
export const likeTime = like(timePattern)

/** Parses `YYYY-MM-DD` or `±YYYYYY-MM-DD` to days; undefined when it is another form or no day of the calendar. */
export const parseDate = (text: string): number | undefined => {
  const quick = parsePlainDate(text)
  if (quick >= 0) return quick
  const parts = datePattern.exec(text)
  if (!parts) return undefined
  const [year, month, day] = [Number(parts[1]), Number(parts[2]), Number(parts[3])]
  if (month < 1 || month > 12 || day < 1 || day > 31) return undefined
  const days = daysOf({ year, month, day })
  const back = dateOf(days)
  return back.month === month && back.day === day ? days : undefined
}

/** Days of `YYYY-MM-DD` from 1970 on with a day every month has; -1 for anything else, which is then looked at closely. */
const parsePlainDate = (text: string): number => {
  if (text.length !== 10 || text.charCodeAt(4) !== 45 || text.charCodeAt(7) !== 45) return -1
  const year = twoDigits(text, 0) * 100 + twoDigits(text, 2)
  const month = twoDigits(text, 5)
  const day = twoDigits(text, 8)
  return month >= 1 && month <= 12 && day >= 1 && day <= 28 && year >= 0 ? daysOf({ year, month, day }) : -1
}

/** NaN when they are none. */
const twoDigits = (text: string, at: number): number => {
  const tens = text.charCodeAt(at) - 48
  const ones = text.charCodeAt(at + 1) - 48
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : Number.NaN
}

/**
 * Parses `YYYY-MM-DDTHH:MM[:SS[.fraction]]` with or without a zone (see {@link zoneText}), a blank in place of the T
 * allowed; undefined when it is another form or no time of the calendar.
 * @throws CellProblem that names the zone when only that isn't known
 */
export const parseTime = (text: string): ParsedTime | undefined => {
  const parts = timePattern.exec(text)
  if (!parts) return undefined
  const [, date = '', hour, minute, second = '0', fraction = '', zone] = parts
  const days = parseDate(date)
  const [h, m, s] = [Number(hour), Number(minute), Number(second)]
  if (days === undefined || h > 23 || m > 59 || s > 59) return undefined
  const offset = zone === undefined ? undefined : offsetOfText(zone)
  if (zone !== undefined && offset === undefined)
    throw invalid(`${zoneText} for the zone`, text, shownZone.test(zone) ? `'${zone}'` : 'another one')
  const nanos = Number(fraction.padEnd(9, '0'))
  return { days, secondOfDay: h * 3600 + m * 60 + s, nanos, fractionDigits: fraction.length, offset }
}

/** What says nothing but a zone. Other text behind a time may be anything, and no value of a row enters a message. */
const shownZone =
  /^(?:[+-][\d:]{1,9}|[A-Z]{1,5}(?:[+-]?\d{1,4})?|(?:Africa|America|Antarctica|Arctic|Asia|Atlantic|Australia|Europe|Indian|Pacific)\/[A-Za-z_]{1,30})$/

/** Seconds since 1970-01-01T00:00:00Z of a parsed time; without a zone the fields are taken as UTC. */
export const epochSeconds = (time: ParsedTime): number =>
  time.days * 86_400 + time.secondOfDay - (time.offset ?? 0)

/** Seconds of 0000-01-01T00:00:00Z and 9999-12-31T23:59:59Z, what DATETIME can hold (protocol 4.5). */
export const minSeconds = -62_167_219_200
export const maxSeconds = 253_402_300_799
