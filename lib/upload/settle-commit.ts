import { AbortError, watchAbort } from '../abort.js'
import {
  type FailedAttempt,
  failedAttempt,
  TunnelError,
  TunnelProtocolError,
  TunnelRequestError,
  TunnelServiceError,
  TunnelSessionError,
  withHistory,
} from '../errors.js'
import type { Clock } from '../http/clock.js'
import { wasNotSent } from '../http/request-failure.js'
import type { RetryEvent } from '../http/request-spec.js'
import { isTooLate, type RetryRules, retryDelay } from '../http/retry-policy.js'
import { isCommitted, isOpen } from './upload-state.js'

/** What is known of a session; `status` as an upload session has it. */
export interface CommitState {
  readonly status: string
}

export interface CommitSteps<State extends CommitState> {
  readonly sessionId: string
  /** How to learn what became of a commit whose outcome is unknown. */
  readonly nextStep: string
  /** Sends the commit once, without a repeat. */
  post(signal: AbortSignal): Promise<State>
  load(signal: AbortSignal): Promise<State>
}

export interface SettleOptions {
  readonly clock: Clock
  readonly retry: RetryRules
  /** After an abort the outcome is awaited for this long. */
  readonly requestTimeoutMs: number
  readonly signal?: AbortSignal | undefined
  /** Called before the commit is sent again. */
  readonly onRetry?: ((event: RetryEvent) => void) | undefined
}

export interface Settled<State extends CommitState> {
  readonly state: State
  readonly settledBy: 'answer' | 'load'
}

/**
 * Commits, and does not guess: when the answer is lost, the session is loaded. Closed means committed; still open
 * means that the commit may be sent again. An abort that comes after the commit has left only limits the wait.
 *
 * @throws TunnelSessionError ODPS_COMMIT_UNKNOWN when the outcome could not be learned, ODPS_SESSION_STATUS when the
 * session can no longer be committed; what the service refused the commit with; an AbortError when it was aborted and
 * certainly not committed.
 */
export const settleCommit = async <State extends CommitState>(
  steps: CommitSteps<State>,
  options: SettleOptions,
): Promise<Settled<State>> => {
  const deadline = limitAbort(options)
  const run = new CommitRun(steps, options, deadline.signal)
  try {
    return await run.settle()
  } finally {
    deadline.stop()
  }
}

/** Fires `requestTimeoutMs` after the caller's signal. */
const limitAbort = ({
  signal,
  clock,
  requestTimeoutMs,
}: SettleOptions): { signal: AbortSignal; stop(): void } => {
  const deadline = new AbortController()
  // Most commits are never aborted, and an abort makes an error with its stack.
  let stopped: AbortController | undefined
  const onAbort = (): void => {
    stopped = new AbortController()
    const expire = (): void => deadline.abort(signal?.reason)
    clock.sleep(requestTimeoutMs, stopped.signal).then(expire, () => {})
  }
  if (signal?.aborted) onAbort()
  const unwatch = signal && watchAbort(signal, onAbort)
  const stop = (): void => {
    unwatch?.()
    stopped?.abort()
  }
  return { signal: deadline.signal, stop }
}

class CommitRun<State extends CommitState> {
  readonly #steps: CommitSteps<State>
  readonly #options: SettleOptions
  readonly #deadline: AbortSignal
  /** A commit was sent whose outcome is not known. */
  #uncertain = false
  #error: unknown
  /** The commits that were followed by another. */
  readonly #history: FailedAttempt[] = []
  #failingSince: number | undefined

  constructor(steps: CommitSteps<State>, options: SettleOptions, deadline: AbortSignal) {
    this.#steps = steps
    this.#options = options
    this.#deadline = deadline
  }

