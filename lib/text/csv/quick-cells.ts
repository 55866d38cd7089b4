import { decimalDigits } from '../../codec/types/decimal.js'
import { type DataType, isText } from '../../schema/data-type.js'
import { Timestamp } from '../../values/timestamp.js'
import { holdMarks } from './marks-in-cells.js'

/*
 * Cells in the form that nearly all files have, read from bytes without making a string first. What looks otherwise is
 * left to the parser of the column, so that these functions need to know no more than the common forms.
 */

/** How a column's cells are read when they are plain; `other` always asks the column's parser. */
export const cellForm = {
  other: 0,
  text: 1,
  whole: 2,
  bigint: 3,
  number: 4,
  float: 5,
  decimal: 6,
  milliseconds: 7,
  date: 8,
  timestamp: 9,
  timestampNtz: 10,
  day: 11,
  boolean: 12,
  tinyint: 13,
  smallint: 14,
  int: 15,
} as const

export type CellForm = (typeof cellForm)[keyof typeof cellForm]

export interface CellFormOptions {
  /** Text that stands for NULL. */
  readonly nullText: string
  /** What stands between and around fields, a character each. */
  readonly marks: string
  /** Whether times without a zone are of UTC. */
  readonly isUtc: boolean
  /** `values`: what a download gives. `numbers`: numbers for BIGINT and DATETIME, which an upload takes as well, and sooner. */
  readonly as: 'values' | 'numbers'
}

/** Digits before and behind the point. */
export type DecimalRoom = ReturnType<typeof decimalDigits>

export const decimalRoomOf = (type: DataType): DecimalRoom =>
  type.kind === 'decimal' ? decimalDigits(type) : { whole: 0, fraction: 0 }

/** A NULL that could be read as a number, a time or a boolean leaves only the slow way. */
const resemblesValue = /^[-\dtf]/i

export const cellFormOf = (type: DataType, { nullText, marks, isUtc, as }: CellFormOptions): CellForm => {
  if (isText(type)) return cellForm.text
  if (resemblesValue.test(nullText) || holdMarks(type, marks)) return cellForm.other
  switch (type.kind) {
    case 'bigint':
      return as === 'numbers' ? cellForm.whole : cellForm.bigint
    case 'tinyint':
    case 'smallint':
    case 'int':
      return cellForm[type.kind]
    case 'double':
      return cellForm.number
    case 'float':
      return cellForm.float
    case 'decimal':
      return cellForm.decimal
    case 'boolean':
      return cellForm.boolean
    case 'date':
      return cellForm.day
    case 'timestamp_ntz':
      return cellForm.timestampNtz
    case 'timestamp':
      return isUtc ? cellForm.timestamp : cellForm.other
    case 'datetime':
      if (!isUtc) return cellForm.other
      return as === 'numbers' ? cellForm.milliseconds : cellForm.date
    default:
      return cellForm.other
  }
}

/** The largest number of digits that a double holds exactly, whatever they are. */
const exactDigits = 15

/** Powers of ten that a double holds exactly: a quotient by one of them is rounded once, as it should be. */
const powersOfTen = Float64Array.from({ length: 23 }, (_, exponent) => Number(`1e${exponent}`))

const minus = 45
const point = 46
const colon = 58

/** Reads the cell that begins at a byte; `end` is then the byte behind it. The bytes must end with a line end. */
export class QuickCells {
  bytes: Uint8Array = new Uint8Array(0)
  end = 0
  #nanos = 0
  #fractionDigits = 0
  #isUtc = false

  /** Digits with or without a minus; undefined for more than are exact. */
  whole(at: number): number | undefined {
    const { bytes } = this
    const start = bytes[at] === minus ? at + 1 : at
    let p = start
    let value = 0
    for (let digit = bytes[p]! - 48; digit >= 0 && digit <= 9; digit = bytes[++p]! - 48)
      value = value * 10 + digit
    this.end = p
    if (p === start || p - start > exactDigits) return undefined
    return start === at ? value : 0 - value
  }

  /** Digits with or without a fraction; the number is the one that `Number` reads. */
  number(at: number): number | undefined {
    const { bytes } = this
    const start = bytes[at] === minus ? at + 1 : at
    let p = start
    let value = 0
    for (let digit = bytes[p]! - 48; digit >= 0 && digit <= 9; digit = bytes[++p]! - 48)
      value = value * 10 + digit
    let digits = p - start
    if (digits === 0) return undefined
    if (bytes[p] === point) {
      const fraction = ++p
      for (let digit = bytes[p]! - 48; digit >= 0 && digit <= 9; digit = bytes[++p]! - 48)
        value = value * 10 + digit
      if (p === fraction) return undefined
      digits += p - fraction
      if (digits > exactDigits) return undefined
      value /= powersOfTen[p - fraction]!
    }
    this.end = p
    if (digits > exactDigits) return undefined
    return start === at ? value : -value
  }

