import type { PartitionPart } from '../../schema/partition-spec.js'
import { isReserved, mayFollowAlias } from './absent-sql.js'
import { parseEquality } from './parse-partition.js'
import type { Select, SelectColumn } from './statement.js'
import type { TokenCursor } from './token-cursor.js'

/** After `SELECT`: `* | count(*) | a, b` `FROM t [WHERE pt='v' [AND …]] [LIMIT n]`. */
export const parseSelect = (c: TokenCursor): Select => {
  const what = parseWhat(c)
  c.expectWord('from')
  const name = c.expectTableName()
  const isAlias = c.token.kind === 'name' || (c.token.kind === 'word' && mayFollowAlias(c.peekAhead(1)))
  if (isAlias && !c.isWord('where') && !c.isWord('limit') && !isReserved(c.token))
    throw c.notEmulated('an alias of a table')
  if (c.isSign(',')) throw c.notEmulated()
  const where: PartitionPart[] = []
  if (c.acceptWords('where')) {
    do where.push(parseCondition(c))
    while (c.acceptWords('and'))
  }
  const limit = c.acceptWords('limit') ? c.expectInteger('a number of rows') : undefined
  if (limit !== undefined && c.isSign(',')) throw c.notEmulated('LIMIT with an offset')
  return { name, what, where, limit }
}

const parseCondition = (c: TokenCursor): PartitionPart => {
  refuseLiteral(c)
  if (!c.acceptSign('(')) return parseEquality(c)
  const part = parseCondition(c)
  c.expectSign(')')
  return part
}

/** A whole number whose type its suffix tells; the tokenizer takes it for a name. */
const typedNumber = /^\d+(?:y|s|l|bd|d|f)$/i

const refuseLiteral = (c: TokenCursor): void => {
  const { kind, text } = c.token
  if (kind === 'number' || kind === 'string' || (kind === 'word' && typedNumber.test(text)))
    throw c.notEmulated('literals in place of columns')
}

const parseWhat = (c: TokenCursor): Select['what'] => {
  if (c.acceptSign('*')) {
    if (c.isSign(',')) throw c.notEmulated()
    return '*'
  }
  if (c.isWord('count') && c.isSign('(', c.peekAhead(1))) {
    const countAs = parseCount(c)
    if (c.isSign(',')) throw c.notEmulated()
    return { countAs }
  }
  const columns = [parseItem(c)]
  while (c.acceptSign(',')) columns.push(parseItem(c))
  return columns
}

const parseCount = (c: TokenCursor): string => {
  c.next()
  c.list(() => {
    if (c.token.kind === 'word' || c.token.kind === 'name') throw c.notEmulated('count of a column')
    if (!c.acceptSign('*')) c.expectInteger("'*'")
  })
  return parseAlias(c) ?? '_c0'
}

const parseItem = (c: TokenCursor): SelectColumn => {
  refuseLiteral(c)
  const position = c.positionAt(c.token.from)
  const column = c.expectName('a column name')
  return { column, alias: parseAlias(c) ?? column, position }
}

const parseAlias = (c: TokenCursor): string | undefined => {
  if (c.acceptWords('as')) return c.expectName('a name')
  const isName = c.token.kind === 'name' || (c.token.kind === 'word' && !c.isWord('from'))
  return isName ? c.expectName('a name') : undefined
}
