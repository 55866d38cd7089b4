import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checksumOf, emptyRegister } from '../../lib/wire/crc32c.js'
import { writeStagedRecords } from '../../lib/wire/record-writer.js'
import { cellKinds, encodeDescriptors, recordsMemory, seenByte } from '../../lib/wire/records-memory.js'

test('staged rows become records', () => {
  const descriptors = encodeDescriptors([
    { kind: cellKinds.integer, tag: [0x08], slot: 8 },
    { kind: cellKinds.text, tag: [0x12], slot: 16 },
  ])
  // Two masks (what is not NULL; what is a 64-bit integer), a number, and the length of a text.
  const slots = new DataView(new ArrayBuffer(3 * 24))
  slots.setUint32(0, 0b11, true)
  slots.setFloat64(8, 300, true)
  slots.setUint32(16, 3, true)
  slots.setUint32(24, 0b11, true)
  slots.setUint32(28, 0b01, true)
  slots.setBigInt64(32, -1n, true)
  slots.setUint32(40, 1, true)
  const written = writeStagedRecords(
    recordsMemory()!,
    {
      ...{ rows: 3, columns: 2, descriptors, slots: new Uint8Array(slots.buffer), stride: 24 },
      ...{ narrow: 'abcé', wide: '', bytes: new Uint8Array(0), recordBytes: 64 },
      ...{ nodes: new Uint8Array(0), values: new Uint8Array(0), marks: new Uint8Array(0), tapeBytes: 0 },
    },
    emptyRegister,
  )
  /*
   * As in protobuf-writer.test.ts, by google-crc32c and Google's protobuf; the third record has no values. The checksum
   * over theirs is that of struct.pack('<III', 3189739043, 1656509016, 0).
   */
  const records = ['08d804120361626380c0ff7fa39cfef00b', '08011202c3a980c0ff7fd8a4f19506', '80c0ff7f00']
  assert.equal(written.bytes.toString('hex'), records.join(''))
  assert.equal(checksumOf(written.totals), 1_138_787_488)
  assert.deepEqual([descriptors[seenByte], descriptors[16 + seenByte]], [0, 1])
})
