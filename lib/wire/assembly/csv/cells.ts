import { crc1, crc4, crc8, crcBytes, crcField8 } from '../checksum'
import { writeVarint, zigzag } from '../varint'
import { digitCount, digitsEnd, readDigits } from './digits'
import { countCharacters, register as textRegister, writeBase64, writeText } from './fields'
import {
  boolean,
  date,
  datetime,
  decimal,
  double,
  float,
  integer,
  skipped,
  text,
  timestamp,
  timestampNtz,
} from './layout'
import { number, readDouble } from './numbers'
import { hasPattern, hasZone, isPlainTime, plainEnd, quotedEnd } from './syntax'
import { days, fractionDigits, isUtc, moveToUtc, nanos, readDay, readPattern, readTime, seconds } from './times'

/*
 * A cell's text to its value and checksum. Each kind has a function that takes where the text begins, the field's descriptor (layout.ts), the
 * register of the checksum, the number of the column and where the value goes. It returns where the value ends, 0 for a text that it doesn't
 * take; `textEnd` and `register` tell the rest. All of them are inlined into the loop over the fields, whose registers a call would spill.
 */

/** Where the text of the value that was read last ends. */
export let textEnd: usize = 0
/** The checksum's register after it. */
export let register: u32 = 0
/** Whether a text was refused because there was no room for it. */
export let lacksRoom: bool = false

@inline
export function forgetRoom(): void {
  lacksRoom = false
}

/** Whether JSON has such a value without quotes, and the kind takes it. */
@inline
export function isJsonValue(kind: i32, p: usize): bool {
  if (kind === boolean) {
    const first = load<u32>(p)
    if (first === 0x65757274 || (first === 0x736c6166 && <u32>load<u8>(p, 4) === 101)) return true
    return <u32>load<u8>(p) - 48 < 2
  }
  if (kind !== integer && kind !== double && kind !== float && kind !== decimal) return false
  const first = <u32>load<u8>(p) === 45 ? p + 1 : p
  return <u32>load<u8>(first) !== 48 || <u32>load<u8>(first, 1) - 48 > 9
}

/**
 * @param w behind the value before it, where the tag stands already
 * @param room where the values of the record end at the latest
 */
@inline
export function readCell<Of>(
  p: usize,
  d: usize,
  c: u32,
  w: usize,
  isQuoted: bool,
  limit: usize,
  room: usize,
): usize {
  const value = w + <usize>load<u8>(d, 1)
  const field = load<u32>(d, 8)
  const kind = <i32>load<u8>(d)
  switch (kind) {
    case integer:
      return readInteger(p, d, c, field, value)
    case double:
      return readDoubleCell(p, c, field, value)
    case float:
      return readFloat(p, c, field, value)
    case boolean:
      return readBoolean(p, c, field, value)
    case decimal:
      return readDecimal(p, d, c, field, value)
    case date:
      return readDate(p, c, field, value)
    case datetime:
    case timestamp:
    case timestampNtz:
      return readInstant(p, d, c, field, value, kind)
  }
  const end = isQuoted ? quotedEnd<Of>(p, limit) : plainEnd(p)
  if (end >= limit) return 0
  if (kind === skipped) {
    textEnd = end
    register = c
    return w
  }
  const size = <u32>(end - p)
  if (size > load<u32>(d, 16)) return 0
  if (value + size > room) {
    lacksRoom = true
    return 0
  }
  return kind === text ? readText(p, d, c, field, value, size) : readBase64(p, c, field, value, size)
}

@inline
function readInteger(p: usize, d: usize, c: u32, field: u32, value: usize): usize {
  // The sign is guessed wrong half of the time, so nothing branches on it.
  const negative = <u64>(<u32>load<u8>(p) === 45)
  const size = readDigits(p + <usize>negative)
  if (digitCount - 1 > 18 || size > <u64>i64.MAX_VALUE + negative) return 0
  const whole = <i64>((size ^ (0 - negative)) + negative)
  if (whole < load<i64>(d, 16) || whole > load<i64>(d, 24)) return 0
  textEnd = digitsEnd
  register = crcField8(c, field, whole)
  return writeVarint(value, zigzag(whole))
}

@inline
function readDoubleCell(p: usize, c: u32, field: u32, value: usize): usize {
  textEnd = readDouble(p)
  if (textEnd === 0) return 0
  const bits = reinterpret<u64>(number)
  store<u64>(value, bits)
  register = crcField8(c, field, bits)
  return value + 8
}

