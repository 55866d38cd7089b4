import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isWellFormed } from '../../lib/wire/utf8.js'

/* Python: text.encode() raises UnicodeEncodeError for the second list. */
test('text without lone surrogates has a UTF-8 form', () => {
  for (const text of ['', 'a', 'é中😀', '\ud83d\ude00', '\uffff', '\u0000']) assert.ok(isWellFormed(text))
  for (const text of ['\ud800', '\udfff', 'a\udc00', '\ude00\ud83d', '😀\ud83d'])
    assert.ok(!isWellFormed(text))
})
