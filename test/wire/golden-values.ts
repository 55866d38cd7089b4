import assert from 'node:assert/strict'
import { bigintOf, highOfBigint, lowOfBigint } from '../../lib/wire/int64.js'
import type { ValueReader } from '../../lib/wire/value-reader.js'
import type { ValueWriter } from '../../lib/wire/value-writer.js'

/*
 * Values with their bytes after the encoding guide of Protocol Buffers, made by Google's protobuf for Python
 * (google.protobuf.internal: _EncodeVarint, ZigZagEncode), and the CRC-32C by google-crc32c of what is fed: the value's
 * own little-endian bytes, of text the bytes alone, of a count nothing.
 */

export type GoldenValue =
  | { readonly kind: 'int64'; readonly value: bigint; readonly hex: string; readonly checksum: number }
  | { readonly kind: 'boolean'; readonly value: boolean; readonly hex: string; readonly checksum: number }
  | { readonly kind: 'text'; readonly value: string; readonly hex: string; readonly checksum: number }
  | {
      readonly kind: 'int32' | 'float' | 'double' | 'count'
      readonly value: number
      readonly hex: string
      readonly checksum: number
    }

export const goldenValues: readonly GoldenValue[] = [
  { kind: 'int64', value: 0n, hex: '00', checksum: 2351477386 },
  { kind: 'int64', value: -1n, hex: '01', checksum: 1214729159 },
  { kind: 'int64', value: 1n, hex: '02', checksum: 3306475437 },
  { kind: 'int64', value: -2n, hex: '03', checksum: 22755040 },
  { kind: 'int64', value: 63n, hex: '7e', checksum: 3174883193 },
  { kind: 'int64', value: 64n, hex: '8001', checksum: 2519235000 },
  { kind: 'int64', value: -64n, hex: '7f', checksum: 2037589556 },
  { kind: 'int64', value: -65n, hex: '8101', checksum: 1382514933 },
  { kind: 'int64', value: 2147483647n, hex: 'feffffff0f', checksum: 2438802083 },
  { kind: 'int64', value: -2147483648n, hex: 'ffffffff0f', checksum: 1427297262 },
  { kind: 'int64', value: 4294967296n, hex: '8080808020', checksum: 1366104114 },
  { kind: 'int64', value: -4294967296n, hex: 'ffffffff1f', checksum: 1001391794 },
  { kind: 'int64', value: 9007199254740992n, hex: '8080808080808020', checksum: 4087566728 },
  { kind: 'int64', value: 9223372036854775807n, hex: 'feffffffffffffffff01', checksum: 3398529215 },
  { kind: 'int64', value: -9223372036854775808n, hex: 'ffffffffffffffffff01', checksum: 249465330 },
  { kind: 'int32', value: 0, hex: '00', checksum: 1214729159 },
  { kind: 'int32', value: -1, hex: '01', checksum: 4294967295 },
  { kind: 'int32', value: 1, hex: '02', checksum: 2502091135 },
  { kind: 'int32', value: -2, hex: '03', checksum: 582636871 },
  { kind: 'int32', value: 63, hex: '7e', checksum: 2573350237 },
  { kind: 'int32', value: 64, hex: '8001', checksum: 3821081632 },
  { kind: 'int32', value: -64, hex: '7f', checksum: 788169061 },
  { kind: 'int32', value: -65, hex: '8101', checksum: 1415159832 },
  { kind: 'int32', value: 2147483647, hex: 'feffffff0f', checksum: 2097792135 },
  { kind: 'int32', value: -2147483648, hex: 'ffffffff0f', checksum: 3398529215 },
  { kind: 'boolean', value: true, hex: '01', checksum: 2685849682 },
  { kind: 'boolean', value: false, hex: '00', checksum: 1383945041 },
  { kind: 'float', value: 0.0, hex: '00000000', checksum: 1214729159 },
  { kind: 'float', value: 1.5, hex: '0000c03f', checksum: 574816943 },
  { kind: 'float', value: -2.25, hex: '000010c0', checksum: 3023019138 },
  { kind: 'float', value: 3.4028234663852886e38, hex: 'ffff7f7f', checksum: 2261401214 },
  { kind: 'double', value: 0.1, hex: '9a9999999999b93f', checksum: 1096287061 },
  { kind: 'double', value: -1e300, hex: '9c7500883ce437fe', checksum: 119715579 },
  { kind: 'double', value: 5e-324, hex: '0100000000000000', checksum: 3306475437 },
  { kind: 'text', value: '', hex: '00', checksum: 0 },
  { kind: 'text', value: 'testing', hex: '0774657374696e67', checksum: 1812697818 },
  { kind: 'text', value: 'é中😀', hex: '09c3a9e4b8adf09f9880', checksum: 181157441 },
  { kind: 'text', value: 'x'.repeat(128), hex: `8001${'78'.repeat(128)}`, checksum: 3586927583 },
  { kind: 'text', value: '中'.repeat(20), hex: `3c${'e4b8ad'.repeat(20)}`, checksum: 2002753099 },
  { kind: 'count', value: 0, hex: '00', checksum: 0 },
  { kind: 'count', value: 1, hex: '01', checksum: 0 },
  { kind: 'count', value: 127, hex: '7f', checksum: 0 },
  { kind: 'count', value: 128, hex: '8001', checksum: 0 },
  { kind: 'count', value: 150, hex: '9601', checksum: 0 },
  { kind: 'count', value: 300, hex: 'ac02', checksum: 0 },
  { kind: 'count', value: 16384, hex: '808001', checksum: 0 },
  { kind: 'count', value: 4294967295, hex: 'ffffffff0f', checksum: 0 },
]

export const writeGolden = (out: ValueWriter, { kind, value }: GoldenValue): void => {
  if (kind === 'int64') out.int64(lowOfBigint(value), highOfBigint(value))
  else if (kind === 'boolean') out.boolean(value)
  else if (kind === 'text') assert.equal(out.text(value), Buffer.byteLength(value))
  else out[kind](value)
}

export const readGolden = (from: ValueReader, { kind }: GoldenValue): bigint | boolean | string | number => {
  if (kind !== 'int64') return from[kind]()
  from.int64()
  return bigintOf(from.low, from.high)
}
