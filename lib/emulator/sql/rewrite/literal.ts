import { quoteText } from './names.js'
import type { Expression, Rewriting } from './rewriting.js'

/*
 * Literals have the types that MaxCompute gives them: INT or BIGINT by size, DOUBLE with a point or an exponent, STRING;
 * others by suffix or by the name of their type.
 */

type Literal = Omit<Expression, 'at'>

/** @param sign `-` if one stood before the number */
export const readLiteral = (r: Rewriting, sign: '' | '-'): Literal | undefined => {
  const number = readNumber(r, sign)
  if (number !== undefined || sign === '-') return number
  const { cursor: c } = r
  if (c.token.kind === 'string') return readText(r)
  for (const word of ['null', 'true', 'false']) if (c.acceptWords(word)) return { sql: word.toUpperCase() }
  return readTyped(r)
}

const numberPattern = /(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?(y|s|l|bd|d|f)?(?![\p{L}\p{N}_])/iuy

/** The tokenizer knows no suffixes: `1.5BD` is several tokens. What follows may be a token from before in the source. */
const readNumber = (r: Rewriting, sign: '' | '-'): Literal | undefined => {
  const { cursor: c } = r
  numberPattern.lastIndex = c.token.from
  const match = numberPattern.exec(c.source)
  if (match === null) return undefined
  const { from } = c.token
  const to = from + match[0].length
  while (!c.atEnd && c.token.from >= from && c.token.from < to) c.next()
  const suffix = (match[1] ?? '').toLowerCase()
  const digits = match[0].slice(0, match[0].length - suffix.length)
  if (suffix === 'bd') return readDecimal(r, sign, digits)
  if (suffix === 'd' || suffix === 'f')
    return { sql: `'${sign}${digits}'::${suffix === 'd' ? 'DOUBLE' : 'FLOAT'}` }
  if (/^\d+$/.test(digits)) return readInteger(r, sign, digits, suffix)
  if (suffix !== '') throw r.refuse(`the number ${match[0]}`)
  return { sql: `'${sign}${digits}'::DOUBLE` }
}

const readDecimal = (r: Rewriting, sign: string, digits: string): Literal => {
  const [whole = '', fraction = ''] = digits.split('.')
  const precision = whole.length + fraction.length
  if (!/^[\d.]+$/.test(digits) || precision > 38) throw r.refuse(`the DECIMAL ${digits}`)
  return { sql: `'${sign}${digits}'::DECIMAL(${precision},${fraction.length})` }
}

const integerTypes: Readonly<Record<string, readonly [type: string, bits: number]>> = {
  y: ['TINYINT', 8],
  s: ['SMALLINT', 16],
  '': ['INTEGER', 32],
  l: ['BIGINT', 64],
}

/** Without a suffix what is too large for INT is BIGINT, and what is too large for that is DOUBLE. */
const readInteger = (r: Rewriting, sign: string, digits: string, suffix: string): Literal => {
  const integer = BigInt(sign + digits)
  const [type, bits] = integerTypes[suffix]!
  if (BigInt.asIntN(bits, integer) === integer) return { sql: `(${integer})::${type}`, integer }
  if (suffix !== '') throw r.refuse(`the number ${sign}${digits}${suffix}, which is beyond its type`)
  const isBigint = BigInt.asIntN(64, integer) === integer
  return isBigint ? { sql: `(${integer})::BIGINT`, integer } : { sql: `'${integer}'::DOUBLE` }
}

/** Texts that follow each other are one. */
const readText = (r: Rewriting): Literal => {
  const { cursor: c } = r
  let text = ''
  while (c.token.kind === 'string') text += c.next().text
  if (/[\0\p{Surrogate}]/u.test(text))
    throw r.refuse('a text literal with U+0000 or half of a surrogate pair')
  return { sql: quoteText(text), text }
}

const timeForms: Readonly<Record<string, readonly [type: string, form: RegExp]>> = {
  date: ['DATE', /^\d{4}-\d{2}-\d{2}$/],
  datetime: ['TIMESTAMP', /^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}(\.\d{1,3})?$/],
  timestamp: ['TIMESTAMP_NS', /^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}(\.\d{1,9})?$/],
}

/** `DATE '2025-01-02'` */
const readTyped = (r: Rewriting): Literal | undefined => {
  const { cursor: c } = r
  if (c.token.kind !== 'word' || c.peekAhead(1).kind !== 'string') return undefined
  const word = c.token.text.toLowerCase()
  if (word === 'x' && c.source[c.token.to] === "'") return readBinary(r)
  if (word === 'timestamp_ntz' || word === 'json') throw r.refuse(`${word.toUpperCase()} '…'`)
  const form = timeForms[word]
  if (form === undefined) return undefined
  c.next()
  if (!form[1].test(c.token.text)) throw r.refuse(`${word.toUpperCase()} '${c.token.text}'`)
  return { sql: `'${c.next().text}'::${form[0]}` }
}

/** `X'616263'`; of an odd number of digits the first byte has one. */
const readBinary = (r: Rewriting): Literal => {
  const { cursor: c } = r
  c.next()
  const digits = c.next().text
  if (!/^[0-9a-f]*$/i.test(digits)) throw r.refuse(`X'${digits}'`)
  return { sql: `from_hex('${digits.length % 2 === 0 ? '' : '0'}${digits}')` }
}
