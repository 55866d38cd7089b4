import { parseInsert } from './parse-insert.js'
import type { MultiInsert, PlacedInsert } from './statement.js'
import { TokenCursor } from './token-cursor.js'
import type { Token } from './tokenize.js'

/*
 * `FROM source INSERT … SELECT … INSERT … SELECT …`: the SELECTs have no FROM of their own. Each is parsed as the INSERT that it
 * stands for, with the tokens of the common FROM where its own would be, so all that a query may be is the same here and there.
 */

/** MaxCompute's limit. */
const maxInserts = 255

/**
 * From the `FROM` on.
 * @param common a `WITH …` that stood before it
 */
export const parseMultiInsert = (c: TokenCursor, common: readonly Token[] = []): MultiInsert => {
  const { at } = c
  c.statement = 'select'
  c.next()
  skipTo(c, () => c.isWord('select') || (atClause(c) && !c.isWord('lateral')))
  if (!c.isWord('insert')) throw c.unexpected('INSERT')
  const from = c.tokensFrom(at)
  c.statement = 'insert'
  const inserts: PlacedInsert[] = []
  while (c.acceptWords('insert')) {
    if (inserts.length === maxInserts) throw c.fail(`a statement has at most ${maxInserts} INSERTs`)
    const inner = new TokenCursor(c.source, readInsert(c, from))
    inner.statement = 'insert'
    const insert = parseInsert(inner, common)
    inserts.push({ insert, position: inner.positionAt(inner.nameAt) })
  }
  return { kind: 'multiInsert', inserts }
}

/** The tokens behind one INSERT, with the FROM. */
const readInsert = (c: TokenCursor, from: readonly Token[]): Token[] => {
  const { at } = c
  skipTo(c, () => c.isWord('select'))
  if (!c.isWord('select')) throw c.unexpected('SELECT')
  skipTo(c, () => atClause(c))
  if (c.isWord('from')) throw c.fail('the FROM of all SELECTs stands before the first INSERT')
  const head = c.tokensFrom(at)
  const rest = c.at
  skipTo(c, () => atSetOperator(c))
  if (atSetOperator(c)) throw c.notEmulated()
  const end: Token = { kind: 'end', text: '', from: c.token.from, to: c.token.from }
  return [...head, ...from, ...c.tokensFrom(rest), end]
}

/** Up to a token outside of brackets, the next INSERT, or the end of the statement. */
const skipTo = (c: TokenCursor, isFound: () => boolean): void => {
  for (let depth = 0; !c.atEnd && !c.isSign(';'); c.next()) {
    if (depth === 0 && (c.isWord('insert') || isFound())) return
    depth += c.isSign('(') ? 1 : c.isSign(')') ? -1 : 0
  }
}

/** Words that end a list of columns, or a FROM, and those that must follow where the word alone may be a name. */
const clauses: readonly (readonly string[])[] = [
  ...['from', 'where', 'having', 'limit', 'qualify', 'window'].map(word => [word]),
  ...['group', 'order', 'sort', 'cluster', 'distribute'].map(word => [word, 'by']),
  ['lateral', 'view'],
]

const atClause = (c: TokenCursor): boolean => {
  const before = c.peekAhead(-1)
  const isName = [',', '.'].some(sign => c.isSign(sign, before)) || c.isWord('as', before)
  // IS DISTINCT FROM
  const isOperator = c.isWord('from') && c.isWord('distinct', before)
  if (isName || isOperator) return false
  return atSetOperator(c) || clauses.some(words => words.every((word, i) => c.isWord(word, c.peekAhead(i))))
}

/** `SELECT * EXCEPT (a)` has none. */
const atSetOperator = (c: TokenCursor): boolean => {
  if (!['union', 'intersect', 'except', 'minus'].some(word => c.isWord(word))) return false
  const next = c.peekAhead(c.isSign('(', c.peekAhead(1)) ? 2 : 1)
  return ['select', 'all', 'distinct'].some(word => c.isWord(word, next))
}
