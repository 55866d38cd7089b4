import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { compressBytes, decompressBytes } from '../../../lib/cli/files/file-compression.js'
import { CliError } from '../../../lib/cli/usage-error.js'

const inPieces = async function* (bytes: Buffer, size = bytes.length || 1): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}
const whole = async (chunks: AsyncIterable<Uint8Array>): Promise<Buffer> => {
  const found: Uint8Array[] = []
  for await (const chunk of chunks) found.push(chunk)
  return Buffer.concat(found)
}
const isIncomplete = (error: unknown): boolean =>
  error instanceof CliError && /^a\.csv is not a complete (gzip|zstd) file$/.test(error.message)

describe('a file in zstd', () => {
  /* By libzstd (test/cli/formats/golden/make-zstd-frames.py). */
  const golden: Readonly<Record<string, { bytes: number; sha256: string; page: string }>> = JSON.parse(
    readFileSync(new URL('../formats/golden/zstd-frames.json', import.meta.url), 'utf8'),
  )
  const decode = (bytes: Buffer, size?: number): Promise<Buffer> =>
    whole(decompressBytes(inPieces(bytes, size), 'zstd', 'a.csv'))

  for (const [name, { sha256, page }] of Object.entries(golden)) {
    const file = Buffer.from(page, 'base64')
    test(`${name}: all of its frames are read`, async () => {
      for (const size of [7, 1000, file.length])
        assert.equal(
          createHash('sha256')
            .update(await decode(file, size))
            .digest('hex'),
          sha256,
        )
    })

    test(`${name}: it is refused without its last byte, or with one more`, async () => {
      await assert.rejects(decode(file.subarray(0, -1)), isIncomplete)
      await assert.rejects(decode(Buffer.concat([file, Buffer.of(10)])), isIncomplete)
    })
  }

  test('that has nothing in it is refused', () => assert.rejects(decode(Buffer.alloc(0)), isIncomplete))
})

describe('a file in gzip', () => {
  /* By Python: base64.b64encode(gzip.compress(b'a,b\n1,2\n', mtime=0)), and the same of b'3,4\n5,6\n'. */
  const first = Buffer.from('H4sIAAAAAAACA0vUSeIy1DHiAgB7B5cKCAAAAA==', 'base64')
  const second = Buffer.from('H4sIAAAAAAACAzPWMeEy1THjAgB5Sk0sCAAAAA==', 'base64')
  const decode = async (bytes: Buffer, size?: number): Promise<string> =>
    String(await whole(decompressBytes(inPieces(bytes, size), 'gzip', 'a.csv')))

  test('may have several members, and zeros behind them', async () => {
    assert.equal(await decode(first), 'a,b\n1,2\n')
    const both = Buffer.concat([first, second])
    for (const size of [1, 5, first.length, both.length]) {
      assert.equal(await decode(both, size), 'a,b\n1,2\n3,4\n5,6\n')
      assert.equal(await decode(Buffer.concat([both, Buffer.alloc(20)]), size), 'a,b\n1,2\n3,4\n5,6\n')
    }
  })

  test('that is cut, damaged or has something behind it is refused', async () => {
    const damaged = Buffer.from(second)
    damaged[damaged.length - 6]! ^= 1
    for (const bytes of [
      first.subarray(0, -1),
      Buffer.concat([first, second.subarray(0, 5)]),
      Buffer.concat([first, damaged]),
      Buffer.concat([first, Buffer.from('3,4\n5,6\n')]),
      Buffer.from('a,b\n1,2\n'),
      Buffer.alloc(0),
    ])
      for (const size of [1, first.length, bytes.length || 1])
        await assert.rejects(decode(bytes, size), isIncomplete, `${bytes.toString('hex')} in ${size}`)
  })
})

describe('a file that is written', () => {
  const text = Buffer.from('1,abc\n'.repeat(1_500_000))
  for (const compression of ['gzip', 'zstd', 'none'] as const)
    test(`in ${compression} is read as it was`, async () => {
      const file = await whole(compressBytes(inPieces(text, 100_000), compression))
      assert.ok(compression === 'none' ? file.equals(text) : file.length < text.length / 100)
      assert.ok(text.equals(await whole(decompressBytes(inPieces(file, 9999), compression, 'a.csv'))))
    })

  test('tells the failure of its source', async () => {
    const failing = async function* (): AsyncGenerator<Buffer> {
      yield Buffer.from('a')
      throw new Error('the source failed')
    }
    for (const compression of ['gzip', 'zstd'] as const)
      for (const chunks of [
        compressBytes(failing(), compression),
        decompressBytes(failing(), compression, 'a.csv'),
      ])
        await assert.rejects(whole(chunks), /^Error: the source failed$/)
  })
})
