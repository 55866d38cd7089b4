import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LoopTurns } from '../../lib/session/loop-turns.js'

/** Holds the event loop. */
const hold = (ms: number): void => {
  const end = performance.now() + ms
  while (performance.now() < end);
}

test('a long turn of the event loop ends, a young one goes on', async () => {
  const turns = new LoopTurns()
  hold(11)
  let others = 0
  setImmediate(() => others++)
  await turns.due()
  assert.equal(others, 1)
  assert.equal(turns.due(), undefined)
  for (let i = 0; i < 3; i++) await Promise.resolve()
  hold(11)
  assert.ok(turns.due() instanceof Promise)
})
