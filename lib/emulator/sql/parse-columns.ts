import { TunnelOptionError } from '../../errors.js'
import type { DataType } from '../../schema/data-type.js'
import { parseDataType } from '../../schema/parse-data-type.js'
import type { Column } from '../../schema/table-schema.js'
import type { TokenCursor } from './token-cursor.js'

/**
 * `name type [NOT NULL | NULL] [DEFAULT value] [COMMENT 'text'] [PRIMARY KEY]`, the last four in any order.
 * @param onKey called for a column that is a primary key; without it none may be
 */
export const parseColumn = (c: TokenCursor, onKey?: (name: string) => void): Column => {
  const name = c.expectName('a column name')
  const type = parseColumnType(c)
  let column: Column = { name, type, nullable: true }
  for (;;) {
    if (c.acceptWords('not', 'null')) column = { ...column, nullable: false }
    else if (c.acceptWords('comment')) column = { ...column, comment: c.expectString('a comment') }
    else if (c.acceptWords('default')) column = { ...column, defaultValue: parseDefault(c) }
    else if (onKey !== undefined && c.acceptWords('primary', 'key')) onKey(name)
    else if (!c.acceptWords('null')) return column
  }
}

const parseColumnType = (c: TokenCursor): DataType => {
  const { from, kind } = c.token
  if (kind !== 'word') throw c.unexpected('a data type')
  c.next()
  if (c.isSign('(')) skipBracket(c, '(', ')')
  else if (c.isSign('<')) skipBracket(c, '<', '>')
  const text = c.sourceFrom(from)
  try {
    const type = parseDataType(text)
    if (type.kind === 'unsupported') throw c.fail(`data type '${type.text}' is not known`, from)
    return type
  } catch (error) {
    if (error instanceof TunnelOptionError) throw c.fail(error.message, from)
    throw error
  }
}

const skipBracket = (c: TokenCursor, open: string, close: string): void => {
  let depth = 0
  do {
    if (c.atEnd) throw c.unexpected(`'${close}'`)
    if (c.isSign(open)) depth++
    if (c.isSign(close)) depth--
    c.next()
  } while (depth > 0)
}

/** A literal, or an expression whose text is kept. */
const parseDefault = (c: TokenCursor): string => {
  if (c.token.kind === 'string') return c.next().text
  const { from } = c.token
  while (!isEndOfDefault(c)) {
    if (c.isSign('(')) skipBracket(c, '(', ')')
    else c.next()
  }
  if (c.token.from === from) throw c.unexpected('a default value')
  return c.sourceFrom(from)
}

const isEndOfDefault = (c: TokenCursor): boolean =>
  c.atEnd ||
  c.isSign(',') ||
  c.isSign(')') ||
  c.isSign(';') ||
  c.isWord('comment') ||
  c.isWord('not') ||
  c.isWord('primary')
