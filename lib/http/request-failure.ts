import { type TunnelErrorCode, TunnelRequestError } from '../errors.js'

/** What a message about a request needs to know of it. */
export interface RequestContext {
  /** What the request is for, as the subject of a message: `Creating an upload session for p.t`. */
  readonly purpose: string
  readonly method: string
  readonly path: string
  /** `host:port`. */
  readonly host: string
  /** How often it has been sent. */
  readonly attempts: number
  readonly requestTimeoutMs: number
}

/**
 * How a request failed without an answer:
 * - `connect`, `unresolved`, `untrusted`: nothing was sent (no connection, no such host, no trusted certificate)
 * - `lost`, `timeout`: it is unknown what the service did
 * - `closed`: this client was closed
 */
export type LossKind = 'connect' | 'unresolved' | 'untrusted' | 'lost' | 'timeout' | 'closed'

const timeouts = new Set(['UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT'])
const closures = new Set(['UND_ERR_CLOSED', 'UND_ERR_DESTROYED'])
const connects = new Set([
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EHOSTDOWN',
  'EADDRNOTAVAIL',
  'EAI_AGAIN',
])
const certificate =
  /^(CERT_|CRL_|ERROR_IN_CERT_|ERROR_IN_CRL_|INVALID_(CA|PURPOSE)$|PATH_LENGTH_|HOSTNAME_|ERR_TLS_|ERR_SSL_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|EPROTO$)/

/*
 * What the network does to Node (sockets, name servers, TLS, streams that end early) and to undici. Anything else is an
 * error of a program: an argument, a module, a permission or a mock is wrong, whatever the network does.
 */
const network = [
  /^E(CONN|HOST|NET|ADDRNOTAVAIL|AI_|PIPE$|TIME|CANCELLED$|NOTFOUND$|NODATA$|SERVFAIL$|REFUSED$|BAD(RESP|NAME|FAMILY|QUERY)$|FORMERR$|NONAME$)/,
  /^(ERR_(OSSL|SOCKET|STREAM|HTTP)|HPE_)/,
  /^UND_ERR_(CONNECT|HEADERS|BODY|ABORT|SOCK|CLOSED|DESTROYED|INFO|RES|REQ_RETRY|PRX|SOCKS5)/,
  certificate,
]
const networkCalls = /^(connect|read|write|shutdown|getaddrinfo|query)/

/** Whether it is no failure of the network, but of a program: it must be seen, and would only come again. */
export const isProgramming = (error: unknown): boolean => {
  if (!(error instanceof Error)) return true
  // undici's parser of HTTP has codes that it does not set.
  if (error.name === 'HTTPParserError') return false
  const { code, syscall } = error as NodeJS.ErrnoException
  const isNetwork =
    (typeof code === 'string' && network.some(codes => codes.test(code))) ||
    (typeof syscall === 'string' && networkCalls.test(syscall))
  return !isNetwork
}

/** Sorts what undici, the socket or TLS threw. An UND_ERR_ABORTED that is not ours comes from a refusing proxy. */
export const lossKind = (error: unknown, phase: 'head' | 'body'): LossKind => {
  const { code, syscall } = Object(error) as { code?: unknown; syscall?: unknown }
  if (typeof code !== 'string') return 'lost'
  if (phase === 'body') return timeouts.has(code) ? 'timeout' : closures.has(code) ? 'closed' : 'lost'
  if (isConnectTimeout(error)) return 'connect'
  if (timeouts.has(code)) return 'timeout'
  if (closures.has(code)) return 'closed'
  if (code === 'ENOTFOUND') return 'unresolved'
  if (connects.has(code) || syscall === 'connect' || code === 'UND_ERR_ABORTED') return 'connect'
  return certificate.test(code) ? 'untrusted' : 'lost'
}

const isConnectTimeout = (error: unknown): boolean =>
  Reflect.get(Object(error), 'code') === 'UND_ERR_CONNECT_TIMEOUT'

/** Whether the request certainly did not reach the service. */
export const wasNotSent = (error: TunnelRequestError): boolean =>
  error.code === 'ODPS_CONNECT_FAILED' || isConnectTimeout(error.cause)

const codes: Readonly<Record<LossKind, TunnelErrorCode>> = {
  connect: 'ODPS_CONNECT_FAILED',
  unresolved: 'ODPS_CONNECT_FAILED',
  untrusted: 'ODPS_CONNECT_FAILED',
  lost: 'ODPS_CONNECTION_LOST',
  timeout: 'ODPS_REQUEST_TIMEOUT',
  closed: 'ODPS_CONNECTION_LOST',
}

/** The error for a request without an answer, or whose answer was cut (`phase` body). */
export const requestError = (
  kind: LossKind,
  phase: 'head' | 'body',
  context: RequestContext,
  cause: unknown,
): TunnelRequestError => {
  forgetBytes(cause)
  const times = context.attempts > 1 ? ` It was sent ${context.attempts} times.` : ''
  const message = `${context.purpose}: ${describe(kind, phase, context, cause)}${times}`
  const code = isConnectTimeout(cause) ? 'ODPS_REQUEST_TIMEOUT' : codes[kind]
  return new TunnelRequestError(code, message, {
    method: context.method,
    path: context.path,
    attempts: context.attempts,
    retryable: kind !== 'closed' && kind !== 'untrusted',
    cause,
  })
}

/** undici keeps the bytes that its parser refused, which may be rows. */
const forgetBytes = (cause: unknown): void => {
  if (typeof cause === 'object' && cause !== null) Reflect.deleteProperty(cause, 'data')
}

const describe = (kind: LossKind, phase: 'head' | 'body', c: RequestContext, cause: unknown): string => {
  const why = wordOf(cause)
  switch (kind) {
    case 'connect':
    case 'unresolved':
      return `could not connect to ${c.host} (${why}). Check the endpoint; if you are behind a proxy, set the option dispatcher, or --proxy on the command line.`
    case 'untrusted':
      return `could not establish a trusted TLS connection to ${c.host} (${why}). Check the scheme of the endpoint and the certificates.`
    case 'timeout':
      return phase === 'head'
        ? `no response from ${c.host} within ${c.requestTimeoutMs} ms (requestTimeoutMs).`
        : `the response from ${c.host} stalled for ${c.requestTimeoutMs} ms (requestTimeoutMs).`
    case 'closed':
      return 'this client is closed; create a new Tunnel.'
    case 'lost':
      return phase === 'head'
        ? `the connection to ${c.host} broke before the response (${why}).`
        : `the connection to ${c.host} broke during the response (${why}).`
  }
}

/** A word, not the message: messages of lower layers may quote what was sent. */
const wordOf = (cause: unknown): string => {
  const { code, name } = Object(cause) as { code?: unknown; name?: unknown }
  return typeof code === 'string' ? code : typeof name === 'string' ? name : 'unknown'
}
