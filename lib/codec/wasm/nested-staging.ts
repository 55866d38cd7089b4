import type { DataType, StructType } from '../../schema/data-type.js'
import type { CodecOptions } from '../cell-codec.js'
import { isKeyed, type KeyMatcher, structMatcher } from '../types/key-matcher.js'
import { slotAt, valueCode } from './value-staging.js'

/*
 * Code that stages a nested value `v` on the tape: a byte in `B` for whether a value is NULL, and in the slots behind those of the rows one for every
 * count and leaf, in the order of the record. Loops are written out at their place, so that the places in the tape stay in registers. Its
 * names, besides those of encoder-code.ts:
 *
 *   q, k  where the tape goes on, in slots and in marks   B marks   N the most elements
 *   H     the shapes of structs, as equal code may be meant for two of them   V, C, O, L   below
 *
 * What goes beyond the end of the tape is lost, and noticed when the row is done.
 */

/** A struct as it is most often given: a plain object with these keys. */
export interface StructShape {
  readonly matcher: KeyMatcher
  readonly names: readonly string[]
}

/** Whether the keys of a plain object are those of the fields, in their order: then what the code has read are their values. */
const isInOrder = ({ names }: StructShape, value: object): boolean => {
  let i = 0
  for (const key in value) if (key !== names[i++]) return false
  return i === names.length
}

/** The values of a struct by field; undefined for what is none. */
const structCells = ({ matcher }: StructShape, value: unknown): readonly unknown[] | undefined => {
  try {
    return isKeyed(value) ? matcher.match(value) : undefined
  } catch {
    return undefined
  }
}

interface Entries {
  readonly size: number
  keys(): Iterable<unknown>
  values(): Iterable<unknown>
}

/** Keys and values of a map; undefined for what is none. */
const mapEntries = (value: unknown): Entries | undefined => {
  if (value instanceof Map) return value
  if (!isKeyed(value)) return undefined
  const keys = Object.keys(value)
  return { size: keys.length, keys: () => keys, values: () => Object.values(value) }
}

const isList = (value: unknown): boolean =>
  Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView))

export const nestedConstants = { V: isInOrder, C: structCells, O: mapEntries, L: isList }

/** Makes the code of some columns, and collects the shapes of structs that it has to be given. */
export class NestedStaging {
  readonly shapes: StructShape[] = []
  readonly #options: CodecOptions
  #names = 0

  constructor(options: CodecOptions) {
    this.#options = options
  }

  /** Code for a value that is not NULL. */
  code(type: DataType, column: number): string {
    const id = this.#names++
    switch (type.kind) {
      case 'array':
        return `const a${id} = v
if (!Array.isArray(a${id})) return false
${this.#elements(type.element, column, `a${id}`)}`
      case 'map':
        return `const a${id} = O(v)
if (a${id} === undefined) return false
${this.#iterated(type.key, column, `a${id}.size`, `a${id}.keys()`, 'return false')}
${this.#iterated(type.value, column, `a${id}.size`, `a${id}.values()`)}`
      case 'struct':
        return this.#struct(type, column, id)
      case 'vector':
        return `const a${id} = v
if (!L(a${id}) || a${id}.length !== ${type.dimension}) return false
for (let i${id} = 0; i${id} < ${type.dimension}; i${id}++) {
v = a${id}[i${id}]
${this.#leaf(type.element, column)}
}`
      default:
        return this.#leaf(type, column)
    }
  }

  #struct(type: StructType, column: number, id: number): string {
    const names = type.fields.map(({ name }) => name)
    const shape = `H[${this.shapes.push({ matcher: structMatcher(type), names }) - 1}]`
    const fields = names.map((_, i) => `f${id}_${i}`)
    const put = (value: (i: number) => string) =>
      fields.map((field, i) => `${field} = ${value(i)}`).join('; ')
    // The fields are read first, as the engine then knows the prototype too: else that costs a call of the engine.
    return `let ${fields.join(', ')}
if (typeof v !== 'object') return false
${put(i => `v[${JSON.stringify(names[i])}]`)}
if (Object.getPrototypeOf(v) !== Object.prototype || !V(${shape}, v)) {
const a${id} = C(${shape}, v)
if (a${id} === undefined) return false
${put(i => `a${id}[${i}]`)}
}
${type.fields.map((field, i) => `v = ${fields[i]}\n${this.#nullable(field.type, column)}`).join('\n')}`
  }

  /** Code for what an iterator gives, as often as it said. */
  #iterated(type: DataType, column: number, size: string, values: string, ifNull?: string): string {
    const id = this.#names++
    return `const n${id} = ${size}
if (n${id} > N) return false
I[2 * q] = n${id}; q++
let i${id} = 0
for (const e${id} of ${values}) {
if (i${id}++ === n${id}) return false
v = e${id}
${this.#nullable(type, column, ifNull)}
}
if (i${id} !== n${id}) return false`
  }

  #elements(type: DataType, column: number, list: string): string {
    const id = this.#names++
    return `const l${id} = ${list}, n${id} = l${id}.length
if (n${id} > N) return false
I[2 * q] = n${id}; q++
for (let i${id} = 0; i${id} < n${id}; i${id}++) {
v = l${id}[i${id}]
${this.#nullable(type, column)}
}`
  }

  #nullable(type: DataType, column: number, ifNull = 'B[k++] = 1'): string {
    const isLeaf = slotsOf(type) > 0
    return `if (v === null || v === undefined) ${ifNull}
else {
${isLeaf ? 'B[k] = 0' : 'B[k++] = 0'}
${this.code(type, column)}
${isLeaf ? 'k++' : ''}
}`
  }

  #leaf(type: DataType, column: number): string {
    const slot = slotAt('q', word => `2 * q + ${word}`, 'B[k] = 2', column)
    return `${valueCode(type, slot, this.#options)}
q += ${slotsOf(type)}`
  }
}

/** Slots of a leaf; none for a nested type. */
const slotsOf = ({ kind }: DataType): number => {
  switch (kind) {
    case 'array':
    case 'map':
    case 'struct':
    case 'vector':
      return 0
    case 'timestamp':
    case 'timestamp_ntz':
    case 'interval_day_time':
      return 2
    default:
      return 1
  }
}
