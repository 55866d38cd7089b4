import type { Dispatcher } from 'undici'
import type { Credentials } from './credentials.js'
import type { Endpoint } from './endpoint.js'
import type { RequestSpec } from './request-spec.js'
import type { Sign } from './signature.js'

/*
 * What goes on the wire for one sending: query, headers, body in chunks, signature. Everything that a signature covers
 * is put together here and not changed afterwards, because a header added later would make the service refuse the
 * request as forged.
 */

/** What a client puts on every request. */
export interface RequestDefaults {
  /** Sent as `curr_project`; else the project of the request is. */
  readonly project: string | undefined
  readonly quotaName?: string | undefined
  readonly tags?: readonly string[] | undefined
  readonly userAgent: string
  readonly requestTimeoutMs: number
}

export interface SigningInput {
  readonly spec: RequestSpec
  readonly endpoint: Endpoint
  readonly credentials: Credentials
  readonly options: RequestDefaults
  readonly sign: Sign
  /** Epoch milliseconds by the service's clock. */
  readonly now: number
}

export interface SignedRequest {
  readonly request: Dispatcher.RequestOptions
  /** What must not appear in a message: the credentials and what was made from them. */
  readonly secrets: readonly string[]
}

/** A block goes out in chunks of this size, as views. */
const chunkBytes = 256 * 1024

export const signRequest = ({
  spec,
  endpoint,
  credentials,
  options,
  sign,
  now,
}: SigningInput): SignedRequest => {
  const query = queryOf(spec, options)
  const headers = headersOf(spec, options, now)
  const path = `/${spec.path.join('/')}`
  const signed = sign({ method: spec.method, path, query, headers }, credentials, now)
  const request: Dispatcher.RequestOptions = {
    origin: endpoint.origin,
    path: encodeUrl(endpoint, spec.path, query),
    method: spec.method,
    headers: { ...headers, ...signed },
    // An iterable goes out chunked, as every client sends blocks (protocol 3.4); undici's types leave it out.
    body: spec.body === undefined ? null : (inChunks(spec.body) as Iterable<Uint8Array> as Buffer),
    headersTimeout: options.requestTimeoutMs,
    bodyTimeout: options.requestTimeoutMs,
  }
  return { request, secrets: secretsOf(credentials, signed) }
}

const queryOf = (
  spec: RequestSpec,
  { quotaName, project = spec.project }: RequestDefaults,
): Record<string, string> => ({
  ...spec.query,
  ...(spec.target === 'tunnel' && quotaName !== undefined && { quotaName }),
  curr_project: project,
})

/** Version 6 lets the service put metrics into the footer of a download (protocol 3.1). */
const tunnelHeaders = {
  'x-odps-tunnel-version': '6',
  'odps-tunnel-date-transform': 'v1',
  'odps-tunnel-sdk-support-schema-evolution': 'true',
}

const headersOf = (
  spec: RequestSpec,
  { userAgent, tags }: RequestDefaults,
  now: number,
): Record<string, string> => ({
  Date: new Date(now).toUTCString(),
  'User-Agent': userAgent,
  'x-odps-user-agent': userAgent,
  // Anything else may be taken as a wish for compression (protocol 5.1).
  'Accept-Encoding': 'identity',
  ...(spec.target === 'tunnel' && tunnelHeaders),
  ...(spec.target === 'tunnel' && tags?.length && { 'odps-tunnel-tags': tags.join(',') }),
  ...spec.headers,
})

const encodeUrl = (
  endpoint: Endpoint,
  path: readonly string[],
  query: Readonly<Record<string, string>>,
): string => {
  const segments = [...endpoint.path.split('/').filter(Boolean), ...path].map(encodeURIComponent)
  const params = Object.entries(query).map(([name, value]) =>
    value === '' ? encodeURIComponent(name) : `${encodeURIComponent(name)}=${encodeURIComponent(value)}`,
  )
  return `/${segments.join('/')}?${params.join('&')}`
}

function* inChunks(parts: readonly Uint8Array[]): Generator<Uint8Array, void, undefined> {
  for (const part of parts)
    for (let at = 0; at < part.length; at += chunkBytes) yield part.subarray(at, at + chunkBytes)
}

const secretsOf = (credentials: Credentials, signed: Readonly<Record<string, string>>): string[] => {
  const authorization = signed['Authorization'] ?? ''
  const signature = authorization.slice(authorization.lastIndexOf(':') + 1)
  return [...Object.values<string | undefined>({ ...credentials }), signature].filter(
    text => text !== undefined && text.length > 3,
  ) as string[]
}
