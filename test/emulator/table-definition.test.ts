import assert from 'node:assert/strict'
import { test } from 'node:test'
import { schemaOfDefinition } from '../../lib/emulator/table-definition.js'
import { formatDataType } from '../../lib/schema/data-type.js'

test('names of columns and of STRUCT fields at any depth are kept in lower case', () => {
  const type = 'MAP<STRING,ARRAY<STRUCT<`I`:INT,INNER:STRUCT<T:TIMESTAMP>>>>'
  const [column] = schemaOfDefinition({ name: 't', columns: { ID: type } }).columns
  assert.equal(column?.name, 'id')
  assert.equal(formatDataType(column.type), 'map<string,array<struct<i:int,inner:struct<t:timestamp>>>>')
})
