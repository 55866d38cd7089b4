import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import { inflateSync } from 'node:zlib'
import fc from 'fast-check'
import {
  type CompressionName,
  compressionNames,
  contentEncodingOf,
  loadCompression,
} from '../../lib/compression/compression.js'
import { compress, createCompressor } from '../../lib/compression/compressor.js'
import { decompress } from '../../lib/compression/decompressor.js'
import { gather, sampleBytes, slicesOf } from './chunked-bytes.js'

const packed = async (name: CompressionName, bytes: Uint8Array, slice = 4096): Promise<Buffer> => {
  await loadCompression(name)
  const compressor = createCompressor(name)
  for (let at = 0; at < bytes.length; at += slice) await compressor.write(bytes.subarray(at, at + slice))
  return Buffer.concat(await compressor.finish())
}

const unpacked = (name: CompressionName, bytes: Uint8Array, slice = 4096): Promise<Buffer> =>
  gather(decompress(contentEncodingOf(name), slicesOf(bytes, slice)))

/** Pieces that repeat, so that all kinds of blocks occur. */
const someBytes = fc
  .array(fc.tuple(fc.uint8Array({ minLength: 1, maxLength: 40 }), fc.integer({ min: 1, max: 3000 })), {
    maxLength: 6,
  })
  .map(parts => Buffer.concat(parts.flatMap(([piece, times]) => Array<Uint8Array>(times).fill(piece))))

for (const name of compressionNames)
  describe(name, () => {
    before(() => loadCompression(name))

    test('gives back any bytes in any slices', () =>
      fc.assert(
        fc.asyncProperty(
          someBytes,
          fc.integer({ min: 1, max: 300_000 }),
          fc.integer({ min: 50, max: 70_000 }),
          async (bytes, slice, cut) => {
            const sizes = Math.max(slice, Math.ceil(bytes.length / 200))
            assert.ok((await unpacked(name, await packed(name, bytes, sizes), cut)).equals(bytes))
          },
        ),
        { numRuns: 60 },
      ))

    test('gives back 3 MiB, and nothing at all', async () => {
      const bytes = sampleBytes(3 << 20)
      const wire = await packed(name, bytes, 256 << 10)
      if (name !== 'raw') assert.ok(wire.length < bytes.length)
      assert.ok((await unpacked(name, wire, 64 << 10)).equals(bytes))
      assert.equal((await unpacked(name, await packed(name, Buffer.alloc(0)))).length, 0)
    })

    test('keeps no reference to the bytes written', async () => {
      const bytes = sampleBytes(1 << 20)
      const slice = Buffer.alloc(100_000)
      const compressor = createCompressor(name)
      for (let at = 0; at < bytes.length; at += slice.length) {
        const length = bytes.copy(slice, 0, at)
        const written = compressor.write(slice.subarray(0, length))
        slice.fill(0)
        await written
      }
      const wire = Buffer.concat(await compressor.finish())
      assert.ok((await unpacked(name, wire)).equals(bytes))
    })

    test('output taken early and the rest make one stream, and are counted', async () => {
      const bytes = sampleBytes(1 << 20)
      const compressor = createCompressor(name)
      const parts: Buffer[] = []
      for await (const slice of slicesOf(bytes, 200_000)) {
        await compressor.write(slice)
        parts.push(...compressor.take())
      }
      parts.push(...(await compressor.finish()))
      assert.equal(compressor.wireBytes, Buffer.concat(parts).length)
      assert.ok((await unpacked(name, Buffer.concat(parts))).equals(bytes))
      compressor.destroy()
    })

    test('compress() streams, from an iterable and an async iterable', async () => {
      const bytes = sampleBytes(700_000)
      for (const chunks of [[bytes.subarray(0, 9), bytes.subarray(9)], slicesOf(bytes, 100_000)]) {
        const stream = decompress(contentEncodingOf(name), compress(name, chunks))
        assert.ok((await gather(stream)).equals(bytes))
      }
    })

    test('compress() closes its source when its consumer stops, and passes on an error of it', async () => {
      const state = { closed: false, pulled: 0 }
      for await (const _ of compress(name, slicesOf(sampleBytes(4 << 20), 256 << 10, state))) break
      assert.ok(state.closed)
      const failure = new Error('the source')
      const failing = async function* () {
        yield sampleBytes(1000)
        throw failure
      }
      await assert.rejects(gather(compress(name, failing())), failure)
    })

    test('a compressor destroyed in the middle settles its pending write', async () => {
      const compressor = createCompressor(name)
      const written = compressor.write(sampleBytes(1 << 20))
      compressor.destroy()
      await written
      await compressor.write(sampleBytes(10))
      compressor.destroy()
    })
  })

test('levels are passed on: deflate 9 is smaller than deflate 1, 0 stores', async () => {
  const bytes = sampleBytes(300_000)
  const sizes = new Map<number | undefined, number>()
  for (const level of [0, 1, 9, undefined]) {
    const wire = await gather(compress('deflate', [bytes], { level }))
    assert.ok(inflateSync(wire).equals(bytes))
    sizes.set(level, wire.length)
  }
  assert.ok(sizes.get(9)! < sizes.get(1)! && sizes.get(1)! < sizes.get(0)!)
  assert.equal(sizes.get(undefined), sizes.get(1))
})

test('a higher zstd level is passed on', async () => {
  const bytes = sampleBytes(300_000)
  const [low, high, normal, three] = await Promise.all(
    [1, 19, undefined, 3].map(async level => (await gather(compress('zstd', [bytes], { level }))).length),
  )
  assert.ok(high! < low!)
  assert.equal(normal, three)
})
