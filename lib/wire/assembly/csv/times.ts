import { digitCount, digitsEnd, othersIn, powerOfTen, readDigits } from './digits'
import {
  changes,
  offsetCount,
  offsetsAt,
  pairsAt,
  patternAt,
  timeDigitsAt,
  timeLeastAt,
  timeMostAt,
  timePairsAt,
  timeTemplateAt,
  timeUnitsAt,
} from './layout'

/*
 * Days and times of the calendar. The eight bytes `2001-02-` are XORed with `0000-00-`, which leaves the values of digits and nothing of
 * separators that are right; one addition sets the high bit of whatever is wrong. Ten times a word and the word moved by a byte add up to the
 * values of its pairs of digits.
 */

/** Of the day and time that were read last: days since 1970, seconds of the day, nanoseconds; whether a Z stood behind. */
export let days: i32 = 0
export let seconds: i32 = 0
export let nanos: i32 = 0
export let fractionDigits: u32 = 0
export let isUtc: bool = false

/** The day whose offset is not known. */
export const noDay: i32 = i32.MIN_VALUE
export let wantedDay: i32 = noDay

export function forgetWantedDay(): void {
  wantedDay = noDay
}

/** How times are written: 0 for ISO 8601. `yyyy-MM-dd HH:mm:ss` is that with a blank and nothing behind. */
let form: i32 = 0
const otherPattern: i32 = 1
const plainPattern: i32 = 2
/** What stands between day and time where the usual form is read; what is no byte where it is not. */
let between: u32 = 0
/** Whether times without a zone are of another than UTC. */
export let hasZone: bool = false

export function setTimes(pattern: i32, zone: bool): void {
  form = pattern
  hasZone = zone
  between = pattern === otherPattern ? 256 : pattern === plainPattern ? blank : letterT
}

const blank: u32 = 32
const letterT: u32 = 84

const dayTemplate: u64 = 0x2d30302d30303030
const dayBeyond: u64 = 0x7f76767f76767676
const timeTemplate: u64 = 0x30303a3030543030
const timeBeyond: u64 = 0x76767f7676007676
const highBits: u64 = 0x8080808080808080
const thirdByte: u64 = 0xff0000

@inline
function byteOf(x: u64, i: u64): i32 {
  return <i32>((x >>> (i << 3)) & 255)
}

function lengthOfMonth(year: i32, month: i32): i32 {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31
}

/** Keeps the days since 1970; false when there is no such day. */
@inline
function keepDay(year: i32, month: i32, day: i32): bool {
  return month >= 1 && month <= 12 && day >= 1 && day <= 31 && keepKnownDay(year, month, day)
}

/** The same of a day that some months have. */
@inline
function keepKnownDay(year: i32, month: i32, day: i32): bool {
  if (day > 28 && day > lengthOfMonth(year, month)) return false
  // Years count from March, so that the leap day is the last of one; one more era, so that none is negative.
  const isEarly = <u32>(month < 3)
  const y = <u32>year + 400 - isEarly
  const century = y / 100
  const dayOfYear = (153 * (<u32>month - 3 + 12 * isEarly) + 2) / 5 + <u32>day - 1
  days = <i32>(y * 365 + (y >>> 2) - century + (century >>> 2) + dayOfYear) - (719_468 + 146_097)
  return true
}

/** Reads `2001-02-03`; returns where it ends, 0 for anything else. */
export function readDay(from: usize): usize {
  const x = load<u64>(from) ^ dayTemplate
  const two = <u64>load<u16>(from, 8) ^ 0x3030
  if ((((x + dayBeyond) | x) & highBits) !== 0 || (othersIn(two) & 0x8080) !== 0) return 0
  const pairs = x * 10 + (x >>> 8)
  const day = byteOf(two * 10 + (two >>> 8), 0)
  return keepDay(byteOf(pairs, 0) * 100 + byteOf(pairs, 2), byteOf(pairs, 5), day) ? from + 10 : 0
}

/** Reads a day and a time `T04:05:06.789Z`, a blank in place of the T allowed, from the fraction on nothing needed. */
@inline
function readTime(from: usize): usize {
  const x = load<u64>(from) ^ dayTemplate
  const sign = <u32>load<u8>(from, 10)
  if (sign !== blank && sign !== letterT) return 0
  const z = (load<u64>(from, 8) ^ timeTemplate) & ~thirdByte
  const last = <u64>(load<u32>(from, 16) ^ 0x30303a) & 0xffffff
  if (((x + dayBeyond) | x | (z + timeBeyond) | z | (last + 0x76767f) | last) & highBits) return 0
  const pairs = x * 10 + (x >>> 8)
  const others = z * 10 + (z >>> 8)
  const hour = byteOf(others, 3)
  const minute = byteOf(others, 6)
  const second = byteOf(last * 10 + (last >>> 8), 1)
  if (hour > 23 || minute > 59 || second > 59) return 0
  if (!keepDay(byteOf(pairs, 0) * 100 + byteOf(pairs, 2), byteOf(pairs, 5), byteOf(others, 0))) return 0
  seconds = hour * 3600 + minute * 60 + second
  nanos = 0
  fractionDigits = 0
  isUtc = false
  let p = from + 19
  if (<u32>load<u8>(p) === 46) {
    const value = readDigits(p + 1)
    if (digitCount === 0 || digitCount > 9) return 0
    fractionDigits = digitCount
    nanos = <i32>(value * powerOfTen(9 - digitCount))
    p = digitsEnd
  }
  isUtc = <u32>load<u8>(p) === 90
  return isUtc ? p + 1 : p
}

