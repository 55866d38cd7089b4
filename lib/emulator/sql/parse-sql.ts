import { parseAlterTable } from './parse-alter.js'
import { parseDelete, parseUpdate } from './parse-change.js'
import { parseCreateTable } from './parse-create.js'
import { parseInsert } from './parse-insert.js'
import { parseMultiInsert } from './parse-multi-insert.js'
import { parsePartitions } from './parse-partition.js'
import { parseQuery } from './parse-query.js'
import { parseDescribe, parseShow } from './parse-show.js'
import { parseCreateView } from './parse-view.js'
import type { Statement } from './statement.js'
import { TokenCursor } from './token-cursor.js'

/** A statement and where its table is named, for errors: `[1,15]`. */
export interface PlacedStatement {
  readonly statement: Statement
  readonly position: string
}

/**
 * Parses a script: the DDL that clients send, INSERTs and SELECTs, each ended by `;` but for the last.
 * @throws SqlError ODPS-0130161 with line and column.
 */
export const parseScript = (source: string): PlacedStatement[] => {
  const cursor = new TokenCursor(source)
  const statements: PlacedStatement[] = []
  while (!cursor.atEnd) {
    if (cursor.acceptSign(';')) continue
    cursor.begin()
    const statement = parseStatement(cursor)
    statements.push({ statement, position: cursor.positionAt(cursor.nameAt) })
    if (!cursor.atEnd) cursor.expectSign(';')
  }
  if (statements.length === 0) throw cursor.fail('there is no statement')
  return statements
}

export const parseSql = (source: string): Statement[] => parseScript(source).map(({ statement }) => statement)

const parseStatement = (c: TokenCursor): Statement => {
  if (c.isWord('with')) return parseWith(c)
  if (c.isWord('select') || c.isSign('(')) return parseQuery(c)
  if (c.isWord('from')) return parseMultiInsert(c)
  c.statement = statementWords.find(word => c.acceptWords(word))
  switch (c.statement) {
    case 'create':
      if (c.acceptWords('schema')) return parseCreateSchema(c)
      if (c.acceptWords('or', 'replace', 'view')) return parseCreateView(c, true)
      if (c.acceptWords('view')) return parseCreateView(c, false)
      c.expectWord('table')
      return parseCreateTable(c)
    case 'drop': {
      if (c.acceptWords('schema')) {
        const ifExists = c.acceptWords('if', 'exists')
        return { kind: 'dropSchema', ifExists, name: c.expectTableName() }
      }
      const kind = c.acceptWords('view') ? 'dropView' : 'dropTable'
      if (kind === 'dropTable') c.expectWord('table')
      const ifExists = c.acceptWords('if', 'exists')
      return { kind, ifExists, name: c.expectTableName() }
    }
    case 'truncate': {
      c.expectWord('table')
      const name = c.expectTableName()
      return { kind: 'truncateTable', name, specs: c.isWord('partition') ? parsePartitions(c) : [] }
    }
    case 'alter':
      c.expectWord('table')
      return parseAlterTable(c)
    case 'insert':
      return parseInsert(c)
    case 'delete':
      return parseDelete(c)
    case 'update':
      return parseUpdate(c)
    case 'show':
      return parseShow(c)
    case 'desc':
    case 'describe':
      return parseDescribe(c)
    case 'set':
      return parseSet(c)
    default:
      throw c.unexpected('CREATE, DROP, TRUNCATE, ALTER, INSERT, DELETE, UPDATE, SELECT, SHOW or DESC')
  }
}

const statementWords = [
  ...([
    'create',
    'drop',
    'truncate',
    'alter',
    'insert',
    'delete',
    'update',
    'show',
    'desc',
    'describe',
    'set',
  ] as const),
]

/** `WITH …` before a SELECT, or before INSERTs, whose queries it belongs to. */
const parseWith = (c: TokenCursor): Statement => {
  const { at } = c
  const atQuery = (): boolean => ['insert', 'from', 'select'].some(word => c.isWord(word))
  for (let depth = 0; !c.atEnd && !c.isSign(';') && !(depth === 0 && atQuery()); c.next())
    depth += c.isSign('(') ? 1 : c.isSign(')') ? -1 : 0
  const common = c.tokensFrom(at)
  if (c.acceptWords('insert')) {
    c.statement = 'insert'
    return parseInsert(c, common)
  }
  if (c.isWord('from')) return parseMultiInsert(c, common)
  c.backTo(at)
  return parseQuery(c)
}

/** After `CREATE SCHEMA`. */
const parseCreateSchema = (c: TokenCursor): Statement => {
  const ifNotExists = c.acceptWords('if', 'not', 'exists')
  const name = c.expectTableName()
  const comment = c.acceptWords('comment') ? c.expectString('a comment') : ''
  return { kind: 'createSchema', name, ifNotExists, comment }
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
