import assert from 'node:assert/strict'
import { parseSql } from '../../../lib/emulator/sql/parse-sql.js'
import type { Statement } from '../../../lib/emulator/sql/statement.js'

/** The one statement in the text. */
export const one = <T extends Statement = Statement>(sql: string): T => {
  const statements = parseSql(sql)
  assert.equal(statements.length, 1)
  return statements[0] as T
}
