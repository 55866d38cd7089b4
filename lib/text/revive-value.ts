import { floatBeyond, floatOfDigits } from '../codec/types/floats.js'
import { formatJson } from '../codec/types/json.js'
import { setOwn } from '../codec/types/key-matcher.js'
import { TunnelError } from '../errors.js'
import type { DataType, MapType, StructType } from '../schema/data-type.js'
import { epochSeconds, parseTime } from '../values/calendar.js'
import { CellProblem } from '../values/cell-problem.js'
import { IntervalDayTime } from '../values/interval-day-time.js'
import { IntervalYearMonth } from '../values/interval-year-month.js'
import { JsonText } from '../values/json-text.js'
import { JsonNumber, maxJsonDepth } from '../values/json-tree.js'
import { Timestamp } from '../values/timestamp.js'
import { keyText, repeatedMapKey } from './json-cells.js'
import { writtenObject, writtenText } from './json-values.js'

/*
 * The inverse of `formatJsonValue` for values of a type; values that are right already stay as they are, and what isn't known
 * is left to the encoder, which says what is wrong with it, and where. Only what the encoder could not see is refused here:
 * a key that came twice.
 */

/**
 * Turns a value as JSON has it into one of the column's type.
 * @param holder the array or object that the value is in, and its key there: with them JSON finds the text it came from
 * @throws CellProblem for a key that comes twice
 */
export type Reviver = (value: unknown, holder: object, key: string | number) => unknown

export const reviverOf = (type: DataType): Reviver => {
  switch (type.kind) {
    case 'bigint':
      return value => (typeof value === 'number' && Number.isSafeInteger(value) ? BigInt(value) : value)
    case 'float':
      return reviveSingle
    case 'double':
      return reviveFloat
    case 'decimal':
      return (value, holder, key) =>
        typeof value === 'number' ? (writtenText(value, holder, key) ?? value) : value
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
    case 'vector': {
      const member = reviverOf(type.element)
      return value => (Array.isArray(value) ? value.map((each, i) => member(each, value, i)) : value)
    }
    case 'array': {
      const element = nullable(reviverOf(type.element))
      return value => (Array.isArray(value) ? value.map((each, i) => element(each, value, i)) : value)
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
  (value, holder, key) =>
    value === null || value === undefined ? value : revive(value, holder, key)

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

const reviveFloat = (value: unknown): unknown => {
  if (typeof value === 'bigint' || value instanceof JsonNumber)
    return floatOfDigits(String(value), 'double') ?? value
  return typeof value === 'string' ? (floatTexts.get(value) ?? value) : value
}

/** A double halfway between two floats is rounded by the digits that were written. */
const reviveSingle: Reviver = (value, holder, key) => {
  const number = reviveFloat(value)
  if (typeof number !== 'number' || floatBeyond(number) === undefined) return number
  return floatOfDigits(writtenText(value, holder, key) ?? String(value), 'float') ?? number
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

/** As it was written, where the value that JSON.stringify prints would be written otherwise. */
const reviveJson: Reviver = (value, holder, key) => {
  const written = writtenText(value, holder, key)
  if (written !== undefined) return plainlyParsed(written) ?? new JsonText(written)
  return hasExactNumber(value, 0) ? new JsonText(formatExactly(value)) : value
}

/** The value whose text is just the same when it is printed; undefined when there is none. */
const plainlyParsed = (text: string): unknown => {
  const value: unknown = JSON.parse(text)
  return JSON.stringify(value) === text ? value : undefined
}

const formatExactly = (value: unknown): string => {
  if (typeof value === 'bigint') return String(value)
  if (Array.isArray(value)) return `[${value.map(formatExactly).join(',')}]`
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype)
    return formatJson(value)
  const members = Object.entries(value).filter(([, member]) => member !== undefined)
  return `{${members.map(([key, member]) => `${JSON.stringify(key)}:${formatExactly(member)}`).join(',')}}`
}

/** Whether there is a number in it that JSON.stringify can't print, or would print with other digits. */
const hasExactNumber = (value: unknown, depth: number): boolean => {
  if (typeof value === 'bigint') return true
  if (typeof value !== 'object' || value === null) return false
  if (value instanceof JsonNumber) return true
  if (depth > maxJsonDepth)
    throw new CellProblem('ODPS_INVALID_VALUE', `the value is nested deeper than ${maxJsonDepth} levels`)
  if (Array.isArray(value)) return value.some(each => hasExactNumber(each, depth + 1))
  const isPlain = Object.getPrototypeOf(value) === Object.prototype
  return isPlain && Object.values(value).some(each => hasExactNumber(each, depth + 1))
}

/** An object, or a list of pairs. */
const reviveMap = (type: MapType): Reviver => {
  const [key, keyOfText, value] = [
    reviverOf(type.key),
    keyReviverOf(type.key),
    nullable(reviverOf(type.value)),
  ]
  return map => {
    if (Array.isArray(map) && map.every(pair => Array.isArray(pair) && pair.length === 2))
      return mapOf(
        type,
        map.map((pair: [unknown, unknown]) => [key(pair[0], pair, 0), value(pair[1], pair, 1)]),
      )
    if (map instanceof Map) return new Map([...map].map(([k, v]) => [key(k, map, 0), value(v, map, 1)]))
    if (typeof map !== 'object' || map === null || Array.isArray(map)) return map
    const keys = writtenObject(map)?.keys ?? Object.keys(map)
    return mapOf(
      type,
      keys.map(k => [keyOfText(k, map, k), value(Reflect.get(map, k), map, k)]),
    )
  }
}

const mapOf = (type: MapType, pairs: readonly [unknown, unknown][]): Map<unknown, unknown> => {
  const known = new Set(pairs.map(([key]) => keyText(key, type.key)))
  if (known.size < pairs.length) throw repeatedMapKey()
  return new Map(pairs)
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
      return (text, holder, key) =>
        typeof text === 'string' && /^-?\d/.test(text) ? numberOr(text, type.kind) : revive(text, holder, key)
    case 'bigint':
      return text => (typeof text === 'string' && /^-?\d+$/.test(text) ? BigInt(text) : text)
    case 'boolean':
      return text => (text === 'true' ? true : text === 'false' ? false : text)
    default:
      return revive
  }
}

/** Text stays what it is where it has no number, or none that a DOUBLE has room for. */
const numberOr = (text: string, kind: DataType['kind']): number | string =>
  (kind === 'float' ? floatOfDigits(text, kind) : undefined) ?? floatOfDigits(text, 'double') ?? text

/** Field names match without case; a key that is no field stays, so that the encoder can name it. */
const reviveStruct = ({ fields }: StructType): Reviver => {
  const byName = new Map(
    fields.map(({ name, type }) => [name.toLowerCase(), { name, revive: nullable(reviverOf(type)) }]),
  )
  return value => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
    const repeated = writtenObject(value)?.repeatedKey()
    if (repeated !== undefined)
      throw new CellProblem('ODPS_INVALID_VALUE', `the object has the duplicate key '${repeated}'`)
    const object: Record<string, unknown> = {}
    const keys = Object.keys(value)
    for (const key of keys) {
      const field = byName.get(key.toLowerCase())
      const member: unknown = Reflect.get(value, key)
      setOwn(object, field?.name ?? key, field ? field.revive(member, value, key) : member)
    }
    return Object.keys(object).length === keys.length ? object : value
  }
}
