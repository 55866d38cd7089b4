import type { SchemaElement, SchemaTree } from 'hyparquet'
import type { FileField, FileType, TimeUnit } from '../file-values/file-type.js'

/*
 * What the schema of a Parquet file means: the type of each field, and how its values are put together from the leaves.
 * Levels count as in the format: a value is there when its definition level is reached, and a repetition level says which
 * of the lists above it goes on. Lists have several old forms (the backward-compatibility rules of parquet-format).
 */

/** A column of values in the file. */
export interface Leaf {
  /** Its place among the column chunks of a row group. */
  readonly index: number
  readonly name: string
  readonly element: SchemaElement
  readonly type: FileType
  readonly maxDefinition: number
  readonly maxRepetition: number
}

/** How a value is put together. It is NULL where the definition level is below `definedAt`. */
export type Shape =
  | { readonly kind: 'leaf'; readonly leaf: Leaf }
  | { readonly kind: 'struct'; readonly definedAt: number; readonly members: readonly Shape[] }
  | {
      readonly kind: 'list'
      readonly definedAt: number
      /** Below this level it is empty. */
      readonly filledAt: number
      /** Of its second and later elements. */
      readonly repetition: number
      readonly element: Shape
    }

/** The shape of a field is undefined when there is no way to read it. */
export interface ParquetField extends FileField {
  readonly shape: Shape | undefined
  readonly leafIndexes: readonly number[]
}

export const fieldsOf = (root: SchemaTree): readonly ParquetField[] => {
  const leafIndexes = new Map<SchemaTree, number>()
  return root.children.map(node => {
    const before = leafIndexes.size
    numberLeaves(node, leafIndexes)
    const indexes = Array.from({ length: leafIndexes.size - before }, (_, i) => before + i)
    const reader = new SchemaReader(leafIndexes)
    const { type, shape } = reader.read(node, { definition: 0, repetition: 0 })
    return {
      name: node.element.name,
      type,
      shape: reader.isReadable ? shape : undefined,
      leafIndexes: indexes,
    }
  })
}

const numberLeaves = (node: SchemaTree, indexes: Map<SchemaTree, number>): void => {
  if (node.element.type !== undefined) indexes.set(node, indexes.size)
  for (const child of node.children) numberLeaves(child, indexes)
}

/** The levels above a node. */
interface Levels {
  readonly definition: number
  readonly repetition: number
}

interface Read {
  readonly type: FileType
  readonly shape: Shape
}

class SchemaReader {
  readonly #leafIndexes: ReadonlyMap<SchemaTree, number>
  isReadable = true

  constructor(leafIndexes: ReadonlyMap<SchemaTree, number>) {
    this.#leafIndexes = leafIndexes
  }

  read(node: SchemaTree, above: Levels): Read {
    const { definition, repetition } = above
    switch (node.element.repetition_type) {
      case 'REPEATED': {
        // Outside of LIST and MAP: a list that is never NULL, of elements that are never NULL.
        const inside = { definition: definition + 1, repetition: repetition + 1 }
        return listOf(this.#defined(node, inside), definition, inside)
      }
      case 'OPTIONAL':
        return this.#defined(node, { definition: definition + 1, repetition })
      default:
        return this.#defined(node, above)
    }
  }

  /** A node whose own repetition is in the levels already. */
  #defined(node: SchemaTree, at: Levels): Read {
    if (node.element.type !== undefined) return this.#leaf(node, at)
    if (node.children.length === 0) return this.#refused('a group without fields', at)
    const annotation = annotationOf(node.element)
    switch (annotation) {
      case 'LIST':
        return this.#list(node, at)
      case 'MAP':
      case 'MAP_KEY_VALUE':
        return this.#map(node, at)
      case undefined:
        return this.#struct(node, at)
      default:
        return this.#refused(annotation, at)
    }
  }

