import { parseColumn } from './parse-columns.js'
import { parseCreateTable } from './parse-create.js'
import { parsePartitions } from './parse-partition.js'
import { parseSelect } from './parse-select.js'
import type { Statement } from './statement.js'
import { TokenCursor } from './token-cursor.js'

/**
 * Parses a script: the DDL that clients send, and simple SELECTs, each ended by `;` but for the last.
 * @throws SqlError ODPS-0130161 with line and column.
 */
export const parseSql = (source: string): Statement[] => {
  const cursor = new TokenCursor(source)
  const statements: Statement[] = []
  while (!cursor.atEnd) {
    if (cursor.acceptSign(';')) continue
    cursor.statement = undefined
    statements.push(parseStatement(cursor))
    if (!cursor.atEnd) cursor.expectSign(';')
  }
  if (statements.length === 0) throw cursor.fail('there is no statement')
  return statements
}

const parseStatement = (c: TokenCursor): Statement => {
  c.statement = statementWords.find(word => c.acceptWords(word))
  switch (c.statement) {
    case 'create':
      c.expectWord('table')
      return parseCreateTable(c)
    case 'drop': {
      c.expectWord('table')
      const ifExists = c.acceptWords('if', 'exists')
      return { kind: 'dropTable', ifExists, name: c.expectTableName() }
    }
    case 'truncate': {
      c.expectWord('table')
      const name = c.expectTableName()
      return { kind: 'truncateTable', name, specs: c.isWord('partition') ? parsePartitions(c) : [] }
    }
    case 'alter':
      c.expectWord('table')
      return parseAlterTable(c)
    case 'select':
      return parseSelect(c)
    case 'set':
      return parseSet(c)
    default:
      throw c.unexpected('CREATE TABLE, DROP TABLE, TRUNCATE TABLE, ALTER TABLE or SELECT')
  }
}

const statementWords = ['create', 'drop', 'truncate', 'alter', 'select', 'set'] as const

const parseAlterTable = (c: TokenCursor): Statement => {
  const name = c.expectTableName()
  if (c.acceptWords('add')) {
    const ifNotExists = c.acceptWords('if', 'not', 'exists')
    if (c.isWord('partition')) return { kind: 'addPartitions', name, ifNotExists, specs: parsePartitions(c) }
    if (c.acceptWords('columns') || c.acceptWords('column')) {
      const skipsKnown = c.acceptWords('if', 'not', 'exists') || ifNotExists
      const columns = c.isSign('(') ? c.list(() => parseColumn(c)) : [parseColumn(c)]
      return { kind: 'addColumns', name, ifNotExists: skipsKnown, columns }
    }
    throw c.unexpected('PARTITION or COLUMNS')
  }
  if (c.acceptWords('drop')) {
    const ifExists = c.acceptWords('if', 'exists')
    return { kind: 'dropPartitions', name, ifExists, specs: parsePartitions(c) }
  }
  throw c.unexpected('ADD or DROP')
}

/** The value may be anything up to the `;`. */
const parseSet = (c: TokenCursor): Statement => {
  const { from } = c.token
  if (c.isWord('label')) throw c.notEmulated()
  while (!c.atEnd && !c.isSign(';')) c.next()
  const [key = '', ...value] = c.token.from === from ? [] : c.sourceFrom(from).split('=')
  if (key.trim() === '' || value.length === 0) throw c.fail('expect SET key=value', from)
  return { kind: 'set', key: key.trim(), value: value.join('=').trim() }
}
