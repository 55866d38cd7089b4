import { TunnelOptionError } from '../errors.js'
import { daysOf } from './calendar.js'
import { offsetOfText, zoneText } from './zone-offset.js'

/** Seconds east of UTC, for a zone's wall clock and back. */
export interface TimeZone {
  /** The offset in force at an instant, in seconds since 1970. */
  offsetAt(epochSeconds: number): number
  /**
   * The instant of a wall-clock time given as if it were UTC. A time that comes twice is its first; one that is skipped
   * is read with the offset before the gap.
   */
  toEpoch(wallSeconds: number): number
}

const day = 86_400
const zones = new Map<string, TimeZone>()

/**
 * A zone by its IANA name, or a fixed offset in any of its spellings: `'UTC'`, `'+08:00'`, `'+0800'`, `'+08'`, `'GMT+8'`.
 * @throws TunnelOptionError ODPS_INVALID_OPTION for a name that is none
 */
export const timeZoneOf = (name: string): TimeZone => {
  const known = zones.get(name)
  if (known) return known
  const zone = makeZone(name)
  zones.set(name, zone)
  return zone
}

const makeZone = (name: string): TimeZone => {
  const fixed = offsetOfText(name)
  if (fixed !== undefined) return { offsetAt: () => fixed, toEpoch: wall => wall - fixed }
  const offsetAt = namedOffset(name)
  return { offsetAt, toEpoch: wall => resolveWallClock(wall, offsetAt) }
}

const maxDays = 20_000

/** An offset that is the same at both ends of a day is kept for the whole day: asking Intl takes microseconds. */
const namedOffset = (name: string): ((epochSeconds: number) => number) => {
  const ask = askedOffset(makeFormat(name))
  const offsets = new Map<number, number | undefined>()
  return epochSeconds => {
    const start = Math.floor(epochSeconds / day) * day
    if (!offsets.has(start)) {
      if (offsets.size >= maxDays) offsets.clear()
      const offset = ask(start)
      offsets.set(start, offset === ask(start + day) ? offset : undefined)
    }
    return offsets.get(start) ?? ask(epochSeconds)
  }
}

/** The last second that a Date has, and the first with a minus; beyond, a zone goes on as it is there. */
const maxSeconds = 8_640_000_000_000

const askedOffset =
  (format: Intl.DateTimeFormat) =>
  (epochSeconds: number): number => {
    const known = Math.min(Math.max(Math.floor(epochSeconds), -maxSeconds), maxSeconds)
    const parts = format.formatToParts(known * 1000)
    const part = (type: string): number => Number(parts.find(p => p.type === type)?.value)
    const era = parts.find(p => p.type === 'era')?.value
    const year = era?.startsWith('B') ? 1 - part('year') : part('year')
    const days = daysOf({ year, month: part('month'), day: part('day') })
    return days * day + part('hour') * 3600 + part('minute') * 60 + part('second') - known
  }

const makeFormat = (timeZone: string): Intl.DateTimeFormat => {
  const [digits, calendar] = ['2-digit', 'gregory'] as const
  const fields = {
    year: 'numeric',
    month: digits,
    day: digits,
    hour: digits,
    minute: digits,
    second: digits,
  } as const
  try {
    // Releases of Node differ in which offsets they take for names: all of those are read above.
    if (looksLikeOffset.test(timeZone)) throw new RangeError('no offset')
    return new Intl.DateTimeFormat('en-US', { ...fields, timeZone, calendar, era: 'short', hourCycle: 'h23' })
  } catch (cause) {
    const what = `timeZone: '${timeZone}' isn't a known time zone; use a name like 'Asia/Shanghai', or ${zoneText}`
    throw new TunnelOptionError('ODPS_INVALID_OPTION', what, { cause })
  }
}

const looksLikeOffset = /^(?:UTC|GMT)?[+-]/

const resolveWallClock = (wall: number, offsetAt: (epochSeconds: number) => number): number => {
  const before = wall - offsetAt(wall - day)
  const after = wall - offsetAt(wall + day)
  if (before === after || before + offsetAt(before) === wall) return before
  return after + offsetAt(after) === wall ? after : before
}
