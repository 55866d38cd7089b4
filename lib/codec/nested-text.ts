import type { ArrayType, DataType, MapType, StructType, VectorType } from '../schema/data-type.js'
import { invalid, problemWithin } from './cell-codec.js'
import { isKeyed, KeyMatcher, setOwn } from './key-matcher.js'
import { type JsonBuild, parseLosslessJson } from './lossless-json.js'

/*
 * Nested cells as JSON: integers and finite floats as JSON numbers, JSON values as they are, everything else as the text
 * of its type in a string; a MAP as an object whose keys are the text of the key type.
 */

type NestedType = ArrayType | MapType | StructType | VectorType
type PrintScalar = (value: unknown, type: DataType) => string
type ParseScalar = (text: string, type: DataType) => unknown

export const printNested = (value: unknown, type: NestedType, scalar: PrintScalar): string => {
  switch (type.kind) {
    case 'array':
      if (!Array.isArray(value)) throw invalid('an array', value)
      return printList(value, type.element, scalar)
    case 'vector':
      if (!Array.isArray(value) && !ArrayBuffer.isView(value)) throw invalid('an array', value)
      return printList(Array.from(value as ArrayLike<unknown>), type.element, scalar)
    case 'map': {
      const pairs = value instanceof Map || Array.isArray(value) ? [...value] : undefined
      if (pairs === undefined && !isKeyed(value)) throw invalid('a Map', value)
      const entries: [unknown, unknown][] = pairs ?? Object.entries(value as object)
      const keyed = entries.map(([key, v]) => [
        printKey(key, type.key, scalar),
        printJsonCell(v, type.value, scalar),
      ])
      return `{${keyed.map(([key, v]) => `${JSON.stringify(key)}:${v}`).join(',')}}`
    }
    case 'struct':
      return printStruct(value, type, scalar)
  }
}

const printList = (values: readonly unknown[], element: DataType, scalar: PrintScalar): string =>
  `[${values.map(value => printJsonCell(value, element, scalar)).join(',')}]`

const printKey = (key: unknown, type: DataType, scalar: PrintScalar): string => {
  if (key === null || key === undefined) throw invalid('a key that is not NULL', key)
  return scalar(key, type)
}

const printStruct = (value: unknown, { fields }: StructType, scalar: PrintScalar): string => {
  if (!isKeyed(value)) throw invalid('an object', value)
  const cells = matcherOf(fields.map(field => field.name)).match(value)
  const printed = fields.map(
    ({ name, type }, i) => `${JSON.stringify(name)}:${printJsonCell(cells[i], type, scalar)}`,
  )
  return `{${printed.join(',')}}`
}

const matcherOf = (names: readonly string[]): KeyMatcher =>
  new KeyMatcher(names, (_kind, key) => invalid(`the fields of the STRUCT, and not '${key}'`, {}))

const printJsonCell = (value: unknown, type: DataType, scalar: PrintScalar): string => {
  if (value === null || value === undefined) return 'null'
  const text = scalar(value, type)
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
    case 'json':
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

/** A number as it was written. */
class NumberText {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

type Entries = readonly (readonly [string, unknown])[]

/** An object as it was written: the order of its keys, and equal keys. */
class EntryList {
  readonly entries: Entries
  constructor(entries: Entries) {
    this.entries = entries
  }
}

const asWritten: JsonBuild = {
  number: text => new NumberText(text),
  object: entries => new EntryList(entries),
}

/** Parses what `printNested` prints; also DECIMALs written as numbers and integers written as strings. */
export const parseNested = (text: string, type: NestedType, scalar: ParseScalar): unknown =>
  convert(parseLosslessJson(text, asWritten), type, scalar)

const convert = (json: unknown, type: DataType, scalar: ParseScalar): unknown => {
  if (json === null) return null
  switch (type.kind) {
    case 'array':
    case 'vector':
      if (!Array.isArray(json)) throw invalid('a JSON array', json)
      return json.map((element, i) => within(`[${i}]`, () => convert(element, type.element, scalar)))
    case 'map':
      if (!(json instanceof EntryList)) throw invalid('a JSON object', json)
      return new Map(
        json.entries.map(([key, value]) => [
          scalar(key, type.key),
          within('.values', () => convert(value, type.value, scalar)),
        ]),
      )
    case 'struct':
      return convertStruct(json, type, scalar)
    case 'json':
      return scalar(writeBack(json), type)
    default:
      if (json instanceof NumberText) return scalar(json.text, type)
      if (typeof json === 'boolean') return scalar(String(json), type)
      if (typeof json !== 'string') throw invalid('a JSON number or string', json)
      return scalar(json, type)
  }
}

const convertStruct = (
  json: unknown,
  { fields }: StructType,
  scalar: ParseScalar,
): Record<string, unknown> => {
  if (!(json instanceof EntryList)) throw invalid('a JSON object', json)
  const given: Record<string, unknown> = {}
  for (const [key, value] of json.entries) setOwn(given, key, value)
  const cells = matcherOf(fields.map(field => field.name)).match(given)
  const struct: Record<string, unknown> = {}
  for (const [i, { name, type }] of fields.entries())
    setOwn(
      struct,
      name,
      within(`.${name}`, () => convert(cells[i] ?? null, type, scalar)),
    )
  return struct
}

const within = <T>(step: string, run: () => T): T => {
  try {
    return run()
  } catch (error) {
    throw problemWithin(error, step)
  }
}

/** The JSON text of something inside a nested value. */
const writeBack = (json: unknown): string => {
  if (json instanceof NumberText) return json.text
  if (Array.isArray(json)) return `[${json.map(writeBack).join(',')}]`
  if (json instanceof EntryList)
    return `{${json.entries.map(([key, value]) => `${JSON.stringify(key)}:${writeBack(value)}`).join(',')}}`
  return JSON.stringify(json)
}
