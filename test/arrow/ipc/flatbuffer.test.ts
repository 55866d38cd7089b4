import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { FlatTable, int64At, readMetadata } from '../../../lib/arrow/ipc/flatbuffer.js'

/*
 * By hand after the FlatBuffers binary format: the root's place; a vtable (own size 10, table size 16, fields at 8, none,
 * 12); the table (back to the vtable; an int32; the distance to a string); the string.
 */
const table = Buffer.from(
  [
    '10000000',
    '0a001000080000000c00',
    '0000',
    '0c000000',
    '00000000',
    '2a000000',
    '04000000',
    '02000000',
    '6f6b00',
  ].join(''),
  'hex',
)

describe('a FlatBuffer', () => {
  test('has fields at their places, and defaults for those it has not', () => {
    const root = FlatTable.root(table)
    assert.equal(root.int32(0), 42)
    assert.equal(root.int32(1, 7), 7)
    assert.equal(root.text(2), 'ok')
    assert.deepEqual(
      [root.text(3), root.bool(9, true), root.tables(3), root.int64(8)],
      [undefined, true, [], 0],
    )
  })

  test('that leaves its bytes is damaged', () => {
    for (let length = 0; length < table.length - 1; length++)
      assert.throws(
        () =>
          readMetadata(() => {
            const root = FlatTable.root(Buffer.from(table.subarray(0, length)))
            return [root.int32(0), root.text(2)]
          }),
        /metadata is damaged/,
        `${length} bytes`,
      )
  })

  test('whose text is not UTF-8 is damaged', () => {
    const bytes = Buffer.from(table)
    bytes[bytes.length - 3] = 0xff
    assert.throws(() => readMetadata(() => FlatTable.root(bytes).text(2)), /metadata is damaged/)
  })

  test('another error is no damage', () =>
    assert.throws(() => readMetadata(() => assert.fail('a bug')), /a bug/))

  test('has whole numbers of 64 bits as far as a double holds them', () => {
    const read = (hex: string): number =>
      int64At(new DataView(new Uint8Array(Buffer.from(hex, 'hex')).buffer), 0)
    // Two's complement, the lowest byte first.
    assert.equal(read('ffffffff00000000'), 4294967295)
    assert.equal(read('ffffffffffffffff'), -1)
    assert.equal(read('000000000100f0ff'), -4503595332403200)
    assert.equal(read('ffffffffffff1f00'), 9007199254740991)
    assert.equal(read('010000000000e0ff'), -9007199254740991)
    for (const [hex, value] of [
      ['0000000000002000', '9007199254740992'],
      ['0100000000002000', '9007199254740993'],
      ['000000000000e0ff', '-9007199254740992'],
      ['ffffffffffffff7f', '9223372036854775807'],
    ] as const)
      assert.throws(() => read(hex), { message: `${value} is neither a length nor an offset` })
  })
})
