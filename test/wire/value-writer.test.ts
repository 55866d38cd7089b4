import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { ByteReader } from '../../lib/wire/byte-reader.js'
import { ByteWriter } from '../../lib/wire/byte-writer.js'
import { bigintOf, highOfBigint, lowOfBigint } from '../../lib/wire/int64.js'
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
})
