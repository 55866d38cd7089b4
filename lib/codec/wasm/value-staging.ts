import type { DataType } from '../../schema/data-type.js'
import { maxSeconds, minSeconds } from '../../values/calendar.js'
import { JsonText } from '../../values/json-text.js'
import { Timestamp } from '../../values/timestamp.js'
import type { CodecOptions } from '../cell-codec.js'
import { dayOf, maxDatetime, minDatetime, year1928 } from '../types/date-time.js'
import { decimalDigits, fits } from '../types/decimal.js'
import { integerRange } from '../types/integers.js'
import { formatJson } from '../types/json.js'

/*
 * Code that stages one value `v` that is not NULL and not nested: a cell, or a leaf of a nested one. Its names are those of encoder-code.ts.
 */

/** Where the value goes: the code of eight bytes there as each type, of its words of four, and of what marks bigints and bytes. */
export interface Slot {
  readonly f64: string
  readonly i64: string
  readonly f32: string
  readonly i32: (word: number) => string
  readonly mark: string
  /** The code of the first word's place. */
  readonly word: string
  /** Whose text it is. */
  readonly column: number
}

/** @param eight the code of its place in units of eight bytes, and `four` in units of four */
export const slotAt = (
  eight: string,
  four: (word: number) => string,
  mark: string,
  column: number,
): Slot => ({
  f64: `F[${eight}]`,
  i64: `G[${eight}]`,
  f32: `E[${four(0)}]`,
  i32: word => `I[${four(word)}]`,
  mark,
  word: four(0),
  column,
})

/** The text of a JSON value; undefined for what isn't one, or is one no more: then the codec says so. */
const jsonText = (value: unknown): string | undefined => {
  try {
    return formatJson(value)
  } catch {
    return undefined
  }
}

/** The same for a column that takes text. */
const givenJsonText = (value: unknown): unknown => (value instanceof JsonText ? value.text : value)

/** So short text goes into its slot. */
const slotText = 7

/**
 * Puts ASCII text of at most seven characters, with its length before them, into eight bytes, the bit that says so set (see
 * assembly/layout.ts). Text in a heap costs three calls of the engine, however short it is.
 */
const putInSlot = (words: Int32Array, word: number, text: string): boolean => {
  const { length } = text
  let low = length | 0x80000000
  let high = 0
  let seen = 0
  for (let i = 0; i < length; i++) {
    const code = text.charCodeAt(i)
    seen |= code
    if (i < 3) low |= code << (8 * i + 8)
    else high |= code << (8 * i - 24)
  }
  if (seen > 0x7f) return false
  words[word] = low
  words[word + 1] = high
  return true
}

/** What the code uses. */
export const stagingConstants = {
  D: dayOf,
  Q: fits,
  Z: Timestamp,
  J: jsonText,
  K: givenJsonText,
  T: putInSlot,
}

/** Longer text is not collected but made bytes at once. */
export const shortText = 128

export const valueCode = (type: DataType, slot: Slot, options: CodecOptions): string => {
  const { f64, i64, f32, i32, mark } = slot
  switch (type.kind) {
    case 'bigint':
      return `if (typeof v === 'number') { if (!Number.isSafeInteger(v)) return false; ${f64} = v }
else if (typeof v === 'bigint' && (${i64} = v, ${i64} === v)) ${mark}
else return false`
    case 'tinyint':
    case 'smallint':
    case 'int': {
      const [min, max] = integerRange(type.kind)
      return `if (typeof v !== 'number' || (v | 0) !== v || v < ${min} || v > ${max}) return false
${f64} = v`
    }
    case 'datetime':
      return `x = typeof v === 'number' ? v : v instanceof Date ? v.getTime() : NaN
if (!(x >= ${options.oldDates === 'refuse' ? year1928 : minDatetime} && x <= ${maxDatetime} && Math.floor(x) === x)) return false
${f64} = x`
    case 'date':
      return `x = D(v)
if (x !== x) return false
${f64} = x`
    case 'timestamp':
    case 'timestamp_ntz':
      return `if (!(v instanceof Z)) return false
${i64} = v.seconds
if (${i64} !== v.seconds) return false
x = ${i32(1)} * 4294967296 + (${i32(0)} >>> 0)
if (x < ${minSeconds} || x > ${maxSeconds}) return false
${mark}
x = v.nanos
if ((x | 0) !== x || x < 0 || x > 999999999) return false
${i32(2)} = x`
    case 'interval_day_time':
      return `if (typeof v !== 'object') return false
x = v.seconds
if (typeof x === 'bigint' && (${i64} = x, ${i64} === x)) ${mark}
else if (Number.isSafeInteger(x)) ${f64} = x
else return false
x = v.nanos
if ((x | 0) !== x || x < 0 || x > 999999999) return false
${i32(2)} = x`
    case 'interval_year_month':
      return `if (typeof v !== 'object' || !Number.isSafeInteger(x = v.months)) return false
${f64} = x`
    case 'double':
      return `if (typeof v !== 'number') return false
${f64} = v`
    case 'float':
      return `if (typeof v !== 'number' || (Number.isFinite(v) && !Number.isFinite(Math.fround(v)))) return false
${f32} = v`
    case 'boolean':
      return `if (typeof v !== 'boolean') return false
${i32(0)} = v ? 1 : 0`
    case 'decimal': {
      const { whole, fraction } = decimalDigits(type)
      return `if (typeof v !== 'string' || !Q(v, ${whole}, ${fraction})) return false
${i32(0)} = v.length; ${putText(slot)}`
    }
    case 'varchar':
    case 'char':
      return textCode(slot, type.length, type.length)
    case 'binary':
      return bytesCode(slot, options.maxFieldBytes)
    case 'json':
      return `v = ${options.json === 'text' ? 'K' : 'J'}(v)
if (typeof v !== 'string') return false
${stringCode(slot, Math.floor(options.maxFieldBytes / 3))}`
    default:
      return textCode(slot, Math.floor(options.maxFieldBytes / 3), options.maxFieldBytes)
  }
}

const textCode = (slot: Slot, maxUnits: number, maxBytes: number): string =>
  `if (typeof v === 'string') {
${stringCode(slot, maxUnits)}
} else ${bytesCode(slot, maxBytes)}`

/** Text without UTF-8 form is left to the codec to refuse, and so is what may be too long. */
const stringCode = (slot: Slot, maxUnits: number): string => {
  const { i32, mark, word } = slot
  return `if (v.length <= ${Math.min(slotText, maxUnits)} && M[${slot.column}] === 0 && T(I, ${word}, v)) {}
else if (v.length <= ${Math.min(shortText, maxUnits)}) {
if (!v.isWellFormed()) return false
${i32(0)} = v.length
${putText(slot)}
} else {
if (v.length > ${maxUnits} || (x = S.putText(v)) < 0) return false
${i32(0)} = x; ${mark}
}`
}

const bytesCode = ({ i32, mark }: Slot, maxBytes: number): string => `{
if (!(v instanceof Uint8Array) || v.length > ${maxBytes} || (x = S.putBytes(v)) < 0) return false
${i32(0)} = x; ${mark}
}`

/** Text of columns that hold more than ASCII has a heap of its own. */
const putText = ({ column }: Slot): string => `if (M[${column}] === 0) A += v; else U += v`
