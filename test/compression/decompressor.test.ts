import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { type CompressionName, contentEncodingOf } from '../../lib/compression/compression.js'
import { compress } from '../../lib/compression/compressor.js'
import { decompress } from '../../lib/compression/decompressor.js'
import { nodeHasZstd } from '../../lib/compression/zstd-package.js'
import { TunnelProtocolError } from '../../lib/errors.js'
import { gather, sampleBytes, slicesOf } from './chunked-bytes.js'

const names = ['deflate', 'snappy', 'zstd', 'lz4'] as const
const wireOf = (name: CompressionName, bytes: Uint8Array): Promise<Buffer> => gather(compress(name, [bytes]))

interface Outcome {
  readonly bytes: Buffer
  readonly error: unknown
}

/** What came out before the end or the error. */
const read = async (name: CompressionName, source: AsyncIterable<Uint8Array>): Promise<Outcome> => {
  const parts: Buffer[] = []
  try {
    for await (const part of decompress(contentEncodingOf(name), source)) parts.push(part)
    return { bytes: Buffer.concat(parts), error: undefined }
  } catch (error) {
    return { bytes: Buffer.concat(parts), error }
  }
}

const codeOf = (error: unknown): string | undefined =>
  error instanceof TunnelProtocolError ? error.code : undefined

for (const name of names)
  describe(`${name}, cut and damaged`, () => {
    test('every cut of a small stream is seen as a cut', async () => {
      const bytes = sampleBytes(400)
      const wire = await wireOf(name, bytes)
      for (let length = 0; length < wire.length; length++) {
        const { error } = await read(name, slicesOf(wire.subarray(0, length), 64))
        // Snappy has no end mark: after its identifier, which is 10 bytes, the stream may end.
        if (name === 'snappy' && length === 10) assert.equal(error, undefined)
        else assert.equal(codeOf(error), 'ODPS_TRUNCATED_STREAM', `at ${length} of ${wire.length}: ${error}`)
      }
    })

    test('a cut is retryable, and what came before it is given', async () => {
      const bytes = sampleBytes(1 << 20)
      const wire = await wireOf(name, bytes)
      const { bytes: given, error } = await read(name, slicesOf(wire.subarray(0, wire.length - 1), 10_000))
      assert.ok(error instanceof TunnelProtocolError && error.code === 'ODPS_TRUNCATED_STREAM')
      assert.equal(error.retryable, true)
      assert.ok(given.equals(bytes.subarray(0, given.length)))
      if (name !== 'zstd' || nodeHasZstd) assert.ok(given.length >= bytes.length - (256 << 10))
    })

    test('an error of the source is passed on unchanged, after what came before it', async () => {
      const bytes = sampleBytes(1 << 20)
      const wire = await wireOf(name, bytes)
      const failure = new Error('connection lost')
      const failing = async function* () {
        yield* slicesOf(wire.subarray(0, wire.length - 1), 50_000)
        throw failure
      }
      const { bytes: given, error } = await read(name, failing())
      assert.equal(error, failure)
      if (name !== 'zstd' || nodeHasZstd) assert.ok(given.length >= bytes.length - (256 << 10))
    })

    test('bytes that are no such stream are malformed', async () => {
      for (const text of ['{"Error": "no such thing", "Code": 1}', '<html><body>Bad gateway</body></html>']) {
        const { error } = await read(name, slicesOf(Buffer.from(text)))
        assert.equal(codeOf(error), 'ODPS_MALFORMED_STREAM')
      }
    })

    test('any damage gives a protocol error or is harmless to the process', async () => {
      const wire = await wireOf(name, sampleBytes(3000))
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.tuple(fc.nat(wire.length - 1), fc.integer({ min: 1, max: 255 })), {
            minLength: 1,
            maxLength: 4,
          }),
          fc.integer({ min: 100, max: 4000 }),
          async (flips, slice) => {
            const damaged = Buffer.from(wire)
            for (const [at, bits] of flips) damaged[at]! ^= bits
            const { error } = await read(name, slicesOf(damaged, slice))
            if (error !== undefined)
              assert.match(codeOf(error) ?? String(error), /^ODPS_(MALFORMED|TRUNCATED)_STREAM$/)
          },
        ),
        { numRuns: 300 },
      )
    })

    test('random bytes, behind a right start or not, give only protocol errors', async () => {
      const wire = await wireOf(name, sampleBytes(3000))
      await fc.assert(
        fc.asyncProperty(fc.nat(20), fc.uint8Array({ minLength: 1, maxLength: 300 }), async (start, rest) => {
          const bytes = Buffer.concat([wire.subarray(0, start), rest])
          const { error } = await read(name, slicesOf(bytes, 50))
          if (error !== undefined)
            assert.match(codeOf(error) ?? String(error), /^ODPS_(MALFORMED|TRUNCATED)_STREAM$/)
        }),
        { numRuns: 300 },
      )
    })

    test('a consumer that stops early, or throws, closes the source', async () => {
      const wire = await wireOf(name, sampleBytes(4 << 20))
      for (const leave of ['break', 'throw']) {
        const state = { closed: false, pulled: 0 }
        const stream = decompress(contentEncodingOf(name), slicesOf(wire, 1000, state))
        const consume = async () => {
          for await (const _ of stream) {
            if (leave === 'break') break
            throw new Error('the consumer')
          }
        }
        if (leave === 'break') await consume()
        else await assert.rejects(consume(), /the consumer/)
        assert.ok(state.closed)
        if (name !== 'zstd' || nodeHasZstd) assert.ok(state.pulled < wire.length / 1000)
      }
    })

    test('chunks that were released, in order, are not looked at any more', async () => {
      const bytes = sampleBytes(3 << 20)
      const given: Uint8Array[] = []
      const copies = async function* () {
        for await (const slice of slicesOf(await wireOf(name, bytes), 16 << 10))
          yield given[given.push(slice.slice()) - 1]!
      }
      let released = 0
      const release = (chunk: Uint8Array) => {
        assert.equal(chunk, given[released++])
        chunk.fill(0xff)
      }
      const parts: Buffer[] = []
      for await (const part of decompress(contentEncodingOf(name), copies(), { release }))
        parts.push(Buffer.from(part))
      assert.ok(Buffer.concat(parts).equals(bytes), 'bytes were overwritten')
      if (name === 'snappy' || name === 'zstd') assert.ok(released >= given.length - 1, `${released}`)
    })

    test('nothing is read ahead of what is asked for', async () => {
      const wire = await wireOf(name, sampleBytes(4 << 20))
      const state = { closed: false, pulled: 0 }
      const stream = decompress(contentEncodingOf(name), slicesOf(wire, 16 << 10, state))
      assert.equal(state.pulled, 0)
      const first = await stream.next()
      assert.ok(first.done === false && first.value.length > 0)
      if (name !== 'zstd' || nodeHasZstd) assert.ok(state.pulled * (16 << 10) <= 256 << 10)
      await stream.return()
    })
  })

test('damage to the content is found by the checksums of deflate and snappy', async () => {
  const bytes = sampleBytes(1000)
  const deflated = await wireOf('deflate', bytes)
  deflated[deflated.length - 1]! ^= 1
  assert.equal(codeOf((await read('deflate', slicesOf(deflated))).error), 'ODPS_MALFORMED_STREAM')
  const framed = await wireOf('snappy', bytes)
  for (const at of [14, framed.length - 1]) {
    const damaged = Buffer.from(framed)
    damaged[at]! ^= 1
    assert.equal(codeOf((await read('snappy', slicesOf(damaged))).error), 'ODPS_MALFORMED_STREAM')
  }
})
