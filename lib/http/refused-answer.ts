import { TunnelServiceError } from '../errors.js'
import type { RequestContext } from './request-failure.js'
import { parseRetryAfter } from './retry-policy.js'
import { hints, meaningOf, parseErrorBody, type Refusal, type RefusedRequest } from './service-error.js'

/*
 * A refusal comes as JSON of the tunnel, XML of the service, or a page of some proxy. Whatever it is becomes one error
 * that says what was tried, what the service said and what to do next. Services echo what they refuse, signed headers
 * included, so all secrets of the request are taken out of the text before it is kept.
 */

/** An answer with a status of 300 or more. */
export interface RefusedAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly text: string
  readonly request: RefusedRequest
  /** A next step that only the caller knows, by error code. */
  readonly hints: Readonly<Record<string, string>>
  /** Texts that must not be repeated: services like to echo what they refuse. */
  readonly secrets: readonly string[]
}

export interface Refused {
  readonly refusal: Refusal
  readonly error: TunnelServiceError
  /** The service asked to wait this long. */
  readonly askedMs: number
  /** The service's clock, epoch milliseconds, where the answer tells it. */
  readonly serviceNow: number | undefined
}

/** With 412; services spell it in one way or the other (protocol 9.2). */
const latestVersionHeaders = ['odps-tunnel-latest-schema-version', 'x-odps-tunnel-latest-schema-version']

const retryable: readonly Refusal[] = ['busy', 'broken', 'body']

/** Turns the answer into an error: what was tried, what the service said, the next step. */
export const readRefusal = (answer: RefusedAnswer, context: RequestContext, nowMs: number): Refused => {
  const body = parseErrorBody(answer.text)
  const meaning = isAskedToWait(answer) ? busy : meaningOf(body, answer.status, answer.request)
  const told = (text: string | undefined): string | undefined =>
    text === undefined ? undefined : redact(text, answer.secrets, maxWord)
  const requestId = told(answer.headers['x-odps-request-id'] ?? body.requestId)
  const serviceCode = told(body.code)
  const said =
    body.code === undefined ? undefined : redact(body.message ?? body.code, answer.secrets, maxMessage)
  const facts = [serviceCode, `HTTP ${answer.status}`, requestId && `request ${requestId}`]
    .filter(Boolean)
    .join(', ')
  const next = answer.hints[meaning.code] ?? hints[meaning.code] ?? redirectHint(answer, said)
  const times = context.attempts > 1 ? ` It was sent ${context.attempts} times.` : ''
  const message = `${context.purpose}: ${said ?? describeForeign(answer, context)} (${facts}).${times} ${next}`
  const error = new TunnelServiceError(meaning.code, message.trimEnd(), {
    method: context.method,
    path: context.path,
    attempts: context.attempts,
    statusCode: answer.status,
    serviceCode,
    requestId,
    latestSchemaVersion: told(latestVersionHeaders.map(name => answer.headers[name]).find(Boolean)),
    retryable: retryable.includes(meaning.refusal),
  })
  const serviceNow = readServiceNow(answer.headers['date'], body.message)
  const askedMs = Math.max(parseRetryAfter(answer.headers['retry-after'], serviceNow ?? nowMs), body.holdMs)
  return { refusal: meaning.refusal, error, askedMs, serviceNow }
}

/** Too much to do: instances are accepted later (protocol 10.1). */
const isAskedToWait = ({ status, headers }: RefusedAnswer): boolean =>
  status === 409 && headers['retry-after'] !== undefined

const busy = { code: 'ODPS_THROTTLED', refusal: 'busy' } as const

/** Of an answer with words of its own; the others say it themselves. */
const redirectHint = ({ status }: RefusedAnswer, said: string | undefined): string => {
  if (said === undefined || status < 300 || status >= 400) return ''
  return status === 308
    ? 'The requested resource has moved to another server; nothing was done. Try again, with a new session if you use one.'
    : 'Redirects are not followed, because the request carries credentials; check the endpoint.'
}

/** For answers that no MaxCompute service gives. */
const describeForeign = ({ status, headers }: RefusedAnswer, { host }: RequestContext): string => {
  const location = headers['location']
  if (status < 400 && location !== undefined && URL.canParse(location))
    return `${host} redirects to ${new URL(location).origin}; redirects are not followed, because the request carries credentials. Set that as the endpoint`
  if (status < 400)
    return `${host} redirects without a location; redirects are not followed, because the request carries credentials. Check the endpoint and the proxies in between`
  return `${host} refused with a response that is not an error of MaxCompute; check the endpoint and the proxies in between`
}

const maxMessage = 1000
/** Of a code, and of the id of a request. */
const maxWord = 100

const redact = (text: string, secrets: readonly string[], limit: number): string => {
  const clean = secrets.reduce((all, secret) => all.replaceAll(secret, '***'), text)
  const line = clean.replace(/\s+/g, ' ').trim().replace(/\.$/, '')
  return line.length > limit ? `${line.slice(0, limit)}…` : line
}

/** The Date header, else `now_date` of the message (protocol 11.2). */
const readServiceNow = (date: string | undefined, message: string | undefined): number | undefined => {
  const text = date ?? /now_date\W+(\d{4}-\d\d-\d\dT[\d:.]+Z)/.exec(message ?? '')?.[1]
  const ms = text === undefined ? Number.NaN : Date.parse(text)
  return Number.isNaN(ms) ? undefined : ms
}
