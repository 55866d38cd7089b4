import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { CreateTable } from '../../../lib/emulator/sql/statement.js'
import { formatDataType } from '../../../lib/schema/data-type.js'
import { one } from './parsed.js'

const columnsOf = (statement: CreateTable): string[] =>
  statement.columns.map(
    ({ name, type, nullable }) => `${name} ${formatDataType(type)}${nullable ? '' : ' not null'}`,
  )

describe('CREATE TABLE', () => {
  test('as PyODPS writes it', () => {
    const statement = one<CreateTable>(
      "CREATE TABLE IF NOT EXISTS test_project.`rec_t` (\n  `id` BIGINT,\n  `name` STRING\n)\nCOMMENT 'a comment'\n" +
        'PARTITIONED BY (\n  `ds` STRING\n)\nLIFECYCLE 1;',
    )
    assert.deepEqual(statement.name, ['test_project', 'rec_t'])
    assert.equal(statement.ifNotExists, true)
    assert.deepEqual(columnsOf(statement), ['id bigint', 'name string'])
    assert.deepEqual(
      statement.partitionColumns.map(column => column.name),
      ['ds'],
    )
    assert.deepEqual([statement.comment, statement.lifecycle], ['a comment', 1])
  })

  test('every option of a column, in any order', () => {
    const { columns, primaryKey } = one<CreateTable>(
      "create table t (a bigint NOT NULL COMMENT 'it''s', b string default 'x' not null, c int comment \"q\\\"\" null default -1," +
        " d datetime default getdate() comment 'c', `primary` int, PRIMARY KEY (`A`, b))",
    )
    assert.deepEqual(
      columns.map(({ name, nullable, comment, defaultValue }) => ({ name, nullable, comment, defaultValue })),
      [
        { name: 'a', nullable: false, comment: "it's", defaultValue: undefined },
        { name: 'b', nullable: false, comment: undefined, defaultValue: 'x' },
        { name: 'c', nullable: true, comment: 'q"', defaultValue: '-1' },
        { name: 'd', nullable: true, comment: 'c', defaultValue: 'getdate()' },
        { name: 'primary', nullable: true, comment: undefined, defaultValue: undefined },
      ],
    )
    assert.deepEqual(primaryKey, ['a', 'b'])
    const inline = one<CreateTable>(
      'create table t (a bigint not null primary key, b int default 1 primary key)',
    )
    assert.deepEqual(inline.primaryKey, ['a', 'b'])
  })

  test('types with blanks, brackets and quoted fields', () => {
    const statement = one<CreateTable>(
      'CREATE TABLE t (a DECIMAL(10), b decimal, c struct<d: decimal(38,18), `e f`:array<map<string, struct<g:int>>>>, h VARCHAR ( 5 ),' +
        ' i vector(float,3), j timestamp_ntz)',
    )
    assert.deepEqual(columnsOf(statement), [
      'a decimal(10,0)',
      'b decimal',
      'c struct<d:decimal(38,18),`e f`:array<map<string,struct<g:int>>>>',
      'h varchar(5)',
      'i vector(float,3)',
      'j timestamp_ntz',
    ])
  })

  test('table options in another order, and comments in the text', () => {
    const statement = one<CreateTable>(
      "/* make */ create table p.s.t -- it\n(a bigint) lifecycle 3 tblproperties ('transactional'='true', \"k\"=\"v\") partitioned by (pt string comment 'x')",
    )
    assert.deepEqual(statement.name, ['p', 's', 't'])
    assert.equal(statement.lifecycle, 3)
    assert.deepEqual(statement.properties, { transactional: 'true', k: 'v' })
    assert.equal(statement.partitionColumns[0]?.comment, 'x')
  })

  test('names that look like other things', () => {
    assert.deepEqual(one<CreateTable>('create table `select`.`a.b``c` (`1 x` int, 2y int, 表 int)').name, [
      'select',
      'a.b`c',
    ])
    assert.deepEqual(columnsOf(one<CreateTable>('create table t (`1 X` int, 2y int, 表 int)')), [
      '1 x int',
      '2y int',
      '表 int',
    ])
  })
})
