import { printDate, printTime } from './calendar.js'
import { timeZoneOf } from './time-zone.js'
import { printOffset } from './zone-offset.js'

const secondsPerDay = 86_400

/** ISO 8601 of seconds since 1970 in a zone, with its offset. `fraction` is put behind the seconds as it is. */
export const printInstant = (seconds: number, fraction: string, timeZone: string): string => {
  const offset = timeZoneOf(timeZone).offsetAt(seconds)
  const wall = seconds + offset
  const days = Math.floor(wall / secondsPerDay)
  return `${printDate(days)}T${printTime(wall - days * secondsPerDay)}${fraction}${printOffset(offset)}`
}
