import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ChunkQueue } from '../../lib/download/chunk-queue.js'
import { ByteBudget } from '../../lib/session/byte-budget.js'

const turn = (): Promise<void> => new Promise(resolve => setImmediate(resolve))

async function* endless(): AsyncGenerator<Buffer, void, undefined> {
  for (;;) yield Buffer.alloc(100)
}

test('sharers of a budget hold one chunk beyond it each, and those that are read go on', async () => {
  const budget = new ByteBudget(1000)
  let fetched = 0
  const queues = Array.from(
    { length: 5 },
    () => new ChunkQueue(endless(), budget, bytes => (fetched += bytes)),
  )
  for (let i = 0; i < 20; i++) await turn()
  assert.ok(fetched >= 1000 && fetched < 1000 + 5 * 100, `${fetched}`)
  // The others hold the budget and are never read: the one that is due gets its chunks all the same.
  let read = 0
  for await (const chunk of queues[4]!) {
    read += chunk.length
    if (read === 10_000) break
  }
  assert.equal(read, 10_000)
  for (const queue of queues) queue.close()
})

test('sharers that are read alike get alike', async () => {
  const budget = new ByteBudget(400)
  const queues = Array.from({ length: 4 }, () => new ChunkQueue(endless(), budget, () => {}))
  const iterators = queues.map(queue => queue[Symbol.asyncIterator]())
  const given = [0, 0, 0, 0]
  let stopped = false
  const readers = iterators.map(async (iterator, i) => {
    while (!stopped) {
      await iterator.next()
      given[i]!++
      await turn()
    }
  })
  while (given.reduce((sum, each) => sum + each, 0) < 400) await turn()
  stopped = true
  await Promise.all(readers)
  for (const each of given) assert.ok(each > 80 && each < 120, `${given}`)
  for (const queue of queues) queue.close()
})
