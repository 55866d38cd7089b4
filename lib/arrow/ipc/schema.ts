import { ArrowError } from './error.js'
import type { FlatTable } from './flatbuffer.js'

/*
 * Types as plain data. Every type of the format has its place here, also those whose values are not read:
 * a column that is not wanted is passed over, and for that one has to know how many buffers it has.
 */

export type TimeUnit = 's' | 'ms' | 'us' | 'ns'
/** Bits of the offsets into what varies in length; a view has places instead. */
export type Offsets = 32 | 64 | 'view'

export type ArrowType =
  | { readonly name: 'null' | 'bool' | 'struct' | 'map' | 'run_end_encoded' }
  | { readonly name: 'int'; readonly bits: number; readonly signed: boolean }
  | { readonly name: 'float'; readonly bits: number }
  | { readonly name: 'decimal'; readonly bits: number; readonly precision: number; readonly scale: number }
  | { readonly name: 'date'; readonly unit: 'day' | 'ms' }
  | { readonly name: 'time'; readonly bits: number; readonly unit: TimeUnit }
  | { readonly name: 'timestamp'; readonly unit: TimeUnit; readonly timezone: string }
  | { readonly name: 'duration'; readonly unit: TimeUnit }
  | { readonly name: 'interval'; readonly unit: 'year_month' | 'day_time' | 'month_day_nano' }
  | { readonly name: 'binary' | 'utf8'; readonly offsets: Offsets }
  | { readonly name: 'fixed_size_binary' | 'fixed_size_list'; readonly size: number }
  | { readonly name: 'list' | 'list_view'; readonly offsets: 32 | 64 }
  | { readonly name: 'union'; readonly mode: 'sparse' | 'dense' }

export interface ArrowField {
  readonly name: string
  readonly nullable: boolean
  /** Of the values, also where they lie in a dictionary. */
  readonly type: ArrowType
  readonly children: readonly ArrowField[]
  readonly dictionary?: { readonly id: bigint; readonly bits: number; readonly signed: boolean } | undefined
  /** The name of an extension type, whose storage `type` is. */
  readonly extension?: string | undefined
}

const maxDepth = 64
/** Tables of the metadata may be shared, so that few bytes can describe very many fields. */
const maxFields = 100_000

/** Reads the table `Schema` of the metadata. @throws ArrowError for a big-endian one, or a type this does not know */
export const readSchema = (schema: FlatTable): ArrowField[] => {
  if (schema.int16(0) !== 0) throw new ArrowError('its numbers are big-endian, which is not supported')
  let left = maxFields
  const readField = (field: FlatTable, depth: number): ArrowField => {
    if (left-- === 0) throw new ArrowError(`it has more than ${maxFields} fields`)
    return fieldOf(field, depth, readField)
  }
  return schema.tables(1).map(field => readField(field, 0))
}

const fieldOf = (
  field: FlatTable,
  depth: number,
  readChild: (child: FlatTable, depth: number) => ArrowField,
): ArrowField => {
  const name = field.text(0) ?? ''
  if (depth > maxDepth) throw new ArrowError(`its types are nested more than ${maxDepth} deep`)
  const code = field.int8(2)
  const read = types[code]
  if (read === undefined) throw new ArrowError(`field '${name}' has the unknown type number ${code}`)
  const described = field.table(3)
  if (described === undefined) throw new ArrowError(`field '${name}' has no type`)
  const type = read(described)
  const children = field.tables(5).map(child => readChild(child, depth + 1))
  const wanted = childrenOf[type.name]
  if (wanted !== undefined && children.length !== wanted)
    throw new ArrowError(
      `field '${name}' of type ${type.name} has ${children.length} children, not ${wanted}`,
    )
  if (type.name === 'map' && !isEntry(children[0]!))
    throw new ArrowError(`field '${name}' of type map has entries that are not a key and a value`)
  const encoding = field.table(4)
  const index = encoding?.table(1)
  return {
    name,
    nullable: field.bool(1),
    type,
    children,
    dictionary: encoding && {
      id: encoding.id(0),
      bits: widthOf(index?.int32(0) ?? 32, 8, 16, 32, 64),
      signed: index?.bool(1) ?? true,
    },
    extension: field
      .tables(6)
      .find(pair => pair.text(0) === 'ARROW:extension:name')
      ?.text(1),
  }
}

