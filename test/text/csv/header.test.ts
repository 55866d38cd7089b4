import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { defineSchema } from '../../../lib/schema/define-schema.js'
import { type HeaderRules, positionsOfHeader, positionsWithoutHeader } from '../../../lib/text/csv/header.js'

const schema = defineSchema({ id: 'bigint', Name: 'string', at: 'datetime' })

const match = (header: readonly string[], rules: Partial<HeaderRules> = {}) =>
  positionsOfHeader(header, schema, { unknownColumns: 'error', missingColumns: 'error', ...rules })

describe('a header', () => {
  test('names columns in any order, without case and blanks around', () =>
    assert.deepEqual(match([' AT ', 'name', 'ID']), { fields: 3, ofColumn: [2, 1, 0] }))

  test('may have more or fewer names where that is allowed', () => {
    assert.deepEqual(match(['x', 'id', 'name', 'at'], { unknownColumns: 'ignore' }).ofColumn, [1, 2, 3])
    assert.deepEqual(match(['at'], { missingColumns: 'null' }).ofColumn, [-1, -1, 0])
  })

  test('that names a column twice, an unknown or no column is refused, all of them at once', () => {
    const refused = (header: readonly string[], message: RegExp, rules?: Partial<HeaderRules>): void =>
      assert.throws(() => match(header, rules), { code: 'ODPS_UNKNOWN_COLUMN', message })
    refused(['id', 'name', 'at', 'x', 'y'], /names 'x', 'y', which the table does not have/)
    refused(['id'], /lacks 'Name', 'at'/)
    refused(['id', 'ID', 'name', 'at'], /names 'id' twice/)
    // Without a name in common it is no header, or that of another table, whatever the rules.
    refused(['1', 'abc'], /names '1', 'abc'.*; it lacks 'id', 'Name', 'at'.*header: false/, {
      unknownColumns: 'ignore',
      missingColumns: 'null',
    })
  })

  test('a message has room for long files only', () => {
    const names = Array.from({ length: 25 }, (_, i) => `x${i}`)
    assert.throws(() => match(['id', ...names]), /… \(25\)/)
    assert.throws(() => match(['id', 'y'.repeat(100)]), /'y{57}\.\.\.'/)
  })

  test('without one the fields are the columns', () =>
    assert.deepEqual(positionsWithoutHeader(schema), { fields: 3, ofColumn: [0, 1, 2] }))
})
