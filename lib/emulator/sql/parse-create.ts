import type { Column } from '../../schema/table-schema.js'
import { parseColumn } from './parse-columns.js'
import { parseQuery } from './parse-query.js'
import type { CreateTable, CreateTableAs, CreateTableLike, SqlName } from './statement.js'
import type { TokenCursor } from './token-cursor.js'

type TableOptions = Pick<CreateTable, 'partitionColumns' | 'comment' | 'properties' | 'lifecycle'>

/** After `CREATE TABLE`. */
export const parseCreateTable = (c: TokenCursor): CreateTable | CreateTableAs | CreateTableLike => {
  const ifNotExists = c.acceptWords('if', 'not', 'exists')
  const name = c.expectTableName()
  if (c.isWord('like') || (c.isWord('lifecycle') && c.isWord('like', c.peekAhead(2))))
    return parseLike(c, name, ifNotExists)
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

/** `[LIFECYCLE n] LIKE t`, `LIKE t [LIFECYCLE n]` */
const parseLike = (c: TokenCursor, name: SqlName, ifNotExists: boolean): CreateTableLike => {
  const days = (): number => (c.acceptWords('lifecycle') ? c.expectInteger('a number of days') : -1)
  const before = days()
  c.expectWord('like')
  const like = c.expectTableName()
  const lifecycle = before < 0 ? days() : before
  return { kind: 'createTableLike', name, ifNotExists, like, lifecycle }
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
      options = { ...options, partitionColumns: c.list(() => parsePartitionColumn(c)) }
    else if (c.acceptWords('tblproperties')) options = { ...options, properties: parseProperties(c) }
    else if (c.acceptWords('lifecycle'))
      options = { ...options, lifecycle: c.expectInteger('a number of days') }
    else return options
  }
}

/** Without a type it is a column of the query behind AS. */
const parsePartitionColumn = (c: TokenCursor): Column => {
  const next = c.peekAhead(1)
  if (c.isSign(',', next) || c.isSign(')', next)) throw c.notEmulated('a partition column without a type')
  return parseColumn(c)
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
