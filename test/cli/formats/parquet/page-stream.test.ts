import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { loadPageDecoders } from '../../../../lib/cli/formats/parquet/page-bytes.js'
import { PageStream } from '../../../../lib/cli/formats/parquet/page-stream.js'
import { accessTo } from '../physical-values.js'

/** Unsigned LEB128 of a number, or of its zigzag form, as the compact protocol of Thrift has them. */
const varint = (value: number): number[] =>
  value < 128 ? [value] : [(value & 127) | 128, ...varint(value >>> 7)]
const zigzag = (value: number): number[] => varint(2 * value)

/** A data page of `size` bytes behind a header whose statistics have a greatest value of `statistics` bytes (parquet.thrift). */
const pageOf = (size: number, statistics: number, byte: number): Buffer =>
  Buffer.concat([
    Buffer.from([0x15, 0, 0x15, ...zigzag(size), 0x15, ...zigzag(size), 0x2c]),
    Buffer.from([0x15, ...zigzag(1), 0x15, 0, 0x15, ...zigzag(3), 0x15, ...zigzag(3)]),
    Buffer.from([0x1c, 0x18, ...varint(statistics)]),
    Buffer.alloc(statistics, 0x61),
    Buffer.from([0, 0, 0]),
    Buffer.alloc(size, byte),
  ])

test('pages and headers of any size are found, whatever the window holds', async () => {
  const shapes = [
    [10, 5],
    [70_000, 10],
    [1, 0],
    [200_000, 300_000],
    [65_530, 1],
    [0, 70_000],
    [900_000, 3],
    [20, 140_000],
  ] as const
  const pages = shapes.map(([size, statistics], i) => pageOf(size, statistics, i + 1))
  const before = Buffer.alloc(13, 0xff)
  const file = Buffer.concat([before, ...pages, Buffer.alloc(50, 0xff)])
  const range = [13, file.length - 50] as const
  let window = new Uint8Array(0)
  for (const round of [1, 2]) {
    const stream = new PageStream(accessTo(file), await loadPageDecoders(), range, window)
    for (const [i, [size]] of shapes.entries()) {
      const { header, bytes } = await stream.next()
      assert.equal(header.compressed_page_size, size, `page ${i} of round ${round}`)
      assert.deepEqual(Buffer.from(bytes), Buffer.alloc(size, i + 1), `page ${i} of round ${round}`)
    }
    await assert.rejects(stream.next(), `no page is behind the last one in round ${round}`)
    if (round === 2) assert.equal(stream.window, window, 'the window that is there is large enough')
    window = stream.window
  }
})

test('a page that reaches beyond its column is refused', async () => {
  const page = pageOf(100_000, 3, 1)
  const file = Buffer.concat([page, page])
  const stream = new PageStream(
    accessTo(file),
    await loadPageDecoders(),
    [0, page.length - 1],
    new Uint8Array(0),
  )
  await assert.rejects(stream.next(), /extends beyond its column/)
})

describe('a header without what its page is read by is refused', () => {
  for (const [what, id, fields, message] of [
    ['a dictionary page', 4, [0x4c, 0x25, 0], /a dictionary page has no num_values/],
    ['a page of the second version', 6, [0x5c, 0x15, 2, 0x55, 0], /no definition_levels_byte_length/],
    ['a page of the second version', 6, [0x5c, 0x15, 2, 0x45, 0, 0x15, 1], /_levels_byte_length -1/],
  ] as const)
    test(`${what}: ${message.source}`, async () => {
      const file = Buffer.from([0x15, id, 0x15, 2, 0x15, 2, ...fields, 0, 0, 0xff])
      const stream = new PageStream(
        accessTo(file),
        await loadPageDecoders(),
        [0, file.length],
        new Uint8Array(0),
      )
      await assert.rejects(stream.next(), message)
    })
})
