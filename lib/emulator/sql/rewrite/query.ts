import { isReserved } from '../absent-sql.js'
import { writeFrom } from './from.js'
import { quoteName, type Rewriting } from './rewriting.js'
import { writeOrder, writeWindow } from './window.js'

/** `[WITH …] SELECT … [UNION …] [ORDER BY …] [LIMIT …]` */
export const writeQuery = (r: Rewriting): string => `${writeWith(r)}${writeUnion(r)}${writeTail(r)}`

const writeWith = (r: Rewriting): string => {
  const { cursor: c } = r
  if (!c.acceptWords('with')) return ''
  if (c.isWord('recursive')) throw r.refuse('WITH RECURSIVE')
  const items: string[] = []
  do {
    const name = c.expectName('a name')
    const columns = c.isSign('(') ? `(${writeNames(r)})` : ''
    c.expectWord('as')
    items.push(`${quoteName(name)}${columns} AS ${r.subquery()}`)
    r.addCommonName(name)
  } while (c.acceptSign(','))
  return `WITH ${items.join(', ')} `
}

const writeNames = ({ cursor: c }: Rewriting): string =>
  c.list(() => quoteName(c.expectName('a name'))).join(', ')

/** Operators between SELECTs, the loosest first. */
const writeUnion = (r: Rewriting): string => {
  let sql = writeOperand(r)
  let before: string | undefined
  for (;;) {
    const { from: at } = r.cursor.token
    const operator = acceptSetOperator(r)
    if (operator === undefined) return sql
    if (before !== undefined && before.split(' ')[0] !== operator.split(' ')[0])
      throw r.refuse('different operators between SELECTs without brackets', at)
    sql = `(${sql}) ${operator} (${writeOperand(r)})`
    before = operator
  }
}

const acceptSetOperator = ({ cursor: c }: Rewriting): string | undefined => {
  const word = ['union', 'intersect', 'except', 'minus'].find(each => c.acceptWords(each))
  if (word === undefined) return undefined
  const all = c.acceptWords('all') ? ' ALL' : ''
  if (all === '') c.acceptWords('distinct')
  return `${word === 'minus' ? 'EXCEPT' : word.toUpperCase()}${all}`
}

const writeOperand = (r: Rewriting): string => {
  if (r.cursor.isSign('(')) return r.subquery()
  r.cursor.expectWord('select')
  return writeSelect(r)
}

/** After `SELECT`. */
const writeSelect = (r: Rewriting): string => {
  const { cursor: c } = r
  const distinct = c.acceptWords('distinct') ? 'DISTINCT ' : ''
  if (distinct === '') c.acceptWords('all')
  if (c.isWord('transform') && c.isSign('(', c.peekAhead(1))) throw r.refuse('SELECT TRANSFORM')
  let sql = `SELECT ${distinct}${writeItems(r)}`
  if (c.acceptWords('from')) sql += ` FROM ${writeFrom(r)}`
  if (c.acceptWords('where')) sql += ` WHERE ${r.expression().sql}`
  if (c.acceptWords('group', 'by')) sql += ` GROUP BY ${writeGroups(r)}`
  if (c.acceptWords('having')) sql += ` HAVING ${r.expression().sql}`
  if (c.acceptWords('window')) sql += ` WINDOW ${writeWindows(r)}`
  if (c.acceptWords('qualify')) sql += ` QUALIFY ${r.expression().sql}`
  return sql
}

const writeItems = (r: Rewriting): string => {
  const items: string[] = []
  let hasStar = false
  do {
    const { from: at } = r.cursor.token
    const star = acceptStar(r)
    hasStar ||= star !== undefined
    const item = star ?? writeItem(r, items.length)
    if (hasStar && item.endsWith(` AS "_c${items.length}"`))
      throw r.refuse('a column without a name behind a *: give it one with AS', at)
    items.push(item)
  } while (r.cursor.acceptSign(','))
  return items.join(', ')
}

