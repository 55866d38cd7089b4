import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import zlib from 'node:zlib'
import {
  decodeZstdPage,
  loadPackageDecoder,
  loadZstdFrameDecoder,
} from '../../../../lib/cli/formats/parquet/zstd-page.js'

/* The pages and what they hold come from libzstd (golden/make-zstd-frames.py). */

interface GoldenPage {
  readonly bytes: number
  readonly sha256: string
  readonly page: string
}

const golden: Readonly<Record<string, GoldenPage>> = JSON.parse(
  readFileSync(new URL('../golden/zstd-frames.json', import.meta.url), 'utf8'),
)
const pageOf = (name: string): Buffer => Buffer.from(golden[name]!.page, 'base64')
const hashOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

const decoders = [
  ['the package', await loadPackageDecoder()],
  ...('zstdDecompressSync' in zlib ? [['Node.js', await loadZstdFrameDecoder()] as const] : []),
] as const

for (const [whose, decodeFrame] of decoders)
  describe(`a page in Zstandard, by the decoder of ${whose}`, () => {
    for (const [name, { bytes, sha256 }] of Object.entries(golden)) {
      const page = pageOf(name)
      test(`${name}: all its bytes, however many are allowed`, () => {
        for (const allowed of [bytes, bytes + 1, bytes + 100, bytes + 200_000])
          assert.equal(hashOf(decodeZstdPage(page, allowed, decodeFrame)), sha256)
      })

      test(`${name}: it is refused where fewer are allowed`, () => {
        for (const less of [1, 2, 50, bytes])
          assert.throws(() => decodeZstdPage(page, bytes - less, decodeFrame), `${less} less`)
      })

      test(`${name}: no cut gives as many bytes`, () => {
        const step = Math.max(1, Math.floor(page.length / 150))
        for (let end = 0; end < page.length; end += step) {
          const cut = page.subarray(0, end)
          try {
            assert.ok(
              decodeZstdPage(cut, bytes, decodeFrame).length < bytes || name === 'frames to be skipped',
            )
          } catch (error) {
            assert.match(String(error), /Compressed stream (was cut|is damaged)/, `${end} bytes`)
          }
        }
      })
    }

    test('a wrong checksum is refused', () => {
      for (const name of ['one block, with a checksum', 'blocks without a size']) {
        const page = pageOf(name)
        page[page.length - 1]! ^= 1
        assert.throws(() => decodeZstdPage(page, golden[name]!.bytes, decodeFrame), /checksum|decoded/i)
      }
    })

    test('a frame that declares another size is refused', () => {
      const page = pageOf('one block')
      // The size of 2000 in two bytes, 256 less (RFC 8878).
      const at = page.indexOf(Buffer.from([0xd0, 0x06]))
      assert.ok(at > 0 && at < 7)
      page[at]! += 1
      assert.throws(() => decodeZstdPage(page, 3000, decodeFrame))
      page[at]! -= 2
      assert.throws(() => decodeZstdPage(page, 3000, decodeFrame))
    })

    test('bytes behind a frame that are none are refused', () => {
      const page = Buffer.concat([pageOf('one block'), Buffer.from('not a frame')])
      assert.throws(() => decodeZstdPage(page, 2000, decodeFrame), /not a zstd frame/)
    })
  })