@inline
function readFloat(p: usize, c: u32, field: u32, value: usize): usize {
  textEnd = readDouble(p)
  if (textEnd === 0) return 0
  const rounded = <f32>number
  // Digits that round to nothing, or beyond all floats.
  if ((rounded === 0 && number !== 0) || abs(rounded) === Infinity) return 0
  // Halfway between two floats: the digits may say which of them is nearer.
  const other = 2 * number - <f64>rounded
  if (<f64>rounded !== number && <f64>(<f32>other) === other) return 0
  const bits = reinterpret<u32>(rounded)
  store<u32>(value, bits)
  register = crc8(<u64>(c ^ field) | (<u64>bits << 32))
  return value + 4
}

@inline
function readBoolean(p: usize, c: u32, field: u32, value: usize): usize {
  const first = load<u32>(p) | 0x20202020
  let isTrue: u32 = 1
  if (first === 0x65757274) textEnd = p + 4
  else if (first === 0x736c6166 && (<u32>load<u8>(p, 4) | 32) === 101) {
    isTrue = 0
    textEnd = p + 5
  } else {
    isTrue = <u32>load<u8>(p) - 48
    if (isTrue > 1) return 0
    textEnd = p + 1
  }
  store<u8>(value, isTrue)
  register = crc1(crc4(c ^ field), isTrue)
  return value + 1
}

@inline
function readDecimal(p: usize, d: usize, c: u32, field: u32, value: usize): usize {
  const first = <u32>load<u8>(p) === 45 ? p + 1 : p
  let end = first
  while (<u32>load<u8>(end) - 48 < 10) end++
  if (end === first || end - first > <usize>load<u32>(d, 16)) return 0
  if (<u32>load<u8>(end) === 46) {
    const fraction = ++end
    while (<u32>load<u8>(end) - 48 < 10) end++
    if (end === fraction || end - fraction > <usize>load<u32>(d, 20)) return 0
  }
  textEnd = end
  const w = writeText(value, c, field, p, <u32>(end - p))
  register = textRegister
  return w
}

@inline
function readDate(p: usize, c: u32, field: u32, value: usize): usize {
  textEnd = readDay(p)
  if (textEnd === 0) return 0
  register = crcField8(c, field, <i64>days)
  return writeVarint(value, zigzag(<i64>days))
}

const secondsOfDay: i64 = 86_400
const greatestSecond: i64 = 253_402_300_799

@inline
function readInstant(p: usize, d: usize, c: u32, field: u32, value: usize, kind: i32): usize {
  textEnd = hasPattern ? readPattern(p) : readTime(p, isPlainTime)
  if (textEnd === 0 || (kind === timestampNtz && isUtc)) return 0
  if (hasZone && !isUtc && kind !== timestampNtz && !moveToUtc()) return 0
  const instant = <i64>days * secondsOfDay + <i64>seconds
  if (instant < load<i64>(d, 16) || instant > greatestSecond) return 0
  if (kind === datetime) {
    if (fractionDigits > 3) return 0
    const time = instant * 1000 + <i64>(nanos / 1_000_000)
    register = crcField8(c, field, time)
    return writeVarint(value, zigzag(time))
  }
  register = crc4(crcField8(c, field, instant) ^ nanos)
  return writeVarint(writeVarint(value, zigzag(instant)), <u64>(nanos << 1))
}

@inline
function readBase64(p: usize, c: u32, field: u32, value: usize, size: u32): usize {
  const end = p + size
  const bytes = (size >>> 2) * 3
  const isOne = size >= 4 && <u32>load<u8>(end - 1) === 61
  const missing: u32 = isOne ? (<u32>load<u8>(end - 2) === 61 ? 2 : 1) : 0
  const content = writeVarint(value, bytes - missing)
  const w = writeBase64(content, p, size)
  if (w === 0) return 0
  textEnd = end
  register = crcBytes(crc4(c ^ field), content, w)
  return w
}

@inline
function readText(p: usize, d: usize, c: u32, field: u32, value: usize, size: u32): usize {
  const most = load<u32>(d, 20)
  if (size > most && countCharacters(p, size) > most) return 0
  textEnd = p + size
  const w = writeText(value, c, field, p, size)
  register = textRegister
  return w
}
