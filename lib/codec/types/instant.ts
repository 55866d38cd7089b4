import { invalid, outOfRange } from '../../values/cell-problem.js'
import { bigintOf, highOf, highOfBigint, lowOf, lowOfBigint } from '../../wire/int64.js'
import type { ValueReader } from '../../wire/value-reader.js'
import type { ValueWriter } from '../../wire/value-writer.js'

/* The pair of seconds and nanoseconds that timestamps and INTERVAL_DAY_TIME share. */

export interface SecondsAndNanos {
  readonly seconds: bigint | number
  readonly nanos: number
}

export const writeInstant = (out: ValueWriter, { seconds, nanos }: SecondsAndNanos): void => {
  if (typeof seconds === 'number') out.int64(lowOf(seconds), highOf(seconds))
  else out.int64(lowOfBigint(seconds), highOfBigint(seconds))
  out.int32(nanos)
}

export const readInstant = (from: ValueReader): { seconds: bigint; nanos: number } => {
  from.int64()
  const seconds = bigintOf(from.low, from.high)
  return { seconds, nanos: from.int32() }
}

/** Takes a Date, or an object with `seconds` and `nanos` of the right kinds and |nanos| below a second. */
export const toSecondsAndNanos = (value: unknown, kind: string): SecondsAndNanos => {
  if (value instanceof Date && kind !== 'interval_day_time') return ofDate(value)
  const forms = kind === 'interval_day_time' ? 'an object' : 'a Date, ISO text or an object'
  const expected = `${forms} { seconds, nanos } for ${kind.toUpperCase()}`
  if (typeof value !== 'object' || value === null) throw invalid(expected, value)
  const { seconds, nanos } = value as Record<string, unknown>
  if (typeof seconds !== 'bigint' && !(typeof seconds === 'number' && Number.isSafeInteger(seconds)))
    throw invalid(`${expected}, seconds a bigint or safe whole number`, seconds)
  if (typeof nanos !== 'number' || !Number.isInteger(nanos))
    throw invalid(`${expected}, nanos a whole number`, nanos)
  if (Math.abs(nanos) > 999_999_999) throw outOfRange('nanos must be less than a second')
  return { seconds, nanos }
}

const ofDate = (date: Date): SecondsAndNanos => {
  const ms = date.getTime()
  if (Number.isNaN(ms)) throw invalid('a valid Date', date)
  const seconds = Math.floor(ms / 1000)
  return { seconds, nanos: (ms - seconds * 1000) * 1_000_000 }
}
