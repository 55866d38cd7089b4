import type { DataType } from '../../schema/data-type.js'
import type { CodecOptions } from '../cell-codec.js'
import { arrayOf, type ObjectCode } from '../generated/row-code.js'
import { slotAt, valueCode } from './value-reading.js'

/*
 * Code that makes a nested value of the tape that WebAssembly filled, leaf by leaf, in the order of the record. Loops are written out at their
 * place, so that the places in the tape stay in registers. Its names, besides those of decoder-code.ts:
 *
 *   q, k  where the tape goes on, in units of eight bytes and in marks   B the memory as bytes   b the mark read last
 */

/** What a mark tells of text (wire/assembly/layout.ts). */
const told = { isPlain: 'b === 0', isBeyond: '(b & 2) !== 0', isInPlace: '(b & 4) !== 0' }

/** Makes the code of some columns. */
export class NestedReading {
  readonly #options: CodecOptions
  readonly #objects: ObjectCode
  #names = 0

  constructor(options: CodecOptions, objects: ObjectCode) {
    this.#options = options
    this.#objects = objects
  }

  /** Code that puts a value that is not NULL into the variable `target`. */
  code(type: DataType, target: string): string {
    const id = this.#names++
    switch (type.kind) {
      case 'array':
        return `const n${id} = I[2 * q++], a${id} = new Array(n${id})
${this.#elements(type.element, `n${id}`, value => `a${id}[i${id}] = ${value}`, id)}
${target} = a${id}`
      case 'map':
        return this.#map(type.key, type.value, target, id)
      case 'struct': {
        const fields = type.fields.map((_, i) => `f${id}_${i}`)
        return `let ${fields.join(', ')}
${type.fields.map((field, i) => this.#nullable(field.type, fields[i]!)).join('\n')}
${target} = ${this.#objects.of(type.fields, fields)}`
      }
      case 'vector':
        return `const a${id} = new Array(${type.dimension})
for (let i${id} = 0; i${id} < ${type.dimension}; i${id}++) {
${this.code(type.element, `a${id}[i${id}]`)}
}
${target} = a${id}`
      default:
        return this.#leaf(type, target)
    }
  }

  #map(key: DataType, value: DataType, target: string, id: number): string {
    const isMap = this.#options.map === 'map'
    const put = (value: string) =>
      isMap
        ? `m${id}.set(a${id}[i${id}], ${value})`
        : `m${id}[i${id}] = ${arrayOf([`a${id}[i${id}]`, value])}`
    return `const n${id} = I[2 * q++], a${id} = new Array(n${id})
${this.#elements(key, `n${id}`, key => `a${id}[i${id}] = ${key}`, id)}
// There are as many values, which WebAssembly has seen to.
q++
const m${id} = ${isMap ? 'new Map()' : `new Array(n${id})`}
${this.#elements(value, `n${id}`, put, id)}
${target} = m${id}`
  }

  #elements(type: DataType, count: string, put: (value: string) => string, id: number): string {
    const value = `e${this.#names++}`
    return `for (let i${id} = 0; i${id} < ${count}; i${id}++) {
let ${value}
${this.#nullable(type, value)}
${put(value)}
}`
  }

  #nullable(type: DataType, target: string): string {
    return `b = B[k++]
if (b === 1) ${target} = null
else {
${this.code(type, target)}
}`
  }

  #leaf(type: DataType, target: string): string {
    const slots = type.kind.startsWith('timestamp') || type.kind === 'interval_day_time' ? 2 : 1
    const slot = slotAt(`q - ${slots}`, word => `2 * q - ${2 * slots - word}`, told)
    return `q += ${slots}
${target} = ${valueCode(type, slot, this.#options)}`
  }
}
