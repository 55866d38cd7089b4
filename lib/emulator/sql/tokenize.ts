import { parseException } from './sql-error.js'

/** `word`: a keyword or a plain name; `name`: in back quotes; `sign`: one character. */
export interface Token {
  readonly kind: 'word' | 'name' | 'string' | 'number' | 'sign' | 'end'
  /** Without quotes and escapes. */
  readonly text: string
  readonly from: number
  readonly to: number
}

const blankPattern = /(?:\s+|--[^\n]*|\/\*[\s\S]*?\*\/)+/y
const wordPattern = /[\p{L}_][\p{L}\p{N}_$]*/uy
/** A name may begin with a digit: `2024_orders`. */
const numberPattern = /(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?(?![\p{L}\p{N}_])/uy
const digitWordPattern = /\d+[\p{L}_][\p{L}\p{N}_$]*/uy

/** Cuts SQL text into tokens; the last is `end`. @throws SqlError for a quote or comment that is not closed. */
export const tokenize = (source: string): Token[] => {
  const tokens: Token[] = []
  for (let at = skipBlanks(source, 0); at < source.length; ) {
    const token = readToken(source, at)
    tokens.push(token)
    at = skipBlanks(source, token.to)
  }
  tokens.push({ kind: 'end', text: '', from: source.length, to: source.length })
  return tokens
}

const skipBlanks = (source: string, at: number): number => {
  const to = at + (matchAt(blankPattern, source, at)?.length ?? 0)
  if (source.startsWith('/*', to)) throw parseException(source, to, 'a comment is not closed')
  return to
}

const matchAt = (pattern: RegExp, source: string, at: number): string | undefined => {
  pattern.lastIndex = at
  return pattern.exec(source)?.[0]
}

const readToken = (source: string, at: number): Token => {
  const sign = source[at]!
  if (sign === "'" || sign === '"') return readString(source, at, sign)
  if (sign === '`') return readName(source, at)
  const number = matchAt(numberPattern, source, at)
  if (number !== undefined) return { kind: 'number', text: number, from: at, to: at + number.length }
  const word = matchAt(wordPattern, source, at) ?? matchAt(digitWordPattern, source, at)
  if (word !== undefined) return { kind: 'word', text: word, from: at, to: at + word.length }
  return { kind: 'sign', text: sign, from: at, to: at + 1 }
}

const escapes: Readonly<Record<string, string>> = {
  '0': '\0',
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
}

/** A quote inside is written twice, or after a backslash. */
const readString = (source: string, from: number, quote: string): Token => {
  let text = ''
  for (let at = from + 1; at < source.length; ) {
    const sign = source[at]!
    if (sign === quote && source[at + 1] !== quote) return { kind: 'string', text, from, to: at + 1 }
    if (sign === quote) at++
    const part = sign === '\\' ? readEscape(source, at + 1) : { text: sign, length: 0 }
    text += part.text
    at += 1 + part.length
  }
  throw parseException(source, from, 'a string is not closed')
}

const unicodePattern = /u([0-9a-fA-F]{4})/y

/** What follows a backslash. */
const readEscape = (source: string, at: number): { text: string; length: number } => {
  const unicode = matchAt(unicodePattern, source, at)
  if (unicode !== undefined)
    return { text: String.fromCharCode(Number.parseInt(unicode.slice(1), 16)), length: 5 }
  const sign = source.slice(at, at + 1)
  return { text: escapes[sign] ?? sign, length: 1 }
}

/** Inside back quotes a back quote is written twice. */
const readName = (source: string, from: number): Token => {
  let text = ''
  for (let at = from + 1; ; ) {
    const to = source.indexOf('`', at)
    if (to < 0) throw parseException(source, from, 'a back quote is not closed')
    text += source.slice(at, to)
    if (source[to + 1] !== '`') {
      if (text === '') throw parseException(source, from, 'a name is empty')
      return { kind: 'name', text, from, to: to + 1 }
    }
    text += '`'
    at = to + 2
  }
}
