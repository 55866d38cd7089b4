import { isReserved } from '../absent-sql.js'
import { writeFrom } from './from.js'
import { type SelectItem, type SelectParts, writeLayers, writeValue } from './layers.js'
import { quoteName } from './names.js'
import type { Expression, Rewriting } from './rewriting.js'
import { hasMark } from './scope.js'
import { atTableFunction, readTableItems } from './table-functions.js'
import { readOrder, writeWindow } from './window.js'

/** `[WITH …] SELECT … [UNION …] [ORDER BY …] [LIMIT …]` */
export const writeQuery = (r: Rewriting): string => {
  const isValue = r.takeIsValue()
  const common = writeWith(r)
  const sql = r.cursor.isWord('select')
    ? writeSelect(r, () => atSetOperator(r) === undefined, isValue && common === '')
    : writeOperand(r)
  return `${common}${writeUnion(r, sql)}`
}

const writeWith = (r: Rewriting): string => {
  const { cursor: c } = r
  if (!c.acceptWords('with')) return ''
  if (c.isWord('recursive')) throw r.refuse('WITH RECURSIVE')
  const items: string[] = []
  do {
    const name = c.expectName('a name')
    const columns = c.isSign('(') ? `(${writeNames(r)})` : ''
    c.expectWord('as')
    items.push(`${quoteName(name)}${columns} AS ${r.subquery('source')}`)
    r.addCommonName(name)
  } while (c.acceptSign(','))
  return `WITH ${items.join(', ')} `
}

const writeNames = ({ cursor: c }: Rewriting): string =>
  c.list(() => quoteName(c.expectName('a name'))).join(', ')

/** What follows a first SELECT, which has its own tail unless an operator follows. */
const writeUnion = (r: Rewriting, first: string): string => {
  let sql = first
  let before: string | undefined
  for (;;) {
    const { from: at } = r.cursor.token
    const operator = acceptSetOperator(r)
    if (operator === undefined) break
    if (before !== undefined && before.split(' ')[0] !== operator.split(' ')[0])
      throw r.refuse('different operators between SELECTs without brackets', at)
    sql = `(${sql}) ${operator} (${writeOperand(r)})`
    before = operator
  }
  return r.inScope(scope => {
    const { order, limit } = readTail(r)
    if (order.length === 0 && limit === '') return sql
    const keys = order.map(key => `${scope.rowText(key.sql)}${key.way}`)
    const ordered = keys.length === 0 ? '' : ` ORDER BY ${keys.join(', ')}`
    return `SELECT * FROM (${sql})${ordered}${limit === '' ? '' : ` ${limit}`}`
  })
}

const setOperators = ['union', 'intersect', 'except', 'minus']

const atSetOperator = ({ cursor: c }: Rewriting): string | undefined =>
  setOperators.find(word => c.isWord(word))

const acceptSetOperator = (r: Rewriting): string | undefined => {
  const { cursor: c } = r
  const word = atSetOperator(r)
  if (word === undefined) return undefined
  c.next()
  const all = c.acceptWords('all') ? ' ALL' : ''
  if (all === '') c.acceptWords('distinct')
  return `${word === 'minus' ? 'EXCEPT' : word.toUpperCase()}${all}`
}

const writeOperand = (r: Rewriting): string => {
  if (r.cursor.isSign('(')) return r.subquery('operand')
  return writeSelect(r, () => false)
}

/**
 * @param hasTail whether the ORDER BY and LIMIT that follow are its own; asked when all else is read
 * @param isValue whether it is one value, unless an operator follows
 */
