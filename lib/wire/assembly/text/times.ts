import { four, writeEight, writeFour, writeTwo, writeWhole } from './digits'
import { changingOffset, offsetsAt, offsetsMask } from './printing-layout'

/*
 * Times by steps, which are compiled once of ISO 8601 or of a pattern: a field of the clock, then up to four bytes of text. Rows
 * mostly share a few days, so year, month and day of the last one are kept, and whatever is the same day costs a subtraction. The
 * offset of a zone is looked up by the day in UTC, in a table that JavaScript fills when a day is missing: nothing here knows of zones.
 */

/** A step, eight bytes: field, what it is told, bytes of the text behind it; then this text. */
const stepBytes: usize = 8

const year: u32 = 1
const month: u32 = 2
const day: u32 = 3
const hour: u32 = 4
const hour12: u32 = 5
const minute: u32 = 6
const second: u32 = 7
const fraction: u32 = 8
const halfDay: u32 = 9
const offset: u32 = 10
/** All of `2001-02-03 04:05:06`, with what it is told between day and time: of a file's times this is nearly always most. */
const dayAndTime: u32 = 11

/** What an offset is told: nothing is Z; colons; no minutes where there are none; seconds where there are some. */
const isZ: u32 = 1
const hasColons: u32 = 2
const isShort: u32 = 4
const isLong: u32 = 8

const daySeconds: i64 = 86400
/** Seconds from the year 0 to 1970, and of the years 0 to 9999. */
const beforeEpoch: i64 = 62167219200
const allYears: u64 = 315569520000
const daysBeforeEpoch: i32 = 719528

let isFixed: bool = true
let fixedOffset: i32 = 0
/** The day that the table of offsets lacks; `isMissing` when the last time could not be printed because of it. */
export let missingDay: i32 = 0
export let isMissing: bool = false

/** To be called before records are printed. */
export function forgetMissing(): void {
  isMissing = false
}

/** The zone of all columns: a fixed offset, or the table. */
export function setZone(fixed: i32, offsetSeconds: i32): void {
  isFixed = fixed !== 0
  fixedOffset = offsetSeconds
}

/** The day whose date is kept, counted from the year 0, and its date. */
let keptDay: u32 = 0xffffffff
let keptYear: u32 = 0
let keptMonth: u32 = 0
let keptDate: u32 = 0

/**
 * Years begin in March here, so that the leap day is the last. A quotient and what is left of it come from one multiplication each, where a
 * division would be too slow for times of all days (Neri and Schneider, Euclidean affine functions and applications to calendar
 * algorithms).
 */
function keepDate(days: u32): void {
  // From 0000-03-01 on; one era more, so that nothing is negative.
  const quarters = ((days - 60 + 146097) << 2) | 3
  const century = quarters / 146097
  const inCentury = (quarters - century * 146097) | 3
  const years = <u64>inCentury * 2939745
  const dayOfYear = (<u32>years / 2939745) >>> 2
  const monthAndDay = 2141 * dayOfYear + 197913
  const isNext = u32(dayOfYear >= 306)
  keptDay = days
  keptDate = (monthAndDay & 0xffff) / 2141 + 1
  keptMonth = (monthAndDay >>> 16) - 12 * isNext
  keptYear = century * 100 + <u32>(years >>> 32) - 400 + isNext
}

/** Two digits of a number below 100 as characters. */
@inline
function two(value: u32): u32 {
  const tens = (value * 103) >>> 10
  return 0x3030 | tens | ((value - tens * 10) << 8)
}

/** YYYY-MM-DD of days since 1970; 0 beyond the years of four digits. */
export function writeDate(out: usize, days: i64): usize {
  const fromYear0 = days + daysBeforeEpoch
  if (<u64>fromYear0 >= allYears / daySeconds) return 0
  if (<u32>fromYear0 !== keptDay) keepDate(<u32>fromYear0)
  writeFour(out, keptYear)
  store<u8>(out, 0x2d, 4)
  writeTwo(out + 5, keptMonth)
  store<u8>(out, 0x2d, 7)
  writeTwo(out + 8, keptDate)
  return out + 10
}

/** The offset of the zone at an instant; `changingOffset` where it isn't known. */
@inline
function offsetAt(seconds: i64): i32 {
  if (isFixed) return fixedOffset
  // From the year 0 on the sum is positive, with a day to spare.
  const day = <i32>(<u64>(seconds + beforeEpoch + daySeconds) / <u64>daySeconds) - daysBeforeEpoch - 1
  const at = offsetsAt + (<usize>(day & offsetsMask) << 3)
  if (load<i32>(at) === day) return load<i32>(at, 4)
  missingDay = day
  isMissing = true
  return changingOffset
}

/** Whether the time printed last has more than was printed. */
export let isNoted: bool = false

/**
 * A time by its steps.
 * @param partOfDay, partOfSecond what is less than these is not printed
 * @returns where the text ends; 0 for a time that is left to others, or whose offset is missing
 */
