import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ByteReader, unreadable } from '../../lib/wire/byte-reader.js'
import { checksumOf } from '../../lib/wire/crc32c.js'
import { goldenValues, readGolden } from './golden-values.js'

/** A reader of some bytes that lie among others. */
const open = (bytes: Uint8Array): ByteReader => {
  const buffer = Buffer.concat([Buffer.of(255), bytes, Buffer.alloc(8)])
  const reader = new ByteReader(buffer, new DataView(buffer.buffer, buffer.byteOffset, buffer.length))
  reader.at = 1
  reader.end = 1 + bytes.length
  return reader
}

describe('values are read', () => {
  for (const golden of goldenValues)
    test(`${golden.kind} ${golden.hex.slice(0, 40)}`, () => {
      const bytes = Buffer.from(golden.hex, 'hex')
      const reader = open(bytes)
      assert.equal(readGolden(reader, golden), golden.value)
      assert.equal(reader.at, 1 + bytes.length)
      assert.equal(checksumOf(reader.register), golden.checksum)
    })

  test('bytes are copied, and their length is not fed', () => {
    const reader = open(Buffer.from('0774657374696e67', 'hex'))
    const bytes = reader.bytes()
    reader.buffer.fill(0)
    assert.equal(bytes.toString(), 'testing')
    assert.equal(checksumOf(reader.register), 1_812_697_818)
  })

  test('a flag of NULL is not fed', () => {
    const reader = open(Buffer.of(1, 0))
    assert.deepEqual([reader.nullFlag(), reader.nullFlag()], [true, false])
    assert.equal(checksumOf(reader.register), 0)
  })
})

describe('bytes that hold no value are unreadable', () => {
  const cases: readonly (readonly [what: string, hex: string, read: (from: ByteReader) => unknown])[] = [
    ['a varint without its end', '80', from => from.int64()],
    ['a varint of eleven bytes', '80'.repeat(11), from => from.int64()],
    ['a float of three bytes', '010203', from => from.float()],
    ['a double of seven bytes', '01020304050607', from => from.double()],
    ['text shorter than its length', '0278', from => from.text()],
    ['bytes shorter than their length', '0278', from => from.bytes()],
    ['a count of more than 32 bits', 'ffffffff7f', from => from.count()],
    ['an int32 of more than 32 bits', 'ffffffff7f', from => from.int32()],
    ['a boolean that is neither 0 nor 1', '02', from => from.boolean()],
    ['no flag', '', from => from.nullFlag()],
  ]
  for (const [what, hex, read] of cases)
    test(what, () =>
      assert.throws(
        () => read(open(Buffer.from(hex, 'hex'))),
        error => error === unreadable,
      ),
    )
})
