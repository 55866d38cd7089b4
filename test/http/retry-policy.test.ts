import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  type FailureKind,
  mayRepeat,
  parseRetryAfter,
  type Repeat,
  retryDelay,
} from '../../lib/http/retry-policy.js'

const rules = { attempts: 6, minDelayMs: 100, maxDelayMs: 1_000 }

describe('how often a failure that comes again and again is repeated', () => {
  const repeats = (kind: FailureKind, repeat: Repeat): number => {
    let sent = 1
    while (sent < 100 && mayRepeat(kind, repeat, { sent, seen: { [kind]: sent } }, rules)) sent++
    return sent - 1
  }
  // [failure, safe, create, submit, never]
  const table: [FailureKind, number, number, number, number][] = [
    ['connect', 5, 5, 5, 0],
    ['unresolved', 2, 2, 2, 0],
    ['untrusted', 0, 0, 0, 0],
    ['lost', 5, 2, 0, 0],
    ['timeout', 5, 2, 0, 0],
    ['broken', 5, 2, 0, 0],
    ['busy', 5, 5, 5, 0],
    ['body', 2, 2, 2, 0],
    ['expired', 1, 1, 1, 1],
    ['skewed', 1, 1, 1, 1],
    ['closed', 0, 0, 0, 0],
    ['final', 0, 0, 0, 0],
  ]
  for (const [kind, ...expected] of table)
    test(kind, () => {
      assert.deepEqual(
        (['safe', 'create', 'submit', 'never'] as const).map(repeat => repeats(kind, repeat)),
        expected,
      )
    })
})

test('lost answers of all kinds count together for a create', () => {
  const state = { sent: 3, seen: { lost: 1, timeout: 1, broken: 1 } }
  assert.equal(mayRepeat('broken', 'create', state, rules), false)
  assert.equal(mayRepeat('broken', 'safe', state, rules), true)
})

test('a refusal for date or credentials does not count as an attempt', () => {
  assert.equal(mayRepeat('expired', 'safe', { sent: 6, seen: { busy: 5, expired: 1 } }, rules), true)
})

describe('delays', () => {
  test('double from the least to the greatest, with full jitter', () => {
    const ceilings = [0, 1, 2, 3, 4, 5, 2000].map(repeats => retryDelay(repeats, 0, rules, 1))
    assert.deepEqual(ceilings, [100, 200, 400, 800, 1000, 1000, 1000])
    assert.equal(retryDelay(3, 0, rules, 0), 0)
    assert.equal(retryDelay(3, 0, rules, 0.5), 400)
  })

  test('are never less than the service asked for', () => {
    assert.equal(retryDelay(0, 2_500, rules, 0.5), 2_500)
  })

  test('that are absurd are not waited for', () => {
    assert.equal(retryDelay(0, 3_600_000, rules, 0.5), undefined)
  })
})

describe('Retry-After', () => {
  const now = Date.UTC(2025, 0, 2, 3, 4, 5)
  for (const [value, expected] of [
    [undefined, 0],
    ['', 0],
    ['3', 3_000],
    ['0.5', 500],
    ['-1', 0],
    ['soon', 0],
    ['Thu, 02 Jan 2025 03:04:15 GMT', 10_000],
    ['Thu, 02 Jan 2025 03:04:00 GMT', 0],
  ] as const)
    test(String(value), () => {
      assert.equal(parseRetryAfter(value, now), expected)
    })
})
