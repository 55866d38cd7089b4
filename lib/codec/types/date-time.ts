import { TunnelProtocolError } from '../../errors.js'
import {
  epochSeconds,
  formatDateAgain,
  likeDay,
  likeTime,
  maxSeconds,
  minSeconds,
  parseDate,
  parseTime,
} from '../../values/calendar.js'
import { invalid, outOfRange } from '../../values/cell-problem.js'
import { Timestamp } from '../../values/timestamp.js'
import { isSafe, numberOf } from '../../wire/int64.js'
import type { ValueReader } from '../../wire/value-reader.js'
import type { CellCodec } from '../cell-codec.js'
import { readInstant, toSecondsAndNanos, writeInstant } from './instant.js'
import { writeWhole } from './integers.js'

/* DATETIME: milliseconds UTC. DATE: days. TIMESTAMP, TIMESTAMP_NTZ: seconds and nanos (protocol 4.5). */

export const minDatetime = minSeconds * 1000
export const maxDatetime = maxSeconds * 1000 + 999

export const datetimeCodec: CellCodec = {
  write: (out, value) => {
    const ms = toMilliseconds(value)
    if (ms < minDatetime || ms > maxDatetime) throw outOfRange('DATETIME covers the years 0000 to 9999')
    writeWhole(out, ms)
  },
  read: from => {
    const date = new Date(readNumber(from))
    if (Number.isNaN(date.getTime())) throw outOfRange('the DATETIME is beyond what a Date can hold')
    return date
  },
}

export const year1928 = Date.UTC(1928, 0)

/**
 * For a session whose answers say `odps-tunnel-date-transform: true`: the service then means DATETIME values before
 * 1928 in the old Java calendar (protocol 3.1), and to take them as they are would shift them.
 */
export const newDatetimeCodec: CellCodec = {
  write: (out, value) => {
    if (toMilliseconds(value) < year1928)
      throw outOfRange(
        'DATETIME before 1928 cannot be sent in this session: the service requires old dates to be transformed',
      )
    datetimeCodec.write(out, value)
  },
  read: from => {
    const date = datetimeCodec.read(from) as Date
    if (date.getTime() >= year1928) return date
    throw new TunnelProtocolError(
      'ODPS_UNEXPECTED_ANSWER',
      'The session has a DATETIME before 1928, and the service transforms old dates in it (odps-tunnel-date-transform: true), so the value would be wrong; leave the column out with `columns`, or store it as STRING or TIMESTAMP',
    )
  },
}

/** NaN when the halves hold no safe integer. */
const readNumber = (from: ValueReader): number => {
  from.int64()
  return isSafe(from.low, from.high) ? numberOf(from.low, from.high) : Number.NaN
}

const datetimeForms = 'a Date, epoch milliseconds or ISO text with a zone for DATETIME'

const toMilliseconds = (value: unknown): number => {
  if (value instanceof Date && !Number.isNaN(value.getTime())) return value.getTime()
  if (typeof value === 'number' && Number.isInteger(value)) return value
  if (typeof value !== 'string') throw invalid(datetimeForms, value)
  const time = parseTime(value)
  if (!time) throw invalid(datetimeForms, value, likeTime(value))
  if (time.offset === undefined) throw invalid(`${datetimeForms}: add Z or ±hh:mm`, value)
  if (time.fractionDigits > 3) throw invalid('at most 3 fraction digits for DATETIME', value)
  return epochSeconds(time) * 1000 + time.nanos / 1_000_000
}

const minDays = minSeconds / 86_400
const maxDays = Math.floor(maxSeconds / 86_400)

export const dateCodec: CellCodec = {
  write: (out, value) => {
    const days = toDays(value)
    if (days < minDays || days > maxDays) throw outOfRange('DATE covers the years 0000 to 9999')
    writeWhole(out, days)
  },
  read: from => dateOfDays(readNumber(from)),
}

/** @throws CellProblem for days that have no text */
export const dateOfDays = (days: number): string => {
  // Beyond this the year has more than the six digits of ±YYYYYY.
  if (!(Math.abs(days) <= 364_000_000)) throw outOfRange('the DATE is beyond year ±999999')
  return formatDateAgain(days)
}

/** Days of what DATE takes without a doubt; NaN for anything else. */
export const dayOf = (value: unknown): number => {
  const days = typeof value === 'string' ? (parseDate(value) ?? Number.NaN) : Number.NaN
  return days >= minDays && days <= maxDays ? days : Number.NaN
}

const toDays = (value: unknown): number => {
  let days: number | undefined
  if (typeof value === 'string') days = parseDate(value)
  else if (value instanceof Date) days = value.getTime() / 86_400_000
  if (days === undefined || !Number.isInteger(days))
    throw invalid("'YYYY-MM-DD' or a Date at midnight UTC for DATE", value, likeDay(value))
  return days
}

/** TIMESTAMP text must have a zone, TIMESTAMP_NTZ text must have none. */
export const timestampCodec = (kind: 'timestamp' | 'timestamp_ntz'): CellCodec => ({
  write: (out, value) => {
    const pair = typeof value === 'string' ? parseTimestamp(value, kind) : toSecondsAndNanos(value, kind)
    if (pair.nanos < 0)
      throw outOfRange('the nanos of a timestamp range from 0 to 999999999; round seconds down')
    if (pair.seconds < minSeconds || pair.seconds > maxSeconds)
      throw outOfRange(`${kind.toUpperCase()} covers the years 0000 to 9999`)
    writeInstant(out, pair)
  },
  read: from => {
    const { seconds, nanos } = readInstant(from)
    return new Timestamp(seconds, nanos)
  },
})

const parseTimestamp = (text: string, kind: 'timestamp' | 'timestamp_ntz') => {
  const time = parseTime(text)
  const zoned = kind === 'timestamp'
  const expected = `ISO text ${zoned ? 'with Z or ±hh:mm' : 'without a zone'} for ${kind.toUpperCase()}`
  if (!time) throw invalid(expected, text, likeTime(text))
  if ((time.offset !== undefined) !== zoned) throw invalid(expected, text)
  return { seconds: epochSeconds(time), nanos: time.nanos }
}
