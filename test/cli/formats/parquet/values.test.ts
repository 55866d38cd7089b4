import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { SchemaElement } from 'hyparquet'
import type { FileType } from '../../../../lib/cli/formats/file-values/file-type.js'
import { valueMaker } from '../../../../lib/cli/formats/parquet/values.js'

const makerOf = (type: FileType, physical: SchemaElement['type']) => {
  const element: SchemaElement = { name: 'c', ...(physical && { type: physical }) }
  const leaf = { index: 0, name: 'c', element, type, maxDefinition: 0, maxRepetition: 0 }
  return valueMaker(leaf) as (value: unknown) => unknown
}

describe('values of Parquet that lie in the file in another form', () => {
  /* As Python has them: int.from_bytes(bytes.fromhex(hex), 'big', signed=True). */
  for (const [hex, value] of [
    ['00', 0n],
    ['ff', -1n],
    ['80', -128n],
    ['7fff', 32_767n],
    ['ffffffffffffff85', -123n],
    ['8000000000000000', -9_223_372_036_854_775_808n],
    ['008000000000000000', 9_223_372_036_854_775_808n],
    ['fffffffffffffffffffffffffffffffe', -2n],
    ['4b3b4ca85a86c47a098a223fffffffff', 99_999_999_999_999_999_999_999_999_999_999_999_999n],
    ['ff00000000000000000000000000000000', -(2n ** 128n)],
  ] as const)
    test(`decimal ${hex}`, () => {
      const make = makerOf({ kind: 'decimal', precision: 38, scale: 0 }, 'BYTE_ARRAY')
      assert.equal(make(Uint8Array.from(Buffer.from(hex, 'hex'))), value)
    })

  test('a decimal without bytes is none', () => {
    const make = makerOf({ kind: 'decimal', precision: 38, scale: 0 }, 'BYTE_ARRAY')
    assert.throws(() => make(new Uint8Array()))
  })

  /* As Python has them: struct.unpack('<e', bytes.fromhex(hex)). */
  for (const [hex, value] of [
    ['0000', 0],
    ['0080', -0],
    ['0100', 2 ** -24],
    ['ff7b', 65_504],
    ['003c', 1],
    ['00fc', Number.NEGATIVE_INFINITY],
    ['007e', Number.NaN],
  ] as const)
    test(`float16 ${hex}`, () => {
      const make = makerOf({ kind: 'float', bits: 16 }, 'FIXED_LEN_BYTE_ARRAY')
      assert.equal(make(Uint8Array.from(Buffer.from(hex, 'hex'))), value)
    })

  test('INT96 is a day of the Julian calendar and nanoseconds, in any year', () => {
    const make = makerOf({ kind: 'timestamp', unit: 'ns', zoned: true }, 'INT96')
    const bytes = Buffer.alloc(12)
    bytes.writeBigUInt64LE(86_399_999_999_999n)
    bytes.writeUInt32LE(2_440_588 + 2_932_896, 8)
    assert.equal(make(bytes), 253_402_300_799_999_999_999n)
  })

  test('unsigned integers are unsigned', () => {
    assert.equal(makerOf({ kind: 'integer', bits: 32, signed: false }, 'INT32')(-1), 4_294_967_295)
    assert.equal(makerOf({ kind: 'integer', bits: 64, signed: false }, 'INT64')(-1n), 2n ** 64n - 1n)
    assert.throws(() => makerOf({ kind: 'integer', bits: 8, signed: true }, 'INT32')(128))
  })
})
