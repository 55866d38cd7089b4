import { rewriteQuery } from './rewrite/rewrite.js'
import type { Literal, ValueExpression, Values } from './statement.js'
import type { TokenCursor } from './token-cursor.js'
import type { Token } from './tokenize.js'

/** After `VALUES`: `(literal or expression, …), …` */
export const parseValues = (c: TokenCursor): Values => {
  const row = (): (Literal | ValueExpression)[] => c.list(() => parseValue(c))
  const values = [row()]
  while (c.acceptSign(',')) values.push(row())
  return { values, source: c.source }
}

/** The longest literal is taken; what goes on behind it makes it an expression. */
const parseValue = (c: TokenCursor): Literal | ValueExpression => {
  const { at } = c
  const position = c.positionAt(c.token.from)
  const literal = parseLiteral(c, position)
  if (literal !== undefined && isDelimiter(c.token)) return literal
  c.backTo(at)
  if (isDelimiter(c.token) || c.atEnd) throw c.unexpected('a literal or an expression')
  for (let depth = 0; depth > 0 || !isDelimiter(c.token); ) {
    if (c.atEnd || c.isSign(';')) throw c.unexpected("')'")
    depth += c.isSign('(') ? 1 : c.isSign(')') ? -1 : 0
    c.next()
  }
  const tokens = c.tokensFrom(at)
  rewriteQuery(selectOf([tokens]), c.source)
  return { kind: 'expression', tokens, position }
}

const isDelimiter = ({ kind, text }: Token): boolean => kind === 'sign' && (text === ',' || text === ')')

/** `SELECT (…), (…)`: in parentheses an expression can't go on as something else. */
export const selectOf = (expressions: readonly (readonly Token[])[]): Token[] => {
  const { from } = expressions[0]![0]!
  const made = (kind: Token['kind'], text: string, at: number): Token => ({ kind, text, from: at, to: at })
  return expressions.flatMap((tokens, i) => {
    const [first, last] = [tokens[0]!.from, tokens.at(-1)!.to]
    const before = i === 0 ? made('word', 'select', from) : made('sign', ',', first)
    return [before, made('sign', '(', first), ...tokens, made('sign', ')', last)]
  })
}

const typedWords = ['date', 'datetime', 'timestamp', 'timestamp_ntz', 'json'] as const

/** Undefined where no literal stands. */
const parseLiteral = (c: TokenCursor, position: string): Literal | undefined => {
  if (c.acceptWords('null')) return { kind: 'null', text: '', position }
  if (c.isWord('true') || c.isWord('false'))
    return { kind: 'boolean', text: c.next().text.toLowerCase(), position }
  if (c.token.kind === 'string') return { kind: 'text', text: c.next().text, position }
  const typed = typedWords.find(word => c.isWord(word) && c.peekAhead(1).kind === 'string')
  if (typed !== undefined) {
    c.next()
    return { kind: typed, text: c.next().text, position }
  }
  const sign = c.acceptSign('-') ? '-' : ''
  if (sign === '') c.acceptSign('+')
  const number = parseNumber(c)
  return number === undefined ? undefined : { kind: 'number', text: sign + number, position }
}

/** Digits with or without the sign of a type: `1L`, `1.5BD`. */
const parseNumber = (c: TokenCursor): string | undefined => {
  const { kind, text } = c.token
  const whole =
    kind === 'number' ? text : kind === 'word' ? /^(\d+)(?:L|S|Y|BD)$/i.exec(text)?.[1] : undefined
  if (whole === undefined) return undefined
  c.next()
  const fraction = /^(\d+)BD$/i.exec(c.peekAhead(1).text)?.[1]
  if (!c.isSign('.') || fraction === undefined) return whole
  c.next()
  c.next()
  return `${whole}.${fraction}`
}