export function writeTime(
  out: usize, instant: i64, nanos: u32, local: bool, steps: usize, stepsEnd: usize, partOfDay: u32, partOfSecond: u32,
): usize {
  if (<u64>(instant + beforeEpoch) >= allYears) return 0
  const zone = local ? 0 : offsetAt(instant)
  if (zone === changingOffset) return 0
  const wall = instant + zone + beforeEpoch
  if (<u64>wall >= allYears) return 0
  let rest = wall - <i64>(<u64>keptDay * daySeconds)
  if (<u64>rest >= <u64>daySeconds) {
    const days = <u32>(<u64>wall / daySeconds)
    keepDate(days)
    rest = wall - <i64>(<u64>days * daySeconds)
  }
  const secondOfDay = <u32>rest
  isNoted = secondOfDay % partOfDay !== 0 || nanos % partOfSecond !== 0
  const hours = secondOfDay / 3600
  const minutes = secondOfDay / 60 - hours * 60
  for (; steps < stepsEnd; steps += stepBytes) {
    const step = load<u64>(steps)
    const told = <u32>(step >>> 8) & 255
    switch (<u32>step & 255) {
      case year: {
        if (told === 4) {
          writeFour(out, keptYear)
          out += 4
        } else {
          out = writeYear(out, told)
          if (out === 0) return 0
        }
        break
      }
      case month: {
        out = writeNumber(out, keptMonth, told)
        break
      }
      case day: {
        out = writeNumber(out, keptDate, told)
        break
      }
      case hour: {
        out = writeNumber(out, hours, told)
        break
      }
      case hour12: {
        const half = hours % 12
        out = writeNumber(out, half === 0 ? 12 : half, told)
        break
      }
      case minute: {
        out = writeNumber(out, minutes, told)
        break
      }
      case second: {
        out = writeNumber(out, secondOfDay - hours * 3600 - minutes * 60, told)
        break
      }
      case fraction: {
        // Nine digits, of which those that aren't wanted are written over.
        const first = nanos / 100000000
        store<u8>(out, 0x30 | first)
        writeEight(out + 1, nanos - first * 100000000)
        out += told
        break
      }
      case halfDay: {
        store<u16>(out, hours >= 12 ? 0x4d50 : 0x4d41)
        out += 2
        break
      }
      case offset: {
        out = writeOffset(out, zone, told)
        if (out === 0) return 0
        break
      }
      case dayAndTime: {
        const years = <u64>(four(keptYear) | 0x30303030)
        store<u64>(out, years | (<u64>two(keptMonth) << 40) | 0x2d00002d00000000)
        const seconds = secondOfDay - hours * 3600 - minutes * 60
        store<u64>(
          out,
          <u64>(two(keptDate) | (told << 16)) | (<u64>two(hours) << 24) | (<u64>two(minutes) << 48) | 0x3a0000000000,
          8,
        )
        store<u32>(out, 0x3a | (two(seconds) << 8), 16)
        out += 19
        break
      }
      default:
    }
    store<u32>(out, <u32>(step >>> 32))
    out += <usize>(step >>> 16) & 255
  }
  return out
}

/** One or two digits, as many as there are or always two. */
@inline
function writeNumber(out: usize, value: u32, letters: u32): usize {
  if (letters === 1 && value < 10) {
    store<u8>(out, 0x30 | value)
    return out + 1
  }
  writeTwo(out, value)
  return out + 2
}

/** As many digits as letters at least; two of them mean 2000 to 2099. */
function writeYear(out: usize, letters: u32): usize {
  if (letters === 2) {
    if (keptYear < 2000 || keptYear > 2099) return 0
    writeTwo(out, keptYear - 2000)
    return out + 2
  }
  if (letters === 5) {
    writeEight(out, keptYear * 1000)
    return out + 5
  }
  if (letters === 3 && keptYear < 1000) {
    store<u32>(out, (four(keptYear) | 0x30303030) >>> 8)
    return out + 3
  }
  return writeWhole(out, <u64>keptYear)
}

function writeOffset(out: usize, seconds: i32, told: u32): usize {
  if (seconds === 0 && told & isZ) {
    store<u8>(out, 0x5a)
    return out + 1
  }
  const size = <u32>abs<i32>(seconds)
  const hours = size / 3600
  const minutes = size / 60 - hours * 60
  const odd = size % 60
  if (odd !== 0 && !(told & isLong)) return 0
  store<u8>(out++, seconds < 0 ? 0x2d : 0x2b)
  writeTwo(out, hours)
  out += 2
  if (told & isShort && minutes === 0) return out
  if (told & hasColons) store<u8>(out++, 0x3a)
  writeTwo(out, minutes)
  out += 2
  if (odd === 0) return out
  if (told & hasColons) store<u8>(out++, 0x3a)
  writeTwo(out, odd)
  return out + 2
}
