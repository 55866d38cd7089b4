import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { describeTally, runMany, seedsFrom } from './run-many.js'
import type { ScenarioKind } from './scenario.js'

/** A few files with some hundred seeds each, so that the test runner can play them side by side. */
export const scenarioTests = (firstSeed: number, count: number, kind: ScenarioKind = 'plain'): void => {
  describe('streams under trouble', { timeout: 600_000 }, () => {
    test(`the ${kind} scenarios of seeds ${firstSeed} to ${firstSeed + count - 1} lose nothing and leak nothing`, async t => {
      const tally = await runMany(seedsFrom(firstSeed, count), kind)
      t.diagnostic(describeTally(tally))
      assert.deepEqual(tally.broken, [])
      assert.equal(tally.scenarios, count)
    })
  })
}
