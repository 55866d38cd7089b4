import { JsonText } from '../values/json-text.js'
import { JsonNumber, oneLineJson } from '../values/json-tree.js'

/**
 * Prints a cell or a row as JSON: BIGINT as digits, BINARY as base64, Date as ISO text, a Map as an object if its keys
 * are text, else as a list of pairs, NaN and infinities as text, JsonText as it is, what has a `toJSON` by it.
 * @throws TypeError for what has no JSON form.
 */
export const formatJsonValue = (value: unknown): string => {
  switch (typeof value) {
    case 'string':
      return JSON.stringify(value)
    case 'number':
      return formatNumber(value)
    case 'bigint':
    case 'boolean':
      return String(value)
    case 'undefined':
      return 'null'
    case 'object':
      return value === null ? 'null' : formatObject(value)
    default:
      throw new TypeError(`a ${typeof value} has no JSON form`)
  }
}

const formatNumber = (value: number): string => {
  if (!Number.isFinite(value)) return `"${value}"`
  return Object.is(value, -0) ? '-0' : String(value)
}

const formatObject = (value: object): string => {
  if (Array.isArray(value)) return formatList(value)
  if (value instanceof Date) return JSON.stringify(value.toISOString())
  if (value instanceof Uint8Array) return `"${base64Of(value)}"`
  if (value instanceof Map) return formatMap(value)
  if (value instanceof JsonText) return oneLineJson(value.text)
  if (value instanceof JsonNumber) return value.text
  if (value instanceof Float32Array || value instanceof Float64Array) return formatList([...value])
  if ('toJSON' in value && typeof value.toJSON === 'function') return formatJsonValue(value.toJSON())
  return formatEntries(Object.entries(value))
}

const base64Of = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64')

const formatList = (values: readonly unknown[]): string => `[${values.map(formatJsonValue).join(',')}]`

const formatEntries = (entries: readonly (readonly [string, unknown])[]): string =>
  `{${entries.map(([key, value]) => `${JSON.stringify(key)}:${formatJsonValue(value)}`).join(',')}}`

const formatMap = (map: ReadonlyMap<unknown, unknown>): string => {
  const entries = [...map]
  return entries.every((entry): entry is [string, unknown] => typeof entry[0] === 'string')
    ? formatEntries(entries)
    : formatList(entries)
}
