import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { inflateSync } from 'node:zlib'
import { ChunkPool, pooledBytes } from '../../lib/compression/chunk-pool.js'
import {
  type CompressionName,
  contentEncodingOf,
  loadCompression,
} from '../../lib/compression/compression.js'
import { createCompressor } from '../../lib/compression/compressor.js'
import { decompress } from '../../lib/compression/decompressor.js'
import { gather, sampleBytes, slicesOf } from './chunked-bytes.js'

describe('a chunk pool', () => {
  test('uses again what was given back, whole or in part, once', () => {
    const pool = new ChunkPool()
    const [first, second] = [pool.take(), pool.take()]
    assert.notEqual(first.buffer, second.buffer)
    pool.give([first.subarray(0, 10), first.subarray(10)])
    const again = pool.take()
    assert.equal(again.buffer, first.buffer)
    assert.equal(again.length, pooledBytes)
    assert.notEqual(pool.take().buffer, first.buffer)
  })

  test('takes nothing that it did not give out', () => {
    const pool = new ChunkPool()
    const foreign = Buffer.allocUnsafeSlow(pooledBytes)
    pool.give([foreign, new ChunkPool().take()])
    assert.notEqual(pool.take().buffer, foreign.buffer)
  })

  test('leaves what is idle to the next pool, once', () => {
    const pool = new ChunkPool()
    const chunk = pool.take()
    pool.give([chunk])
    pool.clear()
    const [first, second] = [new ChunkPool(), new ChunkPool()]
    assert.equal(first.take().buffer, chunk.buffer)
    for (const other of [pool, first, second]) assert.notEqual(other.take().buffer, chunk.buffer)
    // What another pool lent is not this one's to take back.
    second.give([chunk])
    assert.notEqual(second.take().buffer, chunk.buffer)
  })
})

for (const name of ['raw', 'snappy'] satisfies CompressionName[])
  test(`blocks of ${name} made from the same buffers, one after the other`, async () => {
    await loadCompression(name)
    const pool = new ChunkPool()
    const seen = new Set<ArrayBufferLike>()
    for (const length of [700_000, 1, 0, 2 << 20, 65_536, 2 << 20]) {
      const bytes = sampleBytes(length)
      const compressor = createCompressor(name, { pool })
      for await (const slice of slicesOf(bytes, 100_003)) await compressor.write(slice)
      const body = await compressor.finish()
      const read = decompress(contentEncodingOf(name), slicesOf(Buffer.concat(body), 70_001))
      assert.ok((await gather(read)).equals(bytes))
      for (const { buffer } of body) seen.add(buffer)
      pool.give(body)
    }
    assert.ok(seen.size <= Math.ceil((2 << 20) / pooledBytes) + 1, `${seen.size} buffers`)
  })

test('what deflate reads is copied to the same few buffers', async () => {
  const pool = new ChunkPool()
  const taken = new Set<ArrayBufferLike>()
  const take = pool.take.bind(pool)
  pool.take = () => {
    const chunk = take()
    taken.add(chunk.buffer)
    return chunk
  }
  const bytes = sampleBytes(4e6)
  const compressor = createCompressor('deflate', { pool })
  for await (const slice of slicesOf(bytes, pooledBytes)) await compressor.write(slice)
  await compressor.write(bytes)
  const read = inflateSync(Buffer.concat(await compressor.finish()))
  assert.ok(read.equals(Buffer.concat([bytes, bytes])), 'other bytes')
  const most = 2 + Math.ceil(bytes.length / pooledBytes)
  assert.ok(taken.size <= most, `${taken.size} buffers, not ${most}`)
})
