import assert from 'node:assert/strict'
import { test } from 'node:test'
import { demandedPartitions } from '../../../../lib/emulator/sql/engine/prune-partitions.js'
import { tokenize } from '../../../../lib/emulator/sql/tokenize.js'
import type { TableState } from '../../../../lib/emulator/store/table-store.js'
import type { DataType } from '../../../../lib/schema/data-type.js'

const column = (name: string, kind: 'string' | 'bigint') => ({
  name,
  type: { kind } as DataType,
  nullable: true,
})

/** Of a table with the partition columns pt, a STRING, and hh, a BIGINT. */
const demanded = (sql: string): string[] => {
  const schema = {
    columns: [column('a', 'string')],
    partitionColumns: [column('pt', 'string'), column('hh', 'bigint')],
  }
  return demandedPartitions(tokenize(sql), { schema } as unknown as TableState).map(
    ({ name, value }) => `${name}=${value}`,
  )
}

test('what WHERE demands of a STRING partition column', () => {
  assert.deepEqual(demanded("select a, 1 from t where pt = 'x'"), ['pt=x'])
  assert.deepEqual(
    demanded("select a from t x where x.PT = 'x' and a > 'b' group by a having max(a) = 'c'"),
    ['pt=x'],
  )
  assert.deepEqual(demanded("select a from t where length(a) > 1 and `pt` = 'x' order by a limit 1"), [
    'pt=x',
  ])
})

test('nothing where a row of another partition could count', () => {
  for (const sql of [
    'select a + 1 from t',
    "select a from t where pt = 'x' or a = 'b'",
    "select a from t where not pt = 'x'",
    "select a from t where (pt = 'x')",
    "select a from t where a = 'pt' and pt <> 'x'",
    "select a from t where a between 'b' and pt = 'x'",
    "select a from t where case when a = 'b' then 1 and pt = 'x' end",
    "select pt = 'x' from t",
    "select count(*) filter (where pt = 'x') from t",
    "select a from t group by a having pt = 'x'",
    "select a from t where pt = 'x' union all select a from t",
    "select a from t where a in (select a from t where pt = 'x')",
    "select a from t where a = 'x'",
    'select a from t where hh = 1',
    "select a from t where hh = '1'",
    'select a from t where pt = a',
  ])
    assert.deepEqual(demanded(sql), [], sql)
})
