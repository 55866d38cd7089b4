import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type BlockPlanOptions, blockLimits, planBlocks } from '../../lib/upload/block-plan.js'

describe('how large blocks are', () => {
  /** In MiB, of the blocks of these indexes. */
  const sizes = (options: BlockPlanOptions, ...indexes: number[]): number[] =>
    indexes.map(k => blockLimits(planBlocks(options), k).bytes / 2 ** 20)

  test('they start small, and grow with their index', () =>
    assert.deepEqual(
      sizes({}, 0, 63, 64, 127, 128, 9999, 10_000, 15_000, 19_999),
      [8, 8, 16, 16, 32, 32, 64, 64, 64],
    ))

  test('a size that is given holds from the first block', () => {
    assert.deepEqual(
      sizes({ blockBytes: 4 * 2 ** 20 }, 0, 64, 128, 9999, 10_000, 15_000),
      [4, 4, 4, 4, 8, 16],
    )
    assert.deepEqual(sizes({ blockBytes: 100 * 2 ** 20 }, 0, 10_000), [100, 100])
  })

  test('where ids are few, none is spent on a small block', () => {
    assert.deepEqual(sizes({ blockIds: { start: 0, count: 1023 } }, 0, 100, 600), [32, 32, 64])
    assert.deepEqual(sizes({ blockIds: { start: 18_000, count: 1024 } }, 0, 64), [8, 16])
  })
})
