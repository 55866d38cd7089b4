import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { compressFrameSync, compressSync } from 'lz4-napi'
import { decompressLz4 } from '../../lib/compression/lz4.js'
import { decodeLz4Block } from '../../lib/compression/lz4-block.js'
import { TunnelProtocolError } from '../../lib/errors.js'
import { gather, sampleBytes, slicesOf } from './chunked-bytes.js'

/** The package puts the decoded size before its blocks. */
const blockOf = (bytes: Buffer): Buffer => compressSync(bytes).subarray(4)

const pieces = fc.oneof(
  fc.uint8Array({ maxLength: 40, size: 'max' }).map(bytes => Buffer.from(bytes)),
  fc.tuple(fc.nat(255), fc.nat(600)).map(([byte, count]) => Buffer.alloc(count, byte)),
  fc.tuple(fc.string({ maxLength: 9 }), fc.nat(60)).map(([text, count]) => Buffer.from(text.repeat(count))),
)
const content = fc.array(pieces, { maxLength: 12, size: 'max' }).map(each => Buffer.concat(each))

describe('blocks of LZ4 without the package', () => {
  test('decode to what the package compressed', () => {
    fc.assert(
      fc.property(content, bytes => {
        assert.deepEqual(decodeLz4Block(blockOf(bytes), bytes.length), bytes)
      }),
      { numRuns: 500 },
    )
  })

  test('of a long frame, which may refer to the blocks before them', async () => {
    const bytes = sampleBytes(700_000)
    for (const checked of [false, true]) {
      const frame = compressFrameSync(bytes, { blockChecksums: checked, contentChecksum: checked })
      assert.ok((await gather(decompressLz4(slicesOf(frame, 1000), decodeLz4Block))).equals(bytes))
    }
  })

  test('reach back into the window they are given', () => {
    // One literal, a match of 5 from 4 bytes back, the last literal.
    const block = Buffer.from('1178040010', 'hex')
    const bytes = decodeLz4Block(Buffer.concat([block, Buffer.from('y')]), 100, Buffer.from('abc'))
    assert.equal(bytes.toString(), 'xabcxay')
  })

  test('that are cut or damaged are refused, or decode to no more than they may', () => {
    const block = blockOf(sampleBytes(500))
    const decode = (bytes: Buffer): void => {
      try {
        assert.ok(decodeLz4Block(bytes, 500).length <= 500)
      } catch (error) {
        assert.ok(
          error instanceof TunnelProtocolError && error.code === 'ODPS_MALFORMED_STREAM',
          String(error),
        )
      }
    }
    for (let length = 0; length < block.length; length++) decode(block.subarray(0, length))
    for (let at = 0; at < block.length; at++)
      for (const bits of [1, 0x80, 0xff]) {
        const damaged = Buffer.from(block)
        damaged[at]! ^= bits
        decode(damaged)
      }
    assert.throws(() => decodeLz4Block(block, 499), { code: 'ODPS_MALFORMED_STREAM' })
    assert.throws(() => decodeLz4Block(Buffer.alloc(0), 10), { code: 'ODPS_MALFORMED_STREAM' })
    assert.throws(() => decodeLz4Block(Buffer.from('1061000000', 'hex'), 10), {
      code: 'ODPS_MALFORMED_STREAM',
    })
  })
})
