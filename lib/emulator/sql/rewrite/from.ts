import { isReserved } from '../absent-sql.js'
import { quoteName } from './names.js'
import type { Rewriting } from './rewriting.js'
import { hasMark } from './scope.js'
import { writeLateralView } from './table-functions.js'

/** Words that go on behind a table, though they aren't reserved. */
const goingOn =
  'tablesample natural anti semi window qualify except minus sort cluster outer using pivot unpivot'.split(
    ' ',
  )

/** After `FROM`: tables, joins and lateral views. */
export const writeFrom = (r: Rewriting): string => {
  const { from: at } = r.cursor.token
  let sql = writeJoins(r)
  while (r.cursor.acceptSign(',')) sql += `, ${writeJoins(r)}`
  if (hasMark(sql, 'aw')) throw r.refuse('an aggregate, a window or a random value in FROM', at)
  return sql
}

const writeJoins = (r: Rewriting): string => {
  let sql = writeSource(r)
  for (;;) {
    const next = writeLateralView(r) ?? writeJoin(r)
    if (next === undefined) return sql
    sql += next
  }
}

const joins: readonly (readonly [words: readonly string[], sql: string, isCross?: true])[] = [
  [['cross', 'join'], 'CROSS JOIN', true],
  [['natural', 'join'], 'NATURAL JOIN', true],
  [['inner', 'join'], 'JOIN'],
  [['join'], 'JOIN'],
  [['left', 'semi', 'join'], 'SEMI JOIN'],
  [['left', 'anti', 'join'], 'ANTI JOIN'],
  ...['left', 'right', 'full'].flatMap(side => [
    [[side, 'outer', 'join'], `${side.toUpperCase()} JOIN`] as const,
    [[side, 'join'], `${side.toUpperCase()} JOIN`] as const,
  ]),
]

const writeJoin = (r: Rewriting): string | undefined => {
  const { cursor: c } = r
  const found = joins.find(([words]) => c.acceptWords(...words))
  if (found === undefined) return undefined
  const [, sql, isCross] = found
  const source = writeSource(r)
  if (isCross) return ` ${sql} ${source}`
  if (c.acceptWords('on')) return ` ${sql} ${source} ON ${r.expression().sql}`
  if (c.acceptWords('using'))
    return ` ${sql} ${source} USING (${c.list(() => quoteName(c.expectName('a column name'))).join(', ')})`
  throw r.refuse('a JOIN without ON')
}

const writeSource = (r: Rewriting): string => {
  const source = readSource(r)
  for (const word of ['tablesample', 'pivot', 'unpivot'])
    if (r.cursor.isWord(word)) throw r.refuse(word.toUpperCase())
  return source
}

const readSource = (r: Rewriting): string => {
  const { cursor: c } = r
  if (r.atSubquery) return `${r.subquery('source')}${writeAlias(r)}`
  if (c.isWord('values')) return `(${writeValues(r)})${writeAlias(r)}`
  if (c.isSign('(') && c.isWord('values', c.peekAhead(1))) {
    c.next()
    const values = writeValues(r)
    c.expectSign(')')
    return `(${values})${writeAlias(r)}`
  }
  if (c.acceptSign('(')) {
    const inner = r.within(() => writeJoins(r))
    c.expectSign(')')
    return `(${inner})`
  }
  return writeTable(r)
}

const writeTable = (r: Rewriting): string => {
  const { cursor: c } = r
  const at = c.token.from
  const parts = c.expectTableName()
  if (c.isSign('(')) throw r.refuse('a function in place of a table', at)
  const place = r.placeOf(parts, at)
  const alias = writeAlias(r)
  if (alias !== '') return `${place}${alias}`
  const name = quoteName(parts.at(-1)!)
  r.scope.sources.add(name)
  return `${place} AS ${name}`
}

/** `[AS] name [(column, …)]`; empty if there is none. */
const writeAlias = (r: Rewriting): string => {
  const { cursor: c } = r
  const hasAs = c.acceptWords('as')
  const isName =
    c.token.kind === 'name' ||
    (c.token.kind === 'word' && !isReserved(c.token) && !goingOn.some(word => c.isWord(word)))
  if (!hasAs && !isName) return ''
  const name = quoteName(c.expectName('an alias'))
  r.scope.sources.add(name)
  const columns = c.isSign('(')
    ? ` (${c.list(() => quoteName(c.expectName('a column name'))).join(', ')})`
    : ''
  return ` AS ${name}${columns}`
}

const writeValues = (r: Rewriting): string => {
  const { cursor: c } = r
  c.expectWord('values')
  const row = (): string => `(${c.list(() => r.expression().sql).join(', ')})`
  const rows = [row()]
  while (c.acceptSign(',')) rows.push(row())
  return `VALUES ${rows.join(', ')}`
}
