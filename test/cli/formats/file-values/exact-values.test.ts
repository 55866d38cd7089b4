import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  dateText,
  doubleOf,
  floatOf,
  instantOf,
  intervalOf,
  millisecondsOfCount,
  textOfUtf8,
  timestampOf,
  uuidText,
  wholeOf,
} from '../../../../lib/cli/formats/file-values/exact-values.js'
import { IntervalDayTime, Timestamp } from '../../../../lib/index.js'

test('days since 1970, within four digits of years', () => {
  // python3 -c "from datetime import *; print(date(1970,1,1)+timedelta(days=n))"
  for (const [days, text] of [
    [0, '1970-01-01'],
    [-1, '1969-12-31'],
    [19_782, '2024-02-29'],
    [-719_162, '0001-01-01'],
    [2_932_896, '9999-12-31'],
  ] as const)
    assert.equal(dateText(days), text)
  for (const days of [2_932_897, -719_529, Number.NaN, Number.POSITIVE_INFINITY])
    assert.throws(() => dateText(days), { code: /^ODPS_/ })
})

test('times count from below: a moment before 1970 has positive nanoseconds', () => {
  assert.deepEqual(timestampOf(-1n, 'ns'), new Timestamp(-1n, 999_999_999))
  assert.deepEqual(timestampOf(-1_500n, 'ms'), new Timestamp(-2n, 500_000_000))
  assert.deepEqual(timestampOf(7n, 's'), new Timestamp(7n, 0))
  assert.deepEqual(intervalOf(-1n, 'us'), new IntervalDayTime(-1n, 999_999_000))
})

test('milliseconds only where nothing is lost', () => {
  assert.equal(millisecondsOfCount(-2n, 's'), -2000)
  assert.equal(millisecondsOfCount(1_000_000n, 'ns'), 1)
  for (const [count, unit] of [
    [1n, 'us'],
    [-1n, 'ns'],
    [1_000_001n, 'ns'],
  ] as const)
    assert.throws(() => millisecondsOfCount(count, unit), { code: 'ODPS_INVALID_VALUE' })
})

test('a clock of a zone as an instant', () =>
  // TZ=Asia/Shanghai date -d '1970-01-01 08:00' +%s
  assert.deepEqual(instantOf(new Timestamp(28_800n, 0), 'Asia/Shanghai'), new Timestamp(0n, 0)))

test('numbers that a float cannot hold are refused', () => {
  assert.equal(doubleOf(2n ** 53n), 9_007_199_254_740_992)
  assert.throws(() => doubleOf(2n ** 53n + 1n), { code: 'ODPS_INVALID_VALUE' })
  assert.equal(floatOf(16_777_216), 16_777_216)
  assert.throws(() => floatOf(16_777_217), { code: 'ODPS_INVALID_VALUE' })
  assert.throws(() => floatOf(2n ** 53n + 1n), { code: 'ODPS_INVALID_VALUE' })
})

test('a decimal that is a whole number', () => {
  assert.equal(wholeOf(1500n, 2), 15n)
  assert.equal(wholeOf(15n, -2), 1500n)
  assert.throws(() => wholeOf(1501n, 2), { code: 'ODPS_INVALID_VALUE' })
})

test('text is UTF-8, and a UUID has its dashes', () => {
  assert.equal(textOfUtf8(Buffer.from('x好').subarray(1)), '好')
  assert.throws(() => textOfUtf8(Buffer.of(0xff)), { code: 'ODPS_INVALID_VALUE' })
  // python3 -c "import uuid; print(uuid.UUID(bytes=bytes(range(16))))"
  assert.equal(uuidText(Uint8Array.from({ length: 16 }, (_, i) => i)), '00010203-0405-0607-0809-0a0b0c0d0e0f')
})
