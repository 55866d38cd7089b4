import type { ArrowData } from '../ipc/batch.js'
import { ArrowError } from '../ipc/error.js'
import type { ArrowField } from '../ipc/schema.js'
import { fixedValues, type Integers, integersOf } from './fixed-values.js'
import { offsetsOf, spansOf, viewsOf } from './offsets.js'

/*
 * Values of a field, read from its buffers: NULL as null, and else what lies there, before anybody makes it look nice.
 *   integers: number up to 32 bits, bigint for 64      floats: number       decimals: the unscaled integer, a bigint
 *   text and bytes: Uint8Array        days: number     timestamps, durations, times of day: the count of units, a bigint
 *   intervals: months, a number, or [days, milliseconds]
 *   list: array      map: array of [key, value]        struct: array in the order of its fields
 * All places that a buffer names are checked when the column is made, so a read cannot leave its buffer.
 */

export interface Column {
  readonly length: number
  readonly at: (index: number) => unknown
}

/** The values of a dictionary, by its id. */
export type DictionaryValues = (id: bigint) => readonly unknown[]

export const columnOf = (data: ArrowData, dictionaries: DictionaryValues): Column => {
  const { field, length } = data
  const isValid = validityOf(data)
  const at =
    field.dictionary === undefined
      ? valuesOf(data, isValid, dictionaries)
      : indexed(data, isValid, dictionaries(field.dictionary.id))
  return { length, at: isValid === undefined ? at : index => (isValid(index) ? at(index) : null) }
}

type IsValid = (index: number) => boolean

/** Undefined when every cell is there. */
const validityOf = ({ field, length, nullCount, buffers }: ArrowData): IsValid | undefined => {
  if (field.dictionary === undefined && (field.type.name === 'null' || field.type.name === 'run_end_encoded'))
    return undefined
  const bits = buffers[0]!
  if (bits.length === 0) {
    if (nullCount > 0) throw damaged(field, `announces ${nullCount} NULLs without a validity bitmap`)
    return undefined
  }
  const isValid = bitsOf(bits, length, field)
  let nulls = 0
  for (let i = 0; i < length; i++) if (!isValid(i)) nulls++
  if (nulls !== nullCount) throw damaged(field, `announces ${nullCount} NULLs and has ${nulls}`)
  return nulls === 0 ? undefined : isValid
}

const bitsOf = (bits: Uint8Array, length: number, field: ArrowField): IsValid => {
  if (bits.length < Math.ceil(length / 8)) throw damaged(field, 'has fewer bits than values')
  return index => ((bits[index >> 3]! >> (index & 7)) & 1) === 1
}

const damaged = (field: ArrowField, what: string): ArrowError =>
  new ArrowError(`field '${field.name}' ${what}`)

type Values = (index: number) => unknown

const indexed = (data: ArrowData, isValid: IsValid | undefined, values: readonly unknown[]): Values => {
  const { field, length } = data
  const { bits, signed } = field.dictionary!
  const integers = integersOf(data, bits, signed)
  for (let i = 0; i < length; i++) {
    if (isValid !== undefined && !isValid(i)) continue
    const index = Number(integers[i])
    if (index < 0 || index >= values.length)
      throw damaged(field, `has the index ${index} into a dictionary of ${values.length} values`)
  }
  return index => values[Number(integers[index])]
}

const valuesOf = (data: ArrowData, isValid: IsValid | undefined, dictionaries: DictionaryValues): Values => {
  const { field, length, buffers, children } = data
  const { type } = field
  const child = (index: number): Column => columnOf(children[index]!, dictionaries)
  switch (type.name) {
    case 'null':
      return () => null
    case 'bool':
      return bitsOf(buffers[1]!, length, field)
    case 'binary':
    case 'utf8':
      return type.offsets === 'view' ? viewsOf(data, isValid) : slices(data, type.offsets)
    case 'fixed_size_binary':
      return fixedSlices(data, type.size)
    case 'list':
    case 'list_view':
    case 'fixed_size_list':
      return items(data, isValid, child(0))
    case 'map':
      if (children[0]!.nullCount > 0) throw damaged(field, 'has entries that are NULL')
      return items(data, isValid, child(0))
    case 'struct': {
      const fields = children.map((_, i) => child(i))
      if (fields.some(each => each.length < length))
        throw damaged(field, 'has a member with fewer values than the struct')
      return index => fields.map(each => each.at(index))
    }
    case 'run_end_encoded':
      return runs(data, child(1))
    default:
      return fixedValues(data, type)
  }
}

const items = (data: ArrowData, isValid: IsValid | undefined, child: Column): Values => {
  const { starts, ends } = spansOf(data, isValid, child.length)
  return index => {
    const start = starts(index)
    const list: unknown[] = new Array(ends(index) - start)
    for (let i = 0; i < list.length; i++) list[i] = child.at(start + i)
    return list
  }
}

const slices = (data: ArrowData, bits: 32 | 64): Values => {
  const bytes = data.buffers[2]!
  const offsets = offsetsOf(data, bits, bytes.length)
  return index => bytes.subarray(offsets[index], offsets[index + 1])
}

const fixedSlices = ({ field, length, buffers }: ArrowData, size: number): Values => {
  const bytes = buffers[1]!
  if (bytes.length < length * size) throw damaged(field, 'has fewer bytes than values')
  return index => bytes.subarray(index * size, (index + 1) * size)
}

const numbersOf = (integers: Integers): number[] => Array.from(integers as ArrayLike<number | bigint>, Number)

/** A value for each run, and where the run ends. */
const runs = ({ field, length, children }: ArrowData, values: Column): Values => {
  const ends = children[0]!
  const { type } = ends.field
  if (type.name !== 'int' || !type.signed || type.bits === 8 || ends.field.dictionary !== undefined)
    throw damaged(field, 'has run ends that are not integers')
  if (ends.nullCount > 0 || values.length < ends.length) throw damaged(field, 'has more run ends than values')
  const last = numbersOf(integersOf(ends, type.bits, true))
  for (const [i, end] of last.entries())
    if (end <= (last[i - 1] ?? 0)) throw damaged(field, 'has run ends that do not increase')
  if (length > (last.at(-1) ?? 0)) throw damaged(field, 'has fewer values than it announces')
  let run = 0
  return index => {
    if (index < (last[run - 1] ?? 0)) run = 0
    while (index >= last[run]!) run++
    return values.at(run)
  }
}
