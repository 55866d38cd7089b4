import type { DecimalType } from '../../schema/data-type.js'
import { invalid, outOfRange } from '../../values/cell-problem.js'
import type { CellCodec } from '../cell-codec.js'
import { writeString } from './text.js'

/* DECIMAL(p,s): decimal text (protocol 4.5). Text is given as received; what goes out has no exponent. */

/** The old type without precision is (54,18). */
export const decimalDigits = (type: DecimalType): { whole: number; fraction: number } => {
  const { precision, scale = 0 } = type
  return precision === undefined ? { whole: 36, fraction: 18 } : { whole: precision - scale, fraction: scale }
}

export const decimalCodec = (type: DecimalType): CellCodec => {
  const { whole, fraction } = decimalDigits(type)
  return {
    write: (out, value) => {
      if (typeof value === 'string' && fits(value, whole, fraction)) return void out.text(value)
      writeString(out, checkDecimal(formatDecimal(value), type))
    },
    read: from => from.text(),
  }
}

const plain = /^-?\d+(?:\.\d+)?$/
const decimal = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,9}))?$/

/** More digits than any DECIMAL has; stops an exponent from making a string of gigabytes. */
const maxDigits = 1000

/**
 * Prints a number, bigint, text, or an object whose toString is a decimal, in plain digits. Text that is plain
 * already is not touched.
 */
export const formatDecimal = (value: unknown): string => {
  const text = toText(value)
  if (plain.test(text)) return text
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = decimal.exec(text) ?? []
  if (whole === '' && fraction === '') throw invalid('a decimal number for DECIMAL', value)
  const shift = Number(exponent)
  if (Math.abs(shift) > maxDigits) throw outOfRange('the exponent is too large for DECIMAL')
  return (sign === '-' ? '-' : '') + shiftPoint(whole, fraction, shift)
}

/** What a decimal is worth, apart from how it is spelled: ± digits × 10^exponent. Zero has no digits. */
export interface DecimalParts {
  readonly isNegative: boolean
  /** Without zeros at either end. */
  readonly digits: string
  readonly exponent: number
}

/** @returns undefined for text that is no decimal, or whose exponent is none that could be counted with */
export const decimalParts = (text: string): DecimalParts | undefined => {
  const [, sign, whole = '', fraction = '', exponent = '0'] = decimal.exec(text) ?? []
  const digits = whole + fraction
  if (digits === '') return undefined
  let [from, to] = [0, digits.length]
  while (from < to && digits.charCodeAt(from) === zero) from++
  while (to > from && digits.charCodeAt(to - 1) === zero) to--
  const shift = Number(exponent) - fraction.length + (digits.length - to)
  return {
    isNegative: sign === '-',
    digits: digits.slice(from, to),
    exponent: from === to ? 0 : shift,
  }
}

const zero = 48

const toText = (value: unknown): string => {
  if (typeof value === 'string') return value
  if (typeof value === 'number' || typeof value === 'bigint') return String(value)
  if (typeof value !== 'object' || isList(value)) throw invalid('a decimal number for DECIMAL', value)
  try {
    return String(value)
  } catch {
    throw invalid('a decimal number for DECIMAL', value)
  }
}

/** What prints as its elements, so that one byte would be a number; a Buffer is text. */
const isList = (value: unknown): boolean =>
  Array.isArray(value) || (ArrayBuffer.isView(value) && !Buffer.isBuffer(value))

const shiftPoint = (whole: string, fraction: string, shift: number): string => {
  const digits = whole + fraction
  const point = whole.length + shift
  const padded = point <= 0 ? '0'.repeat(1 - point) + digits : digits.padEnd(point, '0')
  const at = Math.max(point, 1)
  const integer = padded.slice(0, at).replace(/^0+(?=\d)/, '')
  return at < padded.length ? `${integer}.${padded.slice(at)}` : integer
}

/**
 * The plain digits of a decimal, if the type has room for them; without zeros behind the scale, which programs write after
 * whole numbers (DuckDB `-1.0` for a DECIMAL(38,0)).
 * @throws CellProblem ODPS_VALUE_OUT_OF_RANGE
 */
export const checkDecimal = (text: string, type: DecimalType): string => {
  const { whole, fraction } = decimalDigits(type)
  const digits = withoutZerosBehind(text, fraction)
  checkDigits(digits, whole, fraction)
  return digits
}

const withoutZerosBehind = (text: string, maxFraction: number): string => {
  const point = text.indexOf('.')
  if (point < 0) return text
  let end = text.length
  while (end > point + 1 + maxFraction && text[end - 1] === '0') end--
  return text.slice(0, end === point + 1 ? point : end)
}

const checkDigits = (text: string, maxWhole: number, maxFraction: number): void => {
  const { whole, fraction } = countDigits(text)
  if (whole > maxWhole) throw outOfRange(`${whole} integer digits, the type allows ${maxWhole}`)
  if (fraction > maxFraction) throw outOfRange(`${fraction} fraction digits, the type allows ${maxFraction}`)
}

/** Leading zeros don't count. */
const countDigits = (text: string): { whole: number; fraction: number } => {
  const point = text.indexOf('.')
  const end = point < 0 ? text.length : point
  let from = text.startsWith('-') ? 1 : 0
  while (from < end && text[from] === '0') from++
  return { whole: end - from, fraction: point < 0 ? 0 : text.length - point - 1 }
}

/** Whether text is plain digits that surely fit: the quick way for what most callers pass. */
export const fits = (text: string, maxWhole: number, maxFraction: number): boolean => {
  const { length } = text
  const from = text.charCodeAt(0) === 45 ? 1 : 0
  let p = from
  while (p < length && isDigit(text.charCodeAt(p))) p++
  if (p === from || p - from > maxWhole) return false
  if (p === length) return true
  if (text.charCodeAt(p) !== 46) return false
  const fraction = ++p
  while (p < length && isDigit(text.charCodeAt(p))) p++
  return p === length && p > fraction && p - fraction <= maxFraction
}

const isDigit = (unit: number): boolean => unit >= 48 && unit <= 57
