import type { LossKind } from './request-failure.js'
import type { Refusal } from './service-error.js'

export type FailureKind = LossKind | Refusal

/**
 * What may be sent again (protocol 11.5):
 * - `safe`: any time (GET, PUT of a block)
 * - `create`: makes something new each time, so at most twice when it is unknown whether it did
 * - `submit`: must not be carried out twice, so only when the service did nothing with it
 * - `never`: only what the service refused for its date or credentials
 */
export type Repeat = 'safe' | 'create' | 'submit' | 'never'

export interface RetryRules {
  /** How often a request is sent at most. */
  readonly attempts: number
  readonly minDelayMs: number
  readonly maxDelayMs: number
  /** Nothing is repeated later than this after the first failure. Default: no limit but `attempts`. */
  readonly totalMs?: number | undefined
}

/** What happened to one request so far. */
export interface RetryState {
  readonly sent: number
  /** Failures by kind, the present one included. */
  readonly seen: Readonly<Partial<Record<FailureKind, number>>>
}

/** How often a failure of this kind may be followed by a repeat; undefined where only `attempts` limits. */
const limits: Readonly<Record<Repeat, Readonly<Partial<Record<FailureKind, number>>>>> = {
  safe: { unresolved: 2, body: 2, expired: 1, skewed: 1 },
  create: { unresolved: 2, body: 2, expired: 1, skewed: 1 },
  submit: { unresolved: 2, body: 2, expired: 1, skewed: 1 },
  never: { expired: 1, skewed: 1 },
}

const never: ReadonlySet<FailureKind> = new Set<FailureKind>(['final', 'closed', 'untrusted'])
/** It is unknown what the service did. */
const uncertain: readonly FailureKind[] = ['lost', 'timeout', 'broken']
const createRepeats = 2
/** Asked to wait longer than this, a request fails instead. */
const maxWaitMs = 5 * 60_000

/** Whether the request may have been carried out, although it failed in this way. */
export const isOutcomeUnknown = (kind: FailureKind): boolean => uncertain.includes(kind)

/** Whether the request may be sent again after a failure of this kind. */
export const mayRepeat = (
  kind: FailureKind,
  repeat: Repeat,
  state: RetryState,
  rules: RetryRules,
): boolean => {
  const limit = limits[repeat][kind]
  // A refusal for date or credentials costs no attempt: the request was not looked at.
  if (kind === 'expired' || kind === 'skewed') return (state.seen[kind] ?? 0) <= (limit ?? 0)
  if (never.has(kind) || repeat === 'never' || state.sent >= rules.attempts) return false
  if (limit !== undefined) return (state.seen[kind] ?? 0) <= limit
  if (repeat === 'safe' || !uncertain.includes(kind)) return true
  if (repeat === 'submit') return false
  return uncertain.reduce((sum, each) => sum + (state.seen[each] ?? 0), 0) <= createRepeats
}

/**
 * Exponential back-off with full jitter, never less than the service asked for; undefined when that is too long.
 *
 * @param repeats how often the request was repeated already
 * @param random from 0 to 1
 */
export const retryDelay = (
  repeats: number,
  askedMs: number,
  rules: RetryRules,
  random: number,
): number | undefined => {
  if (askedMs > maxWaitMs) return undefined
  const ceiling = Math.min(rules.maxDelayMs, rules.minDelayMs * 2 ** Math.min(repeats, 30))
  return Math.max(Math.round(random * ceiling), askedMs)
}

/** Whether a repeat that would begin at `at` is too late after the first failure. Epoch milliseconds. */
export const isTooLate = (firstFailureAt: number, at: number, rules: RetryRules): boolean =>
  at - firstFailureAt > (rules.totalMs ?? Number.POSITIVE_INFINITY)

/** Reads Retry-After: seconds, or a date against the service's own; 0 when absent or unreadable. */
export const parseRetryAfter = (value: string | undefined, nowMs: number): number => {
  if (value === undefined || value.trim() === '') return 0
  const seconds = Number(value)
  const ms = Number.isNaN(seconds) ? Date.parse(value) - nowMs : seconds * 1000
  return Number.isNaN(ms) ? 0 : Math.max(ms, 0)
}
