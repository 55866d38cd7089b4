import { parsePartition } from './parse-partition.js'
import type { Statement } from './statement.js'
import type { TokenCursor } from './token-cursor.js'

/** After `SHOW`. */
export const parseShow = (c: TokenCursor): Statement => {
  if (c.isWord('tables') || c.isWord('views')) {
    const views = c.next().text.toLowerCase() === 'views'
    const place = c.acceptWords('in') || c.acceptWords('from') ? c.expectTableName() : []
    const like = c.acceptWords('like') ? c.expectString('a pattern') : undefined
    return { kind: 'showTables', place, views, like }
  }
  if (c.acceptWords('schemas')) {
    const project = c.acceptWords('in') ? c.expectTableName() : []
    if (project.length > 1) throw c.unexpected('the name of a project')
    return { kind: 'showSchemas', project: project[0] }
  }
  if (c.acceptWords('partitions')) {
    const name = c.expectTableName()
    return { kind: 'showPartitions', name, spec: c.isWord('partition') ? parsePartition(c) : [] }
  }
  if (c.acceptWords('create', 'table')) return { kind: 'showCreateTable', name: c.expectTableName() }
  throw c.unexpected('TABLES, VIEWS, PARTITIONS, SCHEMAS or CREATE TABLE')
}

/** After `DESC` or `DESCRIBE`. */
export const parseDescribe = (c: TokenCursor): Statement => {
  const next = c.peekAhead(1)
  const isObject = next.kind === 'word' || next.kind === 'name'
  if (isObject && c.acceptWords('schema')) return { kind: 'describeSchema', name: c.expectTableName() }
  if (isObject && ['function', 'package', 'role', 'user', 'view'].some(word => c.isWord(word)))
    throw c.notEmulated()
  const extended = isObject && c.acceptWords('extended')
  c.acceptWords('table')
  const name = c.expectTableName()
  return {
    kind: 'describeTable',
    name,
    extended,
    spec: c.isWord('partition') ? parsePartition(c) : undefined,
  }
}
