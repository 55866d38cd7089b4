import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { formatDataType } from '../../lib/schema/data-type.js'
import { parseDataType } from '../../lib/schema/parse-data-type.js'

describe('data types', () => {
  test('the canonical text', () => {
    for (const [text, canonical] of [
      ['DECIMAL(10)', 'decimal(10,0)'],
      ['Struct < `a` : Int , `b``c` : array < string > >', 'struct<a:int,`b``c`:array<string>>'],
      ['VarChar( 20 )', 'varchar(20)'],
      ['GEOGRAPHY', 'geography'],
      ['Point (2, <x>)', 'point(2, <x>)'],
    ] as const)
      assert.equal(formatDataType(parseDataType(text)), canonical)
  })
})
