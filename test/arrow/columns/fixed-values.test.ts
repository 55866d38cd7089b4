import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fixedValues, integersOf } from '../../../lib/arrow/columns/fixed-values.js'
import type { ArrowType } from '../../../lib/arrow/ipc/schema.js'

const dataOf = (type: ArrowType, hex: string, length: number) => {
  const bytes = Buffer.from(hex.replaceAll(' ', ''), 'hex')
  const field = { name: 'x', nullable: true, type, children: [] }
  return { field, length, nullCount: 0, buffers: [new Uint8Array(0), bytes], children: [] }
}

const read = (type: ArrowType, hex: string, length: number): unknown[] => {
  const at = fixedValues(dataOf(type, hex, length), type)
  return Array.from({ length }, (_, i) => at(i))
}

/* Little-endian two's complement and IEEE 754, as the columnar format of Arrow says. */

test('half floats', () =>
  // python3 -c "import struct; print(struct.unpack('<e', bytes.fromhex('0100')))", and so on
  assert.deepEqual(read({ name: 'float', bits: 16 }, '003c 00c0 007c 0100 ff03 007e 0080', 7), [
    1,
    -2,
    Number.POSITIVE_INFINITY,
    2 ** -24,
    1023 * 2 ** -24,
    Number.NaN,
    -0,
  ]))

test('decimals of every width', () => {
  const decimal = (bits: number) => ({ name: 'decimal', bits, precision: 38, scale: 0 }) as const
  assert.deepEqual(read(decimal(32), 'ffffffff 02000000', 2), [-1n, 2n])
  assert.deepEqual(read(decimal(64), 'feffffffffffffff', 1), [-2n])
  // 2^64, and -2^64 - 1.
  assert.deepEqual(
    read(decimal(128), `${'00'.repeat(8)}01${'00'.repeat(7)} ${'ff'.repeat(8)}fe${'ff'.repeat(7)}`, 2),
    [18_446_744_073_709_551_616n, -18_446_744_073_709_551_617n],
  )
  assert.deepEqual(read(decimal(256), 'ff'.repeat(32), 1), [-1n])
})

test('dates in days and in milliseconds of whole days', () => {
  assert.deepEqual(read({ name: 'date', unit: 'day' }, 'ffffffff', 1), [-1])
  assert.deepEqual(read({ name: 'date', unit: 'ms' }, '005c260500000000 015c260500000000', 2), [
    1,
    Number.NaN,
  ])
})

test('intervals of months, and of days and milliseconds', () => {
  assert.deepEqual(read({ name: 'interval', unit: 'year_month' }, '0e000000', 1), [14])
  assert.deepEqual(read({ name: 'interval', unit: 'day_time' }, 'ffffffff 01000000', 1), [[-1, 1]])
  assert.throws(() => read({ name: 'interval', unit: 'month_day_nano' }, '00'.repeat(16), 1), /not supported/)
})

test('bytes that lie at an odd place are read as well', () => {
  const data = dataOf({ name: 'int', bits: 32, signed: true }, 'ff 01000000 feffffff', 2)
  const odd = { ...data, buffers: [data.buffers[0]!, data.buffers[1]!.subarray(1)] }
  assert.deepEqual([...integersOf(odd, 32, true)], [1, -2])
})

test('fewer bytes than values are refused', () =>
  assert.throws(
    () => read({ name: 'int', bits: 64, signed: true }, '00'.repeat(15), 2),
    /has 15 bytes for 2 values of 8/,
  ))
