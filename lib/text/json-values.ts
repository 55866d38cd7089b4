import { decimalParts } from '../codec/types/decimal.js'
import { setOwn } from '../codec/types/key-matcher.js'
import {
  JsonArray,
  JsonNumber,
  JsonObject,
  type JsonTree,
  maxJsonDepth,
  parseJsonTree,
} from '../values/json-tree.js'

/*
 * JSON as JavaScript values that lose nothing: whole numbers a `number` doesn't hold are bigints, others whose digits it
 * doesn't hold JsonNumbers. What only a JSON column, a MAP or a STRUCT can make use of is kept beside: how the text was
 * spelled, the order of keys, keys that come twice. It counts as long as the values are those that were parsed.
 */

/** @throws CellProblem for what isn't JSON */
export const parseJsonExactly = (text: string): unknown => quickly(text) ?? exactValue(parseJsonTree(text))

const trees = new WeakMap<object, JsonArray | JsonObject>()

/** Text that `JSON.stringify` prints again, but for blanks between its parts, has nothing that the values would not show. */
const quickly = (text: string): object | undefined => {
  if (longDigits.test(text) || (text.length > 2 * maxJsonDepth && isDeep(text))) return undefined
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && isSpelled(text, JSON.stringify(value))
      ? value
      : undefined
  } catch {
    return undefined
  }
}

/** Whether text is what was printed, with or without blanks outside of strings. */
const isSpelled = (text: string, printed: string): boolean => {
  if (text === printed) return true
  let inString = false
  let at = 0
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (!inString && (unit === 0x20 || unit === 0x0a || unit === 0x0d || unit === 0x09)) continue
    if (unit !== printed.charCodeAt(at++)) return false
    if (unit === 0x22) inString = !inString
    else if (unit === 0x5c && text.charCodeAt(++i) !== printed.charCodeAt(at++)) return false
  }
  return at === printed.length
}

/** Beyond 2^53 are numbers of so many digits. */
const longDigits = /\d{16}/

/** Whether it has enough brackets to be nested too deep. */
const isDeep = (text: string): boolean => {
  let opened = 0
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if ((unit === 0x5b || unit === 0x7b) && ++opened > maxJsonDepth) return true
  }
  return false
}

const exactValue = (tree: JsonTree): unknown => {
  if (tree instanceof JsonNumber) return exactNumber(tree)
  if (tree instanceof JsonArray) return remember(tree.values.map(exactValue), tree)
  if (!(tree instanceof JsonObject)) return tree
  const object: Record<string, unknown> = {}
  for (const [i, key] of tree.keys.entries()) setOwn(object, key, exactValue(tree.values[i]!))
  return remember(object, tree)
}

const remember = (value: object, tree: JsonArray | JsonObject): object => {
  trees.set(value, tree)
  return value
}

const exactNumber = (written: JsonNumber): number | bigint | JsonNumber => {
  const { text } = written
  const number = Number(text)
  if (text.length < maxWholeDigits && /^-?\d+$/.test(text))
    return Number.isSafeInteger(number) ? number : BigInt(text)
  return isSameNumber(text, String(number)) ? number : written
}

/** More than any type holds. */
const maxWholeDigits = 1000

const isSameNumber = (a: string, b: string): boolean => {
  const [x, y] = [decimalParts(a), decimalParts(b)]
  return x !== undefined && y !== undefined && x.digits === y.digits && x.exponent === y.exponent
}

/** How an object was written, if it is as it was parsed. */
export const writtenObject = (value: object): JsonObject | undefined => {
  const tree = trees.get(value)
  return tree instanceof JsonObject && isAsWritten(value, tree) ? tree : undefined
}

/**
 * The text that a value had; undefined when it isn't known, or the value was changed.
 * @param holder the array or object that it is in: a value that is no object itself is known by its place only
 */
export const writtenText = (value: unknown, holder: object, key: string | number): string | undefined => {
  if (typeof value === 'object' && value !== null) {
    const own = trees.get(value)
    return own !== undefined && isAsWritten(value, own) ? own.text : undefined
  }
  const tree = trees.get(holder)
  const i = tree instanceof JsonObject ? tree.keys.lastIndexOf(String(key)) : Number(key)
  const part = tree?.values[i]
  return part !== undefined && isAsWritten(value, part) ? tree!.textOf(i) : undefined
}

const isAsWritten = (value: unknown, tree: JsonTree): boolean => {
  if (tree instanceof JsonNumber) return Object.is(exactNumber(tree), value)
  if (tree instanceof JsonArray)
    return (
      Array.isArray(value) &&
      value.length === tree.values.length &&
      tree.values.every((part, i) => isAsWritten(value[i], part))
    )
  if (!(tree instanceof JsonObject)) return value === tree
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  const last = new Map(tree.keys.map((key, i) => [key, i]))
  const keys = Object.keys(value)
  return (
    keys.length === last.size &&
    keys.every(key => last.has(key) && isAsWritten(Reflect.get(value, key), tree.values[last.get(key)!]!))
  )
}
