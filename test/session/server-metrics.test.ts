import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseServerMetrics } from '../../lib/session/server-metrics.js'

test('all four times', () => {
  const text = '{"PanguIOCost":10,"ServerIOCost":20,"RateLimitCost":5,"ServerTotalCost":100}'
  assert.deepEqual(parseServerMetrics(text), {
    totalMicros: 100,
    networkMicros: 20,
    storageMicros: 10,
    rateLimitMicros: 5,
  })
})

for (const other of [
  undefined,
  '',
  'null',
  '[]',
  '{',
  '7',
  '{"ServerTotalCost":"x"}',
  '{"ServerTotalCost":1,"PanguIOCost":-1}',
  '{}',
])
  test(`only information: ${other} is no error`, () => {
    assert.equal(parseServerMetrics(other), undefined)
  })
