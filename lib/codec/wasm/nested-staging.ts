import type { DataType } from '../../schema/data-type.js'
import type { CodecOptions } from '../cell-codec.js'
import { isKeyed, type KeyMatcher, structMatcher } from '../types/key-matcher.js'
import { slotAt, valueCode } from './value-staging.js'

/*
 * Code that stages a nested value `v` on the tape: a byte in `B` for whether a value is NULL, and in the slots behind those of the rows one for every
 * count and leaf, in the order of the record. Loops are written out at their place, so that the places in the tape stay in registers. Its
 * names, besides those of encoder-code.ts:
 *
 *   q, k  where the tape goes on, in slots and in marks   B marks   N the most elements
 *   H     the matchers of structs, as equal code may be meant for two of them   C, O   below
 *
 * What goes beyond the end of the tape is lost, and noticed when the row is done.
 */

/** The values of a struct by field; undefined for what is none. */
const structCells = (matcher: KeyMatcher, value: unknown): readonly unknown[] | undefined => {
  try {
    return isKeyed(value) ? matcher.match(value) : undefined
  } catch {
    return undefined
  }
}

/** Keys and values of a map; undefined for what is none. */
const mapEntries = (value: unknown): readonly [unknown[], unknown[]] | undefined => {
  if (value instanceof Map) return [[...value.keys()], [...value.values()]]
  return isKeyed(value) ? [Object.keys(value), Object.values(value)] : undefined
}

const isList = (value: unknown): boolean =>
  Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView))

export const nestedConstants = { C: structCells, O: mapEntries, L: isList }

/** Makes the code of some columns, and collects the matchers that it has to be given. */
export class NestedStaging {
  readonly matchers: KeyMatcher[] = []
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
${this.#elements(type.key, column, `a${id}[0]`, 'return false')}
${this.#elements(type.value, column, `a${id}[1]`)}`
      case 'struct': {
        const matcher = this.matchers.push(structMatcher(type)) - 1
        const fields = type.fields.map(
          (field, i) => `v = a${id}[${i}]\n${this.#nullable(field.type, column)}`,
        )
        return `const a${id} = C(H[${matcher}], v)
if (a${id} === undefined) return false
${fields.join('\n')}`
      }
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

  #elements(type: DataType, column: number, list: string, ifNull?: string): string {
    const id = this.#names++
    return `const l${id} = ${list}, n${id} = l${id}.length
if (n${id} > N) return false
I[2 * q] = n${id}; q++
for (let i${id} = 0; i${id} < n${id}; i${id}++) {
v = l${id}[i${id}]
${this.#nullable(type, column, ifNull)}
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
