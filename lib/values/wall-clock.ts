import { formatDate, formatTime } from './calendar.js'
import { timeZoneOf } from './time-zone.js'
import { formatOffset } from './zone-offset.js'

const secondsPerDay = 86_400

/** ISO 8601 of seconds since 1970 in a zone, with its offset. `fraction` is put behind the seconds as it is. */
export const formatInstant = (seconds: number, fraction: string, timeZone: string): string => {
  const offset = timeZoneOf(timeZone).offsetAt(seconds)
  const wall = seconds + offset
  const days = Math.floor(wall / secondsPerDay)
  return `${formatDate(days)}T${formatTime(wall - days * secondsPerDay)}${fraction}${formatOffset(offset)}`
}
