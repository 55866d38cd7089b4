import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatCreateTable } from '../../lib/schema/create-table-text.js'
import { parseDataType } from '../../lib/schema/parse-data-type.js'

const column = (name: string, type: string, more: { nullable?: boolean; comment?: string } = {}) => ({
  ...{ name, type: parseDataType(type), nullable: true },
  ...more,
})

/* After MaxCompute's reference of CREATE TABLE: names in backquotes, text in quotes with a backslash before a quote. */
test('all that a statement may have', () => {
  const schema = {
    columns: [
      column('id', 'bigint', { nullable: false }),
      column('a`b', 'struct<Name:string,x:array<decimal(10,2)>>', { comment: "it's \\ two\nlines" }),
    ],
    partitionColumns: [column('day', 'string')],
  }
  const options = { ifNotExists: true, comment: 'about', lifecycleDays: 30 }
  assert.equal(
    formatCreateTable('p.s.t', schema, options),
    [
      'CREATE TABLE IF NOT EXISTS `p`.`s`.`t` (',
      '  `id`   BIGINT NOT NULL,',
      "  `a``b` STRUCT<Name:STRING,x:ARRAY<DECIMAL(10,2)>> COMMENT 'it\\'s \\\\ two\\nlines'",
      ')',
      "COMMENT 'about'",
      'PARTITIONED BY (',
      '  `day` STRING',
      ')',
      'LIFECYCLE 30',
    ].join('\n'),
  )
})

test('what nobody asks for is left out', () =>
  assert.equal(
    formatCreateTable('t', { columns: [column('a', 'int')], partitionColumns: [] }),
    'CREATE TABLE `t` (\n  `a` INT\n)',
  ))
