import assert from 'node:assert/strict'
import { pipeline } from 'node:stream/promises'
import { describe, test } from 'node:test'
import { chainUnchecked } from 'stream-chain'
import { RowBatch } from '../../lib/codec/rows/row-batch.js'
import { batch } from '../../lib/transforms/batch.js'

const batchesOf = async (size: number, rows: readonly unknown[]): Promise<unknown[]> => {
  const batches: unknown[] = []
  await pipeline(rows, chainUnchecked([batch(size)]), async source => {
    for await (const each of source) batches.push(each)
  })
  return batches
}

describe('batch', () => {
  test('gathers as many rows as told, and the rest at the end', async () => {
    const batches = await batchesOf(2, [1, 2, 3, 4, 5])
    assert.ok(batches.every(each => each instanceof RowBatch))
    assert.deepEqual(
      batches.map(each => [...(each as RowBatch<number>)]),
      [[1, 2], [3, 4], [5]],
    )
  })

  test('has no empty batch at the end', async () => {
    assert.equal((await batchesOf(2, [1, 2])).length, 1)
    assert.equal((await batchesOf(2, [])).length, 0)
  })

  for (const size of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, '2'])
    test(`refuses the size ${size}`, () =>
      assert.throws(() => batch(size as number), {
        code: 'ODPS_INVALID_OPTION',
        message: 'batch: size must be a whole number of at least 1',
      }))
})
