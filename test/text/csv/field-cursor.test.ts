import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { FieldCursor } from '../../../lib/text/csv/field-cursor.js'

const open = (text: string, quote: string | undefined = '"'): FieldCursor => {
  const cursor = new FieldCursor(',', quote)
  const bytes = Buffer.from(text)
  cursor.open(bytes, bytes.lastIndexOf(10) + 1)
  return cursor
}

const long = 'x'.repeat(100)

describe('FieldCursor', () => {
  test('finds the end of plain fields, short and long, before delimiter, LF and CRLF', () => {
    for (const field of ['', 'a', long]) {
      assert.equal(open(`${field},b\n`).plainEnd(0), field.length)
      assert.equal(open(`${field}\n`).plainEnd(0), field.length)
      assert.equal(open(`${field}\r\n`).plainEnd(0), field.length)
    }
  })

  test('a field in quotes ends behind the closing one, and knows of quotes in it', () => {
    for (const [text, end, hasDoubled] of [
      ['"a",b\n', 3, false],
      ['"a,\n""b"\n', 8, true],
      ['""\n', 2, false],
      [`"${long}"\r\n`, 102, false],
    ] as const) {
      const cursor = open(text)
      assert.ok(cursor.passQuoted(0), text)
      assert.deepEqual([cursor.end, cursor.hasDoubled], [end, hasDoubled])
    }
  })

  test('a quote that is not closed, or text behind one, breaks the field', () => {
    for (const text of ['"a\n', '"a"b\n', '"a"\rb\n', '"a""\n']) assert.ok(!open(text).pass(0), text)
  })

  test('without quotes as a sign, a quote is text', () => {
    const cursor = new FieldCursor(',', undefined)
    cursor.open(Buffer.from('"a,b"\n'), 6)
    assert.ok(cursor.pass(0))
    assert.equal(cursor.end, 2)
  })

  test('the next record is found behind line ends in quotes, and behind broken quotes at the next line', () => {
    assert.equal(open('a,"b\nc",d\nnext\n').pastRecord(0), 10)
    assert.equal(open('a\r\nnext\n').pastRecord(0), 3)
    assert.equal(open('"a"x,b\nnext\n').pastRecord(0), 7)
    assert.equal(open('a,"b\nc\n').pastRecord(0), undefined)
  })
})
