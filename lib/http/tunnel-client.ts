import type { Dispatcher } from 'undici'
import { AbortError, linkSignal, raceAbort, throwIfAborted } from '../abort.js'
import { publishInsecure, publishRequest, publishRetry, tell } from '../diagnostics.js'
import {
  asError,
  type FailedAttempt,
  failedAttempt,
  TunnelError,
  TunnelOptionError,
  TunnelRequestError,
  TunnelServiceError,
  withHistory,
} from '../errors.js'
import { type Clock, systemClock } from './clock.js'
import { type Connections, openConnections, type Send } from './connections.js'
import type { Credentials, CredentialsProvider } from './credentials.js'
import { type Endpoint, isExposed, parseEndpoint, regionOfEndpoint } from './endpoint.js'
import { readRefusal } from './refused-answer.js'
import { isProgramming, lossKind, type RequestContext, requestError } from './request-failure.js'
import type { RequestSpec, RetryEvent } from './request-spec.js'
import { type RawBody, ResponseBody } from './response-body.js'
import { type FailureKind, isTooLate, mayRepeat, type RetryRules, retryDelay } from './retry-policy.js'
import { createSigner, type Sign } from './signature.js'
import { signRequest } from './signed-request.js'
import { TunnelResponse } from './tunnel-response.js'
import { TunnelRouter } from './tunnel-router.js'

/** Plain, checked values. */
export interface ClientOptions {
  readonly endpoint: string | undefined
  readonly tunnelEndpoint: string | undefined
  /** Default project, sent as `curr_project`. */
  readonly project: string | undefined
  readonly quotaName?: string | undefined
  readonly tags?: readonly string[] | undefined
  readonly credentials: CredentialsProvider
  readonly signatureVersion: 'v1' | 'v4'
  readonly region?: string | undefined
  /** Idle milliseconds per phase: connecting, sending, waiting for the answer, between bytes of the answer. */
  readonly requestTimeoutMs: number
  readonly retry: RetryRules
  /** Used instead of an own Agent; its own connect timeout holds. */
  readonly dispatcher?: Dispatcher | undefined
  readonly userAgent: string
  readonly clock?: Clock | undefined
}

interface Attempt {
  readonly spec: RequestSpec
  readonly sent: number
  readonly endpoint: Endpoint
  readonly credentials: Credentials
  /** What was added to our clock: requests at the same time may have corrected it since. */
  readonly skewMs: number
}

interface Failure {
  readonly kind: FailureKind
  readonly error: TunnelRequestError
  readonly askedMs: number
  /** Known only with a refusal. */
  readonly serviceNow?: number | undefined
  /** A connection that was used before broke before the answer: the service had likely closed it. */
  readonly stale?: boolean
}

type Outcome<T> = { readonly value: T } | { readonly failure: Failure }

const errorBodyLimit = 64 * 1024
/** Below this, correcting the clock changes nothing for a service that tolerates 15 minutes. */
const leastSkewMs = 30_000
const largeSkewMs = 10 * 60_000

/** Sends signed requests to the service and to the tunnel, and sends them again where that is safe. */
export class TunnelClient {
  readonly requestTimeoutMs: number
  readonly clock: Clock
  readonly retry: RetryRules
  readonly #options: ClientOptions
  readonly #service: Endpoint | undefined
  readonly #tunnel: Endpoint | undefined
  readonly #router: TunnelRouter | undefined
  readonly #sign: Sign
  #ownConnections: Promise<Connections> | undefined
  #skewMs = 0
  /** Requests that wait for the route of their project. */
  readonly #routing = new Set<RequestSpec>()
  /** The host that the latest request of a project to the tunnel went to. */
  readonly #tunnelHosts = new Map<string, string>()
  readonly #exposed = new Set<string>()
  /** Origins that have answered, so that a pool may hold connections they have closed since. */
  readonly #answered = new Set<string>()

