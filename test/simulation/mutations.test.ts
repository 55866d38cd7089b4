import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { planScenario } from '../faults/scenario.js'
import { mutations } from './mutations.js'
import { shrink } from './shrink.js'

describe('the simulation', () => {
  test('is tried on eighteen mistakes or more, each of which can still be made', () => {
    assert.ok(mutations.length >= 18, `${mutations.length} mistakes`)
    for (const { name, file, from, to } of mutations) {
      const source = readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8')
      assert.equal(source.split(from).length, 2, name)
      assert.notEqual(from, to)
    }
  })

  test('shrinks a scenario to what makes it fail', async () => {
    const scenario = planScenario(118)
    const simplest = await shrink(
      scenario,
      async ({ wire, rows }) => rows >= 3 && wire.some(({ trouble }) => trouble.kind === 'swallow'),
    )
    assert.equal(simplest.rows, 3)
    assert.deepEqual(
      simplest.wire.map(({ trouble, times }) => [trouble.kind, times]),
      [['swallow', 1]],
    )
    assert.deepEqual([simplest.service, simplest.connect], [[], []])
    assert.deepEqual([simplest.compression, simplest.concurrency, simplest.stepRows], ['raw', 1, 60])
  })
})
