import { TunnelOptionError } from '../errors.js'
import { type DataType, type ScalarKind, type StructField, scalarKinds } from './data-type.js'

/*
 * type   := word | decimal [ '(' int [ ',' int ] ')' ] | (varchar|char) '(' int ')'
 *         | array '<' type '>' | map '<' type ',' type '>' | struct '<' name ':' type (',' name ':' type)* '>'
 *         | vector '(' (float|double) ',' int ')'
 * name   := word | '`' any '`'          words in any case, blanks anywhere between tokens
 */

const maxDepth = 64
const maxLength = 1 << 20
const scalars = new Set<string>(scalarKinds)
const isScalar = (word: string): word is ScalarKind => scalars.has(word)

interface Cursor {
  readonly text: string
  at: number
}

/**
 * Parses a type as the service or DDL writes it, in any case, blanks allowed.
 *
 * A well-formed type that is not known (`geography`, `variant`, `point(2)`, …) becomes `{ kind: 'unsupported' }`, so
 * that the other columns of its table can be moved.
 * @throws TunnelOptionError ODPS_INVALID_DATA_TYPE with the position when the text is no type.
 */
export const parseDataType = (text: string): DataType => {
  const cursor: Cursor = { text, at: 0 }
  if (text.length > maxLength) fail(cursor, `text longer than ${maxLength} characters`)
  const type = parseType(cursor, 0)
  skipBlanks(cursor)
  if (cursor.at < text.length) fail(cursor, 'unexpected text after the type')
  return type
}

const parseType = (c: Cursor, depth: number): DataType => {
  if (depth > maxDepth) fail(c, `nested deeper than ${maxDepth} levels`)
  const word = parseWord(c).toLowerCase()
  switch (word) {
    case 'decimal':
      return parseDecimal(c)
    case 'varchar':
      return { kind: word, length: parseLength(c, 65535) }
    case 'char':
      return { kind: word, length: parseLength(c, 255) }
    case 'array': {
      expect(c, '<')
      const element = parseType(c, depth + 1)
      expect(c, '>')
      return { kind: word, element }
    }
    case 'map': {
      expect(c, '<')
      const key = parseType(c, depth + 1)
      expect(c, ',')
      const value = parseType(c, depth + 1)
      expect(c, '>')
      return { kind: word, key, value }
    }
    case 'struct':
      return { kind: word, fields: parseFields(c, depth) }
    case 'vector':
      return parseVector(c)
    default:
      return isScalar(word) ? { kind: word } : parseUnsupported(c, word)
  }
}

const argumentsPattern = /\s*[(<]/y
const bracketPattern = /[()<>]/g

/** Keeps the arguments of an unknown type as they are, as far as their brackets match. */
const parseUnsupported = (c: Cursor, word: string): DataType => {
  argumentsPattern.lastIndex = c.at
  if (!argumentsPattern.test(c.text)) return { kind: 'unsupported', text: word }
  const from = c.at
  const open: string[] = []
  bracketPattern.lastIndex = from
  do {
    const sign = bracketPattern.exec(c.text)?.[0]
    if (sign === undefined) return fail(c, `the arguments of the type '${word}' are not closed`)
    c.at = bracketPattern.lastIndex
    if (sign === '(' || sign === '<') open.push(sign === '(' ? ')' : '>')
    else if (open.pop() !== sign) return fail(c, `unexpected '${sign}'`)
  } while (open.length > 0)
  return { kind: 'unsupported', text: word + c.text.slice(from, c.at).trimStart() }
}

const parseDecimal = (c: Cursor): DataType => {
  if (!accept(c, '(')) return { kind: 'decimal' }
  const precision = parseInteger(c, 1, 38)
  const scale = accept(c, ',') ? parseInteger(c, 0, Math.min(precision, 18)) : 0
  expect(c, ')')
  return { kind: 'decimal', precision, scale }
}

const parseLength = (c: Cursor, max: number): number => {
  expect(c, '(')
  const length = parseInteger(c, 1, max)
  expect(c, ')')
  return length
}

const parseFields = (c: Cursor, depth: number): StructField[] => {
  const fields: StructField[] = []
  const seen = new Set<string>()
  expect(c, '<')
  do {
    const name = parseFieldName(c)
    if (seen.has(name.toLowerCase())) fail(c, `struct field '${name}' appears twice`)
    seen.add(name.toLowerCase())
    expect(c, ':')
    fields.push({ name, type: parseType(c, depth + 1) })
  } while (accept(c, ','))
  expect(c, '>')
  return fields
}

const parseVector = (c: Cursor): DataType => {
  expect(c, '(')
  const kind = parseWord(c).toLowerCase()
  if (kind !== 'float' && kind !== 'double') return fail(c, `a vector of '${kind}' is not known`)
  expect(c, ',')
  const dimension = parseInteger(c, 1, 1 << 16)
  expect(c, ')')
  return { kind: 'vector', element: { kind }, dimension }
}

const wordPattern = /[A-Za-z_][A-Za-z0-9_]*/y

const parseWord = (c: Cursor): string => {
  skipBlanks(c)
  wordPattern.lastIndex = c.at
  const word = wordPattern.exec(c.text)?.[0]
  if (word === undefined) return fail(c, 'expected a type name')
  c.at += word.length
  return word
}

const namePattern = /[^\s:,<>()`]+/y

const parseFieldName = (c: Cursor): string => {
  skipBlanks(c)
  if (c.text[c.at] === '`') return parseQuotedName(c)
  namePattern.lastIndex = c.at
  const name = namePattern.exec(c.text)?.[0]
  if (name === undefined) return fail(c, 'expected a struct field name')
  c.at += name.length
  return name
}

/** Inside back quotes a back quote is written twice. */
const parseQuotedName = (c: Cursor): string => {
  let name = ''
  for (let from = c.at + 1; ; ) {
    const to = c.text.indexOf('`', from)
    if (to < 0) return fail(c, 'a back quote is not closed')
    name += c.text.slice(from, to)
    c.at = to + 1
    if (c.text[c.at] !== '`') break
    name += '`'
    from = c.at + 1
  }
  return name === '' ? fail(c, 'a struct field has an empty name') : name
}

const parseInteger = (c: Cursor, min: number, max: number): number => {
  skipBlanks(c)
  const from = c.at
  while (c.at < c.text.length && c.text[c.at]! >= '0' && c.text[c.at]! <= '9') c.at++
  const value = Number(c.text.slice(from, c.at))
  if (from === c.at || value < min || value > max) fail(c, `expected a number from ${min} to ${max}`)
  return value
}

const skipBlanks = (c: Cursor): void => {
  while (c.at < c.text.length && /\s/.test(c.text[c.at]!)) c.at++
}

const accept = (c: Cursor, sign: string): boolean => {
  skipBlanks(c)
  if (c.text[c.at] !== sign) return false
  c.at++
  return true
}

const expect = (c: Cursor, sign: string): void => {
  if (!accept(c, sign)) fail(c, `expected '${sign}'`)
}

const fail = (c: Cursor, what: string): never => {
  const shown = c.text.length > 80 ? `${c.text.slice(0, 77)}...` : c.text
  throw new TunnelOptionError('ODPS_INVALID_DATA_TYPE', `Data type '${shown}': ${what} at position ${c.at}`)
}
