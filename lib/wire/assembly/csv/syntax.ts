import { carriageReturn, findEnd, findQuote, findStringEnd, isSame, lineFeed } from './fields'
import { literalsAt, startsAt } from './layout'

/* The syntax of a file, and where by it fields and records end. */

/** The syntax; a file without quotes has one that no byte is equal to. */
export let delimiter: u32 = 0
export let quote: u32 = 0
export let nullText: u64 = 0
export let nullMask: u64 = 0
export let nullSize: usize = 0
export let isNullInQuotes: bool = false
export let maxBytes: usize = 0
/** Whether times are read by the pattern; whether those without a zone are of another than UTC. */
export let hasPattern: bool = false
/** Whether the pattern is `yyyy-MM-dd HH:mm:ss`, which is ISO 8601 with a blank and nothing behind, and read as fast. */
export let isPlainTime: bool = false
export let hasZone: bool = false

/** No pattern is 0. */
const otherPattern: i32 = 1
const plainPattern: i32 = 2

export function setSyntax(
  delimiterByte: u32,
  quoteByte: u32,
  nullBytes: u64,
  nullLength: u32,
  nullInQuotes: bool,
  pattern: i32,
  zone: bool,
  maxRecordBytes: u32,
): void {
  maxBytes = maxRecordBytes
  delimiter = delimiterByte
  quote = quoteByte
  nullText = nullBytes
  nullSize = nullLength
  nullMask = nullLength === 0 ? 0 : u64.MAX_VALUE >>> (64 - (<u64>nullLength << 3))
  isNullInQuotes = nullInQuotes
  hasPattern = pattern === otherPattern
  isPlainTime = pattern === plainPattern
  hasZone = zone
}

/*
 * What is read is a type: code of its own is compiled for each, in which `isJson<Of>()` is known, and neither pays for the other.
 */
export class Csv {}
export class Json {}

@inline
export function isJson<Of>(): bool {
  return idof<Of>() === idof<Json>()
}

@inline
export function isEndAt<Of>(p: usize): bool {
  const byte = <u32>load<u8>(p)
  if (isJson<Of>()) return byte === delimiter || byte === 125
  return (
    byte === delimiter || byte === lineFeed || (byte === carriageReturn && <u32>load<u8>(p, 1) === lineFeed)
  )
}

/** Where the content of a field in quotes ends; `limit` or more when it is open, or has an escape. */
@inline
export function quotedEnd<Of>(from: usize, limit: usize): usize {
  if (isJson<Of>()) {
    const end = findStringEnd(from)
    return end === 0 ? limit : end
  }
  return findQuote(from, limit, i8x16.splat(<i8>quote))
}

/** Where a field without quotes ends. */
@inline
export function plainEnd(from: usize): usize {
  const end = findEnd(from, i8x16.splat(<i8>delimiter))
  const isReturn = <u32>load<u8>(end) === lineFeed && end > from && <u32>load<u8>(end - 1) === carriageReturn
  return isReturn ? end - 1 : end
}

/**
 * Finds where the fields of a record begin.
 * @returns behind its line end; 0 for another number of fields, or a field that isn't as it should be
 */
export function findStarts<Of>(from: usize, limit: usize, fields: i32): usize {
  let p = from
  for (let i = 0; i < fields; i++) {
    if (isJson<Of>()) {
      p = behindLiteral(p, i)
      if (p === 0) return 0
    }
    store<u32>(startsAt + (<usize>i << 2), p)
    if (<u32>load<u8>(p) === quote) {
      p = quotedEnd<Of>(p + 1, limit) + 1
      if (p > limit) return 0
    } else p = isJson<Of>() ? tokenEnd<Of>(p) : plainEnd(p)
    if (!isJson<Of>() && i < fields - 1 && <u32>load<u8>(p++) !== delimiter) return 0
  }
  return behindRecord<Of>(p, fields)
}

/** Where a value of JSON ends that is no string: at what may follow it. */
function tokenEnd<Of>(from: usize): usize {
  let p = from
  while (!isEndAt<Of>(p) && <u32>load<u8>(p) !== lineFeed) p++
  return p
}

/** Behind what stands before the value of a field, or behind the last one; 0 when that is something else. */
@inline
export function behindLiteral(p: usize, field: i32): usize {
  const literal = literalsAt + (<usize>field << 3)
  const size = load<u32>(literal, 4)
  return isSame(p, load<u32>(literal), size) ? p + size : 0
}

/** Behind the line end of a record; 0 when it goes on. */
@inline
export function behindRecord<Of>(p: usize, fields: i32): usize {
  if (!isJson<Of>()) return behindLine(p)
  const end = behindLiteral(p, fields)
  return end === 0 ? 0 : behindLine(end)
}

/** 0 when the record goes on. */
@inline
function behindLine(p: usize): usize {
  const byte = <u32>load<u8>(p)
  if (byte === lineFeed) return p + 1
  return byte === carriageReturn && <u32>load<u8>(p, 1) === lineFeed ? p + 2 : 0
}