  async settle(): Promise<Settled<State>> {
    for (let posts = 1; ; posts++) {
      const answer = await this.#post()
      if (answer !== undefined) return answer
      const state = await this.#load()
      if (isCommitted(state.status)) return { state, settledBy: 'load' }
      if (!isOpen(state.status)) throw this.#closedFor(state.status)
      if (posts >= this.#options.retry.attempts) throw this.#giveUp(this.#error)
      await this.#pause(posts)
    }
  }

  /** Undefined when the answer does not settle it. */
  async #post(): Promise<Settled<State> | undefined> {
    try {
      const state = await this.#steps.post(this.#deadline)
      if (isCommitted(state.status)) return { state, settledBy: 'answer' }
      this.#uncertain = true
      this.#error = undefined
      return undefined
    } catch (error) {
      const outcome = outcomeOf(error)
      if (outcome === 'final' && !this.#uncertain) return this.#refused(error)
      this.#uncertain ||= outcome === 'unknown'
      this.#error = error
      return undefined
    }
  }

  /**
   * A refusal is believed, unless the session says otherwise: what stands between may have sent the commit twice, or
   * have refused the answer.
   */
  async #refused(refusal: unknown): Promise<Settled<State>> {
    const state = await this.#steps.load(this.#deadline).catch(() => undefined)
    if (state === undefined || !isCommitted(state.status)) throw refusal
    return { state, settledBy: 'load' }
  }

  async #load(): Promise<State> {
    try {
      return await this.#steps.load(this.#deadline)
    } catch (error) {
      throw this.#giveUp(error)
    }
  }

  async #pause(posts: number): Promise<void> {
    const { clock, retry, signal, onRetry } = this.#options
    const error = this.#error instanceof TunnelError ? this.#error : this.#notDone()
    const delayMs = retryDelay(posts - 1, 0, retry, clock.random()) ?? 0
    this.#failingSince ??= clock.now()
    if (isTooLate(this.#failingSince, clock.now() + delayMs, retry)) throw this.#giveUp(error)
    this.#history.push(failedAttempt(error, delayMs))
    onRetry?.({ error, attempt: posts, delayMs })
    try {
      await clock.sleep(delayMs, signal)
      if (signal?.aborted) throw new AbortError(signal.reason)
    } catch (error) {
      throw this.#giveUp(error)
    }
  }

  #giveUp(cause: unknown): unknown {
    const { sessionId, nextStep } = this.#steps
    if (!this.#uncertain)
      return cause instanceof AbortError ? cause : withHistory(this.#error ?? cause, this.#history)
    const error = new TunnelSessionError(
      'ODPS_COMMIT_UNKNOWN',
      `The outcome of committing session ${sessionId} is unknown. ${nextStep}`,
      { sessionId, cause, retryable: true },
    )
    return withHistory(error, this.#history)
  }

  /** The service answered a commit with a session that is not committed. */
  #notDone(): TunnelSessionError {
    const { sessionId } = this.#steps
    return new TunnelSessionError(
      'ODPS_SESSION_STATUS',
      `The service confirmed the commit of session ${sessionId}, but left it open`,
      { sessionId, retryable: true },
    )
  }

  #closedFor(status: string): TunnelSessionError {
    const { sessionId } = this.#steps
    return new TunnelSessionError(
      'ODPS_SESSION_STATUS',
      `Session ${sessionId} was not committed: it is ${status}. Create a new one and upload again.`,
      { sessionId, status, cause: this.#error },
    )
  }
}

/**
 * What an error says about the commit: `unknown` (it may have been done), `undone` (certainly not, and may be sent
 * again), `conflict` (the session is in another state: load it), `final` (refused).
 */
const outcomeOf = (error: unknown): 'unknown' | 'undone' | 'conflict' | 'final' => {
  if (error instanceof AbortError || error instanceof TunnelProtocolError) return 'unknown'
  if (!(error instanceof TunnelError)) return 'final'
  if (error.code === 'ODPS_SESSION_STATUS') return 'conflict'
  if (error.code === 'ODPS_THROTTLED') return 'undone'
  if (error instanceof TunnelRequestError && wasNotSent(error)) return 'undone'
  if (error.code === 'ODPS_SERVICE_UNAVAILABLE') return 'unknown'
  const refused = error instanceof TunnelServiceError && error.statusCode < 500
  return refused || !(error instanceof TunnelRequestError) ? 'final' : 'unknown'
}
