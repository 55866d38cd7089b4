import { dateOf, printDate, printTime } from './calendar.js'
import { timeZoneOf } from './time-zone.js'
import { Timestamp } from './timestamp.js'
import { printOffset } from './zone-offset.js'

/*
 * An instant as the clocks of a zone show it. Printers of patterns take the fields, so that they never see another
 * zone's: an offset before standard time has odd seconds, which no `±hh:mm` holds.
 */

/** The fields of a date and time in a zone, and the zone's offset in seconds east of UTC. */
export interface WallClock {
  /** Proleptic Gregorian: 0 is the year before 1. */
  readonly year: number
  /** From 1. */
  readonly month: number
  readonly day: number
  readonly hour: number
  readonly minute: number
  readonly second: number
  readonly nanos: number
  readonly offset: number
}

const secondsPerDay = 86_400

/** The fields of a DATETIME or TIMESTAMP in a zone; those of a TIMESTAMP_NTZ are had with 'UTC'. */
export const wallClockOf = (value: Date | Timestamp, timeZone: string): WallClock => {
  const { seconds, nanos } = value instanceof Date ? Timestamp.from(value) : value
  const instant = Number(seconds)
  const offset = timeZoneOf(timeZone).offsetAt(instant)
  const wall = instant + offset
  const days = Math.floor(wall / secondsPerDay)
  const secondOfDay = wall - days * secondsPerDay
  return {
    ...dateOf(days),
    hour: Math.floor(secondOfDay / 3600),
    minute: Math.floor(secondOfDay / 60) % 60,
    second: secondOfDay % 60,
    nanos,
    offset,
  }
}

/** ISO 8601 of seconds since 1970 in a zone, with its offset. `fraction` is put behind the seconds as it is. */
export const printInstant = (seconds: number, fraction: string, timeZone: string): string => {
  const offset = timeZoneOf(timeZone).offsetAt(seconds)
  const wall = seconds + offset
  const days = Math.floor(wall / secondsPerDay)
  return `${printDate(days)}T${printTime(wall - days * secondsPerDay)}${fraction}${printOffset(offset)}`
}
