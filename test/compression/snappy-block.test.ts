import assert from 'node:assert/strict'
import { test } from 'node:test'
import { snappyBlockLength } from '../../lib/compression/snappy-block.js'

test('the length of a snappy block is a varint', () => {
  // The examples of snappy's format_description.txt: 64 is 0x40, and 2097150 is 0xFE 0xFF 0x7F.
  for (const [hex, length] of [
    ['40', 64],
    ['feff7f', 2_097_150],
    ['00', 0],
    ['ffffffff0f', 2 ** 32 - 1],
    ['ffffffff1f', Number.POSITIVE_INFINITY],
    ['808080808001', Number.POSITIVE_INFINITY],
    ['80', Number.POSITIVE_INFINITY],
    ['', Number.POSITIVE_INFINITY],
  ] as const)
    assert.equal(snappyBlockLength(Buffer.from(hex, 'hex')), length, hex)
})
