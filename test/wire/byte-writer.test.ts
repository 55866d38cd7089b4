import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ByteWriter } from '../../lib/wire/byte-writer.js'
import { goldenValues, writeGolden } from './golden-values.js'

/** The tag that ends a record (protobuf's PackTag of field 0x1fffc00, varint), before its checksum. */
const endTag = '80c0ff7f'

describe('values are written', () => {
  for (const golden of goldenValues)
    test(`${golden.kind} ${golden.hex.slice(0, 40)}`, () => {
      const out = new ByteWriter()
      out.begin()
      writeGolden(out, golden)
      assert.equal(out.end(), golden.checksum)
      assert.ok(out.take().toString('hex').startsWith(`${golden.hex}${endTag}`))
    })

  test('bytes and flags', () => {
    const out = new ByteWriter()
    out.begin()
    out.nullFlag(true)
    out.bytes(Buffer.from('testing'))
    out.nullFlag(false)
    assert.equal(out.end(), 1_812_697_818)
    assert.equal(out.take().toString('hex').slice(0, 20), '010774657374696e6700')
  })

  test('a lone surrogate is refused, in short text and in long', () => {
    for (const text of ['\ud800', '\udc00x', `${'x'.repeat(50)}\ud800`, `${'中'.repeat(2000)}\udc00`]) {
      const out = new ByteWriter()
      out.begin()
      assert.equal(out.text(text), -1)
    }
  })
})

describe('the buffer', () => {
  const record = (out: ByteWriter, text: string): void => {
    out.begin()
    out.text(text)
    out.end()
  }
  /** By google-crc32c: text of 100 000 times 'ab'. */
  const long = { text: 'ab'.repeat(100_000), checksum: 1_943_210_145 }

  test('grows for a record that has begun, which stays whole', () => {
    const out = new ByteWriter()
    record(out, 'first')
    out.begin()
    out.text('second')
    out.text(long.text)
    out.end()
    const bytes = out.take()
    assert.equal(bytes.toString('latin1', 0, 6), '\u0005first')
    assert.ok(bytes.includes(`\u0006second${String.fromCharCode(0xc0, 0x9a, 0x0c)}abab`, 0, 'latin1'))
    assert.equal(bytes.length, 6 + 9 + 7 + 3 + 200_000 + 9)
  })

  test('gives the checksum of long text', () => {
    const out = new ByteWriter()
    out.begin()
    out.text(long.text)
    assert.equal(out.end(), long.checksum)
  })

  test('forgets a record that was not ended', () => {
    const out = new ByteWriter()
    record(out, 'a')
    const { pendingBytes } = out
    out.begin()
    out.text('given up')
    assert.equal(out.pendingBytes, pendingBytes)
    record(out, 'b')
    const bytes = out.take()
    assert.deepEqual([bytes.includes('given'), bytes.length], [false, 2 * pendingBytes])
  })

  test('writes over what was taken only when it is reclaimed', () => {
    const out = new ByteWriter()
    record(out, 'a')
    const first = out.take()
    const before = Buffer.from(first)
    record(out, 'b')
    out.reclaim()
    assert.deepEqual(first, before)
    out.take()
    out.reclaim()
    record(out, 'c')
    assert.equal(first.toString('latin1', 0, 2), '\u0001c')
  })

  test('serves another writer when it is reclaimed, and not before', () => {
    const [one, two, three] = [new ByteWriter(), new ByteWriter(), new ByteWriter()]
    record(one, 'a')
    const taken = one.take()
    record(two, 'b')
    assert.equal(taken.toString('latin1', 0, 2), '\u0001a')
    one.reclaim()
    one.reclaim()
    record(three, 'c')
    record(one, 'd')
    assert.equal(taken.toString('latin1', 0, 2), '\u0001c')
    assert.deepEqual(
      [one, two, three].map(out => out.take().toString('latin1', 0, 2)),
      ['\u0001d', '\u0001b', '\u0001c'],
    )
  })

  test('takes bytes that are no record', () => {
    const out = new ByteWriter()
    record(out, 'a')
    out.append(Buffer.from('trailer'))
    assert.ok(out.take().toString('latin1').endsWith('trailer'))
    assert.equal(out.pendingBytes, 0)
  })
})
