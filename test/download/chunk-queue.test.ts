import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ByteBudget, chunkBytes } from '../../lib/budget/byte-budget.js'
import { ChunkQueue } from '../../lib/download/chunk-queue.js'

const turns = async (): Promise<void> => {
  for (let i = 0; i < 3; i++) await new Promise(setImmediate)
}

async function* chunks(...sizes: number[]): AsyncGenerator<Buffer, void, undefined> {
  for (const size of sizes) yield Buffer.alloc(size)
}

async function* endless(): AsyncGenerator<Buffer, void, undefined> {
  for (;;) yield Buffer.alloc(100)
}

describe('a queue of chunks', () => {
  test('gives its budget back when it is closed, and once', async () => {
    const budget = new ByteBudget()
    const share = budget.share(100)
    const queue = new ChunkQueue(chunks(60, 60, 60), share, () => {})
    await turns()
    assert.equal(share.used, 120)
    const claim = share.claim(1)
    queue.close()
    queue.close()
    await claim.granted
    await turns()
    assert.deepEqual([share.used, budget.used], [1, 1])
    claim.release()
    assert.deepEqual([share.used, budget.used], [0, 0])
  })

  test('gives back what was read, and takes nothing once it is closed', async () => {
    const share = new ByteBudget().share(100)
    let release = (): void => {}
    const late = async function* () {
      yield Buffer.alloc(10)
      await new Promise<void>(resolve => {
        release = resolve
      })
      yield Buffer.alloc(100)
    }
    let bytes = 0
    const queue = new ChunkQueue(late(), share, length => {
      bytes += length
    })
    for await (const chunk of queue) {
      assert.equal(chunk.length, 10)
      await turns()
      break
    }
    assert.equal(share.used, chunkBytes, 'room for the chunk that is being fetched')
    release()
    await turns()
    assert.equal(bytes, 10)
    assert.equal(share.used, 0)
  })

  test('closed while it waits for room, it lets its source go', async () => {
    const budget = new ByteBudget(chunkBytes)
    budget.share().take(chunkBytes)
    let isLeft = false
    const source = async function* () {
      try {
        yield Buffer.alloc(1)
      } finally {
        isLeft = true
      }
    }
    const iterator = source()
    await iterator.next()
    const queue = new ChunkQueue({ [Symbol.asyncIterator]: () => iterator }, budget.share(), () =>
      assert.fail(),
    )
    await turns()
    queue.close()
    await turns()
    assert.ok(isLeft)
    assert.equal(budget.used, chunkBytes)
  })

  test('hands on whatever its source throws, behind the chunks before it', async () => {
    for (const thrown of [new Error('cut'), null, undefined, 0, '', false]) {
      const failing = async function* () {
        yield Buffer.alloc(3)
        throw thrown
      }
      const share = new ByteBudget().share(10)
      let seen = 0
      const read = async (): Promise<void> => {
        for await (const chunk of new ChunkQueue(failing(), share, () => {})) seen += chunk.length
      }
      await assert.rejects(read(), thrown instanceof Error ? thrown : /was thrown/)
      assert.equal(seen, 3)
      assert.equal(share.used, 0)
    }
  })

  test('those that are not read stop at the limit; the one that is read goes on, a chunk at a time', async () => {
    const share = new ByteBudget().share(1000)
    let fetched = 0
    const queues = Array.from(
      { length: 5 },
      () => new ChunkQueue(endless(), share, bytes => (fetched += bytes)),
    )
    for (let i = 0; i < 20; i++) await turns()
    assert.equal(fetched, 1000)
    // The others hold it all and are never read: the one that is due gets its chunks all the same.
    let read = 0
    for await (const chunk of queues[4]!) {
      read += chunk.length
      if (read === 10_000) break
    }
    assert.equal(read, 10_000)
    assert.ok(share.used <= 1000 + chunkBytes, `${share.used}`)
    for (const queue of queues) queue.close()
    await turns()
    assert.equal(share.used, 0)
  })

  test('those that are read alike get alike', async () => {
    const budget = new ByteBudget(2 * chunkBytes)
    const queues = Array.from({ length: 4 }, () => new ChunkQueue(endless(), budget.share(), () => {}))
    const iterators = queues.map(queue => queue[Symbol.asyncIterator]())
    const given = [0, 0, 0, 0]
    let stopped = false
    const readers = iterators.map(async (iterator, i) => {
      while (!stopped) {
        await iterator.next()
        given[i]!++
        await turns()
      }
    })
    while (given.reduce((sum, each) => sum + each, 0) < 400) await turns()
    stopped = true
    await Promise.all(readers)
    for (const each of given) assert.ok(each > 80 && each < 120, `${given}`)
    for (const queue of queues) queue.close()
  })

  test('its request gives way to others while it waits for room, and takes its place again before it goes on', async () => {
    const budget = new ByteBudget(chunkBytes)
    const other = budget.share()
    const said: string[] = []
    const source = {
      pause: () => said.push('pause'),
      resume: async () => void said.push('resume'),
      [Symbol.asyncIterator]: () => chunks(10, 20),
    }
    const queue = new ChunkQueue(source, budget.share(), bytes => said.push(`${bytes}`))
    await turns()
    // 10 bytes are held, so that a whole chunk has no room beside them.
    assert.deepEqual(said, ['10', 'pause'])
    const reader = queue[Symbol.asyncIterator]()
    assert.equal((await reader.next()).value?.length, 10)
    await turns()
    assert.deepEqual(said, ['10', 'pause', 'resume', '20', 'pause'])
    other.take(chunkBytes)
    assert.equal((await reader.next()).value?.length, 20)
    assert.equal((await reader.next()).done, true)
    assert.equal(said.at(-1), 'resume', 'a reader that waits needs no room')
    assert.equal(budget.used, chunkBytes)
  })
})
