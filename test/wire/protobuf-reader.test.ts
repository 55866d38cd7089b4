import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ProtobufReader } from '../../lib/wire/protobuf-reader.js'
import { goldenValues, readGolden } from './golden-values.js'

for (const golden of goldenValues)
  test(`${golden.kind} ${golden.hex.slice(0, 40)} is read`, () => {
    const reader = new ProtobufReader(Buffer.from(golden.hex, 'hex'))
    assert.equal(readGolden(reader, golden), golden.value)
  })

test('tags, flags and bytes are read one behind the other', () => {
  // The tags of protobuf's PackTag: field 1 as a varint, and 0x1fffc00; the bytes are its guide's "testing".
  const record = Buffer.from('08010774657374696e670080c0ff7f', 'hex')
  const reader = new ProtobufReader(record)
  assert.deepEqual([reader.tag(), reader.nullFlag()], [8, true])
  const bytes = reader.bytes()
  assert.deepEqual([reader.nullFlag(), reader.tag()], [false, 0x1fffc00 * 8])
  record.fill(0)
  assert.equal(bytes.toString(), 'testing')
})
