import type { PartitionPart } from '../../schema/partition-spec.js'
import { checkParts, parseEquality } from './parse-partition.js'
import { parseQuery } from './parse-query.js'
import type { Insert, Literal } from './statement.js'
import type { TokenCursor } from './token-cursor.js'

/** After `INSERT`: `INTO|OVERWRITE [TABLE] t [PARTITION (…)] [(a, b)] VALUES (…), … | SELECT …` */
export const parseInsert = (c: TokenCursor): Insert => {
  const overwrite = c.acceptWords('overwrite')
  if (!overwrite) c.expectWord('into')
  if (c.isWord('directory')) throw c.notEmulated()
  if (c.isWord('table') && c.peekAhead(1).kind !== 'sign') c.next()
  const name = c.expectTableName()
  const { partition, dynamic } = c.isWord('partition') ? parseTarget(c) : { partition: [], dynamic: [] }
  const isList = c.isSign('(') && !c.isWord('select', c.peekAhead(1)) && !c.isSign('(', c.peekAhead(1))
  const columns = isList ? c.list(() => c.expectName('a column name')) : undefined
  const source = c.acceptWords('values') ? { values: parseRows(c) } : parseQuery(c)
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

const parseRows = (c: TokenCursor): Literal[][] => {
  const rows = [c.list(() => parseLiteral(c))]
  while (c.acceptSign(',')) rows.push(c.list(() => parseLiteral(c)))
  return rows
}

const typedWords = ['date', 'datetime', 'timestamp', 'timestamp_ntz', 'json'] as const

const parseLiteral = (c: TokenCursor): Literal => {
  const { from } = c.token
  const position = c.positionAt(from)
  if (c.acceptWords('null')) return { kind: 'null', text: '', position }
  if (c.isWord('true') || c.isWord('false'))
    return { kind: 'boolean', text: c.next().text.toLowerCase(), position }
  if (c.token.kind === 'string') return { kind: 'text', text: c.next().text, position }
  const typed = typedWords.find(word => c.isWord(word) && c.peekAhead(1).kind === 'string')
  if (typed !== undefined) {
    c.next()
    return { kind: typed, text: c.next().text, position }
  }
  const sign = c.acceptSign('-') ? '-' : ''
  if (sign === '') c.acceptSign('+')
  const number = parseNumber(c)
  if (number !== undefined) return { kind: 'number', text: sign + number, position }
  if (c.token.kind === 'word' || c.token.kind === 'name' || c.isSign('('))
    throw c.notEmulated('values other than literals')
  throw c.unexpected('a literal')
}

/** Digits with or without the sign of a type: `1L`, `1.5BD`. */
const parseNumber = (c: TokenCursor): string | undefined => {
  const { kind, text } = c.token
  const whole =
    kind === 'number' ? text : kind === 'word' ? /^(\d+)(?:L|S|Y|BD)$/i.exec(text)?.[1] : undefined
  if (whole === undefined) return undefined
  c.next()
  const fraction = /^(\d+)BD$/i.exec(c.peekAhead(1).text)?.[1]
  if (!c.isSign('.') || fraction === undefined) return whole
  c.next()
  c.next()
  return `${whole}.${fraction}`
}