const writeSelect = (r: Rewriting, hasTail: () => boolean, isValue = false): string =>
  r.inScope(scope => {
    const { cursor: c } = r
    const { from: at } = c.token
    c.expectWord('select')
    const distinct = c.acceptWords('distinct')
    if (!distinct) c.acceptWords('all')
    if (c.isWord('transform') && c.isSign('(', c.peekAhead(1))) throw r.refuse('SELECT TRANSFORM')
    const tableFunction = atTableFunction(r) ? c.token : undefined
    const items = tableFunction === undefined ? readItems(r) : readTableItems(r)
    const from = c.acceptWords('from') ? writeFrom(r) : ''
    const where = c.acceptWords('where') ? ofRows(r, r.expression()) : ''
    const groups = c.acceptWords('group', 'by') ? readGroups(r) : undefined
    const hasOrder = ['sort', 'cluster', 'distribute'].some(word => c.isWord(word))
    if (tableFunction !== undefined && (groups !== undefined || hasOrder))
      throw r.refuse(`GROUP, SORT, CLUSTER or DISTRIBUTE BY beside ${tableFunction.text}`, tableFunction.from)
    const having = c.acceptWords('having') ? r.expression().sql : ''
    const windows = c.acceptWords('window') ? writeWindows(r) : ''
    const qualify = c.acceptWords('qualify') ? r.expression().sql : ''
    const isWhole = hasTail()
    const tail = isWhole ? readTail(r) : { order: [], limit: '' }
    const parts = { distinct, items, from, where, groups, having, windows, qualify, ...tail }
    const sql = (isValue && isWhole ? writeValue(scope, parts) : undefined) ?? writeLayers(scope, parts)
    if (sql === undefined) throw r.refuse('a * beside groups, or beside windows over several tables', at)
    return sql
  })

/** What may hold neither aggregates nor windows. */
const ofRows = (r: Rewriting, { sql, at }: Expression): string => {
  if (hasMark(sql, 'aw'))
    throw r.refuse('an aggregate, a window or a random value in WHERE, GROUP BY or REPLACE', at)
  return sql
}

const readItems = (r: Rewriting): SelectItem[] => {
  const items: SelectItem[] = []
  do {
    const { from: at, text } = r.cursor.token
    if (atTableFunction(r)) throw r.refuse(`${text} beside other columns: use LATERAL VIEW`)
    const star = acceptStar(r)
    const item = star ?? readItem(r)
    if (star === undefined && item.name === undefined && items.some(({ name }) => name === undefined))
      throw r.refuse('a column without a name behind a *: give it one with AS', at)
    items.push(star ?? { ...item, name: item.name ?? `_c${items.length}` })
  } while (r.cursor.acceptSign(','))
  return items
}

/** `*`, `t.*`, each with `EXCEPT (a, b)` and `REPLACE (x AS c)` */
const acceptStar = (r: Rewriting): SelectItem | undefined => {
  const c = r.cursor
  if (c.acceptSign('*')) return { sql: '*', without: acceptExcept(r), replaced: acceptReplace(r) }
  const isName = c.token.kind === 'word' || c.token.kind === 'name'
  if (!isName || !c.isSign('.', c.peekAhead(1)) || !c.isSign('*', c.peekAhead(2))) return undefined
  const name = c.next().text
  c.next()
  c.next()
  return { sql: `${quoteName(name)}.*`, without: acceptExcept(r), replaced: acceptReplace(r) }
}

const acceptExcept = ({ cursor: c }: Rewriting): string[] => {
  if (!c.isWord('except') || !c.isSign('(', c.peekAhead(1)) || c.isWord('select', c.peekAhead(2))) return []
  c.next()
  c.next()
  const names: string[] = []
  do names.push(quoteName(c.expectName('a column')))
  while (c.acceptSign(','))
  c.expectSign(')')
  return names
}

const acceptReplace = (r: Rewriting): NonNullable<SelectItem['replaced']> => {
  const { cursor: c } = r
  if (!c.isWord('replace') || !c.isSign('(', c.peekAhead(1))) return []
  c.next()
  return c.list(() => {
    const sql = ofRows(r, r.expression())
    c.acceptWords('as')
    return { sql, name: quoteName(c.expectName('a column')) }
  })
}

