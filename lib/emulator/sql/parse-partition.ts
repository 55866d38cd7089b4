import { TunnelOptionError } from '../../errors.js'
import { type PartitionPart, type PartitionSpec, parsePartitionSpec } from '../../schema/partition-spec.js'
import { isReserved } from './absent-sql.js'
import type { TokenCursor } from './token-cursor.js'

/** `column = value`, the value a string or a number. */
export const parseEquality = (c: TokenCursor): PartitionPart => {
  const name = c.expectName('a partition column')
  if (c.acceptSign('=')) c.acceptSign('=')
  else throw c.unexpected("'='")
  const { kind, text } = c.token
  const isNegative = c.acceptSign('-')
  if (!isNegative && kind === 'string') {
    c.next()
    return { name, value: text }
  }
  // A column or a function; in DDL only constants are right.
  const isExpression = kind === 'name' || (kind === 'word' && !isReserved(c.token))
  if (isExpression && c.statement === 'select') throw c.notEmulated('values other than constants')
  if (c.token.kind !== 'number') throw c.unexpected('a value')
  return { name, value: `${isNegative ? '-' : ''}${c.next().text}` }
}

/** `PARTITION ( a='x', b='y' )` */
export const parsePartition = (c: TokenCursor): PartitionSpec => {
  c.expectWord('partition')
  const { from } = c.token
  return checkParts(
    c,
    c.list(() => parseEquality(c)),
    from,
  )
}

/** @throws SqlError for a column that appears twice, or a value that no partition has */
export const checkParts = (c: TokenCursor, parts: readonly PartitionPart[], from: number): PartitionSpec => {
  try {
    return parsePartitionSpec(Object.fromEntries(parts.map(({ name, value }) => [name, value])))
  } catch (error) {
    if (error instanceof TunnelOptionError) throw c.fail(error.message, from)
    throw error
  }
}

/** One or more, with or without commas between. */
export const parsePartitions = (c: TokenCursor): PartitionSpec[] => {
  const specs = [parsePartition(c)]
  while (c.acceptSign(',') || c.isWord('partition')) specs.push(parsePartition(c))
  return specs
}
