import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { ByteReader, unreadable } from '../../lib/wire/byte-reader.js'
import { ByteWriter } from '../../lib/wire/byte-writer.js'
import {
  bigintOf,
  cell32,
  cell64,
  highOf,
  highOfBigint,
  isSafe,
  lowHalf,
  lowOf,
  lowOfBigint,
  numberOf,
} from '../../lib/wire/int64.js'
import { ProtobufReader } from '../../lib/wire/protobuf-reader.js'
import { ProtobufWriter } from '../../lib/wire/protobuf-writer.js'
import type { ValueReader } from '../../lib/wire/value-reader.js'
import type { ValueWriter } from '../../lib/wire/value-writer.js'

const int64 = fc.oneof(
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.integer().map(BigInt),
  fc.constantFrom(
    -(2n ** 63n),
    2n ** 63n - 1n,
    0n,
    -1n,
    2n ** 31n,
    2n ** 32n,
    -(2n ** 32n),
    2n ** 53n,
    -(2n ** 53n),
  ),
)

describe('64-bit integers as halves', () => {
  test('go and come back', () => {
    fc.assert(
      fc.property(int64, value => {
        const [low, high] = [lowOfBigint(value), highOfBigint(value)]
        assert.equal(bigintOf(low, high), value)
        cell64[0] = value
        assert.deepEqual([cell32[lowHalf], cell32[1 - lowHalf]], [low, high])
        const safe = value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER)
        assert.equal(isSafe(low, high), safe)
        if (!safe) return
        const number = Number(value)
        assert.deepEqual([lowOf(number), highOf(number), numberOf(low, high)], [low, high, number])
      }),
      { seed: 20_010_203, numRuns: 1000 },
    )
  })
})

/** One operation: how it is written, and how it is read and looks then. */
type Operation = readonly [
  write: (out: ValueWriter) => void,
  read: (from: ValueReader) => unknown,
  value: unknown,
]

const operation: fc.Arbitrary<Operation> = fc.oneof(
  int64.map<Operation>(value => [
    out => out.int64(lowOfBigint(value), highOfBigint(value)),
    from => {
      from.int64()
      return bigintOf(from.low, from.high)
    },
    value,
  ]),
  fc.integer().map<Operation>(value => [out => out.int32(value), from => from.int32(), value]),
  fc.boolean().map<Operation>(value => [out => out.boolean(value), from => from.boolean(), value]),
  fc.boolean().map<Operation>(value => [out => out.nullFlag(value), from => from.nullFlag(), value]),
  fc.float().map<Operation>(value => [out => out.float(value), from => from.float(), value]),
  fc.double().map<Operation>(value => [out => out.double(value), from => from.double(), value]),
  fc.nat().map<Operation>(value => [out => out.count(value), from => from.count(), value]),
  fc
    .uint8Array({ maxLength: 300 })
    .map<Operation>(value => [out => out.bytes(value), from => new Uint8Array(from.bytes()), value]),
  fc
    .string({ maxLength: 300, unit: fc.constantFrom('x', 'é', '中', '😀', '\u0000') })
    .map<Operation>(value => [
      out => assert.equal(out.text(value), Buffer.byteLength(value)),
      from => from.text(),
      value,
    ]),
)

describe('values by hand and by protobufjs', () => {
  test('are the same bytes with the same checksum, and read back', () => {
    const fast = new ByteWriter()
    const plain = new ProtobufWriter()
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 40 }), operations => {
        fast.begin()
        plain.begin()
        for (const [write] of operations) {
          write(fast)
          write(plain)
        }
        const checksum = fast.end()
        const { register } = fast
        const record = fast.take()
        const expected = plain.end()
        assert.deepEqual(record, Buffer.from(expected.bytes))
        assert.equal(checksum, expected.checksum)

        const reader = new ByteReader(record, new DataView(record.buffer, record.byteOffset, record.length))
        reader.end = record.length
        const slow = new ProtobufReader(record)
        for (const [, read, value] of operations) {
          assert.deepEqual(read(reader), value)
          assert.deepEqual(read(slow), value)
        }
        assert.equal(reader.register, register)
      }),
      { seed: 20_010_203, numRuns: 500 },
    )
  })

  test('a lone surrogate is refused by both', () => {
    for (const text of ['\ud800', '\udc00x', `${'x'.repeat(50)}\ud800`, `${'中'.repeat(2000)}\udc00`]) {
      for (const out of [new ByteWriter(), new ProtobufWriter()]) {
        out.begin()
        assert.equal(out.text(text), -1)
      }
    }
  })

  test('bytes that end inside a value, and varints that never end, are unreadable', () => {
    const open = (...bytes: number[]): ByteReader => {
      const buffer = Buffer.from([...bytes, 0, 0, 0, 0, 0, 0, 0, 0])
      const reader = new ByteReader(buffer, new DataView(buffer.buffer, buffer.byteOffset, buffer.length))
      reader.end = bytes.length
      return reader
    }
    const isUnreadable = (error: unknown): boolean => error === unreadable
    assert.throws(() => open(0x80).int64(), isUnreadable)
    assert.throws(() => open(...new Array<number>(11).fill(0x80)).int64(), isUnreadable)
    assert.throws(() => open(1, 2, 3).float(), isUnreadable)
    assert.throws(() => open(1, 2, 3, 4, 5, 6, 7).double(), isUnreadable)
    assert.throws(() => open(2, 0x78).text(), isUnreadable)
    assert.throws(() => open(0xff, 0xff, 0xff, 0xff, 0x7f).count(), isUnreadable)
    assert.throws(() => open(2).boolean(), isUnreadable)
    assert.throws(() => open().nullFlag(), isUnreadable)
  })
})
