import { TunnelValueError } from '../errors.js'
import { setOwn } from './key-matcher.js'

/* RFC 8259 JSON, parsed without loss: Node 20's JSON.parse turns long integers into other ones. */

/** What a parsed number and a parsed object become. */
export interface JsonBuild {
  readonly number: (text: string) => unknown
  readonly object: (entries: readonly (readonly [key: string, value: unknown])[]) => unknown
}

/** Integers beyond ±(2^53 - 1) become bigint, other numbers number; objects are plain, of equal keys the last stays. */
export const plainJson: JsonBuild = {
  number: text => {
    const number = Number(text)
    return Number.isSafeInteger(number) || !/^-?\d+$/.test(text) ? number : BigInt(text)
  },
  object: entries => {
    const object: Record<string, unknown> = {}
    for (const [key, value] of entries) setOwn(object, key, value)
    return object
  },
}

/**
 * Finds a key that ends in an escape. JSON.parse of Node 24 and 26 may read it as another key, one ending in a backslash
 * that it has seen before (nodejs/node#63785): such text has to go through {@link parseLosslessJson}.
 */
export const escapedKeyEnd = /\\(?:[^u]|u[\dA-Fa-f]{4})"\s*:/

/** What JSON.parse should give. */
export const standardJson: JsonBuild = { ...plainJson, number: Number }

const maxDepth = 512

interface Cursor {
  readonly text: string
  readonly build: JsonBuild
  at: number
}

/** @throws TunnelValueError ODPS_INVALID_VALUE with the position when the text is no JSON */
export const parseLosslessJson = (text: string, build: JsonBuild = plainJson): unknown => {
  const cursor: Cursor = { text, build, at: 0 }
  const value = parseValue(cursor, 0)
  skipBlanks(cursor)
  return cursor.at < text.length ? fail(cursor) : value
}

const numberPattern = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y
const blankPattern = /[ \t\n\r]*/y

const parseValue = (c: Cursor, depth: number): unknown => {
  if (depth > maxDepth) return fail(c)
  skipBlanks(c)
  switch (c.text[c.at]) {
    case '{':
      return parseObject(c, depth)
    case '[':
      return parseArray(c, depth)
    case '"':
      return parseString(c)
    case 't':
      return word(c, 'true', true)
    case 'f':
      return word(c, 'false', false)
    case 'n':
      return word(c, 'null', null)
    default: {
      const number = match(c, numberPattern)
      return number === '' ? fail(c) : c.build.number(number)
    }
  }
}

const parseObject = (c: Cursor, depth: number): unknown => {
  const entries: [string, unknown][] = []
  c.at++
  if (accept(c, '}')) return c.build.object(entries)
  do {
    skipBlanks(c)
    if (c.text[c.at] !== '"') return fail(c)
    const key = parseString(c)
    if (!accept(c, ':')) return fail(c)
    entries.push([key, parseValue(c, depth + 1)])
  } while (accept(c, ','))
  return accept(c, '}') ? c.build.object(entries) : fail(c)
}

const parseArray = (c: Cursor, depth: number): unknown => {
  const elements: unknown[] = []
  c.at++
  if (accept(c, ']')) return elements
  do elements.push(parseValue(c, depth + 1))
  while (accept(c, ','))
  return accept(c, ']') ? elements : fail(c)
}

const escapes: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
}

const parseString = (c: Cursor): string => {
  c.at++
  let text = plainCharacters(c)
  while (c.text[c.at] === '\\') {
    const sign = c.text[c.at + 1] ?? ''
    const hex = c.text.slice(c.at + 2, c.at + 6)
    const single = escapes[sign]
    if (single === undefined && !(sign === 'u' && /^[\dA-Fa-f]{4}$/.test(hex))) return fail(c)
    text += single ?? String.fromCharCode(Number.parseInt(hex, 16))
    c.at += single === undefined ? 6 : 2
    text += plainCharacters(c)
  }
  if (c.text[c.at] !== '"') return fail(c)
  c.at++
  return text
}

/** The characters of a string up to a quote, a backslash or a control character. */
const plainCharacters = (c: Cursor): string => {
  const from = c.at
  for (; c.at < c.text.length; c.at++) {
    const unit = c.text.charCodeAt(c.at)
    if (unit === 0x22 || unit === 0x5c || unit < 0x20) break
  }
  return c.text.slice(from, c.at)
}

const word = <T>(c: Cursor, text: string, value: T): T => {
  if (!c.text.startsWith(text, c.at)) return fail(c)
  c.at += text.length
  return value
}

const accept = (c: Cursor, sign: string): boolean => {
  skipBlanks(c)
  if (c.text[c.at] !== sign) return false
  c.at++
  return true
}

const skipBlanks = (c: Cursor): void => {
  match(c, blankPattern)
}

const match = (c: Cursor, pattern: RegExp): string => {
  pattern.lastIndex = c.at
  const found = pattern.exec(c.text)?.[0] ?? ''
  c.at += found.length
  return found
}

const fail = (c: Cursor): never => {
  throw new TunnelValueError('ODPS_INVALID_VALUE', `The text is no JSON at position ${c.at}`)
}
