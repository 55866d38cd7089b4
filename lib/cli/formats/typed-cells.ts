import { type DataType, IntervalDayTime } from '../../index.js'
import { textOfCell } from '../../text/cell-text.js'
import { parseDate } from '../../values/calendar.js'
import { invalidValue } from './file-values/exact-values.js'

/* From cells of a table to what formats with types hold. What they cannot hold is a TunnelValueError, never a near value. */

/** Days since 1970 of `YYYY-MM-DD` or `±YYYYYY-MM-DD`. */
export const daysOfDate = (date: string): number => {
  const days = parseDate(date)
  if (days === undefined) throw invalidValue('the DATE is not a day of the calendar')
  return days
}

/** The old `decimal` is kept as (54,18). */
export const decimalSize = (type: DataType & { kind: 'decimal' }): { precision: number; scale: number } =>
  type.precision === undefined
    ? { precision: 54, scale: 18 }
    : { precision: type.precision, scale: type.scale ?? 0 }

/** Text comes as bytes where it is not UTF-8, and then these formats have no place for it. */
export const utf8TextOf = (value: unknown): string => {
  if (typeof value !== 'string') throw invalidValue('the text is not UTF-8')
  if (/\p{Surrogate}/u.test(value))
    throw invalidValue('the text has a lone surrogate, which has no UTF-8 form')
  return value
}

/** Types that these formats carry as text: JSON for nested values, the text of intervals. */
export const asText = (value: unknown, type: DataType): string =>
  value instanceof IntervalDayTime ? value.toString() : textOfCell(value, type, { json: 'text' })
