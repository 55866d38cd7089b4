import { type DataType, IntervalDayTime, printCell, Timestamp } from '../../index.js'
import { CliError } from '../usage-error.js'

/** Nanoseconds since 1970, as Parquet and Arrow have them. @throws CliError beyond 1677 to 2262, what 64 bits hold */
export const nanosOf = (value: Timestamp): bigint => {
  const nanos = value.seconds * 1_000_000_000n + BigInt(value.nanos)
  if (BigInt.asIntN(64, nanos) === nanos) return nanos
  throw new CliError(
    'a TIMESTAMP lies beyond the years 1677 to 2262, which this format holds in nanoseconds',
    'Use csv, ndjson or json, which have no such limit',
  )
}

export const timestampOfNanos = (nanos: bigint): Timestamp => {
  const rest = ((nanos % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n
  return new Timestamp((nanos - rest) / 1_000_000_000n, Number(rest))
}

/** Days since 1970 of `YYYY-MM-DD`. */
export const daysOf = (date: string): number => Date.parse(`${date}T00:00:00Z`) / 86_400_000

export const dateOfDays = (days: number): string =>
  new Date(days * 86_400_000).toISOString().replace(/T.*/s, '')

/** The digits of a decimal without its point: `1.5` with scale 2 is 150. */
export const unscaledOf = (text: string, scale: number): bigint => {
  const [, sign = '', whole = '', fraction = ''] = /^([+-]?)(\d*)(?:\.(\d*))?$/.exec(text) ?? []
  const digits = BigInt(whole + fraction.padEnd(scale, '0').slice(0, scale))
  return sign === '-' ? -digits : digits
}

export const decimalOf = (unscaled: bigint, scale: number): string => {
  if (scale === 0) return String(unscaled)
  const digits = String(unscaled < 0n ? -unscaled : unscaled).padStart(scale + 1, '0')
  return `${unscaled < 0n ? '-' : ''}${digits.slice(0, -scale)}.${digits.slice(-scale)}`
}

/** The old `decimal` is kept as (54,18). */
export const decimalSize = (type: DataType & { kind: 'decimal' }): { precision: number; scale: number } =>
  type.precision === undefined
    ? { precision: 54, scale: 18 }
    : { precision: type.precision, scale: type.scale ?? 0 }

/** Types that these formats carry as text: JSON for nested values, the text of intervals. */
export const asText = (value: unknown, type: DataType): string =>
  value instanceof IntervalDayTime ? value.toString() : printCell(value, type, { json: 'text' })

/** Big-endian two's complement. */
export const bigintOfBytes = (bytes: Uint8Array): bigint => {
  let value = 0n
  for (const byte of bytes) value = (value << 8n) | BigInt(byte)
  return BigInt.asIntN(bytes.length * 8, value)
}
