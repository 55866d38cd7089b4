import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { checkMemory } from '../../lib/budget/budget.js'
import { ByteBudget, type ByteClaim, type ByteShare, chunkBytes } from '../../lib/budget/byte-budget.js'
import { SteppedHold } from '../../lib/budget/stepped-hold.js'

const turn = (): Promise<void> => new Promise(resolve => setImmediate(resolve))

/** The names of claims in the order in which they were granted. */
const watch = (log: string[], name: string, claim: ByteClaim): ByteClaim => {
  claim.granted.then(() => log.push(name))
  return claim
}

describe('a common budget', () => {
  test('is served in turn: one claim of each share, and no small one passes a large one', async () => {
    const budget = new ByteBudget(10)
    const [a, b, c] = [budget.share(), budget.share(), budget.share()]
    a.take(10)
    const log: string[] = []
    watch(log, 'a1', a.claim(3))
    watch(log, 'a2', a.claim(3))
    watch(log, 'b1', b.claim(6))
    const small = watch(log, 'c1', c.claim(1))
    assert.ok(!c.tryTake(1), 'nobody passes those that wait')
    a.give(4)
    await turn()
    assert.deepEqual(log, ['a1'], 'b is next, and 6 have no room yet, so 1 has to wait too')
    a.give(5)
    await turn()
    assert.deepEqual(log, ['a1', 'b1'], 'then c, and a again')
    a.give(1)
    await turn()
    assert.deepEqual(log, ['a1', 'b1', 'c1'])
    assert.equal(budget.used, 10)
    b.give(6)
    await turn()
    assert.deepEqual(log, ['a1', 'b1', 'c1', 'a2'])
    small.release()
    small.release()
    assert.equal(budget.used, 6)
  })

  test('the limit of a share stops that share alone', async () => {
    const budget = new ByteBudget(100)
    const [small, large] = [budget.share(5), budget.share()]
    assert.ok(small.tryTake(5))
    const log: string[] = []
    watch(log, 'small', small.claim(2))
    watch(log, 'large', large.claim(50))
    await turn()
    assert.deepEqual(log, ['large'])
    assert.ok(large.tryTake(45), 'nobody waits for what all share')
    small.give(1)
    await turn()
    assert.deepEqual(log, ['large'], 'now nothing is left for it')
    large.give(1)
    await turn()
    assert.deepEqual(log, ['large', 'small'])
  })

  test('claims that are forced, let go or closed', async () => {
    const budget = new ByteBudget(10)
    const [a, b] = [budget.share(), budget.share()]
    a.take(10)
    const forced = b.claim(4)
    forced.force()
    forced.force()
    assert.equal(budget.used, 14)
    const behind = b.claim(5)
    const log: string[] = []
    watch(log, 'behind', behind)
    const large = a.claim(8)
    forced.release()
    assert.equal(budget.used, 10)
    a.give(5)
    await turn()
    assert.deepEqual(log, ['behind'])
    a.close()
    await large.granted
    assert.equal(budget.used, 5, 'what a closed share holds or waits for counts no more')
    a.give(3)
    a.take(3)
    assert.equal(budget.used, 5)
  })

  test('what is larger than all of it gets it alone', () => {
    const budget = new ByteBudget(10)
    const share = budget.share()
    assert.ok(share.tryTake(11))
    assert.ok(!share.tryTake(1))
  })

  test('property: it is never exceeded, all claims are granted in the end, and nothing is lost', async () => {
    const step = fc.record({
      share: fc.nat(3),
      bytes: fc.integer({ min: 1, max: 10 }),
      release: fc.boolean(),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 60 }), async steps => {
        const budget = new ByteBudget(10)
        const shares: ByteShare[] = Array.from({ length: 4 }, () => budget.share())
        const held = new Set<ByteClaim>()
        let granted = 0
        for (const { share, bytes, release } of steps) {
          const claim = shares[share]!.claim(bytes)
          claim.granted.then(() => {
            granted++
            held.add(claim)
          })
          if (release) await turn()
          const [first] = held
          if (release && first !== undefined) {
            held.delete(first)
            first.release()
          }
          assert.ok(budget.used <= 10, `${budget.used}`)
        }
        for (let i = 0; granted < steps.length && i <= steps.length; i++) {
          await turn()
          for (const claim of held) claim.release()
          held.clear()
        }
        assert.equal(granted, steps.length)
        for (const claim of held) claim.release()
        assert.deepEqual([budget.used, ...shares.map(({ used }) => used)], [0, 0, 0, 0, 0])
      }),
    )
  })
})

test('what grows a little at a time holds whole steps', async () => {
  const budget = new ByteBudget(3 * chunkBytes)
  const [share, other] = [budget.share(), budget.share()]
  const hold = new SteppedHold(share)
  assert.ok(hold.covers(1))
  assert.equal(budget.used, chunkBytes)
  assert.ok(hold.covers(chunkBytes))
  assert.equal(budget.used, chunkBytes)
  assert.ok(hold.covers(2 * chunkBytes + 1))
  assert.equal(budget.used, 3 * chunkBytes)
  assert.ok(!hold.covers(3 * chunkBytes + 1))
  hold.shrink(chunkBytes + 1)
  assert.equal(budget.used, 2 * chunkBytes)
  other.take(chunkBytes)
  let isGranted = false
  const step = hold.step().then(() => {
    isGranted = true
  })
  await turn()
  assert.ok(!isGranted)
  other.give(chunkBytes)
  await step
  assert.ok(hold.covers(3 * chunkBytes))
  hold.step()
  hold.stop()
  share.give(0)
  hold.shrink(0)
  assert.equal(budget.used, 0)
  const free = new SteppedHold(new ByteBudget().share())
  assert.ok(free.covers(2 ** 50))
  free.shrink(0)
})

test('a memory too small for one piece and a chunk is refused with the least value', () => {
  assert.doesNotThrow(() => checkMemory('f', new ByteBudget(1000 + 65_536), 'x', 1000))
  assert.throws(
    () => checkMemory('f', new ByteBudget(1000 + 65_535), 'its largest block (maxBlockBytes)', 1000),
    {
      name: 'TunnelOptionError',
      code: 'ODPS_INVALID_OPTION',
      message:
        'f: memoryBytes of the Tunnel is 66535, but must be at least 66536 here: 1000 for its largest block (maxBlockBytes), and 65536 for a chunk that is read ahead',
    },
  )
})
