import type { ArrowField } from '../../arrow/ipc/schema.js'
import { TunnelValueError } from '../../errors.js'
import type { DataType } from '../../schema/data-type.js'
import { IntervalDayTime } from '../../values/interval-day-time.js'
import { IntervalYearMonth } from '../../values/interval-year-month.js'
import { Timestamp } from '../../values/timestamp.js'
import { decimalText } from '../../values/unscaled.js'

/* Values of Arrow, as columnOf reads them, as the cells that records are stored by (stored-type.ts). */

export type ToCell = (value: unknown) => unknown

/** @param type of the column, not the one that its cells are stored by */
export const cellOf = (type: DataType, field: ArrowField): ToCell => {
  const convert = convertOf(type, field)
  return value => (value === null ? null : convert(value as never))
}

const convertOf = (type: DataType, field: ArrowField): ((value: never) => unknown) => {
  const child = (childType: DataType, index: number, of = field): ToCell =>
    cellOf(childType, of.children[index]!)
  switch (type.kind) {
    case 'date':
      return (days: number) => BigInt(days)
    case 'timestamp':
    case 'timestamp_ntz':
      return (value: bigint | Pair) =>
        typeof value === 'bigint' ? new Timestamp(...secondsOf(value)) : new Timestamp(...value)
    case 'interval_day_time':
      return field.type.name === 'interval'
        ? ([days, ms]: [number, number]) => intervalOf(days, ms)
        : (value: Pair) => new IntervalDayTime(...value)
    case 'interval_year_month':
      return (months: number) => new IntervalYearMonth(months)
    case 'decimal': {
      const { scale } = field.type as { scale: number }
      return (unscaled: bigint) => decimalText(unscaled, scale)
    }
    case 'array':
    case 'vector': {
      const element = child(type.element, 0)
      return (values: readonly unknown[]) => values.map(element)
    }
    case 'map': {
      const [entries] = field.children as [ArrowField]
      const [key, value] = [child(type.key, 0, entries), child(type.value, 1, entries)]
      return (pairs: readonly Pair[]) => mapOf(pairs.map(([k, v]) => [key(k), value(v)]))
    }
    case 'struct': {
      const members = type.fields.map((each, i) => ({ name: each.name, convert: child(each.type, i) }))
      return (values: readonly unknown[]) =>
        Object.fromEntries(members.map(({ name, convert }, i) => [name, convert(values[i])]))
    }
    default:
      return same
  }
}

type Pair = readonly [never, never]

const same = (value: unknown): unknown => value

const secondsOf = (count: bigint): [bigint, number] => {
  const nanos = ((count % billion) + billion) % billion
  return [(count - nanos) / billion, Number(nanos)]
}

const billion = 1_000_000_000n

const intervalOf = (days: number, ms: number): IntervalDayTime => {
  const total = BigInt(days) * 86_400_000n + BigInt(ms)
  const rest = ((total % 1000n) + 1000n) % 1000n
  return new IntervalDayTime((total - rest) / 1000n, Number(rest) * 1_000_000)
}

/** What the service does with equal keys isn't known. */
const mapOf = (pairs: readonly (readonly [unknown, unknown])[]): Map<unknown, unknown> => {
  const identity = (key: unknown): unknown => {
    if (key instanceof Uint8Array) return Buffer.from(key).toString('latin1')
    return typeof key === 'object' ? String(key) : key
  }
  if (new Set(pairs.map(([key]) => identity(key))).size < pairs.length)
    throw new TunnelValueError('ODPS_INVALID_VALUE', 'a MAP has a key twice')
  return new Map(pairs)
}
