import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { offsetsOf, spansOf, viewsOf } from '../../../lib/arrow/columns/offsets.js'
import type { ArrowType } from '../../../lib/arrow/ipc/schema.js'

const dataOf = (type: ArrowType, length: number, ...buffers: readonly Uint8Array[]) => {
  const field = { name: 'x', nullable: true, type, children: [] }
  return { field, length, nullCount: 0, buffers: [new Uint8Array(0), ...buffers], children: [] }
}
const int32 = (...values: readonly number[]): Uint8Array => new Uint8Array(Int32Array.from(values).buffer)
const int64 = (...values: readonly bigint[]): Uint8Array => new Uint8Array(BigInt64Array.from(values).buffer)
const text = { name: 'utf8', offsets: 32 } as const

describe('where values begin and end', () => {
  test('offsets of 32 and of 64 bits', () => {
    assert.deepEqual([...Array.from(offsetsOf(dataOf(text, 2, int32(0, 1, 3)), 32, 3))], [0, 1, 3])
    assert.deepEqual([...Array.from(offsetsOf(dataOf(text, 1, int64(2n, 3n)), 64, 3))], [2, 3])
    assert.deepEqual(offsetsOf(dataOf(text, 0), 32, 0), [0])
  })

  test('that go backwards, below zero or beyond the data, or are too few, are refused', () => {
    assert.throws(() => offsetsOf(dataOf(text, 2, int32(0, 3, 1)), 32, 3), /go backwards/)
    assert.throws(() => offsetsOf(dataOf(text, 1, int32(-1, 1)), 32, 3), /go backwards/)
    assert.throws(() => offsetsOf(dataOf(text, 1, int32(0, 4)), 32, 3), /up to 4, but the data has 3/)
    assert.throws(() => offsetsOf(dataOf(text, 2, int32(0, 1)), 32, 3), /8 bytes for 3 values/)
  })

  test('lists by views, in any order; those of NULL mean nothing', () => {
    const type = { name: 'list_view', offsets: 32 } as const
    const data = dataOf(type, 3, int32(2, 99, 0), int32(1, 99, 2))
    const { starts, ends } = spansOf(data, index => index !== 1, 3)
    assert.deepEqual([starts(0), ends(0), starts(2), ends(2)], [2, 3, 0, 2])
    assert.throws(() => spansOf(data, undefined, 3), /beyond its items/)
  })

  test('lists of one size', () => {
    const data = dataOf({ name: 'fixed_size_list', size: 2 }, 2)
    assert.equal(spansOf(data, undefined, 4).starts(1), 2)
    assert.throws(() => spansOf(data, undefined, 3), /2 lists of 2, and 3 items/)
  })

  test('text by views: within, or in another buffer', () => {
    const views = Buffer.concat([
      int32(2),
      Buffer.from('ab'.padEnd(12, '\0')),
      int32(13),
      Buffer.from('long'),
      int32(0, 1),
    ])
    const long = Buffer.from('?long text 123')
    const read = viewsOf(dataOf({ name: 'utf8', offsets: 'view' }, 2, views, long), undefined)
    assert.deepEqual(
      [0, 1].map(i => Buffer.from(read(i)).toString()),
      ['ab', 'long text 123'],
    )
    for (const wrong of [int32(13, 0, 0, 2), int32(13, 0, 1, 0), int32(-1, 0, 0, 0), int32(13, 0, 0, -1)])
      assert.throws(
        () => viewsOf(dataOf({ name: 'utf8', offsets: 'view' }, 1, wrong, long), undefined),
        /beyond its buffers/,
      )
  })
})
