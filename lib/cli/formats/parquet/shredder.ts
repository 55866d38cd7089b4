import type { SchemaElement } from 'hyparquet'
import type { DataType, StructField } from '../../../index.js'
import { invalidValue } from '../file-values/exact-values.js'
import { type LeafType, leafTypeOf } from './leaf.js'

/*
 * Takes cells apart into the leaves of Parquet: each leaf gets an entry for every value, and for every place where
 * something above it is NULL or empty, with the levels that say which. MAPs are walked as their pairs, and structs by
 * their fields, so no key and no field is lost on the way through an object.
 */

/** What the values of all leaves take, roughly. */
export interface Memory {
  bytes: number
}

interface Levels {
  readonly definition: number
  readonly repetition: number
}

/** The values of one leaf, for the row group that is being filled. */
export class LeafBuffer {
  readonly type: LeafType
  /** From the root to the leaf. */
  readonly path: readonly SchemaElement[]
  readonly maxDefinition: number
  readonly maxRepetition: number
  readonly #memory: Memory
  values: unknown[] = []
  definitions: number[] = []
  repetitions: number[] = []

  constructor(type: LeafType, path: readonly SchemaElement[], max: Levels, memory: Memory) {
    this.type = type
    this.path = path
    this.maxDefinition = max.definition
    this.maxRepetition = max.repetition
    this.#memory = memory
  }

  add(value: unknown, definition: number, repetition: number): void {
    this.values.push(value)
    this.definitions.push(definition)
    if (this.maxRepetition > 0) this.repetitions.push(repetition)
    this.#memory.bytes += memoryOf(value)
  }

  /** The row of a value, from 0 in this row group. */
  rowOf(index: number): number {
    if (this.maxRepetition === 0) return index
    let row = -1
    for (let i = 0; i <= index; i++) if (this.repetitions[i] === 0) row++
    return row
  }

  clear(): void {
    this.values = []
    this.definitions = []
    this.repetitions = []
  }
}

/** With its levels. */
const memoryOf = (value: unknown): number => {
  if (typeof value === 'string') return 48 + value.length
  if (value instanceof Uint8Array) return 144 + value.length
  return typeof value === 'bigint' ? 56 : 32
}

export interface Shredder {
  /** Elements of the schema, depth first. */
  readonly elements: readonly SchemaElement[]
  readonly leaves: readonly LeafBuffer[]
  /** Takes a cell, which may be NULL. @throws TunnelValueError when Parquet has no place for it */
  readonly add: (cell: unknown, repetition: number) => void
  /** What is above is NULL or empty, from this level on. */
  readonly addNothing: (definition: number, repetition: number) => void
}

interface Place extends Levels {
  readonly path: readonly SchemaElement[]
  readonly memory: Memory
}

export const shredderOf = (name: string, type: DataType, place: Place, isRequired = false): Shredder => {
  const head: SchemaElement = { name, repetition_type: isRequired ? 'REQUIRED' : 'OPTIONAL' }
  switch (type.kind) {
    case 'array':
    case 'vector':
      return listShredder(head, type.element, place)
    case 'map':
      return mapShredder(head, type.key, type.value, place)
    case 'struct':
      return structShredder(head, type.fields, place)
    default:
      return leafShredder(head, leafTypeOf(type), place, isRequired)
  }
}

const isNothing = (cell: unknown): cell is null | undefined => cell === null || cell === undefined

const leafShredder = (
  head: SchemaElement,
  type: LeafType,
  { path, definition, repetition, memory }: Place,
  isRequired: boolean,
): Shredder => {
  const element = { ...head, ...type.form }
  const max = isRequired ? definition : definition + 1
  const leaf = new LeafBuffer(type, [...path, element], { definition: max, repetition }, memory)
  const write = type.write as (cell: unknown) => unknown
  return {
    elements: [element],
    leaves: [leaf],
    add: (cell, at) => {
      if (!isNothing(cell)) leaf.add(write(cell), max, at)
      else if (isRequired) throw invalidValue('a key of a MAP is NULL')
      else leaf.add(null, definition, at)
    },
    addNothing: (level, at) => leaf.add(null, level, at),
  }
}

const listShredder = (head: SchemaElement, type: DataType, place: Place): Shredder => {
  const outer: SchemaElement = {
    ...head,
    ...{ converted_type: 'LIST', logical_type: { type: 'LIST' }, num_children: 1 },
  }
  const list: SchemaElement = { name: 'list', repetition_type: 'REPEATED', num_children: 1 }
  const { definition, repetition } = place
  const element = shredderOf('element', type, {
    memory: place.memory,
    path: [...place.path, outer, list],
    definition: definition + 2,
    repetition: repetition + 1,
  })
  return {
    elements: [outer, list, ...element.elements],
    leaves: element.leaves,
    addNothing: element.addNothing,
    add: (cell, at) => {
      if (isNothing(cell)) return element.addNothing(definition, at)
      const items = cell as readonly unknown[]
      if (items.length === 0) return element.addNothing(definition + 1, at)
      for (let i = 0; i < items.length; i++) element.add(items[i], i === 0 ? at : repetition + 1)
    },
  }
}

const mapShredder = (head: SchemaElement, keyType: DataType, valueType: DataType, place: Place): Shredder => {
  const outer: SchemaElement = {
    ...head,
    ...{ converted_type: 'MAP', logical_type: { type: 'MAP' }, num_children: 1 },
  }
  const entry: SchemaElement = { name: 'key_value', repetition_type: 'REPEATED', num_children: 2 }
  const { definition, repetition } = place
  const inside = {
    memory: place.memory,
    path: [...place.path, outer, entry],
    definition: definition + 2,
    repetition: repetition + 1,
  }
  const key = shredderOf('key', keyType, inside, true)
  const value = shredderOf('value', valueType, inside)
  const addNothing = (level: number, at: number): void => {
    key.addNothing(level, at)
    value.addNothing(level, at)
  }
  return {
    elements: [outer, entry, ...key.elements, ...value.elements],
    leaves: [...key.leaves, ...value.leaves],
    addNothing,
    add: (cell, at) => {
      if (isNothing(cell)) return addNothing(definition, at)
      // Pairs, or a Map of a caller's.
      const pairs = [...(cell as Iterable<readonly [unknown, unknown]>)]
      if (pairs.length === 0) return addNothing(definition + 1, at)
      for (const [i, [k, v]] of pairs.entries()) {
        key.add(k, i === 0 ? at : repetition + 1)
        value.add(v, i === 0 ? at : repetition + 1)
      }
    },
  }
}

const structShredder = (head: SchemaElement, fields: readonly StructField[], place: Place): Shredder => {
  if (fields.length === 0) throw invalidValue('Parquet has no STRUCT without fields')
  const outer: SchemaElement = { ...head, num_children: fields.length }
  const { definition } = place
  const inside = {
    ...place,
    path: [...place.path, outer],
    definition: definition + 1,
  }
  const members = fields.map(field => shredderOf(field.name, field.type, inside))
  const addNothing = (level: number, at: number): void => {
    for (const member of members) member.addNothing(level, at)
  }
  return {
    elements: [outer, ...members.flatMap(member => member.elements)],
    leaves: members.flatMap(member => member.leaves),
    addNothing,
    add: (cell, at) => {
      if (isNothing(cell)) return addNothing(definition, at)
      const object = cell as Readonly<Record<string, unknown>>
      for (let i = 0; i < members.length; i++) {
        const { name } = fields[i]!
        members[i]!.add(Object.hasOwn(object, name) ? object[name] : null, at)
      }
    },
  }
}
