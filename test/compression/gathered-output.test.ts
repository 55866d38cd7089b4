import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ChunkPool, pooledBytes } from '../../lib/compression/chunk-pool.js'
import { GatheredOutput } from '../../lib/compression/gathered-output.js'

test('small pieces come out together, in order, in chunks of one size', () => {
  const output = new GatheredOutput(new ChunkPool())
  const piece = Buffer.from('0123456789')
  const count = Math.ceil((2 * pooledBytes) / piece.length) + 1
  for (let i = 0; i < count; i++) output.put(piece)
  const chunks = output.take()
  assert.deepEqual(
    chunks.map(chunk => chunk.length),
    [pooledBytes, pooledBytes, count * piece.length - 2 * pooledBytes],
  )
  assert.equal(Buffer.concat(chunks).toString(), '0123456789'.repeat(count))
  assert.equal(output.wireBytes, count * piece.length)
})

test('what was taken is not written over, and the bytes put in are copied', () => {
  const output = new GatheredOutput()
  const bytes = Buffer.from('first')
  output.put(bytes)
  bytes.fill(0)
  const [first] = output.take()
  output.put(Buffer.from('second'))
  assert.equal(String(first), 'first')
  assert.equal(String(Buffer.concat(output.take())), 'second')
  assert.deepEqual(output.take(), [])
})
