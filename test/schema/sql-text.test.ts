import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatSqlPartition, formatSqlTable, formatSqlText } from '../../lib/schema/sql-text.js'

/* After MaxCompute's reference: a name in backquotes, doubled inside; a text in quotes, with a backslash before what would end it. */

test('names cannot leave their backquotes', () => {
  assert.equal(formatSqlTable({ project: 'p', table: 't' }), '`p`.`t`')
  assert.equal(formatSqlTable({ project: 'p', schemaName: 's', table: 't`; drop' }), '`p`.`s`.`t``; drop`')
})

test('texts cannot leave their quotes', () => {
  assert.equal(formatSqlText("a'b"), "'a\\'b'")
  assert.equal(formatSqlText('a\\'), "'a\\\\'")
  assert.equal(formatSqlText("\\' OR\n1\r"), "'\\\\\\' OR\\n1\\r'")
})

test('partitions', () => {
  const spec = [
    { name: '分区', value: '2001-01' },
    { name: 'select', value: 'a\\b' },
  ]
  assert.equal(formatSqlPartition(spec), "PARTITION (`分区`='2001-01', `select`='a\\\\b')")
})
