import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { ChunkReader } from '../../lib/compression/chunk-reader.js'
import {
  declaredBytes,
  nextZstdFrame,
  readZstdFrame,
  zstdFramesIn,
} from '../../lib/compression/zstd-frame.js'
import { gather, slicesOf } from './chunked-bytes.js'

/* Frames of libzstd (test/cli/formats/golden/make-zstd-frames.py), of which we know how many there are. */
const golden: Readonly<Record<string, { bytes: number; page: string }>> = JSON.parse(
  readFileSync(new URL('../cli/formats/golden/zstd-frames.json', import.meta.url), 'utf8'),
)
const unsized = /without (a|its|their) size/

/** What the reader of a stream gives of each frame, joined. */
const streamed = async (bytes: Buffer): Promise<string[]> => {
  const input = new ChunkReader(slicesOf(bytes, 7))
  const frames: string[] = []
  while (await nextZstdFrame(input, frames.length === 0)) {
    const frame = await readZstdFrame(input)
    frames.push((await gather(frame.bytes())).toString('hex'))
    assert.equal(frame.maxDecoded, [...zstdFramesIn(Buffer.from(frames.at(-1)!, 'hex'))][0]!.maxDecoded)
  }
  assert.equal(await input.has(1), false)
  return frames
}

describe('the frames of libzstd', () => {
  for (const [name, { bytes, page }] of Object.entries(golden))
    test(name, async () => {
      const input = Buffer.from(page, 'base64')
      const frames = [...zstdFramesIn(input)]
      assert.equal(frames.length, /two|and another|skipped/.test(name) ? 2 : 1)
      assert.deepEqual(
        frames.map(frame => frame.bytes.toString('hex')),
        await streamed(input),
      )
      const declared = frames.reduce((sum, { header }) => sum + declaredBytes(header), 0)
      assert.equal(declared, unsized.test(name) ? Number.POSITIVE_INFINITY : bytes)
      assert.ok(frames.reduce((sum, frame) => sum + frame.maxDecoded, 0) >= bytes)
      for (const { blocks, lastBlock, header, checksum, bytes: all } of frames) {
        assert.equal(blocks[lastBlock]! & 1, 1)
        assert.equal(all.length, header.length + blocks.length + (checksum === undefined ? 0 : 4))
      }
    })
})

describe('what is no frame', () => {
  const header = '28b52ffd00'
  for (const [what, hex, code] of [
    ['nothing', '', 'ODPS_TRUNCATED_STREAM'],
    ['another magic number', '28b52ffe0058', 'ODPS_MALFORMED_STREAM'],
    ['half of a magic number', '28b5', 'ODPS_TRUNCATED_STREAM'],
    ['a header without its window', header, 'ODPS_TRUNCATED_STREAM'],
    ['a reserved bit', '28b52ffd0858010000', 'ODPS_MALFORMED_STREAM'],
    ['a dictionary', '28b52ffd015805010000', 'ODPS_MALFORMED_STREAM'],
    ['a window of more than 128 MiB', `${header}89010000`, 'ODPS_MALFORMED_STREAM'],
    ['a block of the reserved type', `${header}58070000`, 'ODPS_MALFORMED_STREAM'],
    ['a block of more than 128 KiB', `${header}58090010`, 'ODPS_MALFORMED_STREAM'],
    ['no last block', `${header}58000000`, 'ODPS_TRUNCATED_STREAM'],
    ['a block without its bytes', `${header}58290000aa`, 'ODPS_TRUNCATED_STREAM'],
    ['no checksum', '28b52ffd0458010000aabb', 'ODPS_TRUNCATED_STREAM'],
    ['a frame to skip that is cut', '502a4d1803000000aabb', 'ODPS_TRUNCATED_STREAM'],
  ] as const)
    test(`${what} is refused, in a stream and in memory`, async () => {
      const bytes = Buffer.from(hex, 'hex')
      assert.throws(() => [...zstdFramesIn(bytes)], { code })
      await assert.rejects(streamed(bytes), { code })
    })
})
