import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type CreateTableTextOptions, formatCreateTable } from '../../lib/schema/create-table-text.js'
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

/* After MaxCompute's reference: the key is a constraint behind the columns, and such a table needs "transactional"="true". */
test('a primary key, with the property that it needs', () => {
  const schema = {
    columns: [column('Id', 'bigint', { nullable: false }), column('a`b', 'string', { nullable: false })],
    partitionColumns: [],
  }
  const text = (options: CreateTableTextOptions) => formatCreateTable('t', schema, options)
  const head = 'CREATE TABLE `t` (\n  `Id`   BIGINT NOT NULL,\n  `a``b` STRING NOT NULL'
  assert.equal(
    text({ primaryKey: ['A`B', 'id'], lifecycleDays: 3, comment: 'c' }),
    `${head},\n  PRIMARY KEY (\`a\`\`b\`, \`Id\`)\n)\nCOMMENT 'c'\nTBLPROPERTIES ('transactional'='true')\nLIFECYCLE 3`,
  )
  assert.equal(
    text({ primaryKey: ['id'], properties: { "it's": 'x', transactional: 'TRUE' } }),
    `${head},\n  PRIMARY KEY (\`Id\`)\n)\nTBLPROPERTIES ('it\\'s'='x', 'transactional'='TRUE')`,
  )
  assert.equal(text({ properties: { 'a.b': '1' } }), `${head}\n)\nTBLPROPERTIES ('a.b'='1')`)
})

test('a primary key that cannot be is refused', () => {
  const schema = {
    columns: [column('id', 'bigint', { nullable: false }), column('name', 'string')],
    partitionColumns: [column('day', 'string', { nullable: false })],
  }
  for (const [options, code, message] of [
    [
      { primaryKey: ['idd'] },
      'ODPS_INVALID_COLUMNS',
      "primaryKey: 'idd' is not a column of the table, which has id, name; did you mean 'id'?",
    ],
    [
      { primaryKey: ['day'] },
      'ODPS_INVALID_COLUMNS',
      "primaryKey: 'day' is not a column of the table, which has id, name",
    ],
    [{ primaryKey: ['id', 'ID'] }, 'ODPS_INVALID_COLUMNS', "primaryKey: 'ID' is given twice"],
    [
      { primaryKey: ['id', 'name'] },
      'ODPS_INVALID_COLUMNS',
      "primaryKey: the column 'name' may be NULL; declare it NOT NULL in the schema, as in 'bigint not null'",
    ],
    [
      { primaryKey: ['id'], properties: { transactional: 'false' } },
      'ODPS_INVALID_OPTION',
      "properties: a table with a primaryKey needs 'transactional' to be 'true'; leave it out, or leave primaryKey out",
    ],
  ] as const)
    assert.throws(() => formatCreateTable('t', schema, options), { code, message })
})

test('what nobody asks for is left out', () =>
  assert.equal(
    formatCreateTable('t', { columns: [column('a', 'int')], partitionColumns: [] }),
    'CREATE TABLE `t` (\n  `a` INT\n)',
  ))
