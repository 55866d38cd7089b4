import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ChunkPool, pooledBytes } from '../../../lib/compression/chunk-pool.js'
import { BytePages, PagedBytes, type TakenBytes } from '../../../lib/upload/partitions/byte-pages.js'
import { Random } from '../../faults/random.js'

/** What is read in pieces of so many bytes. */
const readAll = (taken: TakenBytes, pieceBytes: number): Buffer => {
  const [pieces, piece] = [[] as Buffer[], Buffer.alloc(pieceBytes)]
  for (let count = taken.read(piece); count > 0; count = taken.read(piece))
    pieces.push(Buffer.from(piece.subarray(0, count)))
  return Buffer.concat(pieces)
}

describe('bytes in shared pages', () => {
  test('lists that grow in any order keep their bytes, taken or not, and pages that were read serve again', () => {
    const random = new Random(7)
    const pages = new BytePages()
    const lists = Array.from({ length: 200 }, () => ({ paged: new PagedBytes(), plain: Buffer.alloc(0) }))
    const pending: { taken: TakenBytes; plain: Buffer }[] = []
    const readOne = (at: number): void => {
      const [{ taken, plain }] = pending.splice(at, 1) as [(typeof pending)[0]]
      assert.equal(readAll(taken, 512 * random.integer(1, 9)).equals(plain), true)
      assert.equal(taken.length, plain.length)
    }
    let most = 0
    for (let step = 0; step < 20_000; step++) {
      const list = random.pick(lists)
      if (random.chance(0.004)) {
        const taken = pages.take(list.paged)
        assert.equal(taken.length, list.plain.length)
        assert.deepEqual({ ...list.paged }, { ...new PagedBytes() })
        pending.push({ taken, plain: list.plain })
        list.plain = Buffer.alloc(0)
        // In another order than they were taken.
        if (pending.length > 9) readOne(random.integer(0, 9))
      } else {
        const length = random.chance(0.05) ? random.integer(500, 3000) : random.integer(0, 120)
        const bytes = Buffer.alloc(length, step % 251)
        pages.append(list.paged, bytes)
        list.plain = Buffer.concat([list.plain, bytes])
      }
      assert.equal(list.paged.length, list.plain.length)
      most = Math.max(most, pages.bytes)
    }
    while (pending.length > 0) readOne(0)
    // Half a page is lost for each list, one at most.
    const held = lists.reduce((sum, { plain }) => sum + plain.length, 0)
    assert.equal(pages.bytes >= held && pages.bytes < held + lists.length * 512, true)
    for (const { paged, plain } of lists) assert.equal(readAll(pages.take(paged), 512).equals(plain), true)
    assert.equal(pages.bytes, 0)
    assert.equal(most > 1.5 * 2 ** 20, true, `several slabs were needed: ${most}`)
  })

  test('needs no more memory than was in use at once, and gives it back', () => {
    const pool = new CountingPool()
    const pages = new BytePages(pool)
    const list = new PagedBytes()
    const bytes = Buffer.alloc(3 * pooledBytes, 1)
    for (let i = 0; i < 5; i++) {
      pages.append(list, bytes)
      assert.equal(readAll(pages.take(list), pooledBytes).equals(bytes), true)
    }
    assert.equal(pool.lent, 3)
    pages.clear()
    assert.deepEqual([pool.lent, pages.bytes], [0, 0])
    pages.append(list, bytes)
    assert.equal(readAll(pages.take(list), pooledBytes).equals(bytes), true)
  })
})

class CountingPool extends ChunkPool {
  lent = 0

  override take(): Buffer {
    this.lent++
    return super.take()
  }

  override give(chunks: readonly Uint8Array[]): void {
    this.lent -= chunks.length
    super.give(chunks)
  }
}
