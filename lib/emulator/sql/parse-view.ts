import { parseQuery } from './parse-query.js'
import type { CreateView, ViewColumn } from './statement.js'
import type { TokenCursor } from './token-cursor.js'

/** After `CREATE [OR REPLACE] VIEW`: `[IF NOT EXISTS] v [(a [COMMENT …], …)] [COMMENT …] AS query`. */
export const parseCreateView = (c: TokenCursor, orReplace: boolean): CreateView => {
  const ifNotExists = c.acceptWords('if', 'not', 'exists')
  const name = c.expectTableName()
  const columns = c.isSign('(') ? c.list(() => parseViewColumn(c)) : undefined
  const comment = c.acceptWords('comment') ? c.expectString('a comment') : ''
  c.expectWord('as')
  return { kind: 'createView', name, orReplace, ifNotExists, columns, comment, query: parseQuery(c) }
}

const parseViewColumn = (c: TokenCursor): ViewColumn => ({
  name: c.expectName('a column name'),
  comment: c.acceptWords('comment') ? c.expectString('a comment') : '',
})
