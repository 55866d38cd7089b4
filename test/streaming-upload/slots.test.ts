import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import fc from 'fast-check'
import { type Slot, Slots, type Turn } from '../../lib/streaming-upload/slots.js'

const named = (...ids: string[]): Slot[] => ids.map(id => ({ id, server: `10.0.0.1:${id}` }))

/** Whether its turn has come. */
const isReady = async ({ ready }: Turn): Promise<boolean> => {
  let isDone = false
  ready.then(() => {
    isDone = true
  })
  await turn()
  return isDone
}

describe('slots', () => {
  test('are taken in turn, from a random one on', () => {
    const slots = new Slots(named('1', '2', '3'), 0.5)
    const taken = Array.from({ length: 6 }, () => slots.take().slot.id)
    assert.deepEqual(taken, ['2', '3', '1', '2', '3', '1'])
  })

  test('one where fewer wait comes first', () => {
    const slots = new Slots(named('1', '2'), 0)
    const [first] = [slots.take(), slots.take()]
    first!.release()
    assert.deepEqual([slots.take().slot.id, slots.take().slot.id], ['1', '2'])
  })

  test('take one pack at a time, in order', async () => {
    const slots = new Slots(named('1'), 0)
    const turns = [slots.take(), slots.take(), slots.take()] as const
    assert.deepEqual(await Promise.all(turns.map(isReady)), [true, false, false])
    turns[0].release()
    assert.deepEqual(await Promise.all(turns.map(isReady)), [true, true, false])
  })

  test('whoever is refused by the only slot keeps its turn', () => {
    const slots = new Slots(named('1'), 0)
    const held = slots.take()
    assert.equal(slots.takeOther(held), held)
  })

  test('keep their queue when the service names them again, and know their new server', async () => {
    const slots = new Slots(named('1', '2'), 0)
    const held = slots.take()
    slots.update([{ id: '1', server: '10.0.0.2:1' }])
    assert.deepEqual([slots.count, held.slot.server], [1, '10.0.0.2:1'])
    const next = slots.take()
    assert.equal(await isReady(next), false)
    held.release()
    assert.equal(await isReady(next), true)
  })

  test('whatever happens, no slot has two packs at once, each gets its turn, and none overtakes another in its slot', () =>
    fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 4 }),
        fc.array(fc.tuple(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 1, max: 4 })), {
          minLength: 1,
          maxLength: 40,
        }),
        async (count, packs) => {
          const slots = new Slots(named(...Array.from({ length: count }, (_, i) => String(i))), 0)
          const inside = new Map<string, number>()
          const done: number[] = []
          const ofSlot = new Map<string, number[]>()
          const send = async (pack: number, refusals: number, resized: number): Promise<void> => {
            let held = slots.take()
            const queued = held
            for (let refused = 0; ; refused++) {
              await held.ready
              const { id } = held.slot
              inside.set(id, (inside.get(id) ?? 0) + 1)
              assert.equal(inside.get(id), 1)
              await turn()
              inside.set(id, 0)
              if (refused === refusals) break
              if (refused === 1) slots.update(named(...Array.from({ length: resized }, (_, i) => String(i))))
              held = slots.takeOther(held)
            }
            if (held === queued) ofSlot.set(held.slot.id, [...(ofSlot.get(held.slot.id) ?? []), pack])
            held.release()
            done.push(pack)
          }
          await Promise.all(packs.map(([refusals, resized], i) => send(i, refusals, resized)))
          assert.equal(done.length, packs.length)
          for (const order of ofSlot.values())
            assert.deepEqual(
              order,
              order.toSorted((a, b) => a - b),
            )
        },
      ),
      { numRuns: 50 },
    ))
})
