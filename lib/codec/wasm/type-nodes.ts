import { type DataType, isNested, typesWithin } from '../../schema/data-type.js'
import { cellKinds } from '../../wire/records-memory.js'

/*
 * Nested types as WebAssembly is told of them: four words a type, those of fields one behind the other (wire/assembly/layout.ts says which). And
 * which are told at all: code is made for every leaf of a type, so that one with hundreds of them is left to the codecs.
 */

const nodeWords = 4
const nodeBytes = 4 * nodeWords
const maxNodes = 200
const maxDepth = 30

/** How a value of a type that isn't nested lies on the wire, and is staged; undefined for one that is. */
export const leafKindOf = (type: DataType): number | undefined => {
  switch (type.kind) {
    case 'tinyint':
    case 'smallint':
    case 'int':
    case 'bigint':
    case 'datetime':
    case 'date':
    case 'interval_year_month':
      return cellKinds.integer
    case 'double':
      return cellKinds.double
    case 'float':
      return cellKinds.float
    case 'boolean':
      return cellKinds.boolean
    case 'string':
    case 'varchar':
    case 'char':
    case 'decimal':
    case 'binary':
    case 'json':
      return cellKinds.text
    case 'timestamp':
    case 'timestamp_ntz':
    case 'interval_day_time':
      return cellKinds.instant
    default:
      return undefined
  }
}

/** Whether all that a type holds is staged, and not too much of it. */
export const areStaged = (types: readonly DataType[], isStaged: (leaf: DataType) => boolean): boolean => {
  let nodes = 0
  const isFit = (type: DataType, depth: number): boolean => {
    if (!isNested(type)) return isStaged(type)
    nodes += typesWithin(type).length
    return (
      depth < maxDepth && nodes <= maxNodes && typesWithin(type).every(within => isFit(within, depth + 1))
    )
  }
  return types.every(type => isFit(type, 0))
}

const kinds = {
  array: cellKinds.array,
  map: cellKinds.map,
  struct: cellKinds.struct,
  vector: cellKinds.vector,
}

/** The nodes of the nested columns of a schema. */
export class TypeNodes {
  readonly #words: number[] = []
  readonly #leaf: (type: DataType) => { readonly kind: number; readonly bits: number }

  constructor(leaf: (type: DataType) => { readonly kind: number; readonly bits: number }) {
    this.#leaf = leaf
  }

  /** Adds nodes one behind the other; returns the place of the first, in bytes. */
  add(types: readonly DataType[]): number {
    const first = this.#words.length
    for (const _ of types) this.#words.push(0, 0, 0, 0)
    for (const [i, type] of types.entries())
      for (const [k, word] of this.#wordsOf(type).entries()) this.#words[first + nodeWords * i + k] = word
    return (first / nodeWords) * nodeBytes
  }

  #wordsOf(type: DataType): readonly number[] {
    switch (type.kind) {
      case 'array':
        return [kinds.array, this.add([type.element])]
      case 'vector':
        return [kinds.vector, this.add([type.element]), type.dimension]
      case 'map': {
        const key = this.add([type.key, type.value])
        return [kinds.map, key, key + nodeBytes]
      }
      case 'struct':
        return [kinds.struct, this.add(typesWithin(type)), type.fields.length]
      default: {
        const { kind, bits } = this.#leaf(type)
        return [kind, bits]
      }
    }
  }

  get bytes(): Uint8Array {
    return new Uint8Array(Uint32Array.from(this.#words).buffer)
  }
}
