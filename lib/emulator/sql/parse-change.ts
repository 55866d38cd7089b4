import { parseQuery } from './parse-query.js'
import type { ChangeRows } from './statement.js'
import { TokenCursor } from './token-cursor.js'
import { type Token, tokenize } from './tokenize.js'

/*
 * `DELETE FROM t [WHERE …]`, `UPDATE t SET a = …, … [WHERE …]`: kept as tokens, of which change-rows.ts makes queries once the columns are
 * known. A query of the same parts is parsed at once, so that what is wrong is known before any statement of the script runs.
 */

/** After `DELETE`. */
export const parseDelete = (c: TokenCursor): ChangeRows => {
  c.expectWord('from')
  return parseWhere(c, { ...readTable(c), values: undefined })
}

/** After `UPDATE`. */
export const parseUpdate = (c: TokenCursor): ChangeRows => {
  const table = readTable(c)
  c.expectWord('set')
  const values = new Map<string, readonly Token[]>()
  do {
    if (c.isSign('(')) throw c.notEmulated()
    const { from } = c.token
    const column = c.expectName('a column')
    if (values.has(column)) throw c.fail(`column ${column} is set twice`, from)
    c.expectSign('=')
    values.set(column, readExpression(c))
  } while (c.acceptSign(','))
  return parseWhere(c, { ...table, values })
}

const readTable = (c: TokenCursor): Pick<ChangeRows, 'kind' | 'name' | 'table' | 'source'> => {
  const { at, source } = c
  const name = c.expectTableName()
  return { kind: 'changeRows', name, table: c.tokensFrom(at), source }
}

/** Up to a comma or a clause outside of brackets. */
const readExpression = (c: TokenCursor): readonly Token[] => {
  const { at } = c
  for (let depth = 0; !c.atEnd && !c.isSign(';'); c.next()) {
    const isFrom = c.isWord('from') && !c.isWord('distinct', c.peekAhead(-1))
    if (depth === 0 && (isFrom || c.isSign(',') || c.isWord('where'))) break
    depth += c.isSign('(') ? 1 : c.isSign(')') ? -1 : 0
  }
  if (c.at === at) throw c.unexpected('an expression')
  return c.tokensFrom(at)
}

const parseWhere = (c: TokenCursor, change: Omit<ChangeRows, 'where'>): ChangeRows => {
  let where = made('true', c.nameAt)
  if (c.acceptWords('where')) {
    const { at } = c
    while (!c.atEnd && !c.isSign(';')) c.next()
    where = c.tokensFrom(at)
    if (where.length === 0) throw c.unexpected('a condition')
  } else if (!c.atEnd && !c.isSign(';')) throw c.unexpected('WHERE')
  const { values, table } = change
  const at = c.nameAt
  const items = [...(values?.values() ?? [])].flatMap(tokens => [
    ...made(', (', at),
    ...tokens,
    ...made(')', at),
  ])
  parseTokens(c.source, [
    ...[...made('select (', at), ...where, ...made(')', at), ...items],
    ...[...made('from', at), ...table],
  ])
  return { ...change, where }
}

/** The tokens of SQL without numbers, as if they stood at one place of the source, where mistakes are told. */
export const made = (sql: string, at: number): readonly Token[] =>
  tokenize(sql).flatMap(token => (token.kind === 'end' ? [] : [{ ...token, from: at, to: at }]))

export const parseTokens = (source: string, tokens: readonly Token[]): ReturnType<typeof parseQuery> => {
  const { to } = tokens.at(-1)!
  return parseQuery(new TokenCursor(source, [...tokens, { kind: 'end', text: '', from: to, to }]))
}