  #leaf(node: SchemaTree, { definition, repetition }: Levels): Read {
    const type = leafTypeOf(node.element)
    if (type.kind === 'unsupported') this.isReadable = false
    const leaf: Leaf = {
      index: this.#leafIndexes.get(node)!,
      name: node.path.join('.'),
      element: node.element,
      type,
      maxDefinition: definition,
      maxRepetition: repetition,
    }
    return { type, shape: { kind: 'leaf', leaf } }
  }

  #struct(node: SchemaTree, at: Levels): Read {
    const { fields, shape } = this.#members(node, at)
    return { type: { kind: 'struct', fields }, shape }
  }

  #members(node: SchemaTree, at: Levels): { readonly fields: readonly FileField[]; readonly shape: Shape } {
    const members = node.children.map(child => this.read(child, at))
    return {
      fields: members.map(({ type }, i) => ({ name: node.children[i]!.element.name, type })),
      shape: { kind: 'struct', definedAt: at.definition, members: members.map(({ shape }) => shape) },
    }
  }

  #list(node: SchemaTree, at: Levels): Read {
    const repeated = node.children[0]!
    if (node.children.length !== 1 || repeated.element.repetition_type !== 'REPEATED')
      return this.#refused('a LIST without a repeated field', at)
    const inside = { definition: at.definition + 1, repetition: at.repetition + 1 }
    const element = isElement(repeated, node.element.name)
      ? this.#defined(repeated, inside)
      : this.read(repeated.children[0]!, inside)
    return listOf(element, at.definition, inside)
  }

  #map(node: SchemaTree, at: Levels): Read {
    const repeated = node.children[0]!
    const isMap =
      node.children.length === 1 &&
      repeated.element.repetition_type === 'REPEATED' &&
      repeated.children.length === 2
    if (!isMap) return this.#refused('a MAP without keys and values', at)
    const inside = { definition: at.definition + 1, repetition: at.repetition + 1 }
    const { fields, shape } = this.#members(repeated, inside)
    const [key, value] = fields
    return {
      type: { kind: 'map', key: key!.type, value: value!.type },
      shape: listShape(shape, at.definition, inside),
    }
  }

  #refused(name: string, at: Levels): Read {
    this.isReadable = false
    return {
      type: { kind: 'unsupported', name },
      shape: { kind: 'struct', definedAt: at.definition, members: [] },
    }
  }
}

const listOf = ({ type, shape }: Read, definedAt: number, inside: Levels): Read => ({
  type: { kind: 'list', element: type },
  shape: listShape(shape, definedAt, inside),
})

const listShape = (element: Shape, definedAt: number, { definition, repetition }: Levels): Shape => ({
  kind: 'list',
  definedAt,
  filledAt: definition,
  repetition,
  element,
})

/** Whether the repeated field of a LIST is the element itself (two levels), and not a group around it (three levels). */
const isElement = ({ element, children }: SchemaTree, listName: string): boolean =>
  element.type !== undefined ||
  children.length !== 1 ||
  children[0]!.element.repetition_type === 'REPEATED' ||
  element.name === 'array' ||
  element.name === `${listName}_tuple`

/** The logical type wins over the older converted type. */
const annotationOf = ({ logical_type, converted_type }: SchemaElement): string | undefined =>
  logical_type === undefined ? converted_type : (logical_type.type ?? 'an unknown logical type')

const leafTypeOf = (element: SchemaElement): FileType => {
  const type = annotationOf(element) === undefined ? plainTypeOf(element) : annotatedTypeOf(element)
  return type ?? { kind: 'unsupported', name: nameOf(element) }
}

const nameOf = (element: SchemaElement): string => {
  const { logical_type: logical, type } = element
  const unit = logical !== undefined && 'unit' in logical ? `(${logical.unit})` : ''
  const annotation = annotationOf(element)
  return annotation === undefined ? String(type) : `${annotation}${unit} of ${type}`
}

