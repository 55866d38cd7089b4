import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Xxh32, xxh32 } from '../../lib/compression/xxh32.js'

test('known hashes', () => {
  assert.equal(xxh32(Buffer.alloc(0)), 0x02cc5d05)
  assert.equal(xxh32(Buffer.from('a')), 0x550d7456)
  assert.equal(xxh32(Buffer.from('abc')), 0x32d153ff)
  assert.equal(xxh32(Buffer.from('Nobody inspects the spammish repetition')), 0xe2293b2f)
})

test('pieces of any size give the hash of the whole', () =>
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 70 })), pieces => {
      const hash = new Xxh32()
      for (const piece of pieces) hash.update(Buffer.from(piece))
      assert.equal(hash.digest(), xxh32(Buffer.concat(pieces)))
    }),
  ))
