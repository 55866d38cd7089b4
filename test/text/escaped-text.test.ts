import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { escapedBytes, escapedText, hasLoneSurrogates } from '../../lib/text/escaped-text.js'

test("bytes that are not UTF-8 are what Python's surrogateescape makes of them", () => {
  const bytes = Buffer.from('636166e920e5a5bd20ffc328eda080f4908080e5a5', 'hex')
  // bytes.decode('utf-8', 'surrogateescape')
  const text = 'caf\udce9 好 \udcff\udcc3(\udced\udca0\udc80\udcf4\udc90\udc80\udc80\udce5\udca5'
  assert.equal(escapedText(bytes), text)
  assert.deepEqual(escapedBytes(text), bytes)
})

test('any bytes come back', () => {
  const piece = fc.oneof(
    fc.uint8Array({ maxLength: 8 }),
    fc.string({ unit: 'binary' }).map(text => new Uint8Array(Buffer.from(text))),
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 40, size: 'max' }), pieces => {
      const bytes = Buffer.concat(pieces)
      const text = escapedText(bytes)
      assert.deepEqual(escapedBytes(text), bytes)
      assert.equal(hasLoneSurrogates(text), !Buffer.from(bytes.toString()).equals(bytes))
    }),
    { numRuns: 500 },
  )
})
