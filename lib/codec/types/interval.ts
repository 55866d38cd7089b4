import { invalid, outOfRange } from '../../values/cell-problem.js'
import { IntervalDayTime } from '../../values/interval-day-time.js'
import { IntervalYearMonth } from '../../values/interval-year-month.js'
import { isSafe, numberOf } from '../../wire/int64.js'
import type { CellCodec } from '../cell-codec.js'
import { readInstant, toSecondsAndNanos, writeInstant } from './instant.js'
import { writeWhole } from './integers.js'

/* INTERVAL_DAY_TIME: seconds and nanos. INTERVAL_YEAR_MONTH: months (protocol 4.5). */

/** Negative nanos may come (Java writes them) and may be passed; what goes out has nanos 0 … 999 999 999. */
export const dayTimeCodec: CellCodec = {
  write: (out, value) => {
    const { seconds, nanos } = toSecondsAndNanos(value, 'interval_day_time')
    const floored = nanos < 0 ? BigInt(seconds) - 1n : BigInt(seconds)
    if (BigInt.asIntN(64, floored) !== floored) throw outOfRange('the seconds do not fit 64 bits')
    writeInstant(out, { seconds: floored, nanos: nanos < 0 ? nanos + 1_000_000_000 : nanos })
  },
  read: from => {
    const { seconds, nanos } = readInstant(from)
    return new IntervalDayTime(seconds, nanos)
  },
}

export const yearMonthCodec: CellCodec = {
  write: (out, value) => {
    const months: unknown =
      typeof value === 'object' && value !== null && (value as { months?: unknown }).months
    if (typeof months !== 'number' || !Number.isSafeInteger(months))
      throw invalid('an object { months } with a whole number for INTERVAL_YEAR_MONTH', value)
    writeWhole(out, months)
  },
  read: from => {
    from.int64()
    if (!isSafe(from.low, from.high)) throw outOfRange('the months are beyond ±(2^53 - 1)')
    return new IntervalYearMonth(numberOf(from.low, from.high))
  },
}