const isEntry = ({ type, children, dictionary }: ArrowField): boolean =>
  type.name === 'struct' && children.length === 2 && dictionary === undefined

/** How many children a type must have, where it is not free. */
const childrenOf: Readonly<Partial<Record<ArrowType['name'], number>>> = {
  list: 1,
  list_view: 1,
  fixed_size_list: 1,
  map: 1,
  run_end_encoded: 2,
}

const oneOf = <T>(values: readonly T[], index: number): T => {
  const value = values[index]
  if (value === undefined) throw new ArrowError(`${index} is not a type parameter`)
  return value
}

const widthOf = (bits: number, ...known: readonly number[]): number => {
  if (!known.includes(bits)) throw new ArrowError(`a type of ${bits} bits is not supported`)
  return bits
}

const sizeOf = (size: number): number => {
  if (size < 0) throw new ArrowError(`a type of the size ${size}`)
  return size
}

const timeUnits: readonly TimeUnit[] = ['s', 'ms', 'us', 'ns']

const types: Readonly<Record<number, (type: FlatTable) => ArrowType>> = {
  1: () => ({ name: 'null' }),
  2: type => ({ name: 'int', bits: widthOf(type.int32(0), 8, 16, 32, 64), signed: type.bool(1) }),
  3: type => ({ name: 'float', bits: oneOf([16, 32, 64], type.int16(0)) }),
  4: () => ({ name: 'binary', offsets: 32 }),
  5: () => ({ name: 'utf8', offsets: 32 }),
  6: () => ({ name: 'bool' }),
  7: type => ({
    name: 'decimal',
    precision: type.int32(0),
    scale: type.int32(1),
    bits: widthOf(type.int32(2, 128), 32, 64, 128, 256),
  }),
  8: type => ({ name: 'date', unit: oneOf(['day', 'ms'], type.int16(0, 1)) }),
  9: type => ({
    name: 'time',
    unit: oneOf(timeUnits, type.int16(0, 1)),
    bits: widthOf(type.int32(1, 32), 32, 64),
  }),
  10: type => ({ name: 'timestamp', unit: oneOf(timeUnits, type.int16(0)), timezone: type.text(1) ?? '' }),
  11: type => ({
    name: 'interval',
    unit: oneOf(['year_month', 'day_time', 'month_day_nano'], type.int16(0)),
  }),
  12: () => ({ name: 'list', offsets: 32 }),
  13: () => ({ name: 'struct' }),
  14: type => ({ name: 'union', mode: oneOf(['sparse', 'dense'], type.int16(0)) }),
  15: type => ({ name: 'fixed_size_binary', size: sizeOf(type.int32(0)) }),
  16: type => ({ name: 'fixed_size_list', size: sizeOf(type.int32(0)) }),
  17: () => ({ name: 'map' }),
  18: type => ({ name: 'duration', unit: oneOf(timeUnits, type.int16(0, 1)) }),
  19: () => ({ name: 'binary', offsets: 64 }),
  20: () => ({ name: 'utf8', offsets: 64 }),
  21: () => ({ name: 'list', offsets: 64 }),
  22: () => ({ name: 'run_end_encoded' }),
  23: () => ({ name: 'binary', offsets: 'view' }),
  24: () => ({ name: 'utf8', offsets: 'view' }),
  25: () => ({ name: 'list_view', offsets: 32 }),
  26: () => ({ name: 'list_view', offsets: 64 }),
}
