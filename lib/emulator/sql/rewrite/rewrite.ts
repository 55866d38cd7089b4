import { TokenCursor } from '../token-cursor.js'
import type { Token } from '../tokenize.js'
import { writeExpression } from './expression.js'
import { writeQuery } from './query.js'
import { Rewriting, type TableUse } from './rewriting.js'

/*
 * A query of MaxCompute's SQL as one of DuckDB's. The query is parsed whole and written anew, so that nothing passes
 * through that was not understood: where the two read the same text differently, the difference is written out (the
 * place of NULLs in an order, what `/` does, which type a text beside a number has), and where it can't be, the query is
 * refused. The types of columns aren't known here; what depends on them is decided by macros, whose overloads DuckDB
 * chooses by type (macros.ts).
 */

/** The rewritten query and the tables to have ready for it. */
export interface RewrittenQuery {
  readonly sql: string
  readonly tables: readonly TableUse[]
}

/**
 * @param tokens those of one SELECT or WITH query
 * @param source the text they come from, for the positions of errors
 * @throws SqlError for syntax errors, and with "the emulator does not have …" for what has no equal in DuckDB
 */
export const rewriteQuery = (tokens: readonly Token[], source: string): RewrittenQuery => {
  const to = tokens.at(-1)?.to ?? 0
  const isEnded = tokens.at(-1)?.kind === 'end'
  const all = isEnded ? tokens : [...tokens, { kind: 'end' as const, text: '', from: to, to }]
  const cursor = new TokenCursor(source, all)
  cursor.statement = 'select'
  const rewriting = new Rewriting(cursor, all, { query: writeQuery, expression: writeExpression })
  const odd = all.find(({ kind, text }) => kind === 'name' && /[\0\uE000]/.test(text))
  if (odd !== undefined) throw rewriting.refuse('a name with the character U+0000 or U+E000', odd.from)
  const sql = writeQuery(rewriting)
  if (!cursor.atEnd) throw cursor.unexpected('the end of the query')
  return { sql, tables: rewriting.tables }
}
