import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { describe, test } from 'node:test'
import { compressFrameSync, compressSync, type FrameCompressOptions } from 'lz4-napi'
import { compress } from '../../lib/compression/compressor.js'
import { decompress } from '../../lib/compression/decompressor.js'
import { xxh32 } from '../../lib/compression/xxh32.js'
import { gather, sampleBytes, slicesOf } from './chunked-bytes.js'

const { decompressFrameSync } = createRequire(import.meta.url)('lz4-napi') as typeof import('lz4-napi')

const read = (encoding: string, wire: Buffer, slice = 777): Promise<Buffer> =>
  gather(decompress(encoding, slicesOf(wire, slice)))
const malformed = { code: 'ODPS_MALFORMED_STREAM' }

describe('LZ4 frames', () => {
  const bytes = sampleBytes(400_000)
  const checked: FrameCompressOptions = { blockChecksums: true, contentChecksum: true }

  test('of the package are read, with and without checksums', async () => {
    for (const options of [{}, checked, { blockChecksums: true }, { contentChecksum: true }])
      for (const length of [0, 1, 100, bytes.length]) {
        const raw = bytes.subarray(0, length)
        assert.ok((await read('x-lz4-frame', compressFrameSync(raw, options))).equals(raw))
      }
  })

  test('of ours are read by the package', async () => {
    for (const length of [1, 100, 256 << 10, bytes.length]) {
      const raw = bytes.subarray(0, length)
      assert.ok(decompressFrameSync(await gather(compress('lz4', [raw]))).equals(raw))
    }
  })

  test('with a wrong checksum of header, block or content are refused', async () => {
    const wire = compressFrameSync(bytes, checked)
    for (const at of [6, wire.length - 1, wire.length - 9]) {
      const damaged = Buffer.from(wire)
      damaged[at]! ^= 1
      await assert.rejects(read('x-lz4-frame', damaged), malformed)
    }
  })

  const header = (flags: number, blocks: number, size = ''): Buffer => {
    const descriptor = Buffer.concat([Buffer.from([flags, blocks]), Buffer.from(size, 'hex')])
    const check = (xxh32(descriptor) >>> 8) & 0xff
    return Buffer.concat([Buffer.from('04224d18', 'hex'), descriptor, Buffer.from([check])])
  }
  const end = Buffer.alloc(4)

  test('with another version, a dictionary, reserved bits or an unknown block size are refused', async () => {
    assert.equal((await read('x-lz4-frame', Buffer.concat([header(0x60, 0x70), end]))).length, 0)
    for (const [flags, blocks] of [
      [0xa0, 0x40],
      [0x61, 0x40],
      [0x62, 0x40],
      [0x60, 0x41],
      [0x60, 0xc0],
      [0x60, 0x30],
    ] as const)
      await assert.rejects(read('x-lz4-frame', Buffer.concat([header(flags, blocks), end])), malformed)
  })

  test('with linked blocks are read, also when what comes out is written over', async () => {
    // hello as it is; a match of 4 bytes, 5 bytes back, and world
    const blocks = Buffer.from('0500008068656c6c6f' + '09000000' + '00' + '0500' + '50' + '776f726c64', 'hex')
    let text = ''
    const frame = Buffer.concat([header(0x40, 0x40), blocks, end])
    for await (const bytes of decompress('x-lz4-frame', slicesOf(frame, frame.length))) {
      text += bytes
      bytes.fill(0)
    }
    assert.equal(text, 'hellohellworld')
  })

  test('whose length is not as declared are refused', async () => {
    const block = Buffer.from('0500008068656c6c6f', 'hex')
    const frame = (size: string) => Buffer.concat([header(0x68, 0x40, size), block, end])
    assert.equal(String(await read('x-lz4-frame', frame('0500000000000000'))), 'hello')
    await assert.rejects(read('x-lz4-frame', frame('0600000000000000')), malformed)
  })

  test('whose blocks are longer than allowed, packed or decoded, are refused', async () => {
    const decoded = compressSync(Buffer.alloc((64 << 10) + 1))
    decoded.writeUInt32LE(decoded.length - 4)
    await assert.rejects(read('x-lz4-frame', Buffer.concat([header(0x60, 0x40), decoded, end])), malformed)
    assert.equal((await read('x-lz4-frame', Buffer.concat([header(0x60, 0x50), decoded, end]))).length, 65537)
    const packed = Buffer.concat([Buffer.from('01000180', 'hex'), Buffer.alloc(65537)])
    await assert.rejects(read('x-lz4-frame', Buffer.concat([header(0x60, 0x40), packed, end])), malformed)
  })
})