/** What `readUsualTime` leaves; the pattern that it reads has no other form. */
export function readOtherTime(from: usize, end: usize): bool {
  if (form === plainPattern) return false
  return (form === otherPattern ? readPattern(from) : readTime(from)) === end
}

/** Behind the minute: `:06.789Z`. */
const tailTemplate: u64 = 0x5a3030302e30303a
const tailBeyond: u64 = 0x7f7676767f767a7f
const shortTail: u64 = 0xffffff

/**
 * Reads `2001-02-03T04:05:06.789Z` as most programs write it, or without the last five, in fewer steps; false for anything else. The pairs of
 * digits stand beside each other then, and are compared with the least and the greatest of their part at once.
 */
@inline
export function readUsualTime(from: usize, end: usize): bool {
  if (<u32>load<u8>(from, 10) !== between) return false
  const isLong = end - from === 24
  if (isLong ? between === blank : end - from !== 19) return false
  const tail = (load<u64>(from, 16) ^ tailTemplate) & (isLong ? u64.MAX_VALUE : shortTail)
  if ((((tail + tailBeyond) | tail) & highBits) !== 0) return false
  const x = v128.xor(v128.load(from), v128.load(timeTemplateAt))
  const pairs = i16x8.shr_u(i16x8.mul(i8x16.swizzle(x, v128.load(timeDigitsAt)), v128.load(pairsAt)), 8)
  const wrong = i8x16.sub_sat_u(x, v128.load(timeMostAt))
  const beyond = i16x8.sub_sat_u(i16x8.sub(pairs, v128.load(timeLeastAt)), v128.load(timePairsAt))
  if (v128.any_true(v128.or(wrong, beyond))) return false
  const sums = i32x4.dot_i16x8_s(pairs, v128.load(timeUnitsAt))
  const date = <u64>i64x2.extract_lane(sums, 0)
  if (!keepKnownDay(<i32>date, <i32>(date >>> 37), <i32>(date >>> 32) & 31)) return false
  const two = tail * 10 + (tail >>> 8)
  seconds = i32x4.extract_lane(sums, 2) + byteOf(two, 1)
  nanos = (byteOf(two, 4) * 10 + byteOf(tail, 6)) * 1_000_000
  fractionDigits = 3
  isUtc = isLong
  return true
}

export function makeTimeVectors(): void {
  v128.store(timeTemplateAt, i8x16(48, 48, 48, 48, 45, 48, 48, 45, 48, 48, 84, 48, 48, 58, 48, 48))
  v128.store(timeMostAt, i8x16(9, 9, 9, 9, 0, 9, 9, 0, 9, 9, -1, 9, 9, 0, 9, 9))
  v128.store(timeDigitsAt, i8x16(0, 1, 2, 3, 5, 6, 8, 9, 11, 12, 14, 15, -1, -1, -1, -1))
  // Month and day count from 1.
  v128.store(timeLeastAt, i16x8(0, 0, 1, 1, 0, 0, 0, 0))
  v128.store(timePairsAt, i16x8(99, 99, 11, 30, 23, 59, 0, 0))
  v128.store(timeUnitsAt, i16x8(100, 1, 32, 1, 3600, 60, 0, 0))
}

const character: u32 = 1
const yearPart: u32 = 2
const monthPart: u32 = 3
const dayPart: u32 = 4
const hourPart: u32 = 5
const minutePart: u32 = 6
const secondPart: u32 = 7
const fractionPart: u32 = 8

@inline
function twoDigits(p: usize): i32 {
  const x = <u32>load<u16>(p) ^ 0x3030
  return (((x + 0x7676) | x) & 0x8080) !== 0 ? -1 : <i32>((x & 255) * 10 + (x >>> 8))
}

/** Reads a day and a time as `patternAt` says; returns where it ends, 0 for anything else. */
function readPattern(from: usize): usize {
  let p = from
  let year = 0
  let month = 0
  let day = 0
  let hour = 0
  let minute = 0
  let second = 0
  nanos = 0
  isUtc = false
  fractionDigits = 0
  for (let at = patternAt; ; at += 2) {
    const part = <u32>load<u8>(at)
    if (part === 0) break
    const size = <u32>load<u8>(at, 1)
    if (part === character) {
      if (<u32>load<u8>(p++) !== size) return 0
      continue
    }
    if (part === fractionPart) {
      const value = readDigits(p)
      // Digits that follow without a mark are another field.
      if (digitCount < size || digitCount > 19) return 0
      nanos = <i32>(value / powerOfTen(digitCount - size)) * <i32>powerOfTen(9 - size)
      fractionDigits = size
      p += size
      continue
    }
    const two = twoDigits(p)
    if (two < 0) return 0
    p += 2
    switch (part) {
      case yearPart: {
        const low = twoDigits(p)
        if (low < 0) return 0
        year = two * 100 + low
        p += 2
        break
      }
      case monthPart:
        month = two
        break
      case dayPart:
        day = two
        break
      case hourPart:
        hour = two
        break
      case minutePart:
        minute = two
        break
      default:
        second = two
    }
  }
  if (hour > 23 || minute > 59 || second > 59 || !keepDay(year, month, day)) return 0
  seconds = hour * 3600 + minute * 60 + second
  return p
}

/** Moves a time on the clock of a zone to UTC; false when the offset of the day changes, or is not known, and then that is the `wantedDay`. */
export function moveToUtc(): bool {
  const at = offsetsAt + (<usize>(days & (offsetCount - 1)) << 3)
  const offset = load<i32>(at, 4)
  if (load<i32>(at) !== days) {
    wantedDay = days
    return false
  }
  if (offset === changes) return false
  seconds -= offset
  return true
}
