import { TunnelOptionError } from './errors.js'

/**
 * What one option may be: a `typeof` word, or a rule that returns undefined when the value fits, else what was
 * expected (`'a whole number from 1 to 64'`).
 */
export type OptionRule = TypeWord | OptionCheck

export type OptionCheck = (value: unknown, path: string) => string | undefined

type TypeWord = 'string' | 'number' | 'bigint' | 'boolean' | 'function' | 'object' | 'any'

/** Every key an options object may have. */
export type OptionSpec = Readonly<Record<string, OptionRule>>

/**
 * Checks an options object at the door, before any I/O. A key whose value is undefined counts as absent, an
 * absent options object as empty. The object is only read.
 *
 * @param where the function the options belong to, for the message
 * @throws TunnelOptionError ODPS_UNKNOWN_OPTION for a key not in `spec`, naming the nearest known one;
 * ODPS_INVALID_OPTION for a value that does not fit.
 */
export const checkOptions = (where: string, options: unknown, spec: OptionSpec): void => {
  if (options === undefined) return
  if (!isPlainObject(options))
    throw new TunnelOptionError(
      'ODPS_INVALID_OPTION',
      `${where}: options must be an object, got ${describe(options)}`,
    )
  checkKeys(where, options, spec)
}

const checkKeys = (where: string, options: object, spec: OptionSpec): void => {
  for (const key of Object.keys(options)) {
    const value: unknown = Reflect.get(options, key)
    const rule = Object.hasOwn(spec, key) ? spec[key] : undefined
    if (rule === undefined) throw unknownOption(where, key, Object.keys(spec))
    if (value === undefined) continue
    const expected = typeof rule === 'string' ? checkType(rule, value) : rule(value, `${where}: ${key}`)
    if (expected === undefined) continue
    throw new TunnelOptionError(
      'ODPS_INVALID_OPTION',
      `${where}: ${key} must be ${expected}, got ${describe(value)}`,
    )
  }
}

const typeNames: Readonly<Record<TypeWord, string>> = {
  string: 'text',
  number: 'a number',
  bigint: 'a bigint',
  boolean: 'true or false',
  function: 'a function',
  object: 'an object',
  any: 'anything',
}

const checkType = (word: TypeWord, value: unknown): string | undefined => {
  if (word === 'any') return undefined
  const fits = word === 'object' ? isPlainObject(value) : typeof value === word && !Number.isNaN(value)
  return fits ? undefined : typeNames[word]
}

/** A whole number, both bounds included. */
export const integer =
  (min: number, max: number = Number.MAX_SAFE_INTEGER): OptionCheck =>
  value =>
    typeof value === 'number' && Number.isSafeInteger(value) && value >= min && value <= max
      ? undefined
      : max === Number.MAX_SAFE_INTEGER
        ? `a whole number of at least ${min}`
        : `a whole number from ${min} to ${max}`

/** ISO 8601 with a zone, as `Date.toISOString` prints it. */
export const isoTime: OptionCheck = value =>
  typeof value === 'string' && /^\d{4}-\d\d-\d\dT.*Z$/.test(value) && !Number.isNaN(Date.parse(value))
    ? undefined
    : 'a time such as 2025-01-02T03:04:05.000Z'

/** One of a few words or values. */
export const oneOf =
  (...values: readonly (string | number | boolean | null)[]): OptionCheck =>
  value =>
    values.some(known => known === value)
      ? undefined
      : values.map(known => (typeof known === 'string' ? `'${known}'` : String(known))).join(' or ')

/** An instance of a class, or something with its name (another copy of the package, another realm). */
export const instanceOf =
  (type: abstract new (...args: never[]) => unknown): OptionCheck =>
  value =>
    value instanceof type || hasClassName(value, type.name) ? undefined : `an instance of ${type.name}`

const hasClassName = (value: unknown, name: string): boolean => {
  for (let at: unknown = value; typeof at === 'object' && at !== null; at = Object.getPrototypeOf(at))
    if (at.constructor?.name === name) return true
  return false
}

/** A list whose members all fit one rule. */
export const listOf =
  (rule: OptionRule): OptionCheck =>
  (value, path) => {
    if (!Array.isArray(value)) return 'a list'
    for (const [i, member] of value.entries()) {
      const expected = applyRule(rule, member, `${path}[${i}]`)
      if (expected !== undefined) return `a list whose members are each ${expected}`
    }
    return undefined
  }

/** Fits when one of the rules does. */
export const anyOf =
  (...rules: readonly OptionRule[]): OptionCheck =>
  (value, path) => {
    const expected: string[] = []
    for (const rule of rules) {
      const answer = applyRule(rule, value, path)
      if (answer === undefined) return undefined
      expected.push(answer)
    }
    return expected.join(' or ')
  }

/** An object whose own keys are checked in the same way. Put it last in {@link anyOf}: it throws for a wrong key. */
export const objectOf =
  (spec: OptionSpec): OptionCheck =>
  (value, path) => {
    if (!isPlainObject(value)) return typeNames.object
    checkKeys(path, value, spec)
    return undefined
  }

const applyRule = (rule: OptionRule, value: unknown, path: string): string | undefined =>
  typeof rule === 'string' ? checkType(rule, value) : rule(value, path)

const isPlainObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Text is never shown, for it may be a secret. */
const describe = (value: unknown): string => {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  if (typeof value === 'string') return value === '' ? 'empty text' : 'other text'
  return typeof value
}

/** What others call an option, without case and underscores, where the nearest word is a wrong one. */
const elsewhere: Readonly<Record<string, string>> = {
  partition: 'partitionSpec',
  batchsize: 'blockRows',
  blocksize: 'blockBytes',
  limit: 'count',
  abortsignal: 'signal',
}

const unknownOption = (where: string, key: string, known: readonly string[]): TunnelOptionError => {
  const same = elsewhere[key.toLowerCase().replaceAll('_', '')]
  const near = same !== undefined && known.includes(same) ? same : nearest(key, known)
  const hint =
    near !== undefined ? `did you mean ${near}?` : `known are ${[...known].sort().join(', ') || 'none'}`
  const shown = key.length > 60 ? `${key.slice(0, 57)}...` : key
  return new TunnelOptionError('ODPS_UNKNOWN_OPTION', `${where}: unknown option ${shown}; ${hint}`)
}

/** The known word that is fewest edits away, if that is at most half of its letters. */
export const nearest = (key: string, known: readonly string[]): string | undefined => {
  let best: string | undefined
  let bestDistance = Number.POSITIVE_INFINITY
  for (const word of known) {
    const distance = editDistance(key.toLowerCase().slice(0, 60), word.toLowerCase())
    if (distance < bestDistance && distance <= Math.max(1, word.length >> 1))
      [best, bestDistance] = [word, distance]
  }
  return best
}

/** Levenshtein distance. */
const editDistance = (a: string, b: string): number => {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const swap = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(swap, row[j]! + 1, next[j - 1]! + 1))
    }
    row = next
  }
  return row[b.length]!
}
