import { test } from 'node:test'
import { playUpserts } from './play-upserts.js'

test('upserts of four hundred seeds are whole or not there at all', { timeout: 300_000 }, async () => {
  for (let seed = 1001; seed <= 1400; seed++) await playUpserts(seed)
})
