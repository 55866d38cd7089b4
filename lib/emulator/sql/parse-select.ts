import type { PartitionPart } from '../../schema/partition-spec.js'
import { parseEquality } from './parse-partition.js'
import type { Select, SelectColumn } from './statement.js'
import type { TokenCursor } from './token-cursor.js'

/** After `SELECT`: `* | count(*) | a, b` `FROM t [WHERE pt='v' [AND …]] [LIMIT n]`. */
export const parseSelect = (c: TokenCursor): Select => {
  const what = parseWhat(c)
  c.expectWord('from')
  const name = c.expectTableName()
  const where: PartitionPart[] = []
  if (c.acceptWords('where')) {
    do where.push(parseCondition(c))
    while (c.acceptWords('and'))
  }
  const limit = c.acceptWords('limit') ? c.expectInteger('a number of rows') : undefined
  return { kind: 'select', name, what, where, limit }
}

const parseCondition = (c: TokenCursor): PartitionPart => {
  if (!c.acceptSign('(')) return parseEquality(c)
  const part = parseCondition(c)
  c.expectSign(')')
  return part
}

const parseWhat = (c: TokenCursor): Select['what'] => {
  if (c.acceptSign('*')) return '*'
  if (c.isWord('count') && c.isSign('(', c.peekAhead(1))) return { countAs: parseCount(c) }
  const columns = [parseItem(c)]
  while (c.acceptSign(',')) columns.push(parseItem(c))
  return columns
}

const parseCount = (c: TokenCursor): string => {
  c.next()
  c.list(() => {
    if (!c.acceptSign('*')) c.expectInteger("'*'")
  })
  return parseAlias(c) ?? '_c0'
}

const parseItem = (c: TokenCursor): SelectColumn => {
  const column = c.expectName('a column name')
  return { column, alias: parseAlias(c) ?? column }
}

const parseAlias = (c: TokenCursor): string | undefined => {
  if (c.acceptWords('as')) return c.expectName('a name')
  const isName = c.token.kind === 'name' || (c.token.kind === 'word' && !c.isWord('from'))
  return isName ? c.expectName('a name') : undefined
}
