import { crc1, crc4, crc8, crcBytes, crcField8 } from '../checksum'
import { writeVarint, zigzag } from '../varint'
import { charactersBefore, digitCount, digitsEnd, othersAmong, readDigits, sixteen } from './digits'
import { countCharacters, register as textRegister, writeBase64, writeText } from './fields'
import {
  base64,
  boolean,
  date,
  datetime,
  decimal,
  double,
  float,
  integer,
  text,
  timestamp,
  timestampNtz,
} from './layout'
import { noNumber, readNumber } from './numbers'
import { isJson, quote } from './syntax'
import {
  days,
  fractionDigits,
  hasZone,
  isUtc,
  moveToUtc,
  nanos,
  readDay,
  readOtherTime,
  readUsualTime,
  seconds,
} from './times'

/*
 * A cell's text to its value and checksum. Each kind has a function that takes where the text begins and ends, the field's descriptor (layout.ts),
 * the register of the checksum, and where the value goes, at which its tag stands already. It returns where the value ends, 0 for a text that
 * it doesn't take; `register` tells the rest. All of them are inlined into the loop over the fields, whose registers a call would spill. For the
 * same reason each reads what it needs of its descriptor where it needs it.
 */

/** The checksum's register after the value that was read last. */
export let register: u32 = 0
/** Whether a text was refused because there was no room for it. */
export let lacksRoom: bool = false

@inline
export function forgetRoom(): void {
  lacksRoom = false
}

/** Whether JSON has no such number, of the characters that CSV has: zeros before it. */
@inline
function isZeroBefore(p: usize): bool {
  const first = <u32>load<u8>(p) === 45 ? p + 1 : p
  return <u32>load<u8>(first) === 48 && <u32>load<u8>(first, 1) - 48 < 10
}

/**
 * @param w behind the value before it
 * @param room where the values of the record end at the latest
 */
@inline
export function readCell<Of>(p: usize, end: usize, d: usize, c: u32, w: usize, room: usize): usize {
  store<u32>(w, load<u32>(d, 4))
  // Where a string ends, JSON has a quote.
  const isBare = isJson<Of>() && <u32>load<u8>(end) !== quote
  const kind = <i32>load<u8>(d)
  switch (kind) {
    case integer:
      return isBare && isZeroBefore(p) ? 0 : readInteger(p, end, d, c, w)
    case double:
      return isBare && isZeroBefore(p) ? 0 : readDouble(p, end, d, c, w)
    case datetime:
    case timestamp:
    case timestampNtz:
      return isBare ? 0 : readInstant(p, end, d, c, w, kind)
    case text:
      return isBare || !hasRoom(p, end, d, w, room) ? 0 : readText(p, end, d, c, w)
    case float:
      return isBare && isZeroBefore(p) ? 0 : readFloat(p, end, d, c, w)
    case boolean:
      return readBoolean(p, end, d, c, w, isBare)
    case decimal:
      return isBare && isZeroBefore(p) ? 0 : readDecimal(p, end, d, c, w)
    case date:
      return isBare ? 0 : readDate(p, end, d, c, w)
    case base64:
      return isBare || !hasRoom(p, end, d, w, room) ? 0 : readBase64(p, end, d, c, w)
    default:
      register = c
      return isBare ? 0 : w
  }
}

/** Where the value goes: behind its tag, which is written. */
@inline
function behindTag(w: usize, d: usize): usize {
  return w + <usize>load<u8>(d, 1)
}

@inline
function fieldOf(d: usize): u32 {
  return load<u32>(d, 8)
}

@inline
function hasRoom(p: usize, end: usize, d: usize, w: usize, room: usize): bool {
  const size = <u32>(end - p)
  if (size > load<u32>(d, 16)) return false
  if (w + size <= room) return true
  lacksRoom = true
  return false
}

@inline
function readInteger(p: usize, end: usize, d: usize, c: u32, w: usize): usize {
  // The sign is guessed wrong half of the time, so nothing branches on it.
  const negative = <u64>(<u32>load<u8>(p) === 45)
  const count = <u32>(end - p) - <u32>negative
  let size: u64
  if (count - 1 < 16) {
    const x = charactersBefore(end, count)
    if (othersAmong(x) !== 0) return 0
    size = sixteen(x)
  } else {
    size = readDigits(p + <usize>negative)
    if (digitCount - 1 > 18 || digitsEnd !== end || size > <u64>i64.MAX_VALUE + negative) return 0
  }
  const whole = <i64>((size ^ (0 - negative)) + negative)
  if (<u64>(whole - load<i64>(d, 16)) > load<u64>(d, 24)) return 0
  register = crcField8(c, fieldOf(d), whole)
  return writeVarint(behindTag(w, d), zigzag(whole))
}

