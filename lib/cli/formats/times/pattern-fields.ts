import { UsageError } from '../../usage-error.js'

/** What a pattern of java.time is made of: text, and fields with the number of their letters. */
export type PatternPart =
  | { readonly text: string; readonly expression: string }
  | { readonly field: TimeField; readonly letters: string; readonly expression: string }

export type TimeField =
  | 'year'
  | 'month'
  | 'day'
  | 'hour'
  | 'hour12'
  | 'minute'
  | 'second'
  | 'fraction'
  | 'halfDay'
  | 'offset'

const fieldOfLetter: Readonly<Record<string, TimeField>> = {
  y: 'year',
  u: 'year',
  M: 'month',
  L: 'month',
  d: 'day',
  H: 'hour',
  h: 'hour12',
  m: 'minute',
  s: 'second',
  S: 'fraction',
  a: 'halfDay',
  X: 'offset',
  x: 'offset',
  Z: 'offset',
}

/** @throws UsageError that names the letters which have no meaning here */
export const parsePattern = (pattern: string): readonly PatternPart[] => {
  const parts: PatternPart[] = []
  const seen = new Map<TimeField, string>()
  for (const [token, quoted, letters] of pattern.matchAll(
    /'((?:[^']|'')*)'|(([A-Za-z])\3*)|[^A-Za-z']+|'/g,
  )) {
    if (letters !== undefined) {
      const part = fieldPart(letters, pattern)
      const former = seen.get(part.field)
      if (former !== undefined) throw wrong(pattern, `has ${former} and ${letters}, which are the same`)
      seen.set(part.field, letters)
      parts.push(part)
    } else if (quoted !== undefined) parts.push(textPart(quoted === '' ? "'" : quoted.replaceAll("''", "'")))
    else if (token === "'") throw wrong(pattern, 'has a quote that is not closed')
    else parts.push(textPart(unquoted(token, pattern)))
  }
  return parts
}

/** Signs that java.time keeps for itself. */
const unquoted = (text: string, pattern: string): string => {
  const sign = /[[\]{}#]/.exec(text)?.[0]
  if (sign === undefined) return text
  throw wrong(pattern, `has ${sign}, which is not supported; to write it as text, quote it: '${sign}'`)
}

const textPart = (text: string): PatternPart => ({
  text,
  expression: text.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, '\\$&'),
})

const fieldPart = (letters: string, pattern: string): Extract<PatternPart, { field: TimeField }> => {
  const field = fieldOfLetter[letters[0]!]
  const expression = field === undefined ? undefined : expressionOf(field, letters)
  if (field === undefined || expression === undefined)
    throw new UsageError(
      `--datetime-format: '${letters}' in '${pattern}' is not supported`,
      "Use yyyy yy MM dd HH hh mm ss SSS a XXX xxx Z, and quotes around text: yyyy-MM-dd'T'HH:mm:ss.SSSXXX",
    )
  return { field, letters, expression }
}

const offsets: Readonly<Record<string, string>> = {
  X: '[+-]\\d\\d(?:\\d\\d)?',
  XX: '[+-]\\d{4}',
  XXX: '[+-]\\d\\d:\\d\\d',
  XXXX: '[+-]\\d{4}(?:\\d\\d)?',
  XXXXX: '[+-]\\d\\d:\\d\\d(?::\\d\\d)?',
  Z: '[+-]\\d{4}',
  ZZ: '[+-]\\d{4}',
  ZZZ: '[+-]\\d{4}',
  ZZZZZ: '[+-]\\d\\d:\\d\\d(?::\\d\\d)?',
}

/** Undefined for letters that java.time refuses as often, or that it prints as words of a language. */
const expressionOf = (field: TimeField, letters: string): string | undefined => {
  const count = letters.length
  switch (field) {
    case 'year':
      if (count === 2) return '(\\d\\d)'
      if (count > 5) return undefined
      return count < 4 ? `(-?\\d{${count},6})` : `(\\d{${count}}|\\+\\d{${count + 1},6}|-\\d{${count},6})`
    case 'fraction':
      return count <= 9 ? `(\\d{${count}})` : undefined
    case 'halfDay':
      return count === 1 ? '([AaPp][Mm])' : undefined
    case 'offset': {
      const upper = letters.toUpperCase()
      const digits = offsets[letters[0] === 'Z' ? letters : upper]
      const isZ = letters[0] === 'X' || letters === 'ZZZZZ'
      return digits === undefined ? undefined : `(${digits}${isZ ? '|Z' : ''})`
    }
    default:
      if (count > 2) return undefined
      return count === 2 ? '(\\d\\d)' : '(\\d{1,2})'
  }
}

const wrong = (pattern: string, what: string): UsageError =>
  new UsageError(`--datetime-format: '${pattern}' ${what}`)
