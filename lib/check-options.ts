import { TunnelOptionError } from './errors.js'

/**
 * What one option may be: a `typeof` word, or a rule that returns undefined when the value fits, else what was
 * expected (`'a whole number from 1 to 64'`).
 */
export type OptionRule = TypeWord | OptionCheck

export type OptionCheck = (value: unknown, path: string, found: Findings) => string | undefined

/**
 * What is wrong in options that go deeper than one object. All unknown keys are told at once, and before a value that doesn't fit: a
 * misspelt key is often its cause, and whoever has misspelt one option has often misspelt more.
 */
export interface Findings {
  readonly unknown: { readonly path: string; readonly key: string; readonly known: readonly string[] }[]
  unfit?: TunnelOptionError | undefined
}

type TypeWord = 'string' | 'number' | 'bigint' | 'boolean' | 'function' | 'object' | 'any'

/** Every key an options object may have. */
export type OptionSpec = Readonly<Record<string, OptionRule>>

/**
 * Checks an options object at the door, before any I/O. A key whose value is undefined counts as absent, an
 * absent options object as empty. The object is only read.
 *
 * @param where the function the options belong to, for the message
 * @throws TunnelOptionError ODPS_UNKNOWN_OPTION for keys not in `spec`, naming them all and the nearest known ones;
 * ODPS_INVALID_OPTION for a value that does not fit.
 */
export const checkOptions = (where: string, options: unknown, spec: OptionSpec): void => {
  if (options === undefined) return
  if (!isPlainObject(options))
    throw new TunnelOptionError(
      'ODPS_INVALID_OPTION',
      `${where}: options must be an object, got ${describe(options, 'an object')}`,
    )
  collect(where, found => checkKeys(where, options, spec, found))
}

/**
 * Checks one value.
 * @returns what was expected, if it is something else
 * @throws TunnelOptionError for what is wrong inside of it, as {@link checkOptions}
 */
export const checkValue = (where: string, value: unknown, rule: OptionRule): string | undefined =>
  collect(where, found => applyRule(rule, value, where, found))

const collect = <Answer>(where: string, check: (found: Findings) => Answer): Answer => {
  const found: Findings = { unknown: [] }
  const answer = check(found)
  if (found.unknown.length > 0) throw unknownOptions(where, found.unknown)
  if (found.unfit !== undefined) throw found.unfit
  return answer
}

const checkKeys = (where: string, options: object, spec: OptionSpec, found: Findings): void => {
  for (const key of Object.keys(options)) {
    const value: unknown = Reflect.get(options, key)
    const rule = Object.hasOwn(spec, key) ? spec[key] : undefined
    if (rule === undefined) found.unknown.push({ path: where, key, known: Object.keys(spec) })
    if (rule === undefined || value === undefined) continue
    const expected = applyRule(rule, value, `${where}: ${key}`, found)
    if (expected === undefined) continue
    found.unfit ??= new TunnelOptionError(
      'ODPS_INVALID_OPTION',
      `${where}: ${key} must be ${expected}, got ${describe(value, expected)}`,
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
  (value, path, found) => {
    if (!Array.isArray(value)) return 'a list'
    const answers = Array.from(value, (member, i) => applyRule(rule, member, `${path}[${i}]`, found))
    const expected = answers.find(answer => answer !== undefined)
    return expected === undefined ? undefined : `a list whose members are each ${expected}`
  }

/** A list of one or more names. */
export const someNames: OptionCheck = value =>
  Array.isArray(value) && value.length > 0 && value.every(name => typeof name === 'string' && name !== '')
    ? undefined
    : 'a list of one or more names'

/** An object whose values are all text. */
export const textMap: OptionCheck = value =>
  isPlainObject(value) && Object.values(value).every(text => typeof text === 'string')
    ? undefined
    : 'an object of strings'

/** Fits when one of the rules does; what was found for those that don't fit is forgotten. */
export const anyOf =
  (...rules: readonly OptionRule[]): OptionCheck =>
  (value, path, found) => {
    const expected: string[] = []
    for (const rule of rules) {
      const inside: Findings = { unknown: [] }
      const answer = applyRule(rule, value, path, inside)
      if (answer === undefined) {
        add(inside, found)
        return undefined
      }
      expected.push(answer)
    }
    return expected.join(' or ')
  }

/**
 * An object whose own keys are checked in the same way. Put it last in {@link anyOf}: any object fits, and its wrong keys are findings.
 * @param check what the object must be besides, asked when its keys are right
 */
export const objectOf =
  (spec: OptionSpec, check?: (value: object) => string | undefined): OptionCheck =>
  (value, path, found) => {
    if (!isPlainObject(value)) return typeNames.object
    const inside: Findings = { unknown: [] }
    checkKeys(path, value, spec, inside)
    add(inside, found)
    return inside.unknown.length > 0 || inside.unfit !== undefined ? undefined : check?.(value)
  }

const add = (inside: Findings, found: Findings): void => {
  found.unknown.push(...inside.unknown)
  found.unfit ??= inside.unfit
}

const applyRule = (rule: OptionRule, value: unknown, path: string, found: Findings): string | undefined =>
  typeof rule === 'string' ? checkType(rule, value) : rule(value, path, found)

const isPlainObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** What no text is. */
const notText = /^(an object|a list|a number|a whole number|a bigint|a function|an instance|true or false)/

/** Text is never shown, for it may be a secret. */
const describe = (value: unknown, expected: string): string => {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  if (value === '') return 'empty text'
  if (typeof value === 'string') return notText.test(expected) ? 'text' : 'other text'
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

/** More of them are no misspellings. */
const maxShown = 10

const unknownOptions = (where: string, unknown: Findings['unknown']): TunnelOptionError => {
  const all = unknown.slice(0, maxShown).map(({ path, key, known }) => ({
    inside: path.slice(where.length + 2).replaceAll(': ', '.'),
    path,
    shown: key.length > 60 ? `${key.slice(0, 57)}...` : key,
    near: nearOption(key, known),
    known: [...known].sort().join(', ') || 'none',
  }))
  const [{ path, shown, near, known } = all[0]!] = all
  if (unknown.length === 1) {
    const hint = near !== undefined ? `did you mean ${near}?` : `known are ${known}`
    return new TunnelOptionError('ODPS_UNKNOWN_OPTION', `${path}: unknown option ${shown}; ${hint}`)
  }
  const names = all.map(({ inside, shown, near }) => {
    const name = inside === '' ? shown : `${inside}.${shown}`
    return near === undefined ? name : `${name} (did you mean ${near}?)`
  })
  const more = unknown.length > maxShown ? [`and ${unknown.length - maxShown} more`] : []
  const lists = all
    .filter(({ near }) => near === undefined)
    .map(({ inside, known }) => `; known ${inside === '' ? '' : `in ${inside} `}are ${known}`)
  const what = `${where}: unknown options ${[...names, ...more].join(', ')}${[...new Set(lists)].join('')}`
  return new TunnelOptionError('ODPS_UNKNOWN_OPTION', what)
}

const nearOption = (key: string, known: readonly string[]): string | undefined => {
  const same = elsewhere[key.toLowerCase().replaceAll('_', '')]
  return same !== undefined && known.includes(same) ? same : nearest(key, known)
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
