import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ProtobufWriter } from '../../lib/wire/protobuf-writer.js'
import { goldenValues, writeGolden } from './golden-values.js'

for (const golden of goldenValues)
  test(`${golden.kind} ${golden.hex.slice(0, 40)} is written`, () => {
    const out = new ProtobufWriter()
    out.begin()
    writeGolden(out, golden)
    const { bytes, checksum } = out.end()
    assert.ok(Buffer.from(bytes).toString('hex').startsWith(`${golden.hex}80c0ff7f`))
    assert.equal(checksum, golden.checksum)
  })

test('two records of a BIGINT and a STRING', () => {
  /*
   * By google-crc32c of struct.pack('<iq', 1, 300) + struct.pack('<i', 2) + b'abc', and the same of -1 and 'é'; the
   * varints by Google's protobuf for Python.
   */
  const out = new ProtobufWriter()
  const record = (value: number, text: string): string => {
    out.begin()
    out.field(1, 0)
    out.int64(value, value < 0 ? -1 : 0)
    out.field(2, 2)
    out.text(text)
    return Buffer.from(out.end().bytes).toString('hex')
  }
  assert.equal(record(300, 'abc'), '08d804120361626380c0ff7fa39cfef00b')
  assert.equal(record(-1, 'é'), '08011202c3a980c0ff7fd8a4f19506')
})

test('a record that was not ended is forgotten, and a lone surrogate refused', () => {
  const out = new ProtobufWriter()
  out.begin()
  out.text('given up')
  assert.equal(out.text('\ud800'), -1)
  out.begin()
  const { bytes, checksum } = out.end()
  assert.deepEqual([Buffer.from(bytes).toString('hex'), checksum], ['80c0ff7f00', 0])
})
