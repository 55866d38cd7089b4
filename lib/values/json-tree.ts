import { CellProblem } from './cell-problem.js'

/*
 * JSON as it was written (RFC 8259, strictly): a number is its digits, an object the list of its keys with equal ones and
 * in their order, and every part knows where it stands in the text. What a value is worth can only be said when the type
 * of its column is known; a double made before that has lost digits, and an object keys.
 * `JSON.parse` is no help: besides losing these, Node 24 and 26 may confuse keys that end in an escape (nodejs/node#63785).
 */

/** A number as it was written. */
export class JsonNumber {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }

  toString(): string {
    return this.text
  }

  /** The nearest number, as `JSON.parse` gives it. */
  valueOf(): number {
    return Number(this.text)
  }

  toJSON(): number {
    return Number(this.text)
  }
}

/** What an array and an object have in common: values, and where each begins and ends in the text. */
abstract class JsonParts {
  readonly values: JsonTree[] = []
  readonly #source: string
  readonly #start: number
  #end = 0
  readonly #spans: number[] = []

  constructor(source: string, start: number) {
    this.#source = source
    this.#start = start
  }

  /** As it was written. */
  get text(): string {
    return this.#source.slice(this.#start, this.#end)
  }

  endAt(end: number): this {
    this.#end = end
    return this
  }

  add(value: JsonTree, start: number, end: number): void {
    this.values.push(value)
    this.#spans.push(start, end)
  }

  /** The text of the i-th value. */
  textOf(i: number): string {
    return this.#source.slice(this.#spans[2 * i], this.#spans[2 * i + 1])
  }
}

export class JsonArray extends JsonParts {}

export class JsonObject extends JsonParts {
  /** As they come, also when some are equal. */
  readonly keys: string[] = []

  /** A key that comes more than once; undefined when there is none. */
  repeatedKey(): string | undefined {
    const { keys } = this
    if (keys.length < 16) return keys.find((key, i) => keys.indexOf(key) !== i)
    const seen = new Set<string>()
    return keys.find(key => seen.size === seen.add(key).size)
  }
}

export type JsonTree = null | boolean | string | JsonNumber | JsonArray | JsonObject

/** Deeper than any value has a use for, and not so deep that functions calling themselves run out of stack. */
export const maxJsonDepth = 512

/** @throws CellProblem ODPS_INVALID_VALUE with the position when the text isn't JSON; it doesn't quote the text */
export const parseJsonTree = (text: string): JsonTree => new TreeReader(text).whole()

/**
 * JSON text on one line: line ends can only stand between its parts.
 * @throws CellProblem when it isn't JSON
 */
export const oneLineJson = (text: string): string => {
  parseJsonTree(text)
  return text.replaceAll(/[\r\n]/g, ' ')
}

const sign = {
  quote: 0x22,
  plus: 0x2b,
  comma: 0x2c,
  minus: 0x2d,
  point: 0x2e,
  zero: 0x30,
  colon: 0x3a,
  backslash: 0x5c,
  openBracket: 0x5b,
  closeBracket: 0x5d,
  openBrace: 0x7b,
  closeBrace: 0x7d,
} as const

const escapes: ReadonlyMap<number, string> = new Map(
  [...'"\\/']
    .map(each => [each.charCodeAt(0), each] as const)
    .concat([
      [0x62, '\b'],
      [0x66, '\f'],
      [0x6e, '\n'],
      [0x72, '\r'],
      [0x74, '\t'],
    ]),
)

class TreeReader {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  whole(): JsonTree {
    this.#blanks()
    const value = this.#value(0)
    this.#blanks()
    return this.#at < this.#text.length ? this.#fail() : value
  }

