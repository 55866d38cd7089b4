import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { deflateSync } from 'node:zlib'
import { compress } from '../../lib/compression/compressor.js'
import { decompress } from '../../lib/compression/decompressor.js'
import { gather, sampleBytes, slicesOf } from './chunked-bytes.js'

const read = (encoding: string, wire: Buffer, slice = 777): Promise<Buffer> =>
  gather(decompress(encoding, slicesOf(wire, slice)))
const malformed = { code: 'ODPS_MALFORMED_STREAM' }
const truncated = { code: 'ODPS_TRUNCATED_STREAM' }
const skippable = Buffer.concat([Buffer.from('5a2a4d1803000000', 'hex'), Buffer.alloc(3)])
const junk = Buffer.from('what follows the end')

describe('more than one stream, and what follows the end', () => {
  const bytes = sampleBytes(200_000)
  for (const name of ['zstd', 'lz4'] as const) {
    const encoding = name === 'lz4' ? 'x-lz4-frame' : name

    test(`${name}: frames follow each other, with skippable ones between`, async () => {
      const wire = await gather(compress(name, [bytes]))
      const all = Buffer.concat([skippable, wire, skippable, wire, skippable])
      for (const slice of [1000, all.length])
        assert.ok((await read(encoding, all, slice)).equals(Buffer.concat([bytes, bytes])))
      for (const cut of [1, skippable.length + wire.length / 2, wire.length + 40])
        await assert.rejects(read(encoding, all.subarray(0, all.length - cut)), truncated)
    })

    test(`${name}: bytes after the end are left alone`, async () => {
      const wire = await gather(compress(name, [bytes]))
      for (const slice of [1000, wire.length, wire.length * 2])
        assert.ok((await read(encoding, Buffer.concat([wire, junk]), slice)).equals(bytes))
    })
  }

  test('deflate: bytes after the end are left alone', async () => {
    const wire = deflateSync(bytes)
    for (const slice of [1000, wire.length, wire.length * 2])
      assert.ok((await read('deflate', Buffer.concat([wire, junk]), slice)).equals(bytes))
  })

  test('deflate: a raw deflate stream and gzip are refused', async () => {
    const wire = deflateSync(bytes)
    await assert.rejects(read('deflate', wire.subarray(2)), malformed)
    await assert.rejects(read('deflate', Buffer.from('1f8b0800000000000003030000000000', 'hex')), malformed)
  })
})
