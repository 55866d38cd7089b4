import { replaceMaxPt } from './max-pt.js'
import { parseSelect } from './parse-select.js'
import { rewriteQuery } from './rewrite/rewrite.js'
import { SqlError } from './sql-error.js'
import type { Query, Select } from './statement.js'
import type { TokenCursor } from './token-cursor.js'
import type { Token } from './tokenize.js'

/**
 * A query up to the end of its statement.
 * @param common a `WITH …` of its own that stood before its statement
 * One that isn't plain is rewritten to see that it is right, so that no statement of a
 * script runs before a syntax error in a later one is known.
 * @throws SqlError for a syntax error, and for what can't be rewritten
 */
export const parseQuery = (c: TokenCursor, common: readonly Token[] = []): Query => {
  const { at } = c
  const position = c.positionAt(c.token.from)
  const plain = common.length === 0 ? parsePlain(c) : undefined
  const place = plain === undefined ? position : c.positionAt(c.latestNameAt)
  c.backTo(at)
  while (!c.atEnd && !c.isSign(';')) c.next()
  const text = { source: c.source, tokens: [...common, ...c.tokensFrom(at)] }
  if (plain === undefined)
    rewriteQuery(
      replaceMaxPt(text, () => ''),
      c.source,
    )
  return { kind: 'query', plain, text, position: place }
}

/** Undefined for anything but a plain read, be it right or wrong. */
const parsePlain = (c: TokenCursor): Select | undefined => {
  if (!c.acceptWords('select')) return undefined
  const { statement } = c
  c.statement = 'select'
  try {
    const select = parseSelect(c)
    return c.atEnd || c.isSign(';') ? select : undefined
  } catch (error) {
    if (error instanceof SqlError) return undefined
    throw error
  } finally {
    c.statement = statement
  }
}
