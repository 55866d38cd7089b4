import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { compressSync, uncompressSync } from 'snappy'
import { pagesAt, takePagesMemory } from '../../lib/wire/pages-memory.js'

const memory = (await takePagesMemory())!
const outAt = pagesAt + 2 ** 20
memory.reserve(outAt + 2 ** 20)

/** Undefined for a block that is refused. */
const unpack = (block: Uint8Array, size: number): Buffer | undefined => {
  memory.bytes.set(block, pagesAt)
  memory.bytes.fill(0xaa, outAt, outAt + size + 64)
  const isTaken = memory.call.unpackSnappy(pagesAt, pagesAt + block.length, outAt, size) === 1
  return isTaken ? Buffer.from(memory.bytes.subarray(outAt, outAt + size)) : undefined
}

/** Bytes that come again at all distances, and bytes that don't. */
const anyBytes = fc
  .array(
    fc.record({
      bytes: fc.uint8Array({ minLength: 1, maxLength: 90 }),
      times: fc.integer({ min: 1, max: 60 }),
    }),
    { maxLength: 60 },
  )
  .map(pieces => Buffer.concat(pieces.flatMap(({ bytes, times }) => new Array(times).fill(bytes))))

test('blocks that the snappy package packs are unpacked, and those of another length are not', () => {
  fc.assert(
    fc.property(anyBytes, bytes => {
      const block = compressSync(bytes)
      assert.deepEqual(unpack(block, bytes.length), bytes)
      assert.equal(unpack(block, bytes.length + 1), undefined)
      if (bytes.length > 0) assert.equal(unpack(block.subarray(0, -1), bytes.length), undefined)
    }),
  )
})

test('a damaged block is refused, or is what the snappy package makes of it', () => {
  let refused = 0
  fc.assert(
    fc.property(anyBytes, fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1 }), (bytes, changes) => {
      const block = Buffer.from(compressSync(bytes))
      for (const [at, byte] of changes) block[at % block.length] = byte
      const found = unpack(block, bytes.length)
      if (found === undefined) refused++
      else assert.deepEqual(found, uncompressSync(block))
    }),
    { numRuns: 500 },
  )
  assert.ok(refused > 100, `${refused} of 500 were refused`)
})
