import type { BearerTokens } from './bearer-tokens.js'
import { ServiceRefusal, unauthorized } from './service-refusal.js'
import { isSignedBy, parseAuthorization, type SignedParts } from './verify-signature.js'

/** Who may come in. With `securityToken` the pair is a temporary one and the token must come along. */
export type EmulatorCredentials =
  | { readonly accessKeyId: string; readonly accessKeySecret: string; readonly securityToken?: string }
  | { readonly bearerToken: string }

/** The service's limit of the difference between clocks (protocol 11.1). */
const maxSkewMs = 15 * 60 * 1000

/**
 * Refuses a request that no listed credentials have signed, or whose date is too far away.
 * @param tokens those the emulator has signed itself
 * @throws ServiceRefusal Unauthorized, SignatureNotMatch, RequestTimeTooSkewd
 */
export const authenticate = (
  parts: SignedParts,
  credentials: readonly EmulatorCredentials[],
  tokens: BearerTokens,
  now: number,
): void => {
  const bearerToken = headerOf(parts, 'x-odps-bearer-token')
  if (bearerToken !== undefined && headerOf(parts, 'authorization') === undefined) {
    const isListed = credentials.some(known => 'bearerToken' in known && known.bearerToken === bearerToken)
    if (!isListed && !tokens.accepts(bearerToken, now))
      throw unauthorized('The bearer token is not known to this service, or it has expired.')
    return
  }
  checkSignature(parts, credentials)
  checkDate(parts.headers.date, now)
}

/** An empty header is one that is not there: some clients send every header they know. */
const headerOf = ({ headers }: SignedParts, name: string): string | undefined => {
  const value = headers[name]
  return typeof value === 'string' && value !== '' ? value : undefined
}

const checkSignature = (parts: SignedParts, credentials: readonly EmulatorCredentials[]): void => {
  const authorization = parseAuthorization(headerOf(parts, 'authorization') ?? '')
  if (authorization === undefined)
    throw unauthorized('The request authorization header is invalid or missing.')
  const token = headerOf(parts, 'authorization-sts-token')
  const candidates = credentials
    .filter(known => 'accessKeyId' in known)
    .filter(known => known.accessKeyId === authorization.accessKeyId)
  if (candidates.length === 0)
    throw new ServiceRefusal(
      401,
      'InvalidAuthorization',
      'ODPS-0410051: Invalid credentials - accessKeyId not found.',
    )
  const signer = candidates.find(known => isSignedBy(parts, authorization, known.accessKeySecret))
  if (signer === undefined)
    throw new ServiceRefusal(
      401,
      'SignatureNotMatch',
      'The request signature we calculated does not match the signature you provided.',
    )
  if ((signer.securityToken || undefined) !== token)
    throw unauthorized('The security token of the request is invalid or missing.')
}

/** The code is spelled as the service does; the text is nothing but pairs, for clients take it apart (protocol 11.2). */
const checkDate = (header: string | undefined, now: number): void => {
  const date = Date.parse(header ?? '')
  if (Math.abs(now - date) <= maxSkewMs) return
  const expires = (Number.isNaN(date) ? 0 : date) + maxSkewMs
  throw new ServiceRefusal(
    401,
    'RequestTimeTooSkewd',
    `max_interval_date:${maxSkewMs},expire_date:${formatInstant(expires)},now_date:${formatInstant(now)}`,
  )
}

/** The last instants that a header can name are, some minutes later, beyond what a Date holds. */
const lastDate = 8_640_000_000_000_000

const formatInstant = (ms: number): string => new Date(Math.min(ms, lastDate)).toISOString()
