import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { ChunkReader } from '../../lib/compression/chunk-reader.js'
import { GrowingBuffer } from '../../lib/compression/growing-buffer.js'
import { createZstdCompressor, decodeWholeZstd } from '../../lib/compression/zstd.js'
import { readZstdFrame } from '../../lib/compression/zstd-frame.js'
import { loadZstd, nodeHasZstd } from '../../lib/compression/zstd-package.js'
import { gather, sampleBytes, slicesOf } from './chunked-bytes.js'

const filled = (bytes: Uint8Array): GrowingBuffer => {
  const buffer = new GrowingBuffer()
  buffer.append(bytes)
  return buffer
}

describe('a growing buffer', () => {
  test('holds all bytes in order, in one piece', () =>
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(200_000), fc.nat(255)), { maxLength: 30 }), pieces => {
        const buffers = pieces.map(([length, byte]) => Buffer.alloc(length, byte))
        const growing = new GrowingBuffer()
        for (const bytes of buffers) growing.append(bytes)
        assert.ok(growing.bytes.equals(Buffer.concat(buffers)), 'other bytes')
        growing.release()
        assert.equal(growing.bytes.length, 0)
      }),
      { numRuns: 40 },
    ))

  test('leaves its memory to the next one when it is released, once, and not before', () => {
    const first = filled(sampleBytes(3e6))
    const { buffer } = first.bytes
    assert.notEqual(filled(Buffer.alloc(10)).bytes.buffer, buffer)
    first.release()
    assert.notEqual(filled(Buffer.alloc(buffer.byteLength + 1)).bytes.buffer, buffer)
    const taken = [filled(Buffer.alloc(2.9e6)), filled(Buffer.alloc(2.9e6))]
    assert.equal(taken.filter(({ bytes }) => bytes.buffer === buffer).length, 1)
  })

  test('takes the smallest memory that is large enough', () => {
    const [small, large] = [filled(Buffer.alloc(21e5)), filled(Buffer.alloc(31e6))]
    const memory = small.bytes.buffer
    large.release()
    small.release()
    assert.equal(filled(Buffer.alloc(21e5)).bytes.buffer, memory)
  })
})

const isNative = { skip: nodeHasZstd ? 'this Node.js compresses with node:zlib' : false }

test(
  "what a compressor reads on another thread is nobody else's memory, even when it is destroyed",
  isNative,
  async () => {
    await loadZstd()
    const [mine, theirs] = [sampleBytes(8e6), Buffer.alloc(8e6, 'other ')]
    const compressor = createZstdCompressor()
    compressor.write(mine)
    const finished = compressor.finish()
    compressor.destroy()
    const other = filled(theirs)
    const wire = new ChunkReader(slicesOf(Buffer.concat(await finished), 64 << 10))
    const limits = { maxRatio: Number.POSITIVE_INFINITY }
    assert.ok(
      (await gather(decodeWholeZstd(await readZstdFrame(wire), limits))).equals(mine),
      'bytes were overwritten',
    )
    other.release()
  },
)

test('a frame that is decoded on another thread stays in its memory', isNative, async () => {
  await loadZstd()
  const bytes = sampleBytes(8e6)
  const compressor = createZstdCompressor()
  compressor.write(bytes)
  const wire = Buffer.concat(await compressor.finish())
  const limits = { maxRatio: Number.POSITIVE_INFINITY }
  let isDecoded = false
  const decode = async () => {
    const frame = await readZstdFrame(new ChunkReader(slicesOf(wire, wire.length)))
    return gather(decodeWholeZstd(frame, limits)).finally(() => {
      isDecoded = true
    })
  }
  // Takes what is free, writes over it and gives it back.
  const overwrite = () => filled(Buffer.alloc(wire.length, 0xee)).release()
  overwrite()
  const decoded = decode()
  while (!isDecoded) {
    overwrite()
    await new Promise(setImmediate)
  }
  assert.ok((await decoded).equals(bytes), 'the frame was overwritten')
})
