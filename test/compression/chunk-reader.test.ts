import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { ChunkReader } from '../../lib/compression/chunk-reader.js'
import { slicesOf } from './chunked-bytes.js'

async function* chunksOf(chunks: Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* chunks
}

test('takes, skips and peeks across chunks of any size', () =>
  fc.assert(
    fc.asyncProperty(
      fc.array(fc.uint8Array({ maxLength: 9 }), { maxLength: 20 }),
      fc.array(fc.tuple(fc.constantFrom('take', 'skip', 'peek'), fc.nat(12))),
      async (chunks, steps) => {
        const all = Buffer.concat(chunks)
        const reader = new ChunkReader(chunksOf(chunks))
        let at = 0
        for (const [step, count] of steps) {
          const { chunk } = reader
          assert.deepEqual(chunk, all.subarray(at, at + chunk.length))
          assert.equal(chunk.length > 0, reader.length > 0)
          if (step === 'skip') {
            assert.equal(await reader.skip(count), at + count <= all.length)
            at = Math.min(at + count, all.length)
          } else if (step === 'peek') {
            if (await reader.has(4)) assert.equal(reader.peekUInt32LE(), all.readUInt32LE(at))
          } else if (await reader.has(count)) {
            assert.deepEqual(reader.take(count), all.subarray(at, at + count))
            at += count
          } else assert.ok(at + count > all.length)
        }
      },
    ),
  ))

test('has() pulls no more than it needs, and a closed reader lets go of its source', async () => {
  const state = { closed: false, pulled: 0 }
  const reader = new ChunkReader(slicesOf(Buffer.alloc(100), 10, state))
  assert.equal(await reader.has(0), true)
  assert.equal(state.pulled, 0)
  assert.equal(await reader.has(11), true)
  assert.equal(state.pulled, 2)
  assert.equal(reader.length, 20)
  await reader.close()
  await reader.close()
  assert.ok(state.closed)
})
