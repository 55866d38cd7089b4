/*
 * Options as they were when a function was called. Streams and sessions read some of them later, when a session is open or a module has
 * been loaded. A program that fills one object for call after call would change them under the calls before: `overwrite`,
 * set for the second table, would empty the first.
 */

/** A copy of options and of the plain lists and objects in them. Whatever has a class, and a schema, stays what it is. */
export const taken = <Options>(options: Options): Options => (isPlain(options) ? copyOf(options) : options)

const isPlain = (value: unknown): value is object => {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null || Array.isArray(value)
}

const copyOf = <Value extends object>(value: Value): Value => {
  if (Array.isArray(value)) return value.map(taken) as unknown as Value
  const copy = { ...value } as Record<PropertyKey, unknown>
  // Nobody changes a schema, and what was made for one is found by it.
  for (const key of Reflect.ownKeys(copy)) if (key !== 'schema') copy[key] = taken(copy[key])
  return copy as unknown as Value
}
