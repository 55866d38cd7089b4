import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { contentEncodingOf } from '../../lib/compression/compression.js'
import { compress } from '../../lib/compression/compressor.js'
import { drain, refused, zstdBomb } from './zstd-bombs.js'

describe('decompression bombs', () => {
  test('more than 20 000 times the input is refused once it is over 64 MiB', async () => {
    assert.equal((await drain('zstd', zstdBomb(512))).total, 64 << 20)
    await assert.rejects(drain('zstd', zstdBomb(600)), refused(/20000 times/))
  })

  test('the ratio can be set', async () => {
    assert.equal((await drain('zstd', zstdBomb(600), { maxRatio: 40_000 })).total, 600 * (128 << 10))
  })

  test('a frame of more than 256 MiB is never decoded as a whole', async () => {
    await assert.rejects(drain('zstd', zstdBomb(5000)), refused(/20000 times|256 MiB/))
  })

  test('a limit of bytes holds for every compression', async () => {
    const zeros = Buffer.alloc(1 << 20)
    for (const name of ['raw', 'deflate', 'snappy', 'zstd', 'lz4'] as const) {
      const parts: Buffer[] = []
      for await (const part of compress(name, [zeros])) parts.push(part)
      const encoding = contentEncodingOf(name) ?? 'identity'
      const wire = Buffer.concat(parts)
      assert.equal((await drain(encoding, wire, { maxBytes: 1 << 20 })).total, 1 << 20)
      await assert.rejects(drain(encoding, wire, { maxBytes: (1 << 20) - 1 }), refused(/1048575 bytes/))
    }
  })

  test('output comes in small chunks whatever the ratio', async () => {
    const zeros = Buffer.alloc(16 << 20)
    for (const name of ['deflate', 'snappy', 'zstd', 'lz4'] as const) {
      const parts: Buffer[] = []
      for await (const part of compress(name, [zeros])) parts.push(part)
      const { total, largest } = await drain(contentEncodingOf(name)!, Buffer.concat(parts))
      assert.equal(total, zeros.length)
      assert.equal(largest, 64 << 10, name)
    }
  })
})
