import { epochSeconds, parseTime } from '../codec/calendar.js'
import { IntervalDayTime } from '../codec/interval-day-time.js'
import { IntervalYearMonth } from '../codec/interval-year-month.js'
import { JsonText } from '../codec/json-text.js'
import { setOwn } from '../codec/key-matcher.js'
import { Timestamp } from '../codec/timestamp.js'
import { TunnelError } from '../errors.js'
import type { DataType, MapType, StructType } from '../schema/data-type.js'
import { printJsonValue } from './print-json.js'

/** Turns a value as JSON has it into one of the column's type. What it does not know it leaves to the encoder. */
export type Reviver = (value: unknown) => unknown

/** The inverse of `printJsonValue` for values of a type; values that are right already stay as they are. */
export const reviverOf = (type: DataType): Reviver => {
  switch (type.kind) {
    case 'bigint':
      return value => (typeof value === 'number' && Number.isSafeInteger(value) ? BigInt(value) : value)
    case 'float':
    case 'double':
      return reviveFloat
    case 'binary':
      return fromText(bytesOf)
    case 'datetime':
      return fromText(dateOf)
    case 'timestamp':
    case 'timestamp_ntz':
      return fromText(timestampOf(type.kind))
    case 'interval_day_time':
      return fromText(IntervalDayTime.parse)
    case 'interval_year_month':
      return fromText(IntervalYearMonth.parse)
    case 'json':
      return reviveJson
    case 'vector':
      return value => (Array.isArray(value) ? value.map(reviveFloat) : value)
    case 'array': {
      const element = nullable(reviverOf(type.element))
      return value => (Array.isArray(value) ? value.map(element) : value)
    }
    case 'map':
      return reviveMap(type)
    case 'struct':
      return reviveStruct(type)
    default:
      return value => value
  }
}

const nullable =
  (revive: Reviver): Reviver =>
  value =>
    value === null || value === undefined ? value : revive(value)

/** Text that cannot be read stays as it is: the encoder then says what is wrong, and where. */
const fromText =
  (parse: (text: string) => unknown): Reviver =>
  value => {
    if (typeof value !== 'string') return value
    try {
      return parse(value) ?? value
    } catch (error) {
      if (error instanceof TunnelError) return value
      throw error
    }
  }

const floatTexts = new Map([
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY],
])

const reviveFloat: Reviver = value => {
  if (typeof value === 'bigint') return Number(value)
  return typeof value === 'string' ? (floatTexts.get(value) ?? value) : value
}

/** Base64 with padding; Buffer.from alone would skip what is none. */
const bytesOf = (text: string): Buffer | undefined => {
  const bytes = Buffer.from(text, 'base64')
  return bytes.toString('base64') === text ? bytes : undefined
}

const dateOf = (text: string): Date | undefined => {
  const time = parseTime(text)
  if (time?.offset === undefined || time.fractionDigits > 3) return undefined
  return new Date(epochSeconds(time) * 1000 + time.nanos / 1_000_000)
}

/** `Timestamp` prints itself without a zone, whichever of the two types it has come from. */
const timestampOf =
  (kind: 'timestamp' | 'timestamp_ntz') =>
  (text: string): Timestamp | undefined =>
    kind === 'timestamp_ntz' && parseTime(text)?.offset !== undefined ? undefined : Timestamp.from(text)

/** A bigint inside a JSON value was a number if a number prints the same digits; else the text is sent as it is. */
const reviveJson: Reviver = value => {
  const parts = asNumbers(value)
  return parts.exact ? parts.value : new JsonText(printJsonValue(value))
}

const asNumbers = (value: unknown): { value: unknown; exact: boolean } => {
  if (typeof value === 'bigint')
    return { value: Number(value), exact: String(Number(value)) === String(value) }
  if (typeof value !== 'object' || value === null) return { value, exact: true }
  if (Array.isArray(value)) {
    const elements = value.map(asNumbers)
    return { value: elements.map(element => element.value), exact: elements.every(element => element.exact) }
  }
  if (Object.getPrototypeOf(value) !== Object.prototype) return { value, exact: true }
  const object: Record<string, unknown> = {}
  let exact = true
  for (const [key, member] of Object.entries(value)) {
    const part = asNumbers(member)
    setOwn(object, key, part.value)
    exact &&= part.exact
  }
  return { value: object, exact }
}

/** An object, or a list of pairs. */
const reviveMap = (type: MapType): Reviver => {
  const [key, keyText, value] = [reviverOf(type.key), keyReviverOf(type.key), nullable(reviverOf(type.value))]
  return map => {
    if (Array.isArray(map) && map.every(pair => Array.isArray(pair) && pair.length === 2))
      return new Map(map.map(([k, v]: [unknown, unknown]) => [key(k), value(v)]))
    if (map instanceof Map) return new Map([...map].map(([k, v]) => [key(k), value(v)]))
    if (typeof map !== 'object' || map === null || Array.isArray(map)) return map
    return new Map(Object.entries(map).map(([k, v]) => [keyText(k), value(v)]))
  }
}

/** The keys of an object are text: numbers are read from it. */
const keyReviverOf = (type: DataType): Reviver => {
  const revive = reviverOf(type)
  switch (type.kind) {
    case 'tinyint':
    case 'smallint':
    case 'int':
    case 'float':
    case 'double':
      return text => (typeof text === 'string' && /^-?\d/.test(text) ? Number(text) : revive(text))
    case 'bigint':
      return text => (typeof text === 'string' && /^-?\d+$/.test(text) ? BigInt(text) : text)
    case 'boolean':
      return text => (text === 'true' ? true : text === 'false' ? false : text)
    default:
      return revive
  }
}

/** Field names match without case; a key that is no field stays, so that the encoder can name it. */
const reviveStruct = ({ fields }: StructType): Reviver => {
  const byName = new Map(
    fields.map(({ name, type }) => [name.toLowerCase(), { name, revive: nullable(reviverOf(type)) }]),
  )
  return value => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
    const object: Record<string, unknown> = {}
    const keys = Object.keys(value)
    for (const key of keys) {
      const field = byName.get(key.toLowerCase())
      const member: unknown = Reflect.get(value, key)
      setOwn(object, field?.name ?? key, field ? field.revive(member) : member)
    }
    return Object.keys(object).length === keys.length ? object : value
  }
}