const readItem = (r: Rewriting): SelectItem => {
  const { cursor: c } = r
  const { sql, name } = r.expression()
  if (c.acceptWords('as') && c.isSign('(')) throw r.refuse('several names for one expression')
  const isName = c.token.kind === 'name' || (c.token.kind === 'word' && !isReserved(c.token) && !isClause(r))
  const own = isName ? c.expectName('a name') : name
  return own === undefined ? { sql } : { sql, name: own }
}

const clauses = 'except minus window qualify sort cluster over'.split(' ')

/** Words that aren't reserved and yet go on with the query. */
const isClause = ({ cursor: c }: Rewriting): boolean => clauses.some(word => c.isWord(word))

type Groups = NonNullable<SelectParts['groups']>

const readGroups = (r: Rewriting): Groups => {
  const { cursor: c } = r
  const groups = [readGroup(r)]
  while (c.acceptSign(',')) groups.push(readGroup(r))
  const clause = groups.map(group => group.clause).join(', ')
  const keys = groups.flatMap(group => group.keys)
  if (c.acceptWords('with', 'rollup')) return { clause: `ROLLUP (${clause})`, keys }
  if (c.acceptWords('with', 'cube')) return { clause: `CUBE (${clause})`, keys }
  return c.acceptWords('grouping', 'sets') ? readSets(r) : { clause, keys }
}

const readGroup = (r: Rewriting): Groups => {
  const { cursor: c } = r
  if (c.acceptWords('grouping', 'sets')) return readSets(r)
  for (const word of ['cube', 'rollup'])
    if (c.isWord(word) && c.isSign('(', c.peekAhead(1))) {
      c.next()
      const keys = c.list(() => ofRows(r, r.expression()))
      return { clause: `${word.toUpperCase()} (${keys.join(', ')})`, keys }
    }
  const group = r.expression()
  if (group.integer !== undefined) throw r.refuse('GROUP BY with the number of a column', group.at)
  const sql = ofRows(r, group)
  return { clause: sql, keys: [sql] }
}

const readSets = (r: Rewriting): Groups => {
  const { cursor: c } = r
  const keys: string[] = []
  const key = (): string => {
    const sql = ofRows(r, r.expression())
    keys.push(sql)
    return sql
  }
  const set = (): string => {
    if (!c.isSign('(')) return key()
    if (!c.isSign(')', c.peekAhead(1))) return `(${c.list(key).join(', ')})`
    c.next()
    c.next()
    return '()'
  }
  return { clause: `GROUPING SETS (${c.list(set).join(', ')})`, keys }
}

const writeWindows = (r: Rewriting): string => {
  const { cursor: c } = r
  const windows: string[] = []
  do {
    const name = quoteName(c.expectName('a name'))
    c.expectWord('as')
    windows.push(`${name} AS ${writeWindow(r).sql}`)
  } while (c.acceptSign(','))
  return windows.join(', ')
}

/** Rows have no place and no server here: DISTRIBUTE BY means nothing, and SORT BY an order of all rows. */
const readTail = (r: Rewriting): Pick<SelectParts, 'order' | 'limit'> => {
  const { cursor: c } = r
  if (c.acceptWords('distribute', 'by')) r.expressions()
  const isOrdered = [['order'], ['sort'], ['cluster']].some(([word]) => c.acceptWords(word!, 'by'))
  const order = isOrdered ? readOrder(r) : []
  return { order, limit: c.acceptWords('limit') ? writeLimit(r) : '' }
}

/** `LIMIT n [OFFSET m]`, `LIMIT m, n` */
const writeLimit = ({ cursor: c }: Rewriting): string => {
  const first = c.expectInteger('a number of rows')
  if (c.acceptSign(',')) return `LIMIT ${c.expectInteger('a number of rows')} OFFSET ${first}`
  if (!c.acceptWords('offset')) return `LIMIT ${first}`
  return `LIMIT ${first} OFFSET ${c.expectInteger('a number of rows')}`
}
