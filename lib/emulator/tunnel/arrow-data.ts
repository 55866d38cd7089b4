import type { DataType as ArrowType, Data } from 'apache-arrow'
import type { DataType, DecimalType } from '../../schema/data-type.js'
import { parseDate } from '../../values/calendar.js'
import { decimalWords, oldDecimal } from './arrow-decimal.js'
import { type Arrow, oldDecimalBytes } from './arrow-type.js'

/** Decoded by the types they are stored by; NULL is null. */
type Values = readonly unknown[]

/** What one column has in memory besides its NULLs. */
interface Parts {
  readonly data?: ArrayBufferView
  /** One more than there are values. */
  readonly offsets?: Int32Array
  readonly children?: Data[]
}

/**
 * Lays out a column as Arrow does: the builders of the package would take text as strings, which invalid UTF-8 does not
 * survive, and times as rounded numbers.
 */
export const layOut = (arrow: Arrow, type: DataType, form: ArrowType, values: Values): Data => {
  const validity = packBits(values, value => value !== null)
  const nullCount = values.reduce((count: number, value) => count + (value === null ? 1 : 0), 0)
  const {
    data = new Uint8Array(),
    offsets = new Int32Array(),
    children = [],
  } = partsOf(arrow, type, form, values)
  return new arrow.Data(form, 0, values.length, nullCount, { 0: offsets, 1: data, 2: validity }, children)
}

const partsOf = (arrow: Arrow, type: DataType, form: ArrowType, values: Values): Parts => {
  switch (type.kind) {
    case 'timestamp':
    case 'timestamp_ntz':
    case 'interval_day_time': {
      const secondsAndNanos = values as readonly ({ seconds: bigint; nanos: number } | null)[]
      const [seconds, nanos] = (form.children ?? []) as { type: ArrowType }[]
      return {
        children: [
          layOut(
            arrow,
            { kind: 'bigint' },
            seconds!.type,
            secondsAndNanos.map(value => value?.seconds ?? null),
          ),
          layOut(
            arrow,
            { kind: 'int' },
            nanos!.type,
            secondsAndNanos.map(value => value?.nanos ?? null),
          ),
        ],
      }
    }
    case 'struct': {
      const structs = values as readonly (Readonly<Record<string, unknown>> | null)[]
      const children = type.fields.map(({ name, type }, i) =>
        layOut(
          arrow,
          type,
          childOf(form, i),
          structs.map(value => value?.[name] ?? null),
        ),
      )
      return { children }
    }
    case 'array':
    case 'vector': {
      const lists = values as readonly (readonly unknown[] | null)[]
      const items = lists.flatMap(list => list ?? [])
      return {
        offsets: offsetsOf(lists, list => list.length),
        children: [layOut(arrow, type.element, childOf(form, 0), items)],
      }
    }
    case 'map': {
      const maps = values as readonly (readonly (readonly [unknown, unknown])[] | null)[]
      const pairs = maps.flatMap(map => map ?? [])
      const entries = childOf(form, 0)
      const keys = layOut(
        arrow,
        type.key,
        childOf(entries, 0),
        pairs.map(([key]) => key),
      )
      const items = layOut(
        arrow,
        type.value,
        childOf(entries, 1),
        pairs.map(([, value]) => value),
      )
      return {
        offsets: offsetsOf(maps, map => map.length),
        children: [new arrow.Data(entries, 0, pairs.length, 0, {}, [keys, items])],
      }
    }
    default:
      return flatPartsOf(type, values)
  }
}

const childOf = (form: ArrowType, index: number): ArrowType =>
  (form.children as readonly { readonly type: ArrowType }[])[index]!.type

const flatPartsOf = (type: DataType, values: Values): Parts => {
  switch (type.kind) {
    case 'boolean':
      return { data: packBits(values, value => value === true) }
    case 'tinyint':
      return { data: Int8Array.from(values as number[]) }
    case 'smallint':
      return { data: Int16Array.from(values as number[]) }
    case 'int':
      return { data: Int32Array.from(values as number[]) }
    case 'bigint':
      return { data: BigInt64Array.from(values, value => (value ?? 0n) as bigint) }
    case 'float':
      return { data: Float32Array.from(values as number[]) }
    case 'double':
      return { data: Float64Array.from(values as number[]) }
    case 'date':
      return { data: Int32Array.from(values, value => daysOf(value as bigint | string | null)) }
    case 'datetime':
      return { data: BigInt64Array.from(values, value => millisecondsOf(value as bigint | Date | null)) }
    case 'interval_year_month':
      return { data: Int32Array.from(values, value => (value as { months: number } | null)?.months ?? 0) }
    case 'decimal':
      return { data: decimalsOf(type, values) }
    case 'char':
      return joinBytes(values.map(value => (value === null ? null : padded(value as Buffer, type.length))))
    default:
      return joinBytes(
        values.map(value => (typeof value === 'string' ? Buffer.from(value) : (value as Buffer))),
      )
  }
}

/** Those of partition columns are values of their own type. */
const daysOf = (value: bigint | string | null): number =>
  typeof value === 'string' ? parseDate(value)! : Number(value ?? 0)

const millisecondsOf = (value: bigint | Date | null): bigint =>
  value instanceof Date ? BigInt(value.getTime()) : (value ?? 0n)

const decimalsOf = (type: DecimalType, values: Values): Uint8Array | Uint32Array => {
  const { precision, scale = 0 } = type
  if (precision === undefined) {
    const all = new Uint8Array(values.length * oldDecimalBytes)
    for (const [i, value] of values.entries())
      if (value !== null) all.set(oldDecimal(value), i * oldDecimalBytes)
    return all
  }
  const words = new Uint32Array(values.length * 4)
  for (const [i, value] of values.entries()) if (value !== null) words.set(decimalWords(value, scale), i * 4)
  return words
}

/** CHAR(n) is served with n characters (protocol 7.4). */
const padded = (text: Buffer, length: number): Buffer => {
  let characters = 0
  for (const byte of text) if ((byte & 0xc0) !== 0x80) characters++
  return characters < length ? Buffer.concat([text, Buffer.alloc(length - characters, ' ')]) : text
}

const joinBytes = (values: readonly (Buffer | null)[]): Parts => ({
  data: Buffer.concat(values.map(value => value ?? Buffer.alloc(0))),
  offsets: offsetsOf(values, value => value.length),
})

const offsetsOf = <T>(values: readonly (T | null)[], lengthOf: (value: T) => number): Int32Array => {
  const offsets = new Int32Array(values.length + 1)
  for (const [i, value] of values.entries())
    offsets[i + 1] = offsets[i]! + (value === null ? 0 : lengthOf(value))
  return offsets
}

const packBits = (values: Values, isSet: (value: unknown) => boolean): Uint8Array => {
  const bits = new Uint8Array(Math.ceil(values.length / 8))
  for (const [i, value] of values.entries()) if (isSet(value)) bits[i >> 3]! |= 1 << (i & 7)
  return bits
}
