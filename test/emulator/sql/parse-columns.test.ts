import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { AddColumns } from '../../../lib/emulator/sql/statement.js'
import { one } from './parsed.js'

describe('the other statements', () => {
  test('ADD COLUMNS', () => {
    for (const sql of [
      'alter table t add columns (a bigint, b string)',
      'ALTER TABLE t ADD COLUMN (a bigint, b string)',
    ])
      assert.equal(one<AddColumns>(sql).columns.length, 2)
    const quiet = one("alter table t add column if not exists a bigint comment 'x'")
    assert.deepEqual(quiet.kind === 'addColumns' && [quiet.ifNotExists, quiet.columns[0]?.comment], [
      true,
      'x',
    ])
  })
})