  /** @throws TunnelOptionError for an endpoint that is no URL, a missing endpoint, or v4 without a region. */
  constructor(options: ClientOptions) {
    this.#options = options
    this.requestTimeoutMs = options.requestTimeoutMs
    this.retry = options.retry
    this.clock = options.clock ?? systemClock
    this.#service = options.endpoint === undefined ? undefined : parseEndpoint(options.endpoint, 'endpoint')
    this.#tunnel =
      options.tunnelEndpoint === undefined
        ? undefined
        : parseEndpoint(options.tunnelEndpoint, 'tunnelEndpoint')
    if (this.#service === undefined && this.#tunnel === undefined) throw missingEndpoint()
    this.#sign = createSigner(options.signatureVersion, regionFor(options))
    this.#router = this.#service && new TunnelRouter(this.#service, this.#askRoute, this.clock)
  }

  /** Whether requests to the service, not only to the tunnel, can be made. */
  get hasService(): boolean {
    return this.#service !== undefined
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
  async exchange<T>(spec: RequestSpec, read: (response: TunnelResponse) => Promise<T>): Promise<T> {
    const seen: Partial<Record<FailureKind, number>> = {}
    const history: FailedAttempt[] = []
    let failingSince: number | undefined
    for (let sent = 1; ; sent++) {
      throwIfAborted(spec.signal)
      const attempt = await this.#prepare(spec, sent)
      const outcome = await this.#send(attempt, read)
      if ('value' in outcome) return outcome.value
      const { error, kind } = outcome.failure
      failingSince ??= this.clock.now()
      seen[kind] = (seen[kind] ?? 0) + 1
      const repeatable = mayRepeat(kind, spec.repeat, { sent, seen }, this.retry)
      const delayMs = repeatable ? this.#recover(outcome.failure, attempt, seen) : undefined
      if (delayMs === undefined || isTooLate(failingSince, this.clock.now() + delayMs, this.retry))
        throw withHistory(error, history)
      history.push(failedAttempt(error, delayMs))
      this.announceRetry(spec, { error, attempt: sent, delayMs })
      if (delayMs > 0) await this.clock.sleep(delayMs, spec.signal)
    }
  }

  /** Tells everybody who listens of a failure that will be answered with a repeat of `spec`, or of a part of it. */
  announceRetry(spec: RequestPlace, event: RetryEvent): void {
    const { error, attempt, delayMs } = event
    publishRetry(() => ({
      method: spec.method,
      ...this.#placeOf(spec),
      ...{ attempt, delayMs, errorCode: error.code },
      statusCode: error instanceof TunnelServiceError ? error.statusCode : undefined,
      serviceCode: error instanceof TunnelServiceError ? error.serviceCode : undefined,
    }))
    tell(() => spec.onRetry?.(event))
  }

  /** Drops all connections of this client. An injected dispatcher is its owner's to close. */
  async close(): Promise<void> {
    if (this.#options.dispatcher !== undefined) return
    // Without connections there is nothing to drop; later requests must fail all the same.
    const connections = await this.#connections().catch(() => undefined)
    await connections?.agent.destroy()
  }

  async #prepare(spec: RequestSpec, sent: number): Promise<Attempt> {
    const endpoint = await this.#endpointFor(spec)
    const credentials = await raceAbort(this.#options.credentials.get(), spec.signal)
    return { spec, sent, endpoint, credentials, skewMs: this.#skewMs }
  }

  async #endpointFor(spec: RequestSpec): Promise<Endpoint> {
    if (spec.target === 'tunnel' && this.#tunnel !== undefined) return this.#tunnel
    if (this.#service === undefined || this.#router === undefined) throw missingEndpoint()
    if (spec.target === 'service') return this.#service
    this.#routing.add(spec)
    try {
      return await this.#router.route(spec.project, spec.signal)
    } finally {
      this.#routing.delete(spec)
    }
  }

  readonly #askRoute = async (project: string, signal: AbortSignal): Promise<string> => {
    const { quotaName } = this.#options
    const query = { service: '', ...(quotaName !== undefined && { quotaName }) }
    const purpose = `Finding the tunnel endpoint of project ${project}`
    const path = ['projects', project, 'tunnel']
    const spec: RequestSpec = {
      purpose,
      target: 'service',
      method: 'GET',
      path,
      project,
      query,
      repeat: 'safe',
      signal,
      // All who wait for the route wait for its repeats; one stream may wait with several requests.
      onRetry: event => {
        const waiting = [...this.#routing].filter(each => each.project === project)
        for (const tell of new Set(waiting.map(({ onRetry }) => onRetry))) tell?.(event)
      },
    }
    return this.exchange(spec, response => response.text())
  }

  async #send<T>(attempt: Attempt, read: (response: TunnelResponse) => Promise<T>): Promise<Outcome<T>> {
    const { spec, endpoint } = attempt
    const context = this.#contextOf(attempt)
    const startedAt = this.clock.now()
    const now = startedAt + attempt.skewMs
    const { request, secrets } = signRequest({ ...attempt, options: this.#options, sign: this.#sign, now })
    this.#warnIfExposed(endpoint, context.host)
    if (spec.target === 'tunnel') this.#tunnelHosts.set(spec.project, context.host)
    const report = (statusCode?: number, requestId?: string, errorCode?: string): void =>
      publishRequest(() => ({
        ...{ method: spec.method, host: context.host, path: context.path, attempt: attempt.sent },
        ...{ statusCode, requestId, errorCode },
        requestBytes: spec.body?.reduce((sum, part) => sum + part.length, 0) ?? 0,
        durationMs: this.clock.now() - startedAt,
      }))
    let response: TunnelResponse
    try {
      const answer = await this.#dispatch(request, spec.signal)
      const body = new ResponseBody(answer.body as RawBody, context, spec.signal)
      response = new TunnelResponse(answer.statusCode, flatHeaders(answer.headers), body, spec.purpose)
    } catch (cause) {
      if (spec.signal?.aborted) throw new AbortError(spec.signal.reason)
      if (isUnsendable(cause)) throw unsendable(spec.purpose, cause)
      if (cause instanceof TunnelError || isProgramming(cause)) throw asError(cause)
      const failure = this.#lossOf(cause, attempt, context)
      report(undefined, undefined, failure.error.code)
      return { failure }
    }
    this.#answered.add(endpoint.origin)
    const { status, requestId } = response
    if (status >= 300) {
      const failure = await this.#refusalOf(response, spec, context, secrets)
      report(status, requestId, failure.error.code)
      return { failure }
    }
    report(status, requestId)
    return readAnswer(response, read)
  }

  /** undici gets a signal of its own: see watchAbort. */
  async #dispatch(
    request: Dispatcher.RequestOptions,
    signal: AbortSignal | undefined,
  ): Promise<Dispatcher.ResponseData> {
    const send = await this.#sender()
    if (signal === undefined) return send(request)
    const link = linkSignal(signal)
    try {
      const answer = await send({ ...request, signal: link.signal })
      answer.body.once('close', link.release)
      return answer
    } catch (error) {
      link.release()
      throw error
    }
  }

  async #sender(): Promise<Send> {
    const { dispatcher } = this.#options
    if (dispatcher !== undefined) return request => dispatcher.request(request)
    return (await this.#connections()).send
  }

  #connections(): Promise<Connections> {
    this.#ownConnections ??= openConnections(this.requestTimeoutMs)
    return this.#ownConnections
  }

  #contextOf({ spec, sent, endpoint }: Attempt): RequestContext {
    const { purpose, method } = spec
    const path = `${endpoint.path}/${spec.path.join('/')}`
    const { requestTimeoutMs } = this
    return { purpose, method, path, host: new URL(endpoint.origin).host, attempts: sent, requestTimeoutMs }
  }

  #lossOf(cause: unknown, { spec, endpoint }: Attempt, context: RequestContext): Failure {
    const kind = lossKind(cause, 'head')
    const reached = kind !== 'connect' && kind !== 'unresolved' && kind !== 'untrusted'
    if (!reached && spec.target === 'tunnel') this.#router?.forget(spec.project)
    const stale = kind === 'lost' && this.#answered.has(endpoint.origin)
    return { kind, error: requestError(kind, 'head', context, cause), askedMs: 0, stale }
  }

  async #refusalOf(
    response: TunnelResponse,
    spec: RequestSpec,
    context: RequestContext,
    secrets: readonly string[],
  ): Promise<Failure> {
    const { status, headers } = response
    const text = await response.body.text(errorBodyLimit, headers['content-encoding']).catch(() => '')
    throwIfAborted(spec.signal)
    const request = { path: spec.path, query: spec.query ?? {} }
    const answer = { status, headers, text, request, hints: spec.hints ?? {}, secrets }
    const { refusal, ...refused } = readRefusal(answer, context, this.clock.now())
    return { kind: refusal, ...refused }
  }

  /** Does what must be done before the request is sent again, and says how long to wait; undefined: don't. */
  #recover(
    failure: Failure,
    attempt: Attempt,
    seen: Readonly<Partial<Record<FailureKind, number>>>,
  ): number | undefined {
    if (failure.kind === 'skewed') return this.#correctClock(failure, attempt, leastSkewMs) ? 0 : undefined
    if (failure.kind === 'expired') {
      const renewed = this.#options.credentials.renew(attempt.credentials)
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

  #placeOf({ target, path, project }: RequestPlace): { readonly host: string; readonly path: string } {
    const endpoint = target === 'service' ? this.#service : this.#tunnel
    const host = endpoint === undefined ? this.#tunnelHosts.get(project) : new URL(endpoint.origin).host
    return { host: host ?? '', path: `${endpoint?.path ?? ''}/${path.join('/')}` }
  }

  #warnIfExposed(endpoint: Endpoint, host: string): void {
    if (this.#exposed.has(endpoint.origin) || !isExposed(endpoint)) return
    this.#exposed.add(endpoint.origin)
    publishInsecure(() => ({ host }))
  }
}

/** What is known of a request before it is sent. */
export type RequestPlace = Pick<RequestSpec, 'method' | 'target' | 'path' | 'project' | 'onRetry'>

const readAnswer = async <T>(
  response: TunnelResponse,
  read: (response: TunnelResponse) => Promise<T>,
): Promise<Outcome<T>> => {
  try {
    return { value: await read(response) }
  } catch (error) {
    if (!(error instanceof TunnelRequestError)) throw error
    const kind = error.code === 'ODPS_REQUEST_TIMEOUT' ? 'timeout' : 'lost'
    return { failure: { kind, error, askedMs: 0 } }
  }
}

const flatHeaders = (
  headers: Readonly<Record<string, string | string[] | undefined>>,
): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), [value ?? ''].flat().join(', ')]),
  )

const regionFor = ({ signatureVersion, region, endpoint }: ClientOptions): string => {
  const found = region ?? (endpoint === undefined ? undefined : regionOfEndpoint(endpoint))
  if (found !== undefined || signatureVersion === 'v1') return found ?? ''
  throw new TunnelOptionError(
    'ODPS_INVALID_OPTION',
    "signatureVersion 'v4' needs a region, and the endpoint names none; set the option region",
  )
}

/** undici looks at headers before it sends anything. */
const isUnsendable = (error: unknown): boolean => Reflect.get(Object(error), 'code') === 'UND_ERR_INVALID_ARG'

const unsendable = (purpose: string, cause: unknown): TunnelOptionError =>
  new TunnelOptionError(
    'ODPS_INVALID_OPTION',
    `${purpose}: an option cannot be sent as a header; userAgent and tags take printable ASCII only`,
    { cause },
  )

const missingEndpoint = (): TunnelOptionError =>
  new TunnelOptionError(
    'ODPS_MISSING_ENDPOINT',
    'No endpoint: set the option endpoint or the environment variable ODPS_ENDPOINT, like https://service.<region>.maxcompute.aliyun.com/api',
  )
