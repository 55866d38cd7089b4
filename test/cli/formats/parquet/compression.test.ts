import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { CompressionCodec } from 'hyparquet'
import { decompressPage } from 'hyparquet/src/datapage.js'
import { checkPageSize, loadCompressors } from '../../../../lib/cli/formats/parquet/compression.js'

/*
 * The bytes are made by hand after RFC 8878 and the descriptions of snappy's and LZ4's blocks; Hadoop puts two lengths
 * before each of LZ4's.
 */
const text = 'abcabcabcabcabcabc'

describe('a page of', () => {
  const decode = async (codec: CompressionCodec, bytes: readonly number[], size: number): Promise<string> =>
    Buffer.from(decompressPage(Uint8Array.from(bytes), size, codec, await loadCompressors())).toString()

  // One raw block of a frame that tells its size (RFC 8878).
  const zstd = [0x28, 0xb5, 0x2f, 0xfd, 0x20, 18, 0x91, 0, 0, ...Buffer.from(text)]
  // Five literals by themselves.
  const literals = [0x50, ...Buffer.from('hello')]

  // Its length, and five literals.
  const snappy = [5, 4 << 2, ...Buffer.from('hello')]

  for (const [codec, bytes, found] of [
    ['ZSTD', zstd, text],
    ['SNAPPY', snappy, 'hello'],
    ['LZ4_RAW', literals, 'hello'],
    ['LZ4', literals, 'hello'],
    ['LZ4', [0, 0, 0, 5, 0, 0, 0, 6, ...literals], 'hello'],
    ['LZ4', [0, 0, 0, 5, 0, 0, 0, 6, ...literals, 0, 0, 0, 5, 0, 0, 0, 6, ...literals], 'hellohello'],
  ] as const) {
    test(`${codec} is decoded (${found}, ${bytes.length} bytes)`, async () =>
      assert.equal(await decode(codec, bytes, found.length), found))
    for (const size of [found.length - 1, found.length + 1, found.length + 100])
      test(`${codec} that announces ${size} for ${found} is refused`, async () => {
        await assert.rejects(decode(codec, bytes, size))
      })
  }

  for (const [codec, what, bytes, size] of [
    ['SNAPPY', 'without a length', [0x85], 5],
    ['SNAPPY', 'of less than it says', [9, ...snappy.slice(1)], 9],
    ['SNAPPY', 'of more than it says', [3, ...snappy.slice(1)], 3],
    [
      'LZ4',
      'of blocks of other lengths than they say',
      [...[6, 4].flatMap(size => [0, 0, 0, size, 0, 0, 0, 6, ...literals])],
      10,
    ],
  ] as const)
    test(`${codec} ${what} is refused`, async () => {
      await assert.rejects(decode(codec, bytes, size))
    })

  test('few bytes cannot announce very many', () => {
    assert.throws(() => checkPageSize(1000, 2 ** 31 - 1), /implausible/)
    assert.throws(() => checkPageSize(1000, -1), /implausible/)
    checkPageSize(1000, 64 * 2 ** 20)
    checkPageSize(200_000, 150_000_000)
  })
})
