import { type Timestamp, TunnelValueError } from '../../../index.js'
import { dateOf } from '../../../values/calendar.js'
import { timeZoneOf } from '../../../values/time-zone.js'
import { formatOffset } from '../../../values/zone-offset.js'
import type { DatetimePattern } from './datetime-pattern.js'
import type { PatternPart } from './pattern-fields.js'

/*
 * Prints instants by a pattern, from the fields of a zone's clock. What the pattern prints must read back to the instant:
 * a time that comes twice when clocks go back, an offset of odd seconds in XXX, and the year 1999 as yy are refused (or,
 * where a tail may follow, get their offset). What a pattern leaves out on purpose, milliseconds or the whole time of
 * day, is counted and told.
 */

/** What a printed text has besides the pattern, or lacks. */
export type Deviation = 'fraction' | 'offset' | 'left out'

export interface PrinterOptions {
  /** Undefined for TIMESTAMP_NTZ, whose fields are its own. */
  readonly timeZone: string | undefined
  /**
   * What may follow a pattern that ends in seconds or their fraction, so that nothing is lost: milliseconds as three
   * digits, or only the digits that are not zero; an offset.
   */
  readonly tail: 'milliseconds' | 'digits' | undefined
  readonly report: (deviation: Deviation) => void
}

/** A point on a clock. One object serves all cells: it is written over. */
interface Clock {
  day: number
  second: number
  nanos: number
  offset: number
}

type Piece = (clock: Clock) => string

/** @throws TunnelValueError (the printer) for an instant that its text would not read back to */
export const printerOf = (
  pattern: DatetimePattern,
  { timeZone, tail, report }: PrinterOptions,
): ((value: Date | Timestamp) => string) => {
  const zone = timeZoneOf(timeZone ?? 'UTC')
  const pieces = piecesOf(pattern.parts)
  const isLossy = lossCheckOf(pattern)
  const tailOf = tail === undefined ? undefined : tailPrinterOf(pattern, tail)
  const canRepeat = !pattern.hasZone && timeZone !== undefined && !isFixed(timeZone)
  const clock: Clock = { day: 0, second: 0, nanos: 0, offset: 0 }
  return value => {
    if (timeZone === undefined && pattern.hasZone)
      throw new TunnelValueError('ODPS_INVALID_VALUE', `a TIMESTAMP_NTZ has no zone for '${pattern.pattern}'`)
    const instant = readInstant(value, clock)
    clock.offset = timeZone === undefined ? 0 : zone.offsetAt(instant)
    const wall = instant + clock.offset
    clock.day = Math.floor(wall / secondsPerDay)
    clock.second = wall - clock.day * secondsPerDay
    let text = ''
    for (let i = 0; i < pieces.length; i++) text += pieces[i]!(clock)
    if (isLossy(clock)) {
      const rest = tailOf?.(clock) ?? ''
      report(rest === '' ? 'left out' : 'fraction')
      text += rest
    }
    if (!canRepeat || zone.toEpoch(wall) === instant) return text
    if (tailOf === undefined) throw comesTwice(text, timeZone!)
    report('offset')
    return text + formatOffset(clock.offset)
  }
}

const secondsPerDay = 86_400

const readInstant = (value: Date | Timestamp, clock: Clock): number => {
  if (value instanceof Date) {
    const ms = value.getTime()
    const seconds = Math.floor(ms / 1000)
    clock.nanos = (ms - seconds * 1000) * 1_000_000
    return seconds
  }
  clock.nanos = value.nanos
  const seconds = Number(value.seconds)
  if (Number.isSafeInteger(seconds)) return seconds
  throw new TunnelValueError('ODPS_INVALID_VALUE', 'the time is beyond what a calendar can represent')
}

const isFixed = (timeZone: string): boolean => /^(?:Z|UTC|GMT)?(?:[+-][\d:]+)?$/.test(timeZone)

const comesTwice = (text: string, timeZone: string): TunnelValueError =>
  new TunnelValueError(
    'ODPS_INVALID_VALUE',
    `the time '${text}' occurs twice on the clocks of ${timeZone}, and the pattern has no zone: add XXX to it, or use --timezone UTC`,
  )

/** Whether a time has something that the pattern does not print. */
const lossCheckOf = ({ has, parts }: DatetimePattern): ((clock: Clock) => boolean) => {
  if (!has('year') || !has('month') || !has('day')) return () => true
  if (!has('hour') && !has('hour12')) return ({ second, nanos }) => second !== 0 || nanos !== 0
  if (!has('minute')) return ({ second, nanos }) => second % 3600 !== 0 || nanos !== 0
  if (!has('second')) return ({ second, nanos }) => second % 60 !== 0 || nanos !== 0
  const unit = 10 ** (9 - fractionDigits(parts))
  return ({ nanos }) => nanos % unit !== 0
}

