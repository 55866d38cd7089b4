import { raceAbort, throwIfAborted } from '../abort.js'
import { type Budget, type BudgetOptions, createBudget } from '../budget/budget.js'
import { publishRetry, tell } from '../diagnostics.js'
import {
  type FailedAttempt,
  failedAttempt,
  TunnelOptionError,
  TunnelServiceError,
  withHistory,
} from '../errors.js'
import { type Attempt, type AttemptOptions, AttemptSender, type Failure } from './attempt.js'
import { type Clock, systemClock } from './clock.js'
import type { CredentialsProvider } from './credentials.js'
import { Destinations, type RequestPlace } from './destinations.js'
import { regionOfEndpoint } from './endpoint.js'
import type { RequestSpec, RetryEvent } from './request-spec.js'
import {
  type FailureKind,
  isOutcomeUnknown,
  isTooLate,
  mayRepeat,
  type RetryRules,
  retryDelay,
} from './retry-policy.js'
import { createSigner } from './signature.js'
import type { TunnelResponse } from './tunnel-response.js'
import { noteUncertain } from './uncertain.js'

/*
 * Sends a request again where that is safe. Safe depends on two things: what failed (was it refused, lost, or never
 * sent?) and what the request does when it is carried out twice; the first comes from the attempt, the second from the
 * caller. A service that tells a wrong clock or expired credentials has done nothing, so those are repaired and the
 * request is sent once more.
 */

/** Plain, checked values. */
export interface ClientOptions extends AttemptOptions, BudgetOptions {
  readonly endpoint: string | undefined
  readonly tunnelEndpoint: string | undefined
  /** Default project, sent as `curr_project`. */
  readonly project: string | undefined
  readonly quotaName?: string | undefined
  readonly credentials: CredentialsProvider
  readonly signatureVersion: 'v1' | 'v4'
  readonly region?: string | undefined
  /** Idle milliseconds per phase: connecting, sending, waiting for the answer, between bytes of the answer. */
  readonly requestTimeoutMs: number
  readonly retry: RetryRules
  readonly clock?: Clock | undefined
}

/** Below this, correcting the clock changes nothing for a service that tolerates 15 minutes. */
const leastSkewMs = 30_000
const largeSkewMs = 10 * 60_000

/** Sends signed requests to the service and to the tunnel, and sends them again where that is safe. */
export class TunnelClient {
  readonly requestTimeoutMs: number
  readonly clock: Clock
  readonly retry: RetryRules
  /** What all transfers of this client share. */
  readonly budget: Budget
  /** Of the service, as it was given. */
  readonly serviceEndpoint: string | undefined
  /** That its endpoint names; undefined for any but the public service. */
  readonly serviceRegion: string | undefined
  readonly #credentials: CredentialsProvider
  readonly #destinations: Destinations
  readonly #sender: AttemptSender
  #skewMs = 0

