import { TunnelValueError } from '../errors.js'
import { epochSeconds, formatDate, formatNanos, formatTime, likeTime, parseTime } from './calendar.js'
import { CellProblem } from './cell-problem.js'

/** What may stand for a TIMESTAMP: whole seconds, rounded down, and nanoseconds 0 … 999 999 999. */
export interface TimestampLike {
  readonly seconds: bigint | number
  readonly nanos: number
}

/**
 * A TIMESTAMP (an instant) or TIMESTAMP_NTZ (a date and time without zone, its fields taken as UTC), to the nanosecond.
 *
 * `seconds` since 1970-01-01T00:00:00, rounded down also before 1970: half a second before is (-1, 500 000 000).
 */
export class Timestamp implements TimestampLike {
  readonly seconds: bigint
  readonly nanos: number

  /** @throws TunnelValueError ODPS_INVALID_VALUE or ODPS_VALUE_OUT_OF_RANGE */
  constructor(seconds: bigint | number, nanos = 0) {
    if (typeof seconds !== 'bigint' && !Number.isSafeInteger(seconds))
      throw wrong('ODPS_INVALID_VALUE', 'seconds must be a bigint or a safe whole number')
    if (!Number.isInteger(nanos)) throw wrong('ODPS_INVALID_VALUE', 'nanos must be a whole number')
    if (nanos < 0 || nanos > 999_999_999)
      throw wrong('ODPS_VALUE_OUT_OF_RANGE', 'nanos range from 0 to 999999999; round seconds down')
    this.seconds = BigInt(seconds)
    this.nanos = nanos
  }

  /**
   * From a Date, from ISO text with or without zone and up to nine fraction digits, or from `{ seconds, nanos }`.
   * @throws TunnelValueError ODPS_INVALID_VALUE or ODPS_VALUE_OUT_OF_RANGE
   */
  static from(value: Date | string | TimestampLike): Timestamp {
    if (value instanceof Date) return Timestamp.#fromDate(value)
    if (typeof value !== 'string') return new Timestamp(value.seconds, value.nanos)
    const time = parseText(value)
    if (!time)
      throw wrong(
        'ODPS_INVALID_VALUE',
        (likeTime(value) && `the text is ${likeTime(value)}`) ??
          'the text is not of the form YYYY-MM-DDTHH:MM:SS.nnnnnnnnn with or without Z',
      )
    return new Timestamp(epochSeconds(time), time.nanos)
  }

  static #fromDate(date: Date): Timestamp {
    const ms = date.getTime()
    if (Number.isNaN(ms)) throw wrong('ODPS_INVALID_VALUE', 'the Date is invalid')
    const seconds = Math.floor(ms / 1000)
    return new Timestamp(seconds, (ms - seconds * 1000) * 1_000_000)
  }

  /**
   * The instant, rounded down to the millisecond.
   * @throws TunnelValueError ODPS_VALUE_OUT_OF_RANGE beyond what a Date can hold.
   */
  toDate(): Date {
    const date = new Date(Number(this.seconds) * 1000 + Math.floor(this.nanos / 1_000_000))
    if (Number.isNaN(date.getTime()))
      throw wrong('ODPS_VALUE_OUT_OF_RANGE', 'a Date cannot hold this instant')
    return date
  }

  /** `YYYY-MM-DDTHH:MM:SS.nnnnnnnnn`, without zone: whether it is UTC or no zone is the column's matter. */
  toString(): string {
    const secondOfDay = Number(((this.seconds % 86_400n) + 86_400n) % 86_400n)
    const days = Number((this.seconds - BigInt(secondOfDay)) / 86_400n)
    return `${formatDate(days)}T${formatTime(secondOfDay)}.${formatNanos(this.nanos)}`
  }

  toJSON(): string {
    return this.toString()
  }
}

const parseText = (text: string): ReturnType<typeof parseTime> => {
  try {
    return parseTime(text)
  } catch (error) {
    if (error instanceof CellProblem) throw wrong('ODPS_INVALID_VALUE', error.message)
    throw error
  }
}

const wrong = (code: 'ODPS_INVALID_VALUE' | 'ODPS_VALUE_OUT_OF_RANGE', what: string): TunnelValueError =>
  new TunnelValueError(code, `Timestamp: ${what}`)
