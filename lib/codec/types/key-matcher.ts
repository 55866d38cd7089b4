import type { StructType } from '../../schema/data-type.js'
import { CellProblem } from '../../values/cell-problem.js'

/** What is wrong with the keys of an object: undefined passes over one that is not known, but `none` of them being known is never right. */
export type KeyFault = (kind: 'unknown' | 'none' | 'twice', key: string) => Error | undefined

/**
 * Puts the own enumerable properties of objects into the order of a list of names, compared without case. A name that an object
 * lacks may be a getter of its class: nobody who reads the object sees the difference, nor does its type.
 * Objects of the same shape as the one before cost two array reads.
 */
export class KeyMatcher {
  readonly #positions: ReadonlyMap<string, number>
  readonly #size: number
  readonly #needed: number
  readonly #fault: KeyFault
  #keys: readonly string[] = []
  #slots: readonly number[] = []
  /** The slots of needed names that no key has. */
  #missing: readonly (readonly [name: string, slot: number])[] = []
  #inOrder = false

  /** The first `needed` names must have a cell each time, the others where the object has them. */
  constructor(names: readonly string[], fault: KeyFault, needed = names.length) {
    this.#positions = new Map(names.map((name, i) => [name.toLowerCase(), i]))
    this.#size = names.length
    this.#fault = fault
    this.#needed = needed
    this.#inOrder = needed === 0
  }

  /** One cell a needed name, undefined where the object has no such key; then those of other names. */
  match(object: object): unknown[] {
    this.slotsOf(Object.keys(object))
    const values: unknown[] = Object.values(object)
    if (this.#inOrder) return values
    const cells = new Array<unknown>(this.#size).fill(undefined)
    const slots = this.#slots
    for (let i = 0; i < slots.length; i++) cells[slots[i]!] = values[i]
    if (this.#missing.length > 0) this.#readGetters(object, cells)
    return cells
  }

  /** Where each key's value belongs. A list of keys may have equal ones, which an object can't. */
  slotsOf(keys: readonly string[]): readonly number[] {
    if (!this.#isKnown(keys)) this.#learn(keys)
    return this.#slots
  }

  #readGetters(object: object, cells: unknown[]): void {
    const prototype: unknown = Object.getPrototypeOf(object)
    if (prototype === Object.prototype || prototype === null) return
    const getters = gettersOf(prototype as object)
    for (const [name, slot] of this.#missing) {
      const getter = getters.get(name)
      if (getter !== undefined) cells[slot] = (object as Record<string, unknown>)[getter]
    }
  }

  #isKnown(keys: readonly string[]): boolean {
    const known = this.#keys
    if (keys.length !== known.length) return false
    for (let i = 0; i < keys.length; i++) if (keys[i] !== known[i]) return false
    return true
  }

  #learn(keys: readonly string[]): void {
    const seen = new Set<number>()
    const slots = keys.map(key => {
      const slot = this.#positions.get(key.toLowerCase())
      if (slot === undefined) return this.#ignore(key)
      if (seen.has(slot)) throw this.#fault('twice', key)
      seen.add(slot)
      return slot
    })
    if (seen.size === 0 && keys.length > 0) throw this.#fault('none', keys[0]!)
    this.#keys = keys
    this.#slots = slots
    this.#missing = [...this.#positions].filter(([, slot]) => slot < this.#needed && !seen.has(slot))
    this.#inOrder = slots.length >= this.#needed && slots.every((slot, i) => slot === i)
  }

  /** The place behind all names, where nobody looks. */
  #ignore(key: string): number {
    const fault = this.#fault('unknown', key)
    if (fault !== undefined) throw fault
    return this.#size
  }
}

const gettersOfClasses = new WeakMap<object, ReadonlyMap<string, string>>()

/** By their names in lower case, those of the nearest class last. */
const gettersOf = (prototype: object): ReadonlyMap<string, string> => {
  const known = gettersOfClasses.get(prototype)
  if (known !== undefined) return known
  const parent: unknown = Object.getPrototypeOf(prototype)
  // What has nothing behind it is the prototype of all objects, whose `__proto__` is a getter too.
  if (parent === null) return new Map()
  const getters = new Map(gettersOf(parent as object))
  for (const [name, { get }] of Object.entries(Object.getOwnPropertyDescriptors(prototype)))
    if (get !== undefined) getters.set(name.toLowerCase(), name)
  gettersOfClasses.set(prototype, getters)
  return getters
}

const structMatchers = new WeakMap<StructType, KeyMatcher>()

/** The matcher for the fields of a STRUCT, which throws a CellProblem for a key that is none, or there twice. */
export const structMatcher = (type: StructType): KeyMatcher => {
  const known = structMatchers.get(type)
  if (known !== undefined) return known
  const matcher = new KeyMatcher(
    type.fields.map(field => field.name),
    (kind, key) => {
      const what =
        kind === 'unknown'
          ? "which isn't a field of the STRUCT"
          : 'which is a field that it already has (in any case)'
      return new CellProblem('ODPS_INVALID_VALUE', `the object has the key '${key}', ${what}`)
    },
  )
  structMatchers.set(type, matcher)
  return matcher
}

/**
 * Whether keys of this object can be meant as data: a plain object (of any realm: nothing is behind its prototype), or an instance
 * that has own keys. A Map, a Date, a promise that was not awaited have none, and would pass as an object without values.
 */
export const isKeyed = (value: unknown): value is object => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype === null || Object.getPrototypeOf(prototype) === null) return true
  return !(value instanceof Map) && !ArrayBuffer.isView(value) && Object.keys(value).length > 0
}

/** Sets an own property, `__proto__` too. */
export const setOwn = (object: Record<string, unknown>, name: string, value: unknown): void => {
  if (name !== '__proto__') object[name] = value
  else Object.defineProperty(object, name, { value, enumerable: true, configurable: true, writable: true })
}
