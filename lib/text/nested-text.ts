import { isKeyed, structMatcher } from '../codec/types/key-matcher.js'
import type { ArrayType, DataType, MapType, StructType, VectorType } from '../schema/data-type.js'
import { CellProblem, invalid } from '../values/cell-problem.js'
import { oneLineJson } from '../values/json-tree.js'

/*
 * Nested cells as JSON: integers and finite floats as JSON numbers, JSON values as they are, everything else as the text
 * of its type in a string; a MAP as an object whose keys are the text of the key type. A MAP with equal keys has no such
 * form: it is a list of pairs where that is asked for, and else refused. What reads this is json-cells.ts.
 */

type NestedType = ArrayType | MapType | StructType | VectorType
type FormatScalar = (value: unknown, type: DataType) => string

/** What becomes of a MAP with equal keys, which a download for a file may have. */
export type EqualKeys = 'refuse' | 'pairs'

export const formatNested = (
  value: unknown,
  type: NestedType,
  scalar: FormatScalar,
  equalKeys: EqualKeys,
): string => {
  switch (type.kind) {
    case 'array':
      if (!Array.isArray(value)) throw invalid('an array', value)
      return formatList(value, type.element, scalar)
    case 'vector':
      if (!Array.isArray(value) && !ArrayBuffer.isView(value)) throw invalid('an array', value)
      return formatList(Array.from(value as ArrayLike<unknown>), type.element, scalar)
    case 'map':
      return formatMap(entriesOf(value), type, scalar, equalKeys)
    case 'struct':
      return formatStruct(value, type, scalar)
  }
}

const formatList = (values: readonly unknown[], element: DataType, scalar: FormatScalar): string =>
  `[${values.map(value => formatJsonCell(value, element, scalar)).join(',')}]`

type Entries = readonly (readonly [unknown, unknown])[]

const entriesOf = (map: unknown): Entries => {
  if (map instanceof Map) return [...map]
  if (Array.isArray(map)) return map as Entries
  if (!isKeyed(map)) throw invalid('a Map', map)
  return Object.entries(map)
}

const formatMap = (entries: Entries, type: MapType, scalar: FormatScalar, equalKeys: EqualKeys): string => {
  const keys = entries.map(([key]) => formatKey(key, type.key, scalar))
  const values = entries.map(([, value]) => formatJsonCell(value, type.value, scalar))
  if (new Set(keys).size === keys.length)
    return `{${keys.map((key, i) => `${JSON.stringify(key)}:${values[i]}`).join(',')}}`
  if (equalKeys === 'pairs')
    return `[${keys.map((key, i) => `[${isBare(key, type.key) ? key : JSON.stringify(key)},${values[i]}]`).join(',')}]`
  throw new CellProblem(
    'ODPS_INVALID_VALUE',
    'a MAP has a duplicate key, which this format cannot hold; leave the column out, or use NDJSON, JSON, Parquet or Arrow',
  )
}

const formatKey = (key: unknown, type: DataType, scalar: FormatScalar): string => {
  if (key === null || key === undefined) throw invalid('a key that is not NULL', key)
  return scalar(key, type)
}

const formatStruct = (value: unknown, type: StructType, scalar: FormatScalar): string => {
  if (!isKeyed(value)) throw invalid('an object', value)
  const cells = structMatcher(type).match(value)
  const printed = type.fields.map(
    (field, i) => `${JSON.stringify(field.name)}:${formatJsonCell(cells[i], field.type, scalar)}`,
  )
  return `{${printed.join(',')}}`
}

const formatJsonCell = (value: unknown, type: DataType, scalar: FormatScalar): string => {
  if (value === null || value === undefined) return 'null'
  const text = scalar(value, type)
  if (type.kind === 'json') return oneLineJson(text)
  return isBare(text, type) ? text : JSON.stringify(text)
}

/** Whether the text of a type stands in JSON without quotes. */
const isBare = (text: string, type: DataType): boolean => {
  switch (type.kind) {
    case 'tinyint':
    case 'smallint':
    case 'int':
    case 'bigint':
    case 'boolean':
    case 'array':
    case 'map':
    case 'struct':
    case 'vector':
      return true
    case 'float':
    case 'double':
      return !text.includes('N') && !text.includes('I')
    default:
      return false
  }
}