/** `*`, `t.*` */
const acceptStar = ({ cursor: c }: Rewriting): string | undefined => {
  if (c.acceptSign('*')) return '*'
  const isName = c.token.kind === 'word' || c.token.kind === 'name'
  if (!isName || !c.isSign('.', c.peekAhead(1)) || !c.isSign('*', c.peekAhead(2))) return undefined
  const name = c.next().text
  c.next()
  c.next()
  return `${quoteName(name)}.*`
}

/** What has no name is called after its place, from 0. */
const writeItem = (r: Rewriting, place: number): string => {
  const { cursor: c } = r
  const expression = r.expression()
  if (c.acceptWords('as') && c.isSign('(')) throw r.refuse('several names for one expression')
  const isName = c.token.kind === 'name' || (c.token.kind === 'word' && !isReserved(c.token) && !isClause(r))
  const name = isName ? c.expectName('a name') : (expression.name ?? `_c${place}`)
  return `${expression.sql} AS ${quoteName(name)}`
}

const clauses = 'except minus window qualify sort over'.split(' ')

/** Words that aren't reserved and yet go on with the query. */
const isClause = ({ cursor: c }: Rewriting): boolean => clauses.some(word => c.isWord(word))

const writeGroups = (r: Rewriting): string => {
  const { cursor: c } = r
  const groups: string[] = []
  do groups.push(writeGroup(r))
  while (c.acceptSign(','))
  if (c.acceptWords('with', 'rollup')) return `ROLLUP (${groups.join(', ')})`
  if (c.acceptWords('with', 'cube')) return `CUBE (${groups.join(', ')})`
  return c.acceptWords('grouping', 'sets') ? writeSets(r) : groups.join(', ')
}

const writeGroup = (r: Rewriting): string => {
  const { cursor: c } = r
  if (c.acceptWords('grouping', 'sets')) return writeSets(r)
  for (const word of ['cube', 'rollup'])
    if (c.isWord(word) && c.isSign('(', c.peekAhead(1))) {
      c.next()
      return `${word.toUpperCase()} (${c.list(() => r.expression().sql).join(', ')})`
    }
  const group = r.expression()
  if (group.integer !== undefined) throw r.refuse('GROUP BY with the number of a column', group.at)
  return group.sql
}

const writeSets = (r: Rewriting): string => {
  const { cursor: c } = r
  const set = (): string => {
    if (!c.isSign('(')) return r.expression().sql
    if (!c.isSign(')', c.peekAhead(1))) return `(${c.list(() => r.expression().sql).join(', ')})`
    c.next()
    c.next()
    return '()'
  }
  return `GROUPING SETS (${c.list(set).join(', ')})`
}

const writeWindows = (r: Rewriting): string => {
  const { cursor: c } = r
  const windows: string[] = []
  do {
    const name = quoteName(c.expectName('a name'))
    c.expectWord('as')
    windows.push(`${name} AS ${writeWindow(r)}`)
  } while (c.acceptSign(','))
  return windows.join(', ')
}

/** Rows have no place and no server here: DISTRIBUTE BY means nothing, and SORT BY an order of all rows. */
const writeTail = (r: Rewriting): string => {
  const { cursor: c } = r
  if (c.acceptWords('distribute', 'by')) r.expressions()
  let sql = ''
  if (c.acceptWords('order', 'by') || c.acceptWords('sort', 'by') || c.acceptWords('cluster', 'by'))
    sql = ` ORDER BY ${writeOrder(r)}`
  return c.acceptWords('limit') ? `${sql} ${writeLimit(r)}` : sql
}

/** `LIMIT n [OFFSET m]`, `LIMIT m, n` */
const writeLimit = ({ cursor: c }: Rewriting): string => {
  const first = c.expectInteger('a number of rows')
  if (c.acceptSign(',')) return `LIMIT ${c.expectInteger('a number of rows')} OFFSET ${first}`
  if (!c.acceptWords('offset')) return `LIMIT ${first}`
  return `LIMIT ${first} OFFSET ${c.expectInteger('a number of rows')}`
}