const plainTypeOf = ({ type, type_length }: SchemaElement): FileType | undefined => {
  switch (type) {
    case 'BOOLEAN':
      return { kind: 'boolean' }
    case 'INT32':
    case 'INT64':
      return { kind: 'integer', bits: type === 'INT32' ? 32 : 64, signed: true }
    case 'INT96':
      return { kind: 'timestamp', unit: 'ns', zoned: true }
    case 'FLOAT':
    case 'DOUBLE':
      return { kind: 'float', bits: type === 'FLOAT' ? 32 : 64 }
    case 'BYTE_ARRAY':
      return { kind: 'bytes' }
    case 'FIXED_LEN_BYTE_ARRAY':
      return { kind: 'bytes', length: type_length }
    default:
      return undefined
  }
}

const annotatedTypeOf = (element: SchemaElement): FileType | undefined => {
  const { type, logical_type: logical, type_length: length } = element
  const annotation = annotationOf(element)!
  const isBytes = type === 'BYTE_ARRAY'
  switch (annotation) {
    case 'STRING':
    case 'UTF8':
    case 'ENUM':
      return isBytes ? { kind: 'text' } : undefined
    case 'JSON':
      return isBytes ? { kind: 'json' } : undefined
    case 'BSON':
    case 'GEOMETRY':
    case 'GEOGRAPHY':
      return isBytes ? { kind: 'bytes' } : undefined
    case 'UUID':
      return type === 'FIXED_LEN_BYTE_ARRAY' && length === 16 ? { kind: 'uuid' } : undefined
    case 'FLOAT16':
      return type === 'FIXED_LEN_BYTE_ARRAY' && length === 2 ? { kind: 'float', bits: 16 } : undefined
    case 'DATE':
      return type === 'INT32' ? { kind: 'date' } : undefined
    case 'NULL':
      return { kind: 'null' }
    case 'DECIMAL':
      return decimalTypeOf(element)
    case 'TIMESTAMP':
      return logical?.type === 'TIMESTAMP' && type === 'INT64'
        ? { kind: 'timestamp', unit: unitOf[logical.unit], zoned: logical.isAdjustedToUTC }
        : undefined
    case 'TIMESTAMP_MILLIS':
    case 'TIMESTAMP_MICROS':
      return type === 'INT64'
        ? { kind: 'timestamp', unit: annotation === 'TIMESTAMP_MILLIS' ? 'ms' : 'us', zoned: true }
        : undefined
    default:
      return integerTypeOf(element)
  }
}

const unitOf: Readonly<Record<'MILLIS' | 'MICROS' | 'NANOS', TimeUnit>> = {
  MILLIS: 'ms',
  MICROS: 'us',
  NANOS: 'ns',
}

const decimalTypeOf = ({ type, precision, scale, logical_type }: SchemaElement): FileType | undefined => {
  const size = logical_type?.type === 'DECIMAL' ? logical_type : { precision, scale: scale ?? 0 }
  if (size.precision === undefined) return undefined
  const holds = ['INT32', 'INT64', 'BYTE_ARRAY', 'FIXED_LEN_BYTE_ARRAY'].includes(type!)
  return holds ? { kind: 'decimal', precision: size.precision, scale: size.scale } : undefined
}

const integerTypeOf = ({ type, converted_type, logical_type }: SchemaElement): FileType | undefined => {
  const [, unsigned, width] = /^(U?)INT_(8|16|32|64)$/.exec(converted_type ?? '') ?? []
  const told =
    logical_type?.type === 'INTEGER'
      ? { bits: logical_type.bitWidth, signed: logical_type.isSigned }
      : logical_type === undefined && width !== undefined
        ? { bits: Number(width), signed: unsigned === '' }
        : undefined
  if (told === undefined || type !== (told.bits === 64 ? 'INT64' : 'INT32')) return undefined
  const { bits, signed } = told
  return bits === 8 || bits === 16 || bits === 32 || bits === 64
    ? { kind: 'integer', bits, signed }
    : undefined
}
