import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  countOf,
  formatBytes,
  formatCount,
  formatDuration,
  formatSeconds,
} from '../../../lib/cli/transfer/units.js'

describe('units', () => {
  for (const [bytes, text] of [
    [0, '0 B'],
    [1023, '1023 B'],
    [1024, '1.0 KiB'],
    [1536, '1.5 KiB'],
    [100 * 1024, '100 KiB'],
    [1024 ** 2, '1.0 MiB'],
    [5 * 1024 ** 4, '5.0 TiB'],
    [5000 * 1024 ** 4, '5000 TiB'],
  ] as const)
    test(text, () => assert.equal(formatBytes(bytes), text))

  for (const [seconds, text] of [
    [0, '0:00'],
    [59.4, '0:59'],
    [59.5, '1:00'],
    [65, '1:05'],
    [3599.6, '1:00:00'],
    [7384, '2:03:04'],
    [-1, '0:00'],
    [Number.POSITIVE_INFINITY, '--:--'],
    [Number.NaN, '--:--'],
  ] as const)
    test(`${seconds} s`, () => assert.equal(formatDuration(seconds), text))

  test('counts have their commas, and one has no s', () => {
    assert.deepEqual([0, 1, 999, 1_234_567].map(formatCount), ['0', '1', '999', '1,234,567'])
    assert.deepEqual(
      [0, 1, 2, 1000].map(count => countOf(count, 'row')),
      ['0 rows', '1 row', '2 rows', '1,000 rows'],
    )
    assert.deepEqual(
      [1, 2].map(count => countOf(count, 'retry', 'retries')),
      ['1 retry', '2 retries'],
    )
    assert.equal(formatSeconds(1254), '1.25 s')
  })
})
