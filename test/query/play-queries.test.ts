import assert from 'node:assert/strict'
import { test } from 'node:test'
import { playQueries } from './play-queries.js'

test('queries under trouble give all rows or an error, and run once', async () => {
  const endings = new Map<string, number>()
  for (let seed = 1; seed <= 200; seed++)
    for (const ending of (await playQueries(seed)).endings)
      endings.set(ending, (endings.get(ending) ?? 0) + 1)
  const count = (ending: string): number => endings.get(ending) ?? 0
  const all = JSON.stringify([...endings])
  assert.equal(count('whole') > 100, true, all)
  assert.equal(count('stopped') > 20, true, all)
  assert.equal(count('ODPS_QUERY_UNKNOWN') > 5, true, all)
})
