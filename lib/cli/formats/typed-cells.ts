import { type DataType, formatCell, IntervalDayTime } from '../../index.js'
import { invalid, outOfRange } from './file-values/exact-values.js'

/* From cells of a table to what formats with types hold. What they cannot hold is a TunnelValueError, never a near value. */

/** Days since 1970 of `YYYY-MM-DD` or `±YYYYYY-MM-DD`. */
export const daysOf = (date: string): number => {
  const days = Date.parse(`${date}T00:00:00Z`) / 86_400_000
  if (!Number.isInteger(days)) throw outOfRange('the DATE is beyond the years that a Date holds')
  return days
}

const decimal = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,4}))?$/

/** The digits of a decimal without its point: `1.5` with scale 2 is 150, and so is `15e-1`. */
export const unscaledOf = (text: string, scale: number, precision = 76): bigint => {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = decimal.exec(text) ?? []
  if (whole === '' && fraction === '') throw invalid('the DECIMAL is not a number')
  const shift = scale - fraction.length + Number(exponent)
  let digits = BigInt(whole + fraction)
  if (shift > 0 && digits !== 0n) digits *= 10n ** BigInt(shift)
  if (shift < 0) {
    const dropped = 10n ** BigInt(-shift)
    if (digits % dropped !== 0n) throw invalid(`the DECIMAL has more than ${scale} fraction digits`)
    digits /= dropped
  }
  if (digits >= 10n ** BigInt(precision)) throw outOfRange(`the DECIMAL has more than ${precision} digits`)
  return sign === '-' ? -digits : digits
}

/** The old `decimal` is kept as (54,18). */
export const decimalSize = (type: DataType & { kind: 'decimal' }): { precision: number; scale: number } =>
  type.precision === undefined
    ? { precision: 54, scale: 18 }
    : { precision: type.precision, scale: type.scale ?? 0 }

/** Text comes as bytes where it is not UTF-8, and then these formats have no place for it. */
export const utf8TextOf = (value: unknown): string => {
  if (typeof value !== 'string') throw invalid('the text is not UTF-8')
  if (/\p{Surrogate}/u.test(value)) throw invalid('the text has a lone surrogate, which has no UTF-8 form')
  return value
}

/** Types that these formats carry as text: JSON for nested values, the text of intervals. */
export const asText = (value: unknown, type: DataType): string =>
  value instanceof IntervalDayTime ? value.toString() : formatCell(value, type, { json: 'text' })
