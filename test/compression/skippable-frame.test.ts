import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ChunkReader } from '../../lib/compression/chunk-reader.js'
import { isSkippable, skipFrame } from '../../lib/compression/skippable-frame.js'
import { slicesOf } from './chunked-bytes.js'

test('sixteen magic numbers are skippable (RFC 8878, 3.1.2)', () => {
  for (let i = 0; i < 16; i++) assert.ok(isSkippable(0x184d2a50 + i))
  for (const magic of [0x184d2a4f, 0x184d2a60, 0xfd2fb528, 0x184d2204, 0]) assert.ok(!isSkippable(magic))
})

test('a frame is passed over, and not a byte more', async () => {
  const frame = Buffer.from('5f2a4d1803000000aabbcc', 'hex')
  for (const size of [1, 100]) {
    const input = new ChunkReader(slicesOf(Buffer.concat([frame, Buffer.from('rest')]), size))
    assert.equal(await skipFrame(input), true)
    assert.ok(await input.has(4))
    assert.equal(input.take(4).toString(), 'rest')
    for (let cut = 0; cut < frame.length; cut++)
      assert.equal(await skipFrame(new ChunkReader(slicesOf(frame.subarray(0, cut), size))), false)
  }
})
