import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatRowType } from '../../../lib/cli/table/typescript.js'
import { parseDataType, type TableSchema } from '../../../lib/index.js'

const schemaOf = (columns: Record<string, string>, partitions: readonly string[] = []): TableSchema => ({
  columns: Object.entries(columns).map(([name, type]) => ({
    name,
    type: parseDataType(type),
    nullable: name !== 'id',
  })),
  partitionColumns: partitions.map(name => ({ name, type: { kind: 'string' }, nullable: true })),
})

test('a row as TypeScript', () =>
  assert.equal(
    formatRowType(
      's.my_table',
      schemaOf({ id: 'bigint', 'a b': 'map<string,array<int>>', at: 'timestamp', s: 'struct<x:json>' }, [
        'pt',
      ]),
    ),
    `import type { Timestamp } from 'odps-tunnel'

/** A row of s.my_table (partitioned by pt). */
export interface MyTableRow {
  /** BIGINT */
  id: bigint
  /** MAP<STRING,ARRAY<INT>> */
  "a b": Map<string, (number | null)[] | null> | null
  /** TIMESTAMP */
  at: Timestamp | null
  /** STRUCT<X:JSON> */
  s: { x: unknown | null } | null
}
`,
  ))

test('a name cannot end a comment, and begins with a letter', () => {
  const text = formatRowType('2024-*/x', schemaOf({ id: 'struct<`*/`:int>' }))
  assert.match(text, /^export interface Table2024XRow \{$/m)
  assert.match(text, /^ {2}\/\*\* STRUCT<`\* \/`:INT> \*\/$/m)
})
