import assert from 'node:assert/strict'
import { test } from 'node:test'
import { playUpserts } from './play-upserts.js'

test('upserts under trouble are whole or not there at all', async () => {
  const outcomes: string[] = []
  for (let seed = 1; seed <= 24; seed++) outcomes.push(...(await playUpserts(seed)).outcomes)
  const count = (outcome: string): number => outcomes.filter(each => each === outcome).length
  assert.equal(count('committed') > 15, true, `${count('committed')} committed`)
  assert.equal(count('not committed') > 5, true, `${count('not committed')} not committed`)
})
