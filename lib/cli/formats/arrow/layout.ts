import type { DataType, StructField } from '../../../index.js'
import { invalid } from '../file-values/exact-values.js'
import { type Leaf, leafOf } from './leaf.js'
import type { LaidOut } from './print-message.js'
import type { ArrowField, ArrowType } from './schema.js'

/*
 * Lays the cells of a column out as Arrow has them: level by level, all lists of a column, then all their items. So a value
 * that Arrow cannot hold is known by its place among the items; each level above finds the place of what it is in, and the
 * top one the row.
 */

/** A cell that has no form, by its place in the cells that were laid out. */
export class CellWithoutForm extends Error {
  readonly index: number

  constructor(index: number, cause: unknown) {
    super('a cell has no form in Arrow', { cause })
    this.index = index
  }
}

export interface Form {
  /** How the column stands in the schema; called after the first batch, which may decide it. */
  readonly field: (name: string, nullable: boolean) => ArrowField
  /** @throws CellWithoutForm */
  readonly layOut: (cells: readonly unknown[]) => LaidOut
  /** Whether no value has decided yet what has to stand in the schema. */
  readonly isOpen: () => boolean
}

export const formOf = (type: DataType): Form => {
  switch (type.kind) {
    case 'array':
      return listForm({ name: 'list', offsets: 32 }, 'item', formOf(type.element))
    case 'vector':
      return vectorForm(type)
    case 'map':
      return listForm({ name: 'map' }, 'entries', entryForm(type.key, type.value))
    case 'struct':
      return structForm(type.fields.map(field => ({ ...field, form: formOf(field.type) })))
    default:
      return leafForm(leafOf(type))
  }
}

const isNothing = (cell: unknown): cell is null | undefined => cell === null || cell === undefined

const leafForm = (leaf: Leaf): Form => ({
  field: (name, nullable) => ({ name, nullable, type: leaf.type(), children: [] }),
  isOpen: leaf.isOpen,
  layOut: cells => {
    const { nullCount, bits } = validityOf(cells)
    const buffers = leaf.layOut(cells, (index, cause) => {
      throw new CellWithoutForm(index, cause)
    })
    return { length: cells.length, nullCount, buffers: [bits, ...buffers], children: [] }
  },
})

const noBits = new Uint8Array(0)

/** Which cells are there, a bit each; no bits when all are. */
const validityOf = (cells: readonly unknown[]): { nullCount: number; bits: Uint8Array } => {
  let nullCount = 0
  for (const cell of cells) if (isNothing(cell)) nullCount++
  if (nullCount === 0) return { nullCount, bits: noBits }
  const bits = new Uint8Array(Math.ceil(cells.length / 8))
  for (let i = 0; i < cells.length; i++) if (!isNothing(cells[i])) bits[i >> 3]! |= 1 << (i & 7)
  return { nullCount, bits }
}

/** Runs what lays out items, and says which of the lists a misfit is in. */
const within = <T>(offsets: ArrayLike<number>, layOut: () => T): T => {
  try {
    return layOut()
  } catch (error) {
    if (!(error instanceof CellWithoutForm)) throw error
    let list = 0
    while (offsets[list + 1]! <= error.index) list++
    throw new CellWithoutForm(list, error.cause)
  }
}

/** Lists, and maps, which are lists of pairs; a Map of a caller's is walked as its pairs. */
const listForm = (type: ArrowType, childName: string, items: Form): Form => ({
  field: (name, nullable) => ({
    ...{ name, nullable, type },
    children: [items.field(childName, type.name !== 'map')],
  }),
  isOpen: items.isOpen,
  layOut: cells => {
    const offsets = new Int32Array(cells.length + 1)
    const all: unknown[] = []
    for (let i = 0; i < cells.length; i++) {
      const cell = cells[i]
      if (!isNothing(cell)) for (const item of cell as Iterable<unknown>) all.push(item)
      offsets[i + 1] = all.length
    }
    const { nullCount, bits } = validityOf(cells)
    const children = [within(offsets, () => items.layOut(all))]
    return { length: cells.length, nullCount, buffers: [bits, bytesOf(offsets)], children }
  },
})

/** All of one length, NULL too. */
const vectorForm = ({ element, dimension }: DataType & { kind: 'vector' }): Form => {
  const items = formOf(element)
  return {
    field: (name, nullable) => ({
      ...{ name, nullable, type: { name: 'fixed_size_list', size: dimension } },
      children: [items.field('item', true)],
    }),
    isOpen: items.isOpen,
    layOut: cells => {
      const all: unknown[] = new Array(cells.length * dimension).fill(null)
      for (const [i, cell] of cells.entries()) {
        if (isNothing(cell)) continue
        const vector = [...(cell as Iterable<unknown>)]
        if (vector.length !== dimension)
          throw new CellWithoutForm(i, invalid(`the VECTOR has ${vector.length} elements, not ${dimension}`))
        for (let k = 0; k < dimension; k++) all[i * dimension + k] = vector[k]
      }
      const { nullCount, bits } = validityOf(cells)
      return { length: cells.length, nullCount, buffers: [bits], children: [items.layOut(all)] }
    },
  }
}

const entryForm = (keyType: DataType, valueType: DataType): Form => {
  const [key, value] = [formOf(keyType), formOf(valueType)]
  return {
    field: (name, nullable) => ({
      ...{ name, nullable, type: { name: 'struct' } },
      children: [key.field('key', false), value.field('value', true)],
    }),
    isOpen: () => key.isOpen() || value.isOpen(),
    layOut: cells => {
      const pairs = cells as readonly (readonly [unknown, unknown])[]
      const keys = pairs.map(([each]) => each)
      const missing = keys.findIndex(isNothing)
      if (missing >= 0) throw new CellWithoutForm(missing, invalid('a key of a MAP is NULL'))
      const children = [key.layOut(keys), value.layOut(pairs.map(([, each]) => each))]
      return { length: pairs.length, nullCount: 0, buffers: [noBits], children }
    },
  }
}

const structForm = (members: readonly (StructField & { readonly form: Form })[]): Form => ({
  field: (name, nullable) => ({
    ...{ name, nullable, type: { name: 'struct' } },
    children: members.map(member => member.form.field(member.name, true)),
  }),
  isOpen: () => members.some(({ form }) => form.isOpen()),
  layOut: cells => {
    const { nullCount, bits } = validityOf(cells)
    const children = members.map(({ name, form }) => form.layOut(cells.map(cell => ownMember(cell, name))))
    return { length: cells.length, nullCount, buffers: [bits], children }
  },
})

/** Also one that is called `__proto__`. */
const ownMember = (cell: unknown, name: string): unknown =>
  isNothing(cell) || !Object.hasOwn(cell, name) ? null : (cell as Record<string, unknown>)[name]

const bytesOf = (array: Int32Array): Uint8Array => new Uint8Array(array.buffer, 0, array.byteLength)
