import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { clipRange, type RowRange, remainingRange, splitRange } from '../../lib/download/row-range.js'
import { TunnelOptionError } from '../../lib/errors.js'

const refused = (error: unknown): boolean =>
  error instanceof TunnelOptionError && error.code === 'ODPS_INVALID_RANGE'

describe('clipRange', () => {
  for (const [start, count, recordCount, expected] of [
    [0, undefined, 10, { start: 0, count: 10 }],
    [3, undefined, 10, { start: 3, count: 7 }],
    [3, 4, 10, { start: 3, count: 4 }],
    [3, 100, 10, { start: 3, count: 7 }],
    [10, undefined, 10, { start: 10, count: 0 }],
    [10, 5, 10, { start: 10, count: 0 }],
    [0, 0, 10, { start: 0, count: 0 }],
    [0, undefined, 0, { start: 0, count: 0 }],
  ] as const)
    test(`${start}, ${count} of ${recordCount}`, () => {
      assert.deepEqual(clipRange(start, count, recordCount), expected)
    })

  for (const [start, count] of [
    [11, undefined],
    [-1, undefined],
    [0.5, undefined],
    [Number.NaN, undefined],
    [0, -1],
    [0, 1.5],
    [0, Number.POSITIVE_INFINITY],
  ] as const)
    test(`${start}, ${count} of 10 is refused`, () => {
      assert.throws(() => clipRange(start, count, 10), refused)
    })
})

test('remainingRange', () => {
  const range = { start: 5, count: 10 }
  assert.deepEqual(remainingRange(range, 0), range)
  assert.deepEqual(remainingRange(range, 4), { start: 9, count: 6 })
  assert.deepEqual(remainingRange(range, 10), { start: 15, count: 0 })
  assert.deepEqual(remainingRange(range, 11), { start: 15, count: 0 })
})

describe('pieces', () => {
  const anyRange = fc.record({ start: fc.nat(), count: fc.nat({ max: 5_000 }) })

  /** No row is lost, none comes twice, none is out of order, no piece is empty. */
  const covers = (pieces: readonly RowRange[], whole: RowRange): void => {
    let next = whole.start
    for (const piece of pieces) {
      assert.equal(piece.start, next)
      assert.ok(piece.count > 0)
      next += piece.count
    }
    assert.equal(next, whole.start + whole.count)
  }

  test('for a number of workers', () => {
    fc.assert(
      fc.property(anyRange, fc.integer({ min: 1, max: 6_000 }), (range, parts) => {
        const pieces = splitRange(range, parts)
        covers(pieces, range)
        assert.equal(pieces.length, Math.min(parts, range.count))
        const sizes = pieces.map(({ count }) => count)
        assert.ok(sizes.length === 0 || Math.max(...sizes) - Math.min(...sizes) <= 1)
      }),
    )
  })

  test('need a whole number from 1', () => {
    for (const bad of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])
      assert.throws(() => splitRange({ start: 0, count: 1 }, bad), refused)
  })
})
