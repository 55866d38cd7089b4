import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ChunkQueue } from '../../lib/download/chunk-queue.js'
import { ByteBudget } from '../../lib/session/byte-budget.js'

const turns = async (): Promise<void> => {
  for (let i = 0; i < 3; i++) await new Promise(setImmediate)
}

async function* chunks(...sizes: number[]): AsyncGenerator<Buffer, void, undefined> {
  for (const size of sizes) yield Buffer.alloc(size)
}

describe('a queue of chunks', () => {
  test('gives its budget back when it is closed', async () => {
    const budget = new ByteBudget(100)
    const queue = new ChunkQueue(chunks(60, 60, 60), budget, () => {})
    await turns()
    assert.ok(budget.exhausted)
    let isChanged = false
    budget.changed().then(() => {
      isChanged = true
    })
    queue.close()
    queue.close()
    await turns()
    assert.ok(isChanged, 'who waits for the budget is woken')
    // All of it, and no more: 99 bytes fit, the hundredth exhausts it.
    budget.take(99)
    assert.ok(!budget.exhausted)
    budget.take(1)
    assert.ok(budget.exhausted)
  })

  test('gives back what was read, and takes nothing once it is closed', async () => {
    const budget = new ByteBudget(100)
    let release = (): void => {}
    const late = async function* () {
      yield Buffer.alloc(100)
      await new Promise<void>(resolve => {
        release = resolve
      })
      yield Buffer.alloc(100)
    }
    let bytes = 0
    const queue = new ChunkQueue(late(), budget, length => {
      bytes += length
    })
    for await (const chunk of queue) {
      assert.equal(chunk.length, 100)
      await turns()
      break
    }
    assert.ok(!budget.exhausted)
    release()
    await turns()
    assert.equal(bytes, 100)
    assert.ok(!budget.exhausted)
  })

  test('hands on whatever its source throws, behind the chunks before it', async () => {
    for (const thrown of [new Error('cut'), null, undefined, 0, '', false]) {
      const failing = async function* () {
        yield Buffer.alloc(3)
        throw thrown
      }
      let seen = 0
      const read = async (): Promise<void> => {
        for await (const chunk of new ChunkQueue(failing(), new ByteBudget(10), () => {}))
          seen += chunk.length
      }
      await assert.rejects(read(), thrown instanceof Error ? thrown : /was thrown/)
      assert.equal(seen, 3)
    }
  })
})
