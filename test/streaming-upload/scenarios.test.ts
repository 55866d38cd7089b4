import assert from 'node:assert/strict'
import { test } from 'node:test'
import { playSeeds } from './scenarios.js'

test('60 streaming uploads under trouble lose no row that was told, and repeat none without cause', async t => {
  const { finished, failed, repeated, codes } = await playSeeds(1, 60)
  t.diagnostic(
    `${finished} finished, ${failed} failed as they should: ${[...codes].join(', ')}; rows repeated in ${repeated}`,
  )
  assert.equal(finished + failed, 60)
  assert.ok(finished >= 10 && failed >= 5 && repeated >= 1 && codes.size >= 3)
})