  /** Whether digits with or without a fraction stand there, not more of them than there is room for. */
  decimal(at: number, room: DecimalRoom): boolean {
    const { bytes } = this
    let p = bytes[at] === minus ? at + 1 : at
    const whole = p
    while (isDigit(bytes[p]!)) p++
    if (p === whole || p - whole > room.whole) return false
    if (bytes[p] === point) {
      const fraction = ++p
      while (isDigit(bytes[p]!)) p++
      if (p === fraction || p - fraction > room.fraction) return false
    }
    this.end = p
    return true
  }

  /** `true` or `false`. */
  boolean(at: number): boolean | undefined {
    const { bytes } = this
    const isTrue = bytes[at] === 116
    const word = isTrue ? trueWord : falseWord
    for (let i = 0; i < word.length; i++) if (bytes[at + i] !== word[i]) return undefined
    this.end = at + word.length
    return isTrue
  }

  /** Whether `YYYY-MM-DD` stands there, a day of the calendar. */
  day(at: number): boolean {
    const days = this.#days(at)
    this.end = at + 10
    return !Number.isNaN(days)
  }

  /** `YYYY-MM-DDTHH:MM:SS[.mmm][Z]` in milliseconds since 1970. */
  milliseconds(at: number): number | undefined {
    const seconds = this.#seconds(at)
    if (seconds === undefined || this.#fractionDigits > 3) return undefined
    return seconds * 1000 + this.#nanos / 1_000_000
  }

  /** The same to nanoseconds. */
  timestamp(at: number, mayHaveZone: boolean): Timestamp | undefined {
    const seconds = this.#seconds(at)
    if (seconds === undefined || (this.#isUtc && !mayHaveZone)) return undefined
    return new Timestamp(seconds, this.#nanos)
  }

  #seconds(at: number): number | undefined {
    const { bytes } = this
    const between = bytes[at + 10]
    if ((between !== 84 && between !== 32) || bytes[at + 13] !== colon || bytes[at + 16] !== colon)
      return undefined
    const hours = twoDigits(bytes, at + 11)
    const minutes = twoDigits(bytes, at + 14)
    const rest = twoDigits(bytes, at + 17)
    const seconds = this.#days(at) * 86_400 + hours * 3600 + minutes * 60 + rest
    // NaN, of what is no digit or no day, is not below either.
    if (!(hours < 24 && minutes < 60 && rest < 60)) return undefined
    if (Number.isNaN(seconds)) return undefined
    let p = at + 19
    let nanos = 0
    let digits = 0
    if (bytes[p] === point) {
      const fraction = ++p
      for (let digit = bytes[p]! - 48; digit >= 0 && digit <= 9; digit = bytes[++p]! - 48)
        nanos = nanos * 10 + digit
      digits = p - fraction
      if (digits === 0 || digits > 9) return undefined
      nanos *= powersOfTen[9 - digits]!
    }
    this.#nanos = nanos
    this.#fractionDigits = digits
    this.#isUtc = bytes[p] === 90
    this.end = this.#isUtc ? p + 1 : p
    return seconds
  }

  /** Days since 1970; NaN when there is no day of the calendar. */
  #days(at: number): number {
    const { bytes } = this
    if (bytes[at + 4] !== minus || bytes[at + 7] !== minus) return Number.NaN
    const year = twoDigits(bytes, at) * 100 + twoDigits(bytes, at + 2)
    const month = twoDigits(bytes, at + 5)
    const day = twoDigits(bytes, at + 8)
    if (!(month >= 1 && month <= 12 && day >= 1 && day <= 31)) return Number.NaN
    if (day > 28 && day > lengthOfMonth(year, month)) return Number.NaN
    // Years count from March, so that the leap day is the last of one.
    const y = month <= 2 ? year - 1 : year
    const dayOfYear = Math.floor((153 * (month <= 2 ? month + 9 : month - 3) + 2) / 5) + day - 1
    return y * 365 + Math.floor(y / 4) - Math.floor(y / 100) + Math.floor(y / 400) + dayOfYear - 719_468
  }
}

const trueWord = [116, 114, 117, 101]
const falseWord = [102, 97, 108, 115, 101]

const isDigit = (byte: number): boolean => byte >= 48 && byte <= 57

/** NaN when they are none. */
const twoDigits = (bytes: Uint8Array, at: number): number => {
  const tens = bytes[at]! - 48
  const ones = bytes[at + 1]! - 48
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : Number.NaN
}

const lengthOfMonth = (year: number, month: number): number => {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31
}
