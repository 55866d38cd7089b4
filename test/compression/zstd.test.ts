import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ChunkReader } from '../../lib/compression/chunk-reader.js'
import { decodeWholeZstd } from '../../lib/compression/zstd.js'
import { readZstdFrame } from '../../lib/compression/zstd-frame.js'
import { slicesOf } from './chunked-bytes.js'
import { drain, refused, zstdBomb } from './zstd-bombs.js'

describe('zstd', () => {
  describe('a zstd frame that is decoded as a whole, as below Node.js 22.15, is refused by its headers', () => {
    /** @returns how many of its bytes were asked for, in steps of 100 */
    const look = async (frame: Buffer, maxRatio: number, pattern: RegExp): Promise<number> => {
      const state = { closed: false, pulled: 0 }
      const input = new ChunkReader(slicesOf(frame, 100, state))
      const before = process.memoryUsage().arrayBuffers
      await assert.rejects(async () => {
        for await (const _ of decodeWholeZstd(await readZstdFrame(input), { maxRatio }));
      }, refused(pattern))
      assert.ok(process.memoryUsage().arrayBuffers - before < 16 << 20, 'it took memory')
      return 100 * state.pulled
    }

    test('for its ratio', async () => {
      await look(zstdBomb(600), 20_000, /20000 times/)
    })

    test('for its size, with its first block too many', async () => {
      const bytes = await look(zstdBomb(5000), Number.POSITIVE_INFINITY, /256 MiB/)
      assert.equal(bytes, 100 * Math.ceil((6 + 4 * 2048 + 3) / 100))
    })

    test('for the size that its header tells, before its first block', async () => {
      const size = Buffer.alloc(8)
      size.writeBigUInt64LE(BigInt(300 << 20))
      const header = Buffer.concat([Buffer.from('28b52ffdc058', 'hex'), size])
      const frame = Buffer.concat([header, zstdBomb(300).subarray(6)])
      assert.equal(await look(frame, Number.POSITIVE_INFINITY, /256 MiB/), 100)
    })
  })

  test('a zstd window of more than 128 MiB is refused', async () => {
    const header = (window: string) => Buffer.from(`28b52ffd00${window}010000`, 'hex')
    assert.equal((await drain('zstd', header('88'))).total, 0)
    await assert.rejects(drain('zstd', header('89')), refused(/window/))
    await assert.rejects(
      drain('zstd', Buffer.from('28b52ffde0ffffffffffffff7f010000', 'hex')),
      refused(/window/),
    )
  })
})
