import type { PartitionSpec } from '../../../schema/partition-spec.js'
import type { TableState } from '../../store/table-store.js'
import type { Token } from '../tokenize.js'

/*
 * Which partitions a query can need, so that the others needn't be read: those that agree with each `partition = 'text'` that
 * WHERE demands. Only where that is beyond doubt: one table, one SELECT, and a WHERE whose parts are joined by AND alone.
 */

/** Words with which an `=` may stand in something that need not be true. */
const doubtful = new Set([
  'or',
  'between',
  'case',
  'lateral',
  'union',
  'intersect',
  'except',
  'minus',
  'with',
])
const afterWhere = new Set([
  'group',
  'having',
  'order',
  'limit',
  'cluster',
  'distribute',
  'sort',
  'window',
  'qualify',
])

/** Values that partitions must have, those of columns of type STRING; none where all may be needed. */
export const demandedPartitions = (tokens: readonly Token[], { schema }: TableState): PartitionSpec => {
  const words = tokens.map(({ kind, text }) => (kind === 'word' ? text.toLowerCase() : ''))
  if (words.filter(word => word === 'select').length !== 1 || words.some(word => doubtful.has(word)))
    return []
  const depths = depthsOf(tokens)
  const where = words.findIndex((word, i) => word === 'where' && depths[i] === 0)
  if (where < 0) return []
  const behind = words.findIndex((word, i) => i > where && depths[i] === 0 && afterWhere.has(word))
  const columns = schema.partitionColumns.filter(({ type }) => type.kind === 'string').map(({ name }) => name)
  return partsOf(tokens.slice(where + 1, behind < 0 ? tokens.length : behind)).flatMap(part => {
    const { name, value } = equalityOf(part) ?? { name: '', value: '' }
    return columns.includes(name) ? [{ name, value }] : []
  })
}

/** In how many parentheses each token stands. */
const depthsOf = (tokens: readonly Token[]): number[] => {
  let depth = 0
  return tokens.map(({ kind, text }) => {
    if (kind === 'sign') depth += text === '(' ? 1 : text === ')' ? -1 : 0
    return depth
  })
}

/** What AND joins outside parentheses. */
const partsOf = (tokens: readonly Token[]): Token[][] => {
  const depths = depthsOf(tokens)
  const parts: Token[][] = [[]]
  for (const [i, token] of tokens.entries()) {
    if (depths[i] === 0 && token.kind === 'word' && token.text.toLowerCase() === 'and') parts.push([])
    else if (token.kind !== 'end') parts.at(-1)!.push(token)
  }
  return parts
}

/** `name = 'text'` or `table.name = 'text'` */
const equalityOf = (tokens: readonly Token[]): { name: string; value: string } | undefined => {
  const isQualified = tokens.length === 5 && tokens[1]!.text === '.'
  const [name, sign, value] = isQualified ? tokens.slice(2) : tokens
  if (tokens.length !== (isQualified ? 5 : 3)) return undefined
  if (sign!.kind !== 'sign' || sign!.text !== '=' || value!.kind !== 'string') return undefined
  return { name: name!.text.toLowerCase(), value: value!.text }
}
