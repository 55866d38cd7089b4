import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, test } from 'node:test'
import { compressSync } from 'snappy'
import { compress } from '../../lib/compression/compressor.js'
import { decompress } from '../../lib/compression/decompressor.js'
import { crc32c } from '../../lib/wire/crc32c.js'
import { gather, sampleBytes, slicesOf } from './chunked-bytes.js'

const identifier = Buffer.from('ff060000734e61507059', 'hex')

const chunk = (type: number, body: Buffer): Buffer => {
  const header = Buffer.alloc(4)
  header.writeUInt32LE(((body.length << 8) | type) >>> 0)
  return Buffer.concat([header, body])
}

const withCrc = (bytes: Buffer, stored: Buffer): Buffer => {
  const crc = BigInt(crc32c(bytes))
  const head = Buffer.alloc(4)
  head.writeUInt32LE(Number((((crc >> 15n) | (crc << 17n)) + 0xa282ead8n) & 0xffffffffn))
  return Buffer.concat([head, stored])
}

const plain = (bytes: Buffer): Buffer => chunk(0x01, withCrc(bytes, bytes))
const packed = (bytes: Buffer): Buffer => chunk(0x00, withCrc(bytes, compressSync(bytes)))
const read = (...parts: Buffer[]): Promise<Buffer> =>
  gather(decompress('x-snappy-framed', slicesOf(Buffer.concat(parts), 999)))
const malformed = { code: 'ODPS_MALFORMED_STREAM' }

describe('snappy frames', () => {
  const bytes = sampleBytes(65536)

  test('compressed and plain chunks of up to 64 KiB follow each other', async () => {
    const all = [bytes, bytes.subarray(0, 1), Buffer.alloc(0)]
    const read1 = await read(identifier, ...all.map(packed), ...all.map(plain))
    assert.ok(read1.equals(Buffer.concat([...all, ...all])))
  })

  test('chunks in pieces are joined in one place, where nobody looks at the bytes before', async () => {
    const all = [1, 2, 3].map(() => randomBytes(65536))
    const places = new Set<ArrayBufferLike>()
    const pieces = slicesOf(Buffer.concat([identifier, ...all.map(plain)]), 50_000)
    let at = 0
    for await (const part of decompress('x-snappy-framed', pieces, { release: () => {} })) {
      assert.ok(part.equals(all[at++]!), `chunk ${at}`)
      places.add(part.buffer)
    }
    assert.deepEqual([at, places.size], [3, 1])
  })

  test('identifiers in between, padding and skippable chunks are passed over, however long', async () => {
    const parts = [
      plain(bytes),
      identifier,
      chunk(0x80, Buffer.alloc(3)),
      chunk(0xfd, Buffer.alloc(300_000)),
      chunk(0xfe, Buffer.alloc(0)),
      packed(bytes),
    ]
    assert.ok((await read(identifier, ...parts)).equals(Buffer.concat([bytes, bytes])))
  })

  test('reserved chunks, a wrong identifier and chunks that are too long or too short are refused', async () => {
    await assert.rejects(read(identifier, chunk(0x02, Buffer.alloc(9))), malformed)
    await assert.rejects(read(identifier, chunk(0x7f, Buffer.alloc(9))), malformed)
    await assert.rejects(read(identifier, chunk(0xff, Buffer.from('snappy'.slice(1)))), malformed)
    await assert.rejects(read(identifier, chunk(0xff, Buffer.from('sNaPpX'))), malformed)
    await assert.rejects(read(chunk(0xff, Buffer.from('sNaPpX')), plain(bytes)), malformed)
    await assert.rejects(read(plain(bytes)), malformed)
    await assert.rejects(read(identifier, chunk(0x01, Buffer.alloc(3))), malformed)
    await assert.rejects(read(identifier, plain(sampleBytes(65537))), malformed)
    await assert.rejects(read(identifier, packed(sampleBytes(65537))), malformed)
    await assert.rejects(read(identifier, chunk(0x00, withCrc(bytes, Buffer.alloc(0)))), malformed)
    await assert.rejects(
      read(identifier, chunk(0x00, withCrc(bytes, Buffer.from('ffffffff0f00', 'hex')))),
      malformed,
    )
  })

  test('what does not get smaller is sent plain, what does is packed; each chunk has up to 64 KiB', async () => {
    const noise = randomBytes(65536)
    const parts = [noise, bytes, noise.subarray(0, 5)]
    const wire = await gather(compress('snappy', slicesOf(Buffer.concat(parts), 50_001)))
    assert.ok(
      wire.equals(Buffer.concat([identifier, plain(noise), packed(bytes), plain(noise.subarray(0, 5))])),
    )
  })

  test('after chunks that did not get smaller some are not tried, at most 7 in a row', async () => {
    const noise = Array.from({ length: 12 }, () => randomBytes(65536))
    const parts = [...noise, ...Array<Buffer>(12).fill(bytes)]
    const wire = await gather(compress('snappy', slicesOf(Buffer.concat(parts), 50_001)))
    const types: number[] = []
    for (let at = identifier.length; at < wire.length; at += 4 + wire.readUIntLE(at + 1, 3))
      types.push(wire.readUInt8(at))
    assert.equal(types.length, 24)
    assert.ok(types.slice(0, 12).every(type => type === 1))
    assert.ok(types.slice(19).every(type => type === 0))
    assert.ok((await read(wire)).equals(Buffer.concat(parts)))
  })
})
