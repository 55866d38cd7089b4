import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { readPackedLevels, readRuns } from '../../../../lib/cli/formats/parquet/runs.js'

/* The bytes of 0 to 7 in 3 bits are those of the format's own description, for both forms. */

describe('runs of small integers', () => {
  const read = (bytes: readonly number[], width: number, count: number): number[] => {
    const values = new Uint32Array(count)
    readRuns(Uint8Array.from(bytes), width, values)
    return [...values]
  }

  test('lie packed, the lowest bits first', () => {
    assert.deepEqual(read([0x03, 0b10001000, 0b11000110, 0b11111010], 3, 8), [0, 1, 2, 3, 4, 5, 6, 7])
  })

  test('are repeated', () =>
    assert.deepEqual(read([8, 0x34, 0x12, 4, 1, 0], 13, 6), [4660, 4660, 4660, 4660, 1, 1]))

  // Python: struct.pack('<8I', …), as fastparquet writes the codes of more than 32 767 categories.
  test('have up to 32 bits', () => {
    const bytes = [1, 0, 0, 0, 0, 0, 0, 0x80, 0xff, 0xff, 0xff, 0xff, 0x78, 0x56, 0x34, 0x12]
    assert.deepEqual(
      read([3, ...bytes, ...new Array(16).fill(0)], 32, 8),
      [1, 2147483648, 4294967295, 0x12345678, 0, 0, 0, 0],
    )
  })

  // Python: (sum(v << 27 * i for i, v in enumerate([1, 2**27 - 1, 99_999_999, 7]))).to_bytes(27, 'little')
  test('of 27 bits begin within bytes', () => {
    const packed = '010000f8ffffff3f787d0f00000000000000000000000000000000'
    assert.deepEqual(read([3, ...Buffer.from(packed, 'hex')], 27, 4), [1, 134217727, 99999999, 7])
  })

  test('may lack the bytes of values that nobody asks for', () =>
    assert.deepEqual(read([0x03, 0b0101], 1, 3), [1, 0, 1]))

  for (const [what, bytes, width, count] of [
    ['nothing', [], 1, 1],
    ['a count without a value', [4], 1, 2],
    ['fewer values', [4, 1], 1, 3],
    ['a value beyond its bits', [4, 2], 1, 2],
    ['fewer packed bytes', [0x03, 0xff], 3, 8],
    ['more repeats than there are values', [0xfe, 0xff, 0xff, 0xff, 0x0f, 1], 1, 3],
    ['more groups than there are bytes', [0x07, 0xff], 1, 8],
    ['a count of more than 32 bits', [0xff, 0xff, 0xff, 0xff, 0xff, 0x01, 1], 1, 1],
  ] as const)
    test(`of ${what} are refused`, () => assert.throws(() => read(bytes, width, count), /run|fewer values/))
})

describe('levels of old', () => {
  test('lie packed, the highest bits first', () => {
    const levels = new Uint8Array(8)
    const bytes = Uint8Array.of(0b00000101, 0b00111001, 0b01110111, 99)
    assert.equal(readPackedLevels(bytes, 3, levels), 3)
    assert.deepEqual([...levels], [0, 1, 2, 3, 4, 5, 6, 7])
  })

  test('beyond their bytes are refused', () =>
    assert.throws(() => readPackedLevels(Uint8Array.of(0, 0), 3, new Uint8Array(8)), /fewer values/))
})
