import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { allTargets } from './all-targets.js'
import { fuzz } from './run-fuzz.js'

/** `npm run test:fuzz` goes on for longer, from other seeds. */
const budgetMs = 1_000
const leastInputs = 20
const mostInputs = 1_500

describe('damaged input gives errors of this library and nothing else', { timeout: 300_000 }, async () => {
  const targets = await allTargets()
  after(async () => {
    for (const target of targets) await target.close?.()
  })
  for (const target of targets)
    test(target.name, async t => {
      const end = Date.now() + budgetMs
      const goesOn = (inputs: number): boolean =>
        inputs < leastInputs || (inputs < mostInputs && Date.now() < end)
      const { failures, inputs, bytes, refused } = await fuzz(target, 1, goesOn)
      assert.deepEqual(failures, [])
      t.diagnostic(`${inputs} inputs, ${bytes} bytes, ${refused} refused`)
    })
})
