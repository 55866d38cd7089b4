import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemClock } from '../../lib/http/clock.js'

test('a sleep keeps the process alive unless it is told not to', async () => {
  const timers = (): number => process.getActiveResourcesInfo().filter(name => name === 'Timeout').length
  const stop = new AbortController()
  const before = timers()
  const free = systemClock.sleep(60_000, stop.signal, { unref: true })
  assert.equal(timers(), before)
  const held = systemClock.sleep(60_000, stop.signal)
  assert.equal(timers(), before + 1)
  stop.abort()
  await assert.rejects(free, { name: 'AbortError' })
  await assert.rejects(held, { name: 'AbortError' })
  assert.equal(timers(), before)
})
