import assert from 'node:assert/strict'
import { test } from 'node:test'
import { playSeeds } from './play-seeds.js'

/** A few files, so that the test runner can play them side by side. */
export const simulationTests = (from: number, count: number): void => {
  test(`the simulated scenarios of seeds ${from} to ${from + count - 1} lose nothing and leak nothing`, {
    timeout: 600_000,
  }, async t => {
    const tally = await playSeeds(from, count)
    t.diagnostic(tally.text)
    assert.deepEqual(tally.broken, [])
    assert.equal(tally.scenarios, count)
  })
}
