import type { PartitionPart } from '../../schema/partition-spec.js'
import { checkParts, parseEquality } from './parse-partition.js'
import { parseQuery } from './parse-query.js'
import { parseValues } from './parse-values.js'
import type { Insert } from './statement.js'
import type { TokenCursor } from './token-cursor.js'
import type { Token } from './tokenize.js'

/**
 * After `INSERT`: `INTO|OVERWRITE [TABLE] t [PARTITION (…)] [(a, b)] VALUES (…), … | SELECT …`
 * @param common a `WITH …` that stood before it
 */
export const parseInsert = (c: TokenCursor, common: readonly Token[] = []): Insert => {
  const overwrite = c.acceptWords('overwrite')
  if (!overwrite) c.expectWord('into')
  if (c.isWord('directory')) throw c.notEmulated()
  if (c.isWord('table') && c.peekAhead(1).kind !== 'sign') c.next()
  const name = c.expectTableName()
  const { partition, dynamic } = c.isWord('partition') ? parseTarget(c) : { partition: [], dynamic: [] }
  const isList = c.isSign('(') && !c.isWord('select', c.peekAhead(1)) && !c.isSign('(', c.peekAhead(1))
  const columns = isList ? c.list(() => c.expectName('a column name')) : undefined
  const isRows = common.length === 0 && c.acceptWords('values')
  const source = isRows ? parseValues(c) : parseQuery(c, common)
  return { kind: 'insert', name, overwrite, partition, dynamic, columns, source }
}

/** `PARTITION (a = 'x', b)` */
const parseTarget = (c: TokenCursor): Pick<Insert, 'partition' | 'dynamic'> => {
  c.expectWord('partition')
  const { from } = c.token
  const parts: PartitionPart[] = []
  const dynamic: string[] = []
  c.list(() => {
    const isDynamic = [',', ')'].some(sign => c.isSign(sign, c.peekAhead(1)))
    if (isDynamic) dynamic.push(c.expectName('a partition column'))
    else if (dynamic.length > 0) throw c.fail('a partition column with a value stands behind one without')
    else parts.push(parseEquality(c))
  })
  return { partition: parts.length === 0 ? [] : checkParts(c, parts, from), dynamic }
}
