import { isUtf8 } from 'node:buffer'
import { IntervalDayTime, Timestamp, TunnelValueError } from '../../../index.js'
import { cellOfText } from '../../../text/cell-text.js'
import { formatDateAgain } from '../../../values/calendar.js'
import type { TimeUnit } from './file-type.js'

/* From physical values of files to those of the library. Nothing is rounded: what does not fit is a TunnelValueError. */

export const invalidValue = (what: string): TunnelValueError =>
  new TunnelValueError('ODPS_INVALID_VALUE', what)
export const valueOutOfRange = (what: string): TunnelValueError =>
  new TunnelValueError('ODPS_VALUE_OUT_OF_RANGE', what)

/** @throws TunnelValueError for bytes that are not UTF-8 */
export const textOfUtf8 = (bytes: Uint8Array): string => {
  if (!isUtf8(bytes)) throw invalidValue('the text is not UTF-8')
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString()
}

export const uuidText = (bytes: Uint8Array): string =>
  Buffer.from(bytes)
    .toString('hex')
    .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')

/** Days since 1970 of 0000-01-01 and 9999-12-31. */
const [minDays, maxDays] = [-719_528, 2_932_896]

/** `YYYY-MM-DD` */
export const dateText = (days: number): string => {
  if (Number.isNaN(days)) throw invalidValue('the date has a time of day')
  if (!(days >= minDays && days <= maxDays)) throw valueOutOfRange('DATE covers the years 0000 to 9999')
  return formatDateAgain(days)
}

const unitsOfSecond = { s: 1n, ms: 1000n, us: 1_000_000n, ns: 1_000_000_000n } as const

const secondsAndNanos = (count: bigint, unit: TimeUnit): { seconds: bigint; nanos: number } => {
  const units = unitsOfSecond[unit]
  const rest = ((count % units) + units) % units
  return { seconds: (count - rest) / units, nanos: Number(rest * (1_000_000_000n / units)) }
}

export const timestampOf = (count: bigint, unit: TimeUnit): Timestamp => {
  const { seconds, nanos } = secondsAndNanos(count, unit)
  return new Timestamp(seconds, nanos)
}

export const intervalOf = (count: bigint, unit: TimeUnit): IntervalDayTime => {
  const { seconds, nanos } = secondsAndNanos(count, unit)
  return new IntervalDayTime(seconds, nanos)
}

/** Milliseconds since 1970, which DATETIME takes. @throws TunnelValueError for finer times */
export const millisecondsOfCount = (count: bigint, unit: TimeUnit): number => {
  const units = unitsOfSecond[unit]
  if (units <= 1000n) return Number(count * (1000n / units))
  const finer = units / 1000n
  if (count % finer !== 0n) throw invalidValue('the time is finer than the milliseconds of DATETIME')
  return Number(count / finer)
}

/** The instant of a time without a zone, as the zone's clocks show it. */
export const instantOf = (local: Timestamp, timeZone: string): Timestamp =>
  timeZone === 'UTC'
    ? local
    : (cellOfText(local.toString(), { kind: 'timestamp' }, { timeZone }) as Timestamp)

/** @throws TunnelValueError for digits that a double has no room for */
export const doubleOf = (whole: bigint | number): number => {
  const value = Number(whole)
  if (typeof whole === 'bigint' && BigInt(value) !== whole)
    throw invalidValue('DOUBLE would round the whole number; use DECIMAL or BIGINT')
  return value
}

/** @throws TunnelValueError for digits that a 32-bit float has no room for */
export const floatOf = (whole: bigint | number): number => {
  const value = Number(whole)
  if (Math.fround(value) !== value || (typeof whole === 'bigint' && BigInt(value) !== whole))
    throw invalidValue('FLOAT would round the whole number; use DOUBLE, DECIMAL or BIGINT')
  return value
}

/** The whole number that a decimal is. @throws TunnelValueError when it has a fraction */
export const wholeOf = (unscaled: bigint, scale: number): bigint => {
  if (scale <= 0) return unscaled * 10n ** BigInt(-scale)
  const one = 10n ** BigInt(scale)
  if (unscaled % one !== 0n) throw invalidValue('the decimal has a fraction')
  return unscaled / one
}