@inline
function readDouble(p: usize, end: usize, d: usize, c: u32, w: usize): usize {
  const bits = readNumber(p, end)
  if (bits === noNumber) return 0
  const value = behindTag(w, d)
  store<u64>(value, bits)
  register = crcField8(c, fieldOf(d), bits)
  return value + 8
}

@inline
function readFloat(p: usize, end: usize, d: usize, c: u32, w: usize): usize {
  const bits = readNumber(p, end)
  if (bits === noNumber) return 0
  const number = reinterpret<f64>(bits)
  const rounded = <f32>number
  // Digits that round to nothing, or beyond all floats.
  if ((rounded === 0 && number !== 0) || abs(rounded) === Infinity) return 0
  // Halfway between two floats: the digits may say which of them is nearer.
  const other = 2 * number - <f64>rounded
  if (<f64>rounded !== number && <f64>(<f32>other) === other) return 0
  const value = behindTag(w, d)
  store<u32>(value, reinterpret<u32>(rounded))
  register = crc8(<u64>(c ^ fieldOf(d)) | (<u64>reinterpret<u32>(rounded) << 32))
  return value + 4
}

/** @param isExact capitals are others */
@inline
function readBoolean(p: usize, end: usize, d: usize, c: u32, w: usize, isExact: bool): usize {
  const size = end - p
  const capitals: u32 = isExact ? 0 : 0x20202020
  const first = load<u32>(p) | capitals
  let isTrue: u32 = 1
  if (size === 5 && first === 0x736c6166 && (<u32>load<u8>(p, 4) | (capitals & 32)) === 101) isTrue = 0
  else if (size !== 4 || first !== 0x65757274) {
    isTrue = <u32>load<u8>(p) - 48
    if (isTrue > 1 || size !== 1) return 0
  }
  const value = behindTag(w, d)
  store<u8>(value, isTrue)
  register = crc1(crc4(c ^ fieldOf(d)), isTrue)
  return value + 1
}

@inline
function readDecimal(p: usize, end: usize, d: usize, c: u32, w: usize): usize {
  const first = <u32>load<u8>(p) === 45 ? p + 1 : p
  let at = first
  while (<u32>load<u8>(at) - 48 < 10) at++
  if (at === first || at - first > <usize>load<u32>(d, 16)) return 0
  if (<u32>load<u8>(at) === 46) {
    const fraction = ++at
    while (<u32>load<u8>(at) - 48 < 10) at++
    if (at === fraction || at - fraction > <usize>load<u32>(d, 20)) return 0
  }
  return at === end ? putText(p, end, d, c, w) : 0
}

@inline
function putText(p: usize, end: usize, d: usize, c: u32, w: usize): usize {
  const behind = writeText(behindTag(w, d), c, fieldOf(d), p, <u32>(end - p))
  register = textRegister
  return behind
}

@inline
function readDate(p: usize, end: usize, d: usize, c: u32, w: usize): usize {
  if (readDay(p) !== end) return 0
  register = crcField8(c, fieldOf(d), <i64>days)
  return writeVarint(behindTag(w, d), zigzag(<i64>days))
}

const secondsOfDay: i64 = 86_400

@inline
function readInstant(p: usize, end: usize, d: usize, c: u32, w: usize, kind: i32): usize {
  if (!readUsualTime(p, end) && !readOtherTime(p, end)) return 0
  if (isUtc) {
    if (kind === timestampNtz) return 0
  } else if (hasZone && kind !== timestampNtz && !moveToUtc()) return 0
  const instant = <i64>days * secondsOfDay + <i64>seconds
  if (<u64>(instant - load<i64>(d, 16)) > load<u64>(d, 24)) return 0
  if (kind === datetime) {
    if (fractionDigits > 3) return 0
    const time = instant * 1000 + <i64>(<u32>nanos / 1_000_000)
    register = crcField8(c, fieldOf(d), time)
    return writeVarint(behindTag(w, d), zigzag(time))
  }
  register = crc4(crcField8(c, fieldOf(d), instant) ^ nanos)
  return writeVarint(writeVarint(behindTag(w, d), zigzag(instant)), <u64>(nanos << 1))
}

@inline
function readBase64(p: usize, end: usize, d: usize, c: u32, w: usize): usize {
  const size = <u32>(end - p)
  const bytes = (size >>> 2) * 3
  const isOne = size >= 4 && <u32>load<u8>(end - 1) === 61
  const missing: u32 = isOne ? (<u32>load<u8>(end - 2) === 61 ? 2 : 1) : 0
  const content = writeVarint(behindTag(w, d), bytes - missing)
  const behind = writeBase64(content, p, size)
  if (behind === 0) return 0
  register = crcBytes(crc4(c ^ fieldOf(d)), content, behind)
  return behind
}

@inline
function readText(p: usize, end: usize, d: usize, c: u32, w: usize): usize {
  const size = <u32>(end - p)
  const most = load<u32>(d, 20)
  if (size > most && countCharacters(p, size) > most) return 0
  return putText(p, end, d, c, w)
}
