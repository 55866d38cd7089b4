import assert from 'node:assert/strict'
import { test } from 'node:test'
import { crc32c } from '../../lib/wire/crc32c.js'
import { checksumShift, combineChecksums } from '../../lib/wire/crc32c-combine.js'

/* The examples of RFC 3720, B.4: their checksums are those of any two parts. */
const examples: readonly (readonly [name: string, bytes: Buffer, checksum: number])[] = [
  ['32 bytes of zeroes', Buffer.alloc(32), 0x8a9136aa],
  ['32 bytes of ones', Buffer.alloc(32, 255), 0x62a8ab43],
  ['32 bytes that increase', Buffer.from(Array.from({ length: 32 }, (_, i) => i)), 0x46dd794e],
  ['32 bytes that decrease', Buffer.from(Array.from({ length: 32 }, (_, i) => 31 - i)), 0x113fdb5c],
  [
    'an iSCSI command',
    Buffer.from(
      `01c0${'00'.repeat(14)}1400000000000400000000140000001828${'00'.repeat(7)}02${'00'.repeat(7)}`,
      'hex',
    ),
    0xd9963a56,
  ],
]
for (const [name, bytes, checksum] of examples)
  test(`${name}, in two parts`, () => {
    assert.equal(crc32c(bytes), checksum)
    for (let cut = 0; cut <= bytes.length; cut++) {
      const [first, second] = [crc32c(bytes.subarray(0, cut)), crc32c(bytes.subarray(cut))]
      assert.equal(combineChecksums(first, second, checksumShift(bytes.length - cut)), checksum)
    }
  })

test('a second part of ten million bytes', () => {
  // By google-crc32c: value(bytes(10_000_000)), and value(b'x' + bytes(10_000_000)).
  const zeroes = 2_170_295_216
  assert.equal(combineChecksums(crc32c(Buffer.from('x')), zeroes, checksumShift(10_000_000)), 696_963_229)
})
