import type { DataType } from '../../schema/data-type.js'
import type { Form } from '../columns/form.js'
import { type FormsOfTypes, formOf, secondsAndNanos } from '../columns/layout.js'
import { decimals, integers, nanosecondsOf, numbers, textBytes } from '../columns/leaf.js'

/*
 * Values as columnOf reads them, laid out as the tunnel has them: for columns whose buffers are of another layout, and for
 * columns of NULLs.
 */

export const wireForm = (type: DataType): Form => formOf(type, forms)

/** Values of nested types as the forms take them: members by name. */
export const wireCell = (type: DataType): ((value: unknown) => unknown) => {
  const convert = convertOf(type)
  return value => (value === null ? null : convert(value as never))
}

const convertOf = (type: DataType): ((value: never) => unknown) => {
  switch (type.kind) {
    case 'array':
    case 'vector': {
      const element = wireCell(type.element)
      return (values: readonly unknown[]) => values.map(element)
    }
    case 'map': {
      const [key, value] = [wireCell(type.key), wireCell(type.value)]
      return (pairs: readonly (readonly [unknown, unknown])[]) => pairs.map(([k, v]) => [key(k), value(v)])
    }
    case 'struct': {
      const members = type.fields.map(field => ({ name: field.name, convert: wireCell(field.type) }))
      return (values: readonly unknown[]) =>
        Object.fromEntries(members.map(({ name, convert }, i) => [name, convert(values[i])]))
    }
    default:
      return same
  }
}

const same = (value: unknown): unknown => value

const leafOf = (type: DataType): Form => {
  switch (type.kind) {
    case 'interval_year_month':
      return integers(32)
    case 'date':
      return numbers({ name: 'date', unit: 'day' }, Int32Array, asIs)
    case 'datetime':
      return numbers({ name: 'timestamp', unit: 'ms', timezone: '' }, BigInt64Array, asIs)
    case 'timestamp':
    case 'timestamp_ntz':
      return numbers({ name: 'timestamp', unit: 'ns', timezone: '' }, BigInt64Array, countOf)
    case 'interval_day_time':
      return secondsAndNanos(intervalOf)
    case 'decimal': {
      const options = { bits: type.precision === undefined ? 256 : 128, unscaled: BigInt } as const
      return decimals(type.precision ?? 54, type.precision === undefined ? 18 : (type.scale ?? 0), options)
    }
    default:
      return textBytes(value => value as Uint8Array)
  }
}

const forms: FormsOfTypes = { leafOf, hasFixedVectors: false }

const asIs = (value: never): number => value

type Pair = readonly [bigint, number]

const countOf = (value: bigint | Pair): bigint =>
  typeof value === 'bigint' ? value : nanosecondsOf(...value)

/** Also of an interval of days and milliseconds. */
const intervalOf = ([first, second]: readonly [bigint | number, number]): { sec: bigint; nano: number } => {
  if (typeof first === 'bigint') return { sec: first, nano: second }
  const rest = ((second % 1000) + 1000) % 1000
  return { sec: BigInt(first) * 86_400n + BigInt((second - rest) / 1000), nano: rest * 1_000_000 }
}
