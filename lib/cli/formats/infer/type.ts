import type { DataType } from '../../../index.js'
import { parseDate } from '../../../values/calendar.js'
import { JsonArray, JsonNumber, JsonObject } from '../../../values/json-tree.js'
import { countOf } from '../../transfer/units.js'
import { type Candidate, candidatesFor, floatWords, timeOf } from './candidates.js'

/** What the values of one field looked like, and the type that holds all of them without loss. */
export interface InferredType {
  readonly type: DataType
  readonly why: string
}

/** Gathers what the values of one field are. */
export interface FieldObserver {
  add(value: unknown): void
  result(): InferredType
}

type Kind = Candidate['kind'] | 'text'

/** The types that texts may have: a type that refuses one is out. */
class Contest {
  readonly #kinds: ReadonlySet<Kind>
  #candidates: readonly Candidate[]
  #hasTexts = false
  /** Why the last one is out. */
  #why = 'text'

  constructor(candidates: readonly Candidate[]) {
    this.#kinds = new Set(candidates.map(({ kind }) => kind))
    this.#candidates = candidates
  }

  add(text: string): void {
    const before = this.#candidates
    if (before.length === 0) return
    this.#candidates = before.filter(candidate => candidate.accepts(text))
    if (this.#candidates.length === 0) {
      const [was, is] = [before[0]!.kind, kindOf(text, this.#kinds)]
      this.#why = this.#hasTexts && was !== is ? `mixed: ${was} and ${is}` : whyNone(text, is)
    }
    this.#hasTexts = true
  }

  end(why: string): void {
    this.#candidates = []
    this.#why = why
  }

  result(): InferredType | undefined {
    for (const candidate of this.#candidates) {
      const result = candidate.result()
      if (result !== undefined) return result
    }
    return undefined
  }

  get why(): string {
    return this.#why
  }
}

const numberLike = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/

/** Only of those kinds that are taken from text at all: digits in quotes are text in JSON. */
const kindOf = (text: string, kinds: ReadonlySet<Kind>): Kind => {
  if (kinds.has('numbers') && numberLike.test(text)) return 'numbers'
  if (kinds.has('true or false') && /^(?:true|false)$/i.test(text)) return 'true or false'
  if (parseDate(text) !== undefined) return 'dates'
  return timeOf(text) === undefined ? 'text' : 'times'
}

const whyNone = (text: string, kind: Kind): string => {
  if (kind === 'text') return 'text'
  if (kind !== 'numbers') return `${kind} in more than one spelling, or beyond their type`
  if (/^[+-]?0\d/.test(text)) return 'leading zeros, which a number would lose'
  return numbersAsText
}

const numbersAsText =
  'numbers spelled in a way that no numeric type keeps, such as 2.5 beside 2.50, or 1e5; if the nearest DOUBLE is good enough, make the column DOUBLE'

const counted = (values: number, nulls: number): string =>
  `${countOf(values, 'value')}${nulls > 0 ? `, ${nulls} NULL` : ''}`

/** Fields of text, in CSV; null for NULL. What is no text at all is bytes, which a STRING keeps. */
export class TextObserver implements FieldObserver {
  readonly #contest: Contest
  #values = 0
  #nulls = 0

  constructor(timeZone: string) {
    this.#contest = new Contest(candidatesFor.text(timeZone))
  }

  add(value: unknown): void {
    if (value === null || value === undefined) {
      this.#nulls++
      return
    }
    this.#values++
    if (typeof value === 'string') this.#contest.add(value)
    else this.#contest.end('bytes that are not text')
  }

  result(): InferredType {
    const type = { kind: 'string' } as const
    if (this.#values === 0) return { type, why: `no values, ${this.#nulls} NULL` }
    const seen = counted(this.#values, this.#nulls)
    const found = this.#contest.result() ?? { type, why: this.#contest.why }
    return { type: found.type, why: `${seen}: ${found.why}` }
  }
}

/** Values of JSON, as they were written. A JSON column holds what differs in kind; a string is never a number. */
export class JsonObserver implements FieldObserver {
  readonly #numbers = new Contest(candidatesFor.jsonNumbers())
  readonly #strings: Contest
  readonly #counts = { numbers: 0, strings: 0, words: 0, truth: 0, nested: 0 }
  #nulls = 0
  /** Half a pair of surrogates is a string in JSON, and none in UTF-8. */
  #hasHalves = false

  constructor(timeZone: string) {
    this.#strings = new Contest(candidatesFor.jsonStrings(timeZone))
  }

  add(value: unknown): void {
    const counts = this.#counts
    if (value instanceof JsonNumber) {
      counts.numbers++
      this.#numbers.add(value.text)
    } else if (typeof value === 'string') this.#addString(value)
    else if (typeof value === 'boolean') counts.truth++
    else if (value instanceof JsonArray || value instanceof JsonObject) counts.nested++
    else this.#nulls++
  }

  #addString(text: string): void {
    this.#strings.add(text)
    this.#hasHalves ||= /\p{Surrogate}/u.test(text)
    if (floatWords.includes(text)) {
      this.#counts.words++
      this.#numbers.add(text)
    } else this.#counts.strings++
  }

  result(): InferredType {
    const values = Object.values(this.#counts).reduce((sum, count) => sum + count, 0)
    if (values === 0) return { type: { kind: 'string' }, why: `no values, ${this.#nulls} NULL` }
    const { type, why } = this.#decide()
    return { type, why: `${counted(values, this.#nulls)}: ${why}` }
  }

  #decide(): InferredType {
    const { numbers, strings, words, truth, nested } = this.#counts
    if (nested > 0) return { type: { kind: 'json' }, why: 'nested values' }
    if (numbers + strings + words === 0) return { type: { kind: 'boolean' }, why: 'all true or false' }
    if (numbers > 0 && strings + truth === 0) {
      const found = this.#numbers.result()
      if (found !== undefined) return found
      return { type: { kind: 'json' }, why: this.#numbers.why }
    }
    if (numbers + truth > 0) return { type: { kind: 'json' }, why: 'mixed: values of different kinds' }
    if (this.#hasHalves) return { type: { kind: 'json' }, why: 'text that is not UTF-8, as \\ud800' }
    return this.#strings.result() ?? { type: { kind: 'string' }, why: this.#strings.why }
  }
}
