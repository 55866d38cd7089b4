import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type BlockCheck, checkBlockId, checkBlocks } from '../../lib/upload/block-check.js'

const check = (given: Partial<BlockCheck>): void =>
  checkBlocks({
    sessionId: 's',
    status: 'normal',
    blocks: [],
    expected: undefined,
    sent: new Map(),
    ...given,
  })

const held = (...blocks: readonly (readonly [blockId: number, recordCount: number | undefined])[]) =>
  blocks.map(([blockId, recordCount]) => ({ blockId, recordCount }))

describe('the blocks of a session before its commit', () => {
  test('are right when all that was sent is there, with as many rows as far as the service tells', () => {
    check({})
    check({
      blocks: held([0, 5], [1, undefined]),
      sent: new Map([
        [0, 5],
        [1, 7],
      ]),
    })
    // Blocks of other workers are right unless exactly some are expected.
    check({ blocks: held([0, 5], [9, 1]), sent: new Map([[0, 5]]) })
    check({ blocks: held([0, 5]), expected: new Set([0]), sent: new Map() })
  })

  test('one that is missing is named, and so is one too many', () => {
    assert.throws(
      () =>
        check({
          blocks: held([0, 5]),
          sent: new Map([
            [0, 5],
            [3, 1],
            [2, 1],
          ]),
        }),
      {
        code: 'ODPS_BLOCK_LIST_MISMATCH',
        message: /^Session s was not committed: .* It lacks blocks 2, 3: upload them again\.$/,
      },
    )
    assert.throws(() => check({ blocks: held([0, 5], [7, 1]), expected: new Set([0]) }), {
      code: 'ODPS_BLOCK_LIST_MISMATCH',
      message: /It holds block 7, which this commit does not include/,
    })
  })

  test('one with other rows is named', () =>
    assert.throws(() => check({ blocks: held([0, 4]), sent: new Map([[0, 5]]) }), {
      code: 'ODPS_RECORD_COUNT_MISMATCH',
      message: /block 0 was sent with 5 rows and holds 4 \(1 such blocks\)/,
    }))

  test('after a commit nothing is left to upload again', () =>
    assert.throws(() => check({ status: 'closed', sent: new Map([[1, 1]]) }), {
      message: /^Session s was committed before, but differently: .* It lacks block 1\.$/,
    }))

  test('of many only the first are listed', () =>
    assert.throws(() => check({ expected: new Set(Array.from({ length: 12 }, (_, i) => i)) }), {
      message: /blocks 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, … \(12\)/,
    }))
})

test('block ids go from 0 to 19999', () => {
  for (const id of [0, 19_999]) checkBlockId(id)
  for (const id of [-1, 20_000, 1.5, Number.NaN])
    assert.throws(() => checkBlockId(id), { code: 'ODPS_INVALID_OPTION' })
})
