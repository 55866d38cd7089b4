import type { DataType, StructField } from '../../schema/data-type.js'
import type { ArrowType } from '../ipc/schema.js'
import { CellWithoutForm, type Form, invalidCell, isNothing, noBits, validityOf } from './form.js'
import { bigints, commonForm, integers } from './leaf.js'

/*
 * Lays the cells of a column out as Arrow has them: level by level, all lists of a column, then all their items. Nested
 * types have the same form everywhere; what their leaves are, and a VECTOR, differs between files and the tunnel.
 */

export interface FormsOfTypes {
  /** The form of a type that holds no others and isn't the same everywhere (commonForm). */
  readonly leafOf: (type: DataType) => Form
  /** Whether a VECTOR keeps its length in its type. */
  readonly hasFixedVectors: boolean
}

export const formOf = (type: DataType, forms: FormsOfTypes): Form => {
  switch (type.kind) {
    case 'array':
      return listForm({ name: 'list', offsets: 32 }, 'item', formOf(type.element, forms))
    case 'vector':
      return vectorForm(type, formOf(type.element, forms), forms.hasFixedVectors)
    case 'map':
      return listForm(
        { name: 'map' },
        'entries',
        entryForm(formOf(type.key, forms), formOf(type.value, forms)),
      )
    case 'struct':
      return structForm(type.fields.map(field => ({ ...field, form: formOf(field.type, forms) })))
    default:
      return commonForm(type) ?? forms.leafOf(type)
  }
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

/** All of one length; in a list that keeps it in its type, NULL too. */
const vectorForm = ({ dimension }: DataType & { kind: 'vector' }, items: Form, isFixed: boolean): Form => {
  const checkLength = (vector: readonly unknown[], index: number): void => {
    if (vector.length === dimension) return
    const what = `the VECTOR has ${vector.length} elements, not ${dimension}`
    throw new CellWithoutForm(index, invalidCell(what))
  }
  if (!isFixed) {
    const list = listForm({ name: 'list', offsets: 32 }, 'item', items)
    return {
      ...list,
      layOut: cells => {
        for (const [i, cell] of cells.entries()) if (!isNothing(cell)) checkLength(cell as unknown[], i)
        return list.layOut(cells)
      },
    }
  }
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
        checkLength(vector, i)
        for (let k = 0; k < dimension; k++) all[i * dimension + k] = vector[k]
      }
      const { nullCount, bits } = validityOf(cells)
      return { length: cells.length, nullCount, buffers: [bits], children: [items.layOut(all)] }
    },
  }
}

const entryForm = (key: Form, value: Form): Form => ({
  field: (name, nullable) => ({
    ...{ name, nullable, type: { name: 'struct' } },
    children: [key.field('key', false), value.field('value', true)],
  }),
  isOpen: () => key.isOpen() || value.isOpen(),
  layOut: cells => {
    const pairs = cells as readonly (readonly [unknown, unknown])[]
    const keys = pairs.map(([each]) => each)
    const missing = keys.findIndex(isNothing)
    if (missing >= 0) throw new CellWithoutForm(missing, invalidCell('a key of a MAP is NULL'))
    const children = [key.layOut(keys), value.layOut(pairs.map(([, each]) => each))]
    return { length: pairs.length, nullCount: 0, buffers: [noBits], children }
  },
})

const structForm = (members: readonly (Pick<StructField, 'name'> & { readonly form: Form })[]): Form => ({
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

/** Times and intervals with room for all their seconds. */
export const secondsAndNanos = (
  convert: (cell: never) => { readonly sec: bigint; readonly nano: number },
): Form => {
  const pair = structForm([
    { name: 'sec', form: bigints() },
    { name: 'nano', form: integers(32) },
  ])
  return {
    ...pair,
    layOut: cells => pair.layOut(cells.map(cell => (isNothing(cell) ? null : convert(cell as never)))),
  }
}

/** Also one that is called `__proto__`. */
const ownMember = (cell: unknown, name: string): unknown =>
  isNothing(cell) || !Object.hasOwn(cell, name) ? null : (cell as Record<string, unknown>)[name]

const bytesOf = (array: Int32Array): Uint8Array => new Uint8Array(array.buffer, 0, array.byteLength)