  /** @throws TunnelOptionError for an endpoint that is no URL, a missing endpoint, or v4 without a region. */
  constructor(options: ClientOptions) {
    this.requestTimeoutMs = options.requestTimeoutMs
    this.retry = options.retry
    this.budget = createBudget(options)
    this.serviceEndpoint = options.endpoint
    this.serviceRegion = options.endpoint === undefined ? undefined : regionOfEndpoint(options.endpoint)
    this.clock = options.clock ?? systemClock
    this.#credentials = options.credentials
    this.#destinations = new Destinations(options, this.clock, spec =>
      this.exchange(spec, response => response.text()),
    )
    const sign = createSigner(options.signatureVersion, regionFor(options))
    this.#sender = new AttemptSender(options, sign, this.clock, this.budget.requests)
  }

  /** Whether requests to the service, not only to the tunnel, can be made. */
  get hasService(): boolean {
    return this.#destinations.hasService
  }

  /**
   * Resolves with the head of a good answer; the body is the caller's, and is not repeated when it is cut.
   *
   * @throws TunnelRequestError, TunnelServiceError, or an AbortError.
   */
  async request(spec: RequestSpec): Promise<TunnelResponse> {
    return this.exchange(spec, async response => response)
  }

  /** Like {@link request}, for answers that are read as a whole: a cut while `read` runs is repeated as well. */
  async exchange<T>(asked: RequestSpec, read: (response: TunnelResponse) => Promise<T>): Promise<T> {
    let spec = asked
    const seen: Partial<Record<FailureKind, number>> = {}
    const history: FailedAttempt[] = []
    let failingSince: number | undefined
    for (let sent = 1; ; sent++) {
      throwIfAborted(spec.signal)
      const attempt = await this.#prepare(spec, sent)
      const outcome = await this.#sender.send(attempt, read)
      if ('value' in outcome) return outcome.value
      const { error, kind, isReached, headers = {} } = outcome.failure
      if (!isReached) this.#destinations.forget(spec)
      failingSince ??= this.clock.now()
      seen[kind] = (seen[kind] ?? 0) + 1
      const repeatable = mayRepeat(kind, spec.repeat, { sent, seen }, this.retry)
      const delayMs = repeatable ? this.#recover(outcome.failure, attempt, seen) : undefined
      if (delayMs === undefined || isTooLate(failingSince, this.clock.now() + delayMs, this.retry))
        throw failed(withHistory(error, history), kind)
      history.push(failedAttempt(error, delayMs))
      this.announceRetry(spec, { error, attempt: sent, delayMs })
      if (delayMs > 0) await this.clock.sleep(delayMs, spec.signal)
      if (spec.renew !== undefined) spec = { ...spec, ...(await spec.renew({ error, headers })) }
    }
  }

  /** Tells everybody who listens of a failure that will be answered with a repeat of `spec`, or of a part of it. */
  announceRetry(spec: RequestPlace, event: RetryEvent): void {
    const { error, attempt, delayMs } = event
    publishRetry(() => ({
      method: spec.method,
      ...this.#destinations.placeOf(spec),
      ...{ attempt, delayMs, errorCode: error.code },
      statusCode: error instanceof TunnelServiceError ? error.statusCode : undefined,
      serviceCode: error instanceof TunnelServiceError ? error.serviceCode : undefined,
    }))
    tell(() => spec.onRetry?.(event))
  }

  /** Drops all connections of this client. An injected dispatcher is its owner's to close. */
  async close(): Promise<void> {
    await this.#sender.close()
  }

  async #prepare(spec: RequestSpec, sent: number): Promise<Attempt> {
    const endpoint = await this.#destinations.of(spec)
    const credentials = await raceAbort(this.#credentials.get(), spec.signal)
    this.#destinations.warnIfExposed(endpoint)
    return { spec, sent, endpoint, credentials, skewMs: this.#skewMs }
  }

  /** Does what must be done before the request is sent again, and says how long to wait; undefined: don't. */
  #recover(
    failure: Failure,
    attempt: Attempt,
    seen: Readonly<Partial<Record<FailureKind, number>>>,
  ): number | undefined {
    if (failure.kind === 'skewed') return this.#correctClock(failure, attempt, leastSkewMs) ? 0 : undefined
    if (failure.kind === 'expired') {
      const renewed = this.#credentials.renew(attempt.credentials)
      // Some services call a request expired whose date is off.
      return this.#correctClock(failure, attempt, largeSkewMs) || renewed ? 0 : undefined
    }
    if (failure.stale && seen.lost === 1) return 0
    return retryDelay(attempt.sent - 1, failure.askedMs, this.retry, this.clock.random())
  }

  #correctClock({ serviceNow }: Failure, attempt: Attempt, leastMs: number): boolean {
    if (serviceNow === undefined) return false
    const skewMs = serviceNow - this.clock.now()
    if (Math.abs(skewMs - attempt.skewMs) < leastMs) return false
    this.#skewMs = skewMs
    return true
  }
}

const failed = <E extends object>(error: E, kind: FailureKind): E => {
  if (isOutcomeUnknown(kind)) noteUncertain(error)
  return error
}

const regionFor = ({ signatureVersion, region, endpoint }: ClientOptions): string => {
  const found = region ?? (endpoint === undefined ? undefined : regionOfEndpoint(endpoint))
  if (found !== undefined || signatureVersion === 'v1') return found ?? ''
  throw new TunnelOptionError(
    'ODPS_INVALID_OPTION',
    "signatureVersion 'v4' needs a region, and the endpoint contains none; set the option region",
  )
}
