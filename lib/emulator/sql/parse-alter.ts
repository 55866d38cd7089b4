import { isReserved } from './absent-sql.js'
import { parseColumn } from './parse-columns.js'
import { parseProperties } from './parse-create.js'
import { parsePartition, parsePartitions } from './parse-partition.js'
import type { SqlName, Statement } from './statement.js'
import type { TokenCursor } from './token-cursor.js'

/** After `ALTER TABLE`. */
export const parseAlterTable = (c: TokenCursor): Statement => {
  const name = c.expectTableName()
  if (c.acceptWords('add')) return parseAdd(c, name)
  if (c.acceptWords('drop')) return parseDrop(c, name)
  if (c.acceptWords('rename', 'to')) return { kind: 'renameTable', name, to: c.expectTableName() }
  if (c.acceptWords('touch'))
    return { kind: 'touch', name, spec: c.isWord('partition') ? parsePartition(c) : undefined }
  if (c.acceptWords('change')) return parseChange(c, name)
  if (c.acceptWords('set')) return parseSetTable(c, name)
  if (c.isWord('partition')) return parseAlterPartition(c, name)
  throw c.unexpected('ADD, DROP, RENAME, TOUCH, CHANGE or SET')
}

const parseAdd = (c: TokenCursor, name: SqlName): Statement => {
  const ifNotExists = c.acceptWords('if', 'not', 'exists')
  if (c.isWord('partition')) return { kind: 'addPartitions', name, ifNotExists, specs: parsePartitions(c) }
  if (c.acceptWords('columns') || c.acceptWords('column')) {
    const skipsKnown = c.acceptWords('if', 'not', 'exists') || ifNotExists
    const columns = c.isSign('(') ? c.list(() => parseColumn(c)) : [parseColumn(c)]
    return { kind: 'addColumns', name, ifNotExists: skipsKnown, columns }
  }
  throw c.unexpected('PARTITION or COLUMNS')
}

const parseDrop = (c: TokenCursor, name: SqlName): Statement => {
  if (c.acceptWords('columns') || c.acceptWords('column')) {
    const column = (): string => c.expectName('a column name')
    if (c.isSign('(')) return { kind: 'dropColumns', name, columns: c.list(column) }
    const columns = [column()]
    while (c.acceptSign(',')) columns.push(column())
    return { kind: 'dropColumns', name, columns }
  }
  const ifExists = c.acceptWords('if', 'exists')
  if (c.isWord('partition') && ['<', '>', '!'].some(sign => c.isSign(sign, c.peekAhead(3))))
    throw c.notEmulated('DROP PARTITION with a condition')
  return { kind: 'dropPartitions', name, ifExists, specs: parsePartitions(c) }
}

/** `CHANGE [COLUMN] a b type [COMMENT 'text']`, or only what changes: `RENAME TO b`, `COMMENT 'text'`, `NULL`. */
const parseChange = (c: TokenCursor, name: SqlName): Statement => {
  c.acceptWords('column')
  const column = c.expectName('a column name')
  const change = { kind: 'changeColumn', name, column } as const
  if (c.acceptWords('rename', 'to')) return { ...change, to: { name: c.expectName('a column name') } }
  if (c.isWord('comment') && c.peekAhead(1).kind === 'string') {
    c.next()
    return { ...change, to: { comment: c.expectString('a comment') } }
  }
  if (c.isWord('null') && isEnd(c)) {
    c.next()
    return { ...change, to: { nullable: true } }
  }
  if (c.isWord('not')) throw c.notEmulated('NOT NULL for a column that exists')
  const { name: newName, type, comment, defaultValue, nullable } = parseColumn(c)
  if (!nullable) throw c.notEmulated('NOT NULL for a column that exists')
  if (defaultValue !== undefined) throw c.notEmulated('a default for a column that exists')
  return { ...change, to: { name: newName, type, ...(comment !== undefined && { comment }) } }
}

const isEnd = (c: TokenCursor): boolean => {
  const next = c.peekAhead(1)
  return next.kind === 'end' || c.isSign(';', next)
}

/** `SET LIFECYCLE n | COMMENT 'text' | TBLPROPERTIES (…)` */
const parseSetTable = (c: TokenCursor, name: SqlName): Statement => {
  if (c.acceptWords('lifecycle'))
    return { kind: 'setTable', name, to: { lifecycle: c.expectInteger('a number of days') } }
  if (c.acceptWords('comment'))
    return { kind: 'setTable', name, to: { comment: c.expectString('a comment') } }
  if (c.acceptWords('tblproperties'))
    return { kind: 'setTable', name, to: { properties: parseProperties(c) } }
  throw c.unexpected('LIFECYCLE, COMMENT or TBLPROPERTIES')
}

/** `PARTITION (a='x') RENAME TO PARTITION (a='y')` */
const parseAlterPartition = (c: TokenCursor, name: SqlName): Statement => {
  const spec = parsePartition(c)
  if (c.acceptWords('rename', 'to')) return { kind: 'renamePartition', name, spec, to: parsePartition(c) }
  if (c.token.kind === 'word' && !isReserved(c.token)) throw c.notEmulated()
  throw c.unexpected('RENAME')
}
