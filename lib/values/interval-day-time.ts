import { TunnelValueError } from '../errors.js'
import { formatNanos, formatTime } from './calendar.js'

/** What may stand for an INTERVAL_DAY_TIME: whole seconds, and nanoseconds below one second. */
export interface IntervalDayTimeLike {
  readonly seconds: bigint | number
  readonly nanos: number
}

/** An INTERVAL_DAY_TIME: `seconds` × 10^9 + `nanos` nanoseconds, seconds rounded down, nanos 0 … 999 999 999. */
export class IntervalDayTime implements IntervalDayTimeLike {
  readonly seconds: bigint
  readonly nanos: number

  /**
   * Negative nanos are taken into the seconds: (0, -1) becomes (-1, 999 999 999).
   * @throws TunnelValueError ODPS_INVALID_VALUE or ODPS_VALUE_OUT_OF_RANGE
   */
  constructor(seconds: bigint | number, nanos = 0) {
    if (typeof seconds !== 'bigint' && !Number.isSafeInteger(seconds))
      throw wrong('ODPS_INVALID_VALUE', 'seconds must be a bigint or a safe whole number')
    if (!Number.isInteger(nanos)) throw wrong('ODPS_INVALID_VALUE', 'nanos must be a whole number')
    if (Math.abs(nanos) > 999_999_999)
      throw wrong('ODPS_VALUE_OUT_OF_RANGE', 'nanos range from -999999999 to 999999999')
    this.seconds = nanos < 0 ? BigInt(seconds) - 1n : BigInt(seconds)
    this.nanos = nanos < 0 ? nanos + 1_000_000_000 : nanos
  }

  /** Parses what `toString` prints. */
  static parse(text: string): IntervalDayTime {
    const parts = pattern.exec(text)
    if (!parts) throw wrong('ODPS_INVALID_VALUE', 'the text is not of the form [-]D HH:MM:SS[.nnnnnnnnn]')
    const [, sign, days = '0', hour, minute, second, fraction = ''] = parts
    const [h, m, s] = [Number(hour), Number(minute), Number(second)]
    if (h > 23 || m > 59 || s > 59)
      throw wrong('ODPS_INVALID_VALUE', 'hours, minutes or seconds are out of range')
    const seconds = BigInt(days) * 86_400n + BigInt(h * 3600 + m * 60 + s)
    const nanos = Number(fraction.padEnd(9, '0'))
    return sign === '-' ? new IntervalDayTime(-seconds, 0 - nanos) : new IntervalDayTime(seconds, nanos)
  }

  /** `[-]D HH:MM:SS.nnnnnnnnn` */
  toString(): string {
    const total = this.seconds * 1_000_000_000n + BigInt(this.nanos)
    const size = total < 0n ? -total : total
    const seconds = size / 1_000_000_000n
    const time = `${formatTime(Number(seconds % 86_400n))}.${formatNanos(Number(size % 1_000_000_000n))}`
    return `${total < 0n ? '-' : ''}${seconds / 86_400n} ${time}`
  }

  toJSON(): string {
    return this.toString()
  }
}

const pattern = /^(-?)(\d{1,18}) (\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?$/

const wrong = (code: 'ODPS_INVALID_VALUE' | 'ODPS_VALUE_OUT_OF_RANGE', what: string): TunnelValueError =>
  new TunnelValueError(code, `IntervalDayTime: ${what}`)
