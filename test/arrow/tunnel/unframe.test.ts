import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { Framer } from '../../../lib/arrow/tunnel/frame.js'
import { Unframer } from '../../../lib/arrow/tunnel/unframe.js'
import { TunnelChecksumError, TunnelProtocolError } from '../../../lib/errors.js'
import { loadVectors } from '../../codec/golden-vectors.js'
import { crc } from '../../codec/hand-made-stream.js'

/* The framing's right bytes: streams that PyODPS wrote, and three small ones written down by hand from the protocol. */

const unframe = (pieces: Iterable<Uint8Array>): Buffer => {
  const unframer = new Unframer()
  const confirmed: Uint8Array[] = []
  for (const piece of pieces) unframer.push(piece, confirmed)
  unframer.end(confirmed)
  const payload = Buffer.concat(confirmed)
  assert.equal(unframer.payloadBytes, payload.length)
  return payload
}

const inPieces = (bytes: Uint8Array, size: number): Uint8Array[] =>
  Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) => bytes.subarray(i * size, (i + 1) * size))

const frame = (pieces: Iterable<Uint8Array>, chunkBytes: number): Buffer => {
  const framer = new Framer(chunkBytes)
  const framed: Uint8Array[] = []
  for (const piece of pieces) framer.push(piece, framed)
  framer.end(framed)
  return Buffer.concat(framed)
}

const small = [
  [4, '010203040506', '0000000401020304' + '29308cf4' + '0506' + '4f4dfbab'],
  [4, '0102030405060708', '0000000401020304' + '29308cf4' + '05060708' + 'cf05b711' + '46891f81'],
  [65_536, '', '0001000000000000'],
] as const

describe('the chunk framing of the Arrow tunnel', () => {
  for (const [size, payload, stream] of small)
    test(`${payload || 'nothing'} in chunks of ${size}`, () => {
      assert.equal(frame([Buffer.from(payload, 'hex')], size).toString('hex'), stream)
      for (let piece = 1; piece <= stream.length / 2; piece++)
        assert.equal(unframe(inPieces(Buffer.from(stream, 'hex'), piece)).toString('hex'), payload)
    })

  for (const vector of loadVectors('arrow-streams').filter(each => each.name !== 'no-batch'))
    test(`what PyODPS framed is read, and written byte for byte: ${vector.name}`, () => {
      const { chunkSize } = vector as unknown as { chunkSize: number }
      const stream = vector.hex ? Buffer.from(vector.hex, 'hex') : Buffer.from(vector.base64!, 'base64')
      for (const size of [1, 3, 4096, stream.length]) {
        const payload = unframe(inPieces(stream, size))
        assert.ok(frame(inPieces(payload, size), chunkSize).equals(stream), `pieces of ${size}`)
      }
    })

  test('any payload in any chunks and pieces has the checksums of a plain CRC-32C, and comes back', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 0, maxLength: 6000 }),
        fc.integer({ min: 1, max: 3000 }),
        fc.integer({ min: 1, max: 2500 }),
        (payload, chunkBytes, size) => {
          const stream = frame(inPieces(payload, size), chunkBytes)
          const chunks = inPieces(payload, chunkBytes)
          const words = chunks.filter(each => each.length === chunkBytes).map(crc)
          const expected: Buffer[] = [u32(chunkBytes)]
          for (const [i, chunk] of chunks.entries())
            expected.push(Buffer.from(chunk), ...(i < words.length ? [u32(words[i]!)] : []))
          expected.push(u32(crc(payload)))
          assert.ok(stream.equals(Buffer.concat(expected)))
          assert.ok(unframe(inPieces(stream, size)).equals(payload))
        },
      ),
    )
  })

  test('one framer writes one stream after the other', () => {
    const framer = new Framer(4)
    const streams = small.slice(0, 2).map(([, payload]) => {
      const framed: Uint8Array[] = []
      framer.push(Buffer.from(payload, 'hex'), framed)
      framer.end(framed)
      return Buffer.concat(framed).toString('hex')
    })
    assert.deepEqual(
      streams,
      small.slice(0, 2).map(([, , stream]) => stream),
    )
  })
})

const u32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}

/** One whole stream in chunks of 16 bytes. */
const payload = Buffer.from(Array.from({ length: 50 }, (_, i) => i))
const whole = frame([payload], 16)

describe('an Arrow stream that is damaged', () => {
  test('is refused wherever it is cut, and gives only bytes that a checksum has confirmed', () => {
    for (let length = 1; length < whole.length; length++)
      for (const size of [1, 7, 64]) {
        const unframer = new Unframer()
        const confirmed: Uint8Array[] = []
        assert.throws(
          () => {
            for (const piece of inPieces(whole.subarray(0, length), size)) unframer.push(piece, confirmed)
            unframer.end(confirmed)
          },
          error => error instanceof TunnelProtocolError || error instanceof TunnelChecksumError,
          `cut at ${length}`,
        )
        const seen = Buffer.concat(confirmed)
        assert.ok(seen.equals(payload.subarray(0, seen.length)))
        assert.equal(seen.length, Math.max(0, Math.floor((length - 4) / 20)) * 16)
      }
  })

  test('is refused with any bit turned, and with a byte too many', () => {
    for (let bit = 0; bit < whole.length * 8; bit++) {
      const turned = Buffer.from(whole)
      turned[bit >> 3]! ^= 1 << (bit & 7)
      assert.throws(() => unframe([turned]), Error, `bit ${bit}`)
    }
    assert.throws(() => unframe([whole, Buffer.of(0)]), TunnelChecksumError)
  })

  test('is empty without a byte, or with a zero word, and nothing else is', () => {
    assert.equal(unframe([]).length, 0)
    assert.equal(unframe([Buffer.alloc(4)]).length, 0)
    assert.throws(() => unframe([Buffer.alloc(3)]), { code: 'ODPS_TRUNCATED_STREAM' })
    assert.throws(() => unframe([Buffer.alloc(5)]), { code: 'ODPS_MALFORMED_STREAM' })
    assert.throws(() => unframe([Buffer.alloc(8)]), { code: 'ODPS_MALFORMED_STREAM' })
  })

  test('says what came and what the bytes have', () => {
    const wrong = Buffer.from(small[0][2], 'hex')
    wrong[17]! ^= 1
    assert.throws(() => unframe([wrong]), {
      name: 'TunnelChecksumError',
      scope: 'stream',
      expected: 0x4f4dfbaa,
      actual: 0x4f4dfbab,
    })
  })
})