  #value(depth: number): JsonTree {
    const unit = this.#text.charCodeAt(this.#at)
    switch (unit) {
      case sign.quote:
        return this.#string()
      case sign.openBrace:
        return this.#object(this.#deeper(depth))
      case sign.openBracket:
        return this.#array(this.#deeper(depth))
      case 0x74:
        return this.#word('true', true)
      case 0x66:
        return this.#word('false', false)
      case 0x6e:
        return this.#word('null', null)
      default:
        return unit === sign.minus || isDigit(unit) ? this.#number() : this.#fail()
    }
  }

  #deeper(depth: number): number {
    if (depth < maxJsonDepth) return depth + 1
    throw new CellProblem('ODPS_INVALID_VALUE', `the JSON is nested deeper than ${maxJsonDepth} levels`)
  }

  #object(depth: number): JsonObject {
    const object = new JsonObject(this.#text, this.#at)
    this.#at++
    this.#blanks()
    if (this.#accept(sign.closeBrace)) return object.endAt(this.#at)
    for (;;) {
      if (this.#text.charCodeAt(this.#at) !== sign.quote) return this.#fail()
      object.keys.push(this.#string())
      this.#blanks()
      if (!this.#accept(sign.colon)) return this.#fail()
      if (!this.#member(object, depth))
        return this.#accept(sign.closeBrace) ? object.endAt(this.#at) : this.#fail()
      this.#blanks()
    }
  }

  #array(depth: number): JsonArray {
    const array = new JsonArray(this.#text, this.#at)
    this.#at++
    this.#blanks()
    if (this.#accept(sign.closeBracket)) return array.endAt(this.#at)
    while (this.#member(array, depth));
    return this.#accept(sign.closeBracket) ? array.endAt(this.#at) : this.#fail()
  }

  /** A value and the comma behind it, if there is one. */
  #member(parts: JsonParts, depth: number): boolean {
    this.#blanks()
    const start = this.#at
    const value = this.#value(depth)
    parts.add(value, start, this.#at)
    this.#blanks()
    return this.#accept(sign.comma)
  }

  #string(): string {
    this.#at++
    let text = this.#plain()
    while (this.#text.charCodeAt(this.#at) === sign.backslash) text += this.#escape() + this.#plain()
    return this.#accept(sign.quote) ? text : this.#fail()
  }

  /** The characters of a string up to a quote, a backslash or a control character. */
  #plain(): string {
    const text = this.#text
    const from = this.#at
    let at = from
    for (; at < text.length; at++) {
      const unit = text.charCodeAt(at)
      if (unit === sign.quote || unit === sign.backslash || unit < 0x20) break
    }
    this.#at = at
    return text.slice(from, at)
  }

  #escape(): string {
    const letter = this.#text.charCodeAt(this.#at + 1)
    const single = escapes.get(letter)
    if (single !== undefined) {
      this.#at += 2
      return single
    }
    const hex = this.#text.slice(this.#at + 2, this.#at + 6)
    if (letter !== 0x75 || !/^[\dA-Fa-f]{4}$/.test(hex)) return this.#fail()
    this.#at += 6
    return String.fromCharCode(Number.parseInt(hex, 16))
  }

  #number(): JsonNumber {
    const start = this.#at
    this.#accept(sign.minus)
    if (!this.#accept(sign.zero)) this.#digits()
    if (this.#accept(sign.point)) this.#digits()
    // e or E
    if ((this.#text.charCodeAt(this.#at) | 0x20) === 0x65) {
      this.#at++
      if (!this.#accept(sign.plus)) this.#accept(sign.minus)
      this.#digits()
    }
    return new JsonNumber(this.#text.slice(start, this.#at))
  }

  /** At least one. */
  #digits(): void {
    const from = this.#at
    while (isDigit(this.#text.charCodeAt(this.#at))) this.#at++
    if (this.#at === from) this.#fail()
  }

  #word<T>(text: string, value: T): T {
    if (!this.#text.startsWith(text, this.#at)) return this.#fail()
    this.#at += text.length
    return value
  }

  #accept(unit: number): boolean {
    if (this.#text.charCodeAt(this.#at) !== unit) return false
    this.#at++
    return true
  }

  #blanks(): void {
    for (;;) {
      const unit = this.#text.charCodeAt(this.#at)
      if (unit !== 0x20 && unit !== 0x0a && unit !== 0x0d && unit !== 0x09) return
      this.#at++
    }
  }

  #fail(): never {
    const code = this.#text.codePointAt(this.#at)
    const what = code === undefined ? 'ends too soon' : `has U+${hexOf(code)} where it is not allowed`
    throw new CellProblem('ODPS_INVALID_VALUE', `the text isn't JSON: it ${what}, at position ${this.#at}`)
  }
}

const hexOf = (code: number): string => code.toString(16).toUpperCase().padStart(4, '0')

const isDigit = (unit: number): boolean => unit >= sign.zero && unit <= 0x39
