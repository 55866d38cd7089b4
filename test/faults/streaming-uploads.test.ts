import assert from 'node:assert/strict'
import { test } from 'node:test'
import { playSeeds } from '../streaming-upload/scenarios.js'

test('1000 streaming uploads under trouble lose no row that was told, and repeat none without cause', async () => {
  const { finished, failed } = await playSeeds(1000, 1000)
  assert.equal(finished + failed, 1000)
})
