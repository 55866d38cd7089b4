import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkRatio, damaged, isDamage, tooLarge, truncated } from '../../lib/compression/damage.js'
import { TunnelProtocolError } from '../../lib/errors.js'

test('damage and a cut differ in their codes, and only a cut may be tried again', () => {
  const cause = new Error('why')
  for (const [error, code, isRetryable] of [
    [damaged('x', cause), 'ODPS_MALFORMED_STREAM', false],
    [truncated('x', cause), 'ODPS_TRUNCATED_STREAM', true],
    [tooLarge('x'), 'ODPS_MALFORMED_STREAM', false],
  ] as const) {
    assert.ok(isDamage(error))
    assert.deepEqual([error.code, error.retryable], [code, isRetryable])
  }
  assert.equal(damaged('x', cause).cause, cause)
})

test('other errors are no damage', () => {
  for (const error of [new TunnelProtocolError('ODPS_UNEXPECTED_ANSWER', 'x'), new Error('x'), undefined])
    assert.ok(!isDamage(error))
})

test('a ratio counts above 64 MiB', () => {
  const free = 64 * 2 ** 20
  checkRatio(free, 1, 20)
  checkRatio(free + 1, Math.ceil((free + 1) / 20), 20)
  assert.throws(() => checkRatio(free + 1, Math.floor(free / 20), 20), /more than 20 times its size/)
})
