import { decimalParts } from '../codec/types/decimal.js'
import { setOwn, structMatcher } from '../codec/types/key-matcher.js'
import { type DataType, isInteger, isNumber, type MapType, type StructType } from '../schema/data-type.js'
import { CellProblem, invalid, problemWithin } from '../values/cell-problem.js'
import { JsonArray, JsonNumber, JsonObject, type JsonTree, parseJsonTree } from '../values/json-tree.js'

/*
 * Values of JSON as cells of a type: for nested cells of text files and for records of JSON files. A number stands for its
 * digits, and is read as a cell of its type is; what isn't of the type's kind is refused, never turned into it. JSON keeps
 * its own text. Whatever comes twice in an object, a field of a STRUCT or a key of a MAP, is refused: one of the two would
 * be lost.
 */

/** Reads the text of a cell of any type that isn't nested. */
export type ParseScalar = (text: string, type: DataType) => unknown

/** The i-th value of an array or object as a cell; null for NULL. @throws CellProblem */
export const memberCell = (
  parts: JsonArray | JsonObject,
  i: number,
  type: DataType,
  scalar: ParseScalar,
): unknown => {
  const tree = parts.values[i]!
  if (tree === null) return null
  return type.kind === 'json' ? scalar(parts.textOf(i), type) : cellOfTree(tree, type, scalar)
}

/** @throws CellProblem */
export const parseNested = (text: string, type: DataType, scalar: ParseScalar): unknown =>
  cellOfTree(parseJsonTree(text), type, scalar)

const cellOfTree = (tree: JsonTree, type: DataType, scalar: ParseScalar): unknown => {
  switch (type.kind) {
    case 'array':
    case 'vector':
    case 'map':
    case 'struct':
      return nestedCell(asParts(tree), type, scalar)
    case 'boolean':
      if (typeof tree === 'boolean') return tree
      break
    case 'datetime':
      if (tree instanceof JsonNumber && /^-?\d{1,15}$/.test(tree.text)) return new Date(Number(tree.text))
      break
  }
  if (typeof tree === 'string') return scalar(tree, type)
  if (tree instanceof JsonNumber && takesNumber(type)) return scalar(numberText(tree.text, type), type)
  throw invalid(expectedOf(type), tree, describeTree(tree))
}

/** Text may hold the JSON of a nested value: so do other programs write nested values within nested ones. */
const asParts = (tree: JsonTree): JsonTree => (typeof tree === 'string' ? parseJsonTree(tree) : tree)

const nestedCell = (
  tree: JsonTree,
  type: DataType & { kind: 'array' | 'vector' | 'map' | 'struct' },
  scalar: ParseScalar,
): unknown => {
  switch (type.kind) {
    case 'map':
      return mapCell(tree, type, scalar)
    case 'struct':
      return structCell(tree, type, scalar)
    default:
      if (!(tree instanceof JsonArray)) throw invalid('a JSON array', tree, describeTree(tree))
      return tree.values.map((_, i) => within(`[${i}]`, () => memberCell(tree, i, type.element, scalar)))
  }
}

const takesNumber = (type: DataType): boolean => type.kind === 'boolean' || isNumber(type)

/** `1.0` and `1e3` are whole numbers in JSON, though no digits of one. */
const numberText = (text: string, type: DataType): string => {
  if (!isInteger(type) || !/[.eE]/.test(text)) return text
  const parts = decimalParts(text)
  if (parts === undefined || parts.exponent < 0 || parts.exponent > 20) return text
  return `${parts.isNegative ? '-' : ''}${parts.digits}${'0'.repeat(parts.digits === '' ? 1 : parts.exponent)}`
}

const expectedOf = (type: DataType): string => {
  const name = type.kind.toUpperCase()
  if (type.kind === 'boolean') return `true or false for ${name}`
  return takesNumber(type) ? `a JSON number or string for ${name}` : `a JSON string for ${name}`
}

const describeTree = (tree: JsonTree): string => {
  if (tree instanceof JsonNumber) return 'a number'
  if (tree instanceof JsonArray) return 'an array'
  if (tree instanceof JsonObject) return 'an object'
  return typeof tree === 'string' ? 'a string' : String(tree)
}

/** An object, its keys the text of the key type, or a list of `[key, value]` pairs. */
const mapCell = (tree: JsonTree, type: MapType, scalar: ParseScalar): Map<unknown, unknown> => {
  const map = new Map<unknown, unknown>()
  const seen = new Set<string>()
  const add = (key: unknown, parts: JsonArray | JsonObject, i: number): void => {
    const known = keyText(key, type.key)
    if (seen.has(known)) throw repeatedMapKey()
    seen.add(known)
    map.set(
      key,
      within('.values', () => memberCell(parts, i, type.value, scalar)),
    )
  }
  if (tree instanceof JsonObject)
    for (const [i, key] of tree.keys.entries())
      add(
        within('.keys', () => scalar(key, type.key)),
        tree,
        i,
      )
  else if (tree instanceof JsonArray)
    for (const pair of tree.values) {
      if (!(pair instanceof JsonArray) || pair.values.length !== 2 || pair.values[0] === null)
        throw invalid('a list of [key, value] pairs for MAP', tree, 'a list of something else')
      add(
        within('.keys', () => memberCell(pair, 0, type.key, scalar)),
        pair,
        1,
      )
    }
  else throw invalid('a JSON object or a list of [key, value] pairs for MAP', tree, describeTree(tree))
  return map
}

export const repeatedMapKey = (): CellProblem =>
  new CellProblem('ODPS_INVALID_VALUE', 'a MAP has a duplicate key; keep one of them in the record')

/** The same for keys that a table could not tell apart, however they are spelled. */
export const keyText = (key: unknown, type: DataType): string => {
  if (type.kind === 'decimal') {
    const parts = decimalParts(String(key))
    if (parts !== undefined) return `${parts.isNegative ? '-' : ''}${parts.digits}e${parts.exponent}`
  }
  if (key instanceof Uint8Array) return Buffer.from(key).toString('base64')
  return key instanceof Date ? String(key.getTime()) : String(key)
}

const structCell = (tree: JsonTree, type: StructType, scalar: ParseScalar): Record<string, unknown> => {
  if (!(tree instanceof JsonObject)) throw invalid('a JSON object', tree, describeTree(tree))
  const slots = structMatcher(type).slotsOf(tree.keys)
  const memberOf = new Map(slots.map((slot, i) => [slot, i]))
  const struct: Record<string, unknown> = {}
  for (const [slot, field] of type.fields.entries()) {
    const i = memberOf.get(slot)
    const cell =
      i === undefined ? null : within(`.${field.name}`, () => memberCell(tree, i, field.type, scalar))
    setOwn(struct, field.name, cell)
  }
  return struct
}

const within = <T>(step: string, run: () => T): T => {
  try {
    return run()
  } catch (error) {
    throw problemWithin(error, step)
  }
}
