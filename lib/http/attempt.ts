import type { Dispatcher } from 'undici'
import { linkSignal, throwIfAborted } from '../abort.js'
import { type RequestGate, RequestPlace } from '../budget/request-gate.js'
import { publishRequest } from '../diagnostics.js'
import { asError, TunnelError, TunnelOptionError, TunnelRequestError } from '../errors.js'
import type { Clock } from './clock.js'
import { type Connections, openConnections, type Send } from './connections.js'
import type { Credentials } from './credentials.js'
import type { Endpoint } from './endpoint.js'
import { readRefusal } from './refused-answer.js'
import { isProgramming, lossKind, type RequestContext, requestError } from './request-failure.js'
import type { RequestSpec } from './request-spec.js'
import { type RawBody, ResponseBody } from './response-body.js'
import type { FailureKind } from './retry-policy.js'
import type { Sign } from './signature.js'
import { type RequestDefaults, signRequest } from './signed-request.js'
import { TunnelResponse } from './tunnel-response.js'

/*
 * One sending of one request. What can come of it is an answer, a failure that another sending may cure, or an error
 * that no repeat changes: only the last is thrown. Whether and when to send again is decided above, by the kind of the
 * failure.
 */

/** One sending of a request. */
export interface Attempt {
  readonly spec: RequestSpec
  /** 1 for the first. */
  readonly sent: number
  readonly endpoint: Endpoint
  readonly credentials: Credentials
  /** What was added to our clock: requests at the same time may have corrected it since. */
  readonly skewMs: number
}

/** What another sending may cure. */
export interface Failure {
  readonly kind: FailureKind
  readonly error: TunnelRequestError
  /** Whether there was a connection at all. */
  readonly isReached: boolean
  /** How long the answer asks to wait. */
  readonly askedMs: number
  /** Known only with a refusal. */
  readonly serviceNow?: number | undefined
  /** Known only with a refusal. */
  readonly headers?: Readonly<Record<string, string>>
  /** A connection that was used before broke before the answer: the service had likely closed it. */
  readonly stale?: boolean
}

export type Outcome<T> = { readonly value: T } | { readonly failure: Failure }

export interface AttemptOptions extends RequestDefaults {
  /** Used instead of an own Agent; its own connect timeout holds. */
  readonly dispatcher?: Dispatcher | undefined
}

const errorBodyLimit = 64 * 1024

/** Signs and sends, over connections that are opened when they are needed. */
export class AttemptSender {
  readonly #options: AttemptOptions
  readonly #sign: Sign
  readonly #clock: Clock
  readonly #gate: RequestGate
  #ownConnections: Promise<Connections> | undefined
  /** Origins that have answered, so that a pool may hold connections they have closed since. */
  readonly #answered = new Set<string>()

  constructor(options: AttemptOptions, sign: Sign, clock: Clock, gate: RequestGate) {
    this.#options = options
    this.#sign = sign
    this.#clock = clock
    this.#gate = gate
  }

  /**
   * Waits for its turn, and sends.
   * @throws AbortError, TunnelOptionError for what can't be sent, and what `read` throws about a whole answer
   */
  async send<T>(attempt: Attempt, read: (response: TunnelResponse) => Promise<T>): Promise<Outcome<T>> {
    const { spec } = attempt
    // Requests of one transfer have one signal.
    const entered = this.#gate.enter(spec.signal ?? spec, spec.signal)
    const place = entered instanceof RequestPlace ? entered : await entered
    let isOpen = false
    try {
      const outcome = await this.#send(attempt, read, place)
      isOpen = 'value' in outcome && outcome.value instanceof TunnelResponse
      if ('failure' in outcome && outcome.failure.error.code === 'ODPS_THROTTLED') place.throttled()
      return outcome
    } finally {
      // An answer that is given out leaves when its body is closed.
      if (!isOpen) place.leave()
    }
  }

