import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
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

/** What a WeakRef was asked for stays until the end of the turn. */
const collected = async (): Promise<void> => {
  await setImmediate()
  setFlagsFromString('--expose-gc')
  runInNewContext('gc')()
}

/** Memory that is in use no more, as another is that lasts. */
const abandoned = (): WeakRef<ArrayBufferLike> => {
  const buffer = filled(Buffer.alloc(50e6))
  const memory = new WeakRef(buffer.bytes.buffer)
  buffer.release()
  return memory
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
    const second = filled(Buffer.alloc(10))
    assert.notEqual(second.bytes.buffer, buffer)
    first.release()
    const larger = filled(Buffer.alloc(buffer.byteLength + 1))
    assert.notEqual(larger.bytes.buffer, buffer)
    const taken = [filled(Buffer.alloc(2.9e6)), filled(Buffer.alloc(2.9e6))]
    assert.equal(taken.filter(({ bytes }) => bytes.buffer === buffer).length, 1)
    for (const each of [second, larger, ...taken]) each.release()
  })

  test('takes the largest memory, so that it need not grow', () => {
    const [small, large] = [filled(Buffer.alloc(21e5)), filled(Buffer.alloc(31e6))]
    const memory = large.bytes.buffer
    large.release()
    small.release()
    const next = filled(Buffer.alloc(10))
    assert.equal(next.bytes.buffer, memory)
    next.release()
  })

  test('holds what is idle while another is in use, and lets the engine have it after that', async () => {
    const busy = filled(Buffer.alloc(40e6))
    const memory = abandoned()
    await collected()
    assert.notEqual(memory.deref(), undefined, 'collected although another is in use')
    busy.release()
    await collected()
    assert.equal(memory.deref(), undefined, 'held although none is in use')
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
    await setImmediate()
  }
  assert.ok((await decoded).equals(bytes), 'the frame was overwritten')
})
