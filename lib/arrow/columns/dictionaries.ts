import type { ArrowData } from '../ipc/batch.js'
import { ArrowError } from '../ipc/error.js'
import type { ArrowField } from '../ipc/schema.js'
import { columnOf } from './column.js'

/*
 * Dictionaries by their ids. Values are read when a batch first asks for them, so that a dictionary whose values lie in
 * another one finds it whatever their order. A dictionary may grow between batches, or be replaced by another one.
 */

interface Dictionary {
  /** What its values are, whatever field refers to it. */
  readonly field: ArrowField
  isKnown: boolean
  parts: ArrowData[]
  /** How many of the parts are among the values. */
  done: number
  values: unknown[]
  isBeingRead: boolean
}

export class Dictionaries {
  readonly #byId = new Map<bigint, Dictionary>()

  /** @param fields whose dictionaries, and theirs in turn, are wanted */
  constructor(fields: readonly ArrowField[]) {
    for (const field of fields) this.#find(field)
  }

  /** What the values of a dictionary are; undefined for one that no field refers to. */
  fieldOf(id: bigint): ArrowField | undefined {
    return this.#byId.get(id)?.field
  }

  add(id: bigint, part: ArrowData, isDelta: boolean): void {
    const dictionary = this.#byId.get(id)!
    if (isDelta && !dictionary.isKnown) throw new ArrowError(`dictionary ${id} has a delta before it exists`)
    if (isDelta) dictionary.parts.push(part)
    else {
      dictionary.parts = [part]
      // Values of others may lie in the one before.
      if (dictionary.isKnown) for (const each of this.#byId.values()) forget(each)
    }
    dictionary.isKnown = true
  }

  readonly valuesOf = (id: bigint): readonly unknown[] => {
    const dictionary = this.#byId.get(id)!
    if (!dictionary.isKnown)
      throw new ArrowError(`dictionary ${id} of field '${dictionary.field.name}' is missing`)
    if (dictionary.isBeingRead) throw new ArrowError(`dictionary ${id} contains itself`)
    dictionary.isBeingRead = true
    for (const part of dictionary.parts.slice(dictionary.done)) {
      const column = columnOf(part, this.valuesOf)
      for (let i = 0; i < column.length; i++) dictionary.values.push(column.at(i))
      dictionary.done++
    }
    dictionary.isBeingRead = false
    return dictionary.values
  }

  #find(field: ArrowField): void {
    if (field.dictionary !== undefined) {
      const { id } = field.dictionary
      const values = { ...field, dictionary: undefined }
      const known = this.#byId.get(id)
      if (known === undefined) this.#byId.set(id, emptyDictionary(values))
      else if (shapeOf(known.field) !== shapeOf(values))
        throw new ArrowError(
          `dictionary ${id} has two types, in fields '${known.field.name}' and '${field.name}'`,
        )
    }
    for (const child of field.children) this.#find(child)
  }
}

const emptyDictionary = (field: ArrowField): Dictionary => ({
  field,
  isKnown: false,
  parts: [],
  done: 0,
  values: [],
  isBeingRead: false,
})

const forget = (dictionary: Dictionary): void => {
  dictionary.done = 0
  dictionary.values = []
}

/** A type with all that is in it, as text. */
const shapeOf = ({ type, children, dictionary }: ArrowField): string =>
  JSON.stringify([type, children.map(shapeOf), String(dictionary?.id)])
