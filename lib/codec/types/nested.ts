import type { ArrayType, MapType, StructType, VectorType } from '../../schema/data-type.js'
import { CellProblem, invalid, malformed, problemWithin } from '../../values/cell-problem.js'
import type { ValueReader } from '../../wire/value-reader.js'
import type { ValueWriter } from '../../wire/value-writer.js'
import type { CellCodec, CodecOptions } from '../cell-codec.js'
import { isKeyed, setOwn, structMatcher } from './key-matcher.js'

/* ARRAY, MAP, STRUCT, VECTOR: no tags and no byte length inside (protocol 4.4). */

export const arrayCodec = (_type: ArrayType, element: CellCodec): CellCodec => ({
  write: (out, value) => {
    if (!Array.isArray(value)) throw invalid('an array for ARRAY', value)
    writeElements(out, value, element)
  },
  read: from => readElements(from, element),
})

const writeElements = (out: ValueWriter, elements: readonly unknown[], codec: CellCodec): void => {
  const { length } = elements
  out.count(length)
  let i = 0
  try {
    for (; i < length; i++) writeNullable(out, elements[i], codec)
  } catch (error) {
    throw problemWithin(error, `[${i}]`)
  }
}

const writeNullable = (out: ValueWriter, value: unknown, codec: CellCodec): void => {
  const isNull = value === null || value === undefined
  out.nullFlag(isNull)
  if (!isNull) codec.write(out, value)
}

const readElements = (from: ValueReader, codec: CellCodec): unknown[] => {
  const count = from.count()
  const elements: unknown[] = []
  for (let i = 0; i < count; i++) elements.push(from.nullFlag() ? null : codec.read(from))
  return elements
}

/** Decodes to a Map, in which the last of equal keys stays, or to pairs. An object stands for a map with its keys as text. */
export const mapCodec = (
  _type: MapType,
  key: CellCodec,
  value: CellCodec,
  { map: shape }: Pick<CodecOptions, 'map'>,
): CellCodec => ({
  write: (out, map) => {
    if (!(map instanceof Map) && !isKeyed(map)) throw invalid('a Map or an object for MAP', map)
    const keys: unknown[] = map instanceof Map ? [...map.keys()] : Object.keys(map)
    const values: unknown[] = map instanceof Map ? [...map.values()] : Object.values(map)
    if (keys.some(k => k === null || k === undefined))
      throw new CellProblem('ODPS_NULL_NOT_ALLOWED', 'a key of a MAP cannot be NULL')
    try {
      writeElements(out, keys, key)
    } catch (error) {
      throw problemWithin(error, '.keys')
    }
    try {
      writeElements(out, values, value)
    } catch (error) {
      throw problemWithin(error, '.values')
    }
  },
  read: from => {
    const keys = readElements(from, key)
    const values = readElements(from, value)
    if (keys.length !== values.length)
      throw malformed(`a MAP of ${keys.length} keys and ${values.length} values`)
    const pairs = keys.map((k, i) => [k, values[i]] as const)
    return shape === 'pairs' ? pairs : new Map(pairs)
  },
})

/** Field names match without case; a missing field is NULL. */
export const structCodec = (type: StructType, codecs: readonly CellCodec[]): CellCodec => {
  const names = type.fields.map(field => field.name)
  const matcher = structMatcher(type)
  return {
    write: (out, value) => {
      if (!isKeyed(value)) throw invalid('an object for STRUCT', value)
      const cells = matcher.match(value)
      let i = 0
      try {
        for (; i < codecs.length; i++) writeNullable(out, cells[i], codecs[i]!)
      } catch (error) {
        throw problemWithin(error, `.${names[i]}`)
      }
    },
    read: from => {
      const object: Record<string, unknown> = {}
      for (let i = 0; i < codecs.length; i++)
        setOwn(object, names[i]!, from.nullFlag() ? null : codecs[i]!.read(from))
      return object
    },
  }
}

/** Decodes to an array of numbers; an array or a typed array of just the type's length is taken. */
export const vectorCodec = ({ dimension }: VectorType, element: CellCodec): CellCodec => ({
  write: (out, value) => {
    const isList = Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView))
    if (!isList) throw invalid('an array or a typed array for VECTOR', value)
    const list = value as ArrayLike<unknown>
    if (list.length !== dimension) throw invalid(`${dimension} numbers for VECTOR`, value)
    out.count(dimension)
    let i = 0
    try {
      for (; i < dimension; i++) element.write(out, list[i])
    } catch (error) {
      throw problemWithin(error, `[${i}]`)
    }
  },
  read: from => {
    const count = from.count()
    if (count !== dimension) throw malformed(`a VECTOR of ${count} elements, not ${dimension}`)
    const values: unknown[] = []
    for (let i = 0; i < count; i++) values.push(element.read(from))
    return values
  },
})
