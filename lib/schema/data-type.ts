/** The data types of MaxCompute as plain data, and their canonical text. */

export const scalarKinds = [
  'tinyint',
  'smallint',
  'int',
  'bigint',
  'float',
  'double',
  'string',
  'binary',
  'boolean',
  'datetime',
  'date',
  'timestamp',
  'timestamp_ntz',
  'interval_day_time',
  'interval_year_month',
  'json',
] as const

/** The kinds of all types that this library knows. */
export const typeKinds = [
  ...scalarKinds,
  ...(['decimal', 'varchar', 'char', 'array', 'map', 'struct', 'vector'] as const),
] as const

/** The types without arguments. */
export type ScalarKind = (typeof scalarKinds)[number]

/** A type without arguments. */
export interface ScalarType {
  readonly kind: ScalarKind
}

/** `precision` and `scale` are absent for the old `decimal`, which the service keeps as (54,18). */
export interface DecimalType {
  readonly kind: 'decimal'
  readonly precision?: number
  readonly scale?: number
}

/** `length` counts characters (code points). */
export interface TextType {
  readonly kind: 'varchar' | 'char'
  readonly length: number
}

/** A list; its elements may be NULL. */
export interface ArrayType {
  readonly kind: 'array'
  readonly element: DataType
}

/** Keys are never NULL, values may be. */
export interface MapType {
  readonly kind: 'map'
  readonly key: DataType
  readonly value: DataType
}

/** One field of a STRUCT. */
export interface StructField {
  readonly name: string
  readonly type: DataType
}

/** Fields in the order of the table; each may be NULL. */
export interface StructType {
  readonly kind: 'struct'
  readonly fields: readonly StructField[]
}

/** So many numbers of one kind, none of them NULL. */
export interface VectorType {
  readonly kind: 'vector'
  readonly element: { readonly kind: 'float' | 'double' }
  readonly dimension: number
}

/** A type this library does not know. Its values cannot even be skipped on the wire, so a column of it cannot be moved. */
export interface UnsupportedType {
  readonly kind: 'unsupported'
  readonly text: string
}

/** Any data type of a column. */
export type DataType =
  | ScalarType
  | DecimalType
  | TextType
  | ArrayType
  | MapType
  | StructType
  | VectorType
  | UnsupportedType

/** The kinds of whole numbers, from the smallest on. */
export const integerKinds: readonly DataType['kind'][] = ['tinyint', 'smallint', 'int', 'bigint']
const numberKinds: readonly DataType['kind'][] = [...integerKinds, 'float', 'double', 'decimal']

export const isInteger = ({ kind }: DataType): boolean => integerKinds.includes(kind)
/** Text of some length. */
export const isText = ({ kind }: DataType): boolean =>
  kind === 'string' || kind === 'varchar' || kind === 'char'
export const isNumber = ({ kind }: DataType): boolean => numberKinds.includes(kind)

/** The types right below a nested one; none for a leaf. */
export const typesWithin = (type: DataType): readonly DataType[] => {
  switch (type.kind) {
    case 'array':
    case 'vector':
      return [type.element]
    case 'map':
      return [type.key, type.value]
    case 'struct':
      return type.fields.map(field => field.type)
    default:
      return []
  }
}

export const isNested = (type: DataType): boolean => typesWithin(type).length > 0

/** A field name that needs no back quotes in type text. */
const plainName = /^[A-Za-z_][A-Za-z0-9_]*$/

/** Prints the canonical lower-case text, as the service writes it: `decimal(10,0)`, `struct<a:int,b:array<string>>`. */
export const formatDataType = (type: DataType): string => {
  switch (type.kind) {
    case 'decimal':
      return type.precision === undefined ? 'decimal' : `decimal(${type.precision},${type.scale ?? 0})`
    case 'varchar':
    case 'char':
      return `${type.kind}(${type.length})`
    case 'array':
      return `array<${formatDataType(type.element)}>`
    case 'map':
      return `map<${formatDataType(type.key)},${formatDataType(type.value)}>`
    case 'struct':
      return `struct<${type.fields.map(f => `${formatName(f.name)}:${formatDataType(f.type)}`).join(',')}>`
    case 'vector':
      return `vector(${type.element.kind},${type.dimension})`
    case 'unsupported':
      return type.text
    default:
      return type.kind
  }
}

const formatName = (name: string): string =>
  plainName.test(name) ? name : `\`${name.replaceAll('`', '``')}\``
