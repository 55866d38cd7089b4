import type { Column } from '../../schema/table-schema.js'
import { parseColumn } from './parse-columns.js'
import { parseQuery } from './parse-query.js'
import type { CreateTable, CreateTableAs } from './statement.js'
import type { TokenCursor } from './token-cursor.js'

type TableOptions = Pick<CreateTable, 'partitionColumns' | 'comment' | 'properties' | 'lifecycle'>

/** After `CREATE TABLE`. */
export const parseCreateTable = (c: TokenCursor): CreateTable | CreateTableAs => {
  const ifNotExists = c.acceptWords('if', 'not', 'exists')
  const name = c.expectTableName()
  if (!c.isSign('(')) return { kind: 'createTableAs', name, ifNotExists, ...parseAsQuery(c) }
  const columns: Column[] = []
  let primaryKey: string[] = []
  c.list(() => {
    if (c.isWord('constraint') && c.peekAhead(2).kind === 'word') throw c.notEmulated()
    if (isPrimaryKey(c)) primaryKey = parsePrimaryKey(c)
    else columns.push(parseColumn(c, name => primaryKey.push(name)))
  })
  return { kind: 'createTable', name, ifNotExists, columns, primaryKey, ...parseTableOptions(c) }
}

/** `[COMMENT …] [LIFECYCLE …] AS SELECT …` */
const parseAsQuery = (c: TokenCursor): Omit<CreateTableAs, 'kind' | 'name' | 'ifNotExists'> => {
  const { partitionColumns, ...options } = parseTableOptions(c)
  if (partitionColumns.length > 0) throw c.notEmulated('CREATE TABLE … AS with partitions')
  if (!c.acceptWords('as')) throw c.unexpected("'(' or AS")
  return { ...options, query: parseQuery(c) }
}

const isPrimaryKey = (c: TokenCursor): boolean =>
  c.isWord('primary') && c.isWord('key', c.peekAhead(1)) && c.isSign('(', c.peekAhead(2))

const parsePrimaryKey = (c: TokenCursor): string[] => {
  c.acceptWords('primary', 'key')
  return c.list(() => c.expectName('a column name'))
}

/** `COMMENT`, `PARTITIONED BY`, `TBLPROPERTIES`, `LIFECYCLE` in any order, as clients differ. */
const parseTableOptions = (c: TokenCursor): TableOptions => {
  let options: TableOptions = { partitionColumns: [], comment: '', properties: {}, lifecycle: -1 }
  for (;;) {
    if (c.acceptWords('comment')) options = { ...options, comment: c.expectString('a comment') }
    else if (c.acceptWords('partitioned', 'by'))
      options = { ...options, partitionColumns: c.list(() => parseColumn(c)) }
    else if (c.acceptWords('tblproperties')) options = { ...options, properties: parseProperties(c) }
    else if (c.acceptWords('lifecycle'))
      options = { ...options, lifecycle: c.expectInteger('a number of days') }
    else return options
  }
}

/** `('key'='value', …)` */
export const parseProperties = (c: TokenCursor): Record<string, string> =>
  Object.fromEntries(
    c.list(() => {
      const key = c.expectString('a property name')
      c.expectSign('=')
      return [key, c.expectString('a property value')]
    }),
  )
