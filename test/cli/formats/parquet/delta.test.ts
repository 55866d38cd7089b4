import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { readDeltaBytes, readDeltaLengths, readDeltas } from '../../../../lib/cli/formats/parquet/delta.js'

/* Numbers and words are the examples of the format's description; files of pyarrow and DuckDB are read in file.test.ts. */

const input = (...bytes: number[]) => ({ bytes: Uint8Array.from(bytes), at: 0 })
/** Lengths in one block of one miniblock, bit-packed to 8 bits each. */
const lengths = (first: number, ...differences: number[]): number[] => [
  ...[8, 1, differences.length + 1, first * 2, 0x0f, 8],
  ...differences.map(each => each + 8),
  ...new Array(8 - differences.length).fill(0),
]

describe('integers as differences', () => {
  test('that are all the same', () => {
    assert.deepEqual([...readDeltas(input(8, 1, 5, 2, 2, 0), 5, 32)], [1, 2, 3, 4, 5])
    assert.deepEqual([...readDeltas(input(8, 1, 5, 2, 2, 0), 5, 64)], [1n, 2n, 3n, 4n, 5n])
  })

  test('that go down and up', () => {
    const bytes = [8, 1, 8, 14, 3, 2, 0xc0, 0x3f]
    assert.deepEqual([...readDeltas(input(...bytes), 8, 32)], [7, 5, 3, 1, 2, 3, 4, 5])
  })

  test('of INT32, in 33 bits, as DuckDB has them', () => {
    const least = [0xfd, 0xff, 0xff, 0xff, 0x1f] // 2 × (2^32 - 1) - 1: zigzag of -(2^32 - 1)
    const packed = [0xfe, 0xff, 0xff, 0xff, 0x01, ...new Array(28).fill(0)]
    const bytes = [8, 1, 3, 0xff, 0xff, 0xff, 0xff, 0x0f, ...least, 33, ...packed]
    assert.deepEqual([...readDeltas(input(...bytes), 3, 32)], [-2147483648, 2147483647, -2147483648])
  })

  for (const [what, bytes, count] of [
    ['another count', [8, 1, 5, 2, 2, 0], 4],
    ['no miniblocks', [8, 0, 5, 2, 2, 0], 5],
    ['blocks of no size', [0, 1, 5, 2, 2, 0], 5],
    ['a width beyond the type', [8, 1, 2, 2, 2, 65, 0, 0, 0, 0], 2],
    ['a miniblock that is cut', [8, 1, 8, 14, 3, 2, 0xc0], 8],
    ['an end behind the head', [8, 1, 5, 2], 5],
  ] as const)
    test(`with ${what} are refused`, () =>
      assert.throws(() => readDeltas(input(...bytes), count, 32), /announces|blocks|bits/))
})

describe('bytes', () => {
  const words = (bytes: readonly Uint8Array[]): string[] => bytes.map(each => Buffer.from(each).toString())

  test('behind their lengths', () => {
    const found = readDeltaLengths(input(...lengths(5, 0, 1, -4), ...Buffer.from('HelloWorldFoobarAB')), 4)
    assert.deepEqual(words(found), ['Hello', 'World', 'Foobar', 'AB'])
  })

  test('that begin like those before them', () => {
    const suffixes = Buffer.from('axislebabbleyhood')
    const found = readDeltaBytes(
      input(...lengths(0, 2, -2, 3), ...lengths(4, -2, 4, -1), ...suffixes),
      4,
      100,
    )
    assert.deepEqual(words(found), ['axis', 'axle', 'babble', 'babyhood'])
  })

  test('that begin like a shorter one are refused', () =>
    assert.throws(
      () => readDeltaBytes(input(...lengths(0, 3), ...lengths(2, 0), ...Buffer.from('abcd')), 2, 100),
      /prefix longer/,
    ))

  test('that few bytes make very many of are refused', () => {
    const word = Buffer.alloc(6, 'x')
    const bytes = input(...lengths(0, 6, 0, 0), ...lengths(6, -6, 0, 0), ...word)
    assert.throws(() => readDeltaBytes(bytes, 4, 20), /more than 20 bytes/)
  })

  test('beyond the page are refused', () =>
    assert.throws(
      () => readDeltaLengths(input(...lengths(5, 0), ...Buffer.from('Hello')), 2),
      /fewer values/,
    ))
})