const fractionDigits = (parts: readonly PatternPart[]): number => {
  const fraction = parts.find(part => 'field' in part && part.field === 'fraction')
  return fraction !== undefined && 'field' in fraction ? fraction.letters.length : 0
}

/** The digits that the pattern leaves out; undefined where it does not end in seconds or their fraction. */
const tailPrinterOf = (
  { parts }: DatetimePattern,
  tail: 'milliseconds' | 'digits',
): ((clock: Clock) => string) | undefined => {
  const last = parts.at(-1)!
  if (!('field' in last) || (last.field !== 'second' && last.field !== 'fraction')) return undefined
  const printed = fractionDigits(parts)
  const point = printed === 0 ? '.' : ''
  return ({ nanos }) => {
    const all = String(nanos).padStart(9, '0')
    const digits =
      tail === 'milliseconds' && nanos % 1_000_000 === 0 ? all.slice(0, 3) : all.replace(/0+$/, '')
    return digits.length > printed ? point + digits.slice(printed) : ''
  }
}

const two = Array.from({ length: 60 }, (_, i) => String(i).padStart(2, '0'))
const maxDays = 10_000

/** Parts of the date in a row are printed once a day: rows mostly share a few days. */
const piecesOf = (parts: readonly PatternPart[]): Piece[] => {
  const pieces: Piece[] = []
  let day: Piece[] = []
  const endDay = (): void => {
    if (day.length > 0) pieces.push(onceADay(day))
    day = []
  }
  for (const part of parts) {
    const piece = pieceOf(part)
    if (!('field' in part)) (day.length > 0 ? day : pieces).push(piece)
    else if (part.field === 'year' || part.field === 'month' || part.field === 'day') day.push(piece)
    else {
      endDay()
      pieces.push(piece)
    }
  }
  endDay()
  return pieces
}

const onceADay = (pieces: readonly Piece[]): Piece => {
  const texts = new Map<number, string>()
  return clock => {
    let text = texts.get(clock.day)
    if (text === undefined) {
      if (texts.size >= maxDays) texts.clear()
      text = pieces.map(piece => piece(clock)).join('')
      texts.set(clock.day, text)
    }
    return text
  }
}

const pieceOf = (part: PatternPart): Piece => {
  if (!('field' in part)) return () => part.text
  const { field, letters } = part
  const number = letters.length === 1 ? String : (value: number): string => two[value]!
  switch (field) {
    case 'year':
      return ({ day }) => formatYear(dateOf(day).year, letters.length)
    case 'month':
      return ({ day }) => number(dateOf(day).month)
    case 'day':
      return ({ day }) => number(dateOf(day).day)
    case 'hour':
      return ({ second }) => number(Math.floor(second / 3600))
    case 'hour12':
      return ({ second }) => number(Math.floor(second / 3600) % 12 || 12)
    case 'minute':
      return ({ second }) => number(Math.floor(second / 60) % 60)
    case 'second':
      return ({ second }) => number(second % 60)
    case 'fraction':
      return ({ nanos }) => String(nanos).padStart(9, '0').slice(0, letters.length)
    case 'halfDay':
      return ({ second }) => (second >= 43_200 ? 'PM' : 'AM')
    case 'offset':
      return ({ offset }) => formatZone(offset, letters)
  }
}

/** As java.time: four letters and more put a sign before what is longer. Years before 1 are counted as ISO does. */
const formatYear = (year: number, letters: number): string => {
  if (letters === 2) {
    if (year >= 2000 && year <= 2099) return two[year % 100] ?? String(year % 100)
    throw new TunnelValueError(
      'ODPS_INVALID_VALUE',
      `the year ${year} cannot be written as yy, which means 2000 to 2099: use yyyy`,
    )
  }
  const digits = String(Math.abs(year)).padStart(letters, '0')
  if (year < 0) return `-${digits}`
  return letters >= 4 && digits.length > letters ? `+${digits}` : digits
}

const formatZone = (offset: number, letters: string): string => {
  const kind = letters[0]!
  const count = letters.length
  const isLong = kind !== 'Z' ? count >= 4 : count === 5
  const hasColons = kind === 'Z' ? count === 5 : count === 3 || count === 5
  if (offset === 0 && (kind === 'X' || letters === 'ZZZZZ')) return 'Z'
  const size = Math.abs(offset)
  const [hours, minutes, seconds] = [Math.floor(size / 3600), Math.floor(size / 60) % 60, size % 60]
  if (seconds !== 0 && !isLong)
    throw new TunnelValueError(
      'ODPS_INVALID_VALUE',
      `the zone was ${formatOffset(offset)} from UTC then, which ${letters} cannot express: use XXXXX, or --timezone UTC`,
    )
  const isShort = kind !== 'Z' && count === 1 && minutes === 0
  const numbers = isShort ? [hours] : seconds === 0 ? [hours, minutes] : [hours, minutes, seconds]
  return (offset < 0 ? '-' : '+') + numbers.map(value => two[value]!).join(hasColons ? ':' : '')
}
