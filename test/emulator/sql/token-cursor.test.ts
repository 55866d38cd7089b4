import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { TokenCursor } from '../../../lib/emulator/sql/token-cursor.js'

describe('TokenCursor', () => {
  test('words are accepted all or none, in any case', () => {
    const cursor = new TokenCursor('IF not exists t')
    assert.ok(!cursor.acceptWords('if', 'exists'))
    assert.ok(cursor.acceptWords('if', 'not', 'exists'))
    assert.equal(cursor.expectName('a name'), 't')
    assert.ok(cursor.atEnd && !cursor.acceptWords('t'))
  })

  test('a quoted word is a name and no keyword', () => {
    const cursor = new TokenCursor('`select` from')
    assert.ok(!cursor.acceptWords('select'))
    assert.equal(cursor.expectName('a name'), 'select')
  })

  test('names of tables keep their case, and tell where they stand', () => {
    const cursor = new TokenCursor('a.`B`.select, c')
    cursor.begin()
    assert.deepEqual(cursor.expectTableName(), ['a', 'B', 'select'])
    cursor.expectSign(',')
    assert.deepEqual(cursor.expectTableName(), ['c'])
    assert.deepEqual([cursor.nameAt, cursor.latestNameAt], [0, 14])
    assert.throws(() => new TokenCursor('a.b.c.d').expectTableName(), /expect the end of the table name/)
  })

  test('lists, strings and whole numbers', () => {
    const cursor = new TokenCursor("(1, 2) 'x'")
    assert.deepEqual(
      cursor.list(() => cursor.expectInteger('a number')),
      [1, 2],
    )
    assert.equal(cursor.expectString('a text'), 'x')
    for (const sql of ['(1', '()', '(1,)', '(1.5)'])
      assert.throws(() => {
        const each = new TokenCursor(sql)
        each.list(() => each.expectInteger('a number'))
      }, /Parse exception/)
  })

  test('an error names what was found, where, and what was expected', () => {
    const cursor = new TokenCursor(`a\n  ${'x'.repeat(50)}`)
    cursor.next()
    assert.throws(() => cursor.expectWord('from'), {
      message: `ODPS-0130161:[2,3] Parse exception - invalid token '${'x'.repeat(37)}...', expect FROM`,
    })
    assert.throws(() => new TokenCursor('').expectSign('('), /invalid token the end, expect '\('/)
  })
})
