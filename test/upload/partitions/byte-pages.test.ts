import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { BytePages, PagedBytes } from '../../../lib/upload/partitions/byte-pages.js'
import { Random } from '../../faults/random.js'

describe('bytes in shared pages', () => {
  test('lists that grow in any order keep their bytes, and pages given back serve again', () => {
    const random = new Random(7)
    const pages = new BytePages()
    const lists = Array.from({ length: 200 }, () => ({ paged: new PagedBytes(), plain: Buffer.alloc(0) }))
    let most = 0
    for (let step = 0; step < 20_000; step++) {
      const list = random.pick(lists)
      if (random.chance(0.002)) {
        const taken = pages.take(list.paged, 3)
        assert.equal(taken.length, list.plain.length + 3)
        assert.ok(taken.subarray(0, -3).equals(list.plain))
        assert.deepEqual({ ...list.paged }, { ...new PagedBytes() })
        list.plain = Buffer.alloc(0)
      } else {
        const length = random.chance(0.05) ? random.integer(500, 3000) : random.integer(0, 120)
        const bytes = Buffer.alloc(length, step % 251)
        pages.append(list.paged, bytes)
        list.plain = Buffer.concat([list.plain, bytes])
      }
      assert.equal(list.paged.length, list.plain.length)
      most = Math.max(most, pages.bytes)
    }
    // Half a page is lost for each list, one at most.
    const held = lists.reduce((sum, { plain }) => sum + plain.length, 0)
    assert.ok(pages.bytes >= held && pages.bytes < held + lists.length * 512)
    for (const { paged } of lists) pages.take(paged, 0)
    assert.equal(pages.bytes, 0)
    assert.ok(most > 2 * 2 ** 20, 'more than one slab was needed')
  })
})
