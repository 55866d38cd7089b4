import assert from 'node:assert/strict'
import { test } from 'node:test'
import { blankLine, bytewise, fieldOf, isSkipped, tooLong } from '../../../lib/text/csv/record.js'

test('a field is text where its bytes are UTF-8, and else its bytes', () => {
  assert.equal(fieldOf('abc'), 'abc')
  assert.equal(fieldOf('\xe5\xa5\xbd'), '好')
  assert.deepEqual(fieldOf('\xe5\xa5'), Buffer.of(0xe5, 0xa5))
  // U+0080 in latin1 is no character of UTF-8.
  assert.deepEqual(fieldOf('\x80'), Buffer.of(0x80))
})

test('a syntax of bytes has a character for each of them', () =>
  assert.deepEqual(
    bytewise({ delimiter: '§', recordDelimiter: undefined, quote: '»', nullText: '好', maxRecordBytes: 1 }),
    {
      ...{ delimiter: '\xc2\xa7', recordDelimiter: undefined, quote: '\xc2\xbb', nullText: '\xe5\xa5\xbd' },
      maxRecordBytes: 1,
    },
  ))

test('a blank line is a record only where records have one field', () => {
  assert.ok(!isSkipped(blankLine, 1))
  assert.ok(isSkipped(blankLine, 2))
  assert.ok(!isSkipped([''], 2))
})

test('a record that is too long tells its beginning only, and may hold others', () => {
  const { text, code, hidesOthers } = tooLong('x'.repeat(1000), 100)
  assert.deepEqual([text.length, code, hidesOthers], [200, 'ODPS_FIELD_TOO_LONG', true])
})