  async #send<T>(
    attempt: Attempt,
    read: (response: TunnelResponse) => Promise<T>,
    place: RequestPlace,
  ): Promise<Outcome<T>> {
    const { spec, endpoint } = attempt
    const context = this.#contextOf(attempt)
    const startedAt = this.#clock.now()
    const now = startedAt + attempt.skewMs
    const { request, secrets } = signRequest({ ...attempt, options: this.#options, sign: this.#sign, now })
    const report = (statusCode?: number, requestId?: string, errorCode?: string): void =>
      publishRequest(() => ({
        ...{ method: spec.method, host: context.host, path: context.path, attempt: attempt.sent },
        ...{ statusCode, requestId, errorCode },
        requestBytes: spec.body?.reduce((sum, part) => sum + part.length, 0) ?? 0,
        durationMs: this.#clock.now() - startedAt,
      }))
    let response: TunnelResponse
    try {
      response = await this.#dispatch(request, spec, context, place)
    } catch (cause) {
      const failure = this.#lossOf(cause, attempt, context)
      report(undefined, undefined, failure.error.code)
      return { failure }
    }
    this.#answered.add(endpoint.origin)
    const { status, requestId } = response
    if (status < 300) place.succeeded()
    if (status < 300 || spec.takesRefusals === true) {
      report(status, requestId)
      return readAnswer(response, read)
    }
    const failure = await this.#refusalOf(response, spec, context, secrets)
    report(status, requestId, failure.error.code)
    return { failure }
  }

  /** Drops all connections. An injected dispatcher is its owner's to close. */
  async close(): Promise<void> {
    if (this.#options.dispatcher !== undefined) return
    // Without connections there is nothing to drop; later requests must fail all the same.
    const connections = await this.#connections().catch(() => undefined)
    await connections?.agent.destroy()
  }

  /** undici gets a signal of its own: see watchAbort. */
  async #dispatch(
    request: Dispatcher.RequestOptions,
    spec: RequestSpec,
    context: RequestContext,
    place: RequestPlace,
  ): Promise<TunnelResponse> {
    const send = await this.#sender()
    const signal = signalOf(spec)
    const link = signal && linkSignal(signal)
    try {
      const answer = await send(link === undefined ? request : { ...request, signal: link.signal })
      answer.body.once('close', () => {
        link?.release()
        place.leave()
      })
      const body = new ResponseBody(answer.body as RawBody, context, signal, place)
      return new TunnelResponse(answer.statusCode, flatHeaders(answer.headers), body, spec.purpose)
    } catch (error) {
      link?.release()
      throw error
    }
  }

  async #sender(): Promise<Send> {
    const { dispatcher } = this.#options
    if (dispatcher !== undefined) return request => dispatcher.request(request)
    return (await this.#connections()).send
  }

  #connections(): Promise<Connections> {
    this.#ownConnections ??= openConnections(this.#options.requestTimeoutMs)
    return this.#ownConnections
  }

  #contextOf({ spec, sent, endpoint }: Attempt): RequestContext {
    const { purpose, method } = spec
    const { requestTimeoutMs } = this.#options
    const path = `${endpoint.path}/${spec.path.join('/')}`
    return { purpose, method, path, host: new URL(endpoint.origin).host, attempts: sent, requestTimeoutMs }
  }

  /** @throws the cause, if no other sending can cure it */
  #lossOf(cause: unknown, { spec, endpoint }: Attempt, context: RequestContext): Failure {
    throwIfAborted(signalOf(spec))
    if (isUnsendable(cause)) throw unsendable(spec.purpose, cause)
    if (cause instanceof TunnelError || isProgramming(cause)) throw asError(cause)
    const kind = lossKind(cause, 'head')
    const isReached = kind !== 'connect' && kind !== 'unresolved' && kind !== 'untrusted'
    const stale = kind === 'lost' && this.#answered.has(endpoint.origin)
    return { kind, error: requestError(kind, 'head', context, cause), isReached, askedMs: 0, stale }
  }

  async #refusalOf(
    response: TunnelResponse,
    spec: RequestSpec,
    context: RequestContext,
    secrets: readonly string[],
  ): Promise<Failure> {
    const { status, headers } = response
    const text = await response.body.text(errorBodyLimit, headers['content-encoding']).catch(() => '')
    throwIfAborted(signalOf(spec))
    const request = { path: spec.path, query: spec.query ?? {} }
    const answer = { status, headers, text, request, hints: spec.hints ?? {}, secrets }
    const { refusal, ...refused } = readRefusal(answer, context, this.#clock.now())
    return { kind: refusal, isReached: true, headers, ...refused }
  }
}

/** What must not happen twice is awaited once it is sent: only its answer tells what there is to stop. */
const signalOf = ({ repeat, signal }: RequestSpec): AbortSignal | undefined =>
  repeat === 'submit' ? undefined : signal

const readAnswer = async <T>(
  response: TunnelResponse,
  read: (response: TunnelResponse) => Promise<T>,
): Promise<Outcome<T>> => {
  try {
    return { value: await read(response) }
  } catch (error) {
    if (!(error instanceof TunnelRequestError)) throw error
    const kind = error.code === 'ODPS_REQUEST_TIMEOUT' ? 'timeout' : 'lost'
    return { failure: { kind, error, isReached: true, askedMs: 0 } }
  }
}

const flatHeaders = (
  headers: Readonly<Record<string, string | string[] | undefined>>,
): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), [value ?? ''].flat().join(', ')]),
  )

/** undici looks at headers before it sends anything. */
const isUnsendable = (error: unknown): boolean => Reflect.get(Object(error), 'code') === 'UND_ERR_INVALID_ARG'

const unsendable = (purpose: string, cause: unknown): TunnelOptionError =>
  new TunnelOptionError(
    'ODPS_INVALID_OPTION',
    `${purpose}: an option cannot be sent as a header; userAgent and tags may contain only printable ASCII`,
    { cause },
  )
