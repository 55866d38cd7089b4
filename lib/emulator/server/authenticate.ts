import { Refusal, unauthorized } from './refusal.js'
import { isSignedBy, parseAuthorization, type SignedParts } from './signature.js'

/** Who may come in. With `securityToken` the pair is a temporary one and the token must come along. */
export type EmulatorCredentials =
  | { readonly accessKeyId: string; readonly accessKeySecret: string; readonly securityToken?: string }
  | { readonly bearerToken: string }

/** The service's limit of the difference between clocks (protocol 11.1). */
const maxSkewMs = 15 * 60 * 1000

/**
 * Refuses a request that no listed credentials have signed, or whose date is too far away.
 * @throws Refusal Unauthorized, SignatureNotMatch, RequestTimeTooSkewd
 */
export const authenticate = (
  parts: SignedParts,
  credentials: readonly EmulatorCredentials[],
  now: number,
): void => {
  const bearerToken = parts.headers['x-odps-bearer-token']
  if (bearerToken !== undefined && parts.headers.authorization === undefined) {
    if (!credentials.some(known => 'bearerToken' in known && known.bearerToken === bearerToken))
      throw unauthorized('The bearer token is not known to this service.')
    return
  }
  checkSignature(parts, credentials)
  checkDate(parts.headers.date, now)
}

const checkSignature = (parts: SignedParts, credentials: readonly EmulatorCredentials[]): void => {
  const authorization = parseAuthorization(parts.headers.authorization ?? '')
  if (authorization === undefined)
    throw unauthorized('The request authorization header is invalid or missing.')
  const token = parts.headers['authorization-sts-token']
  const candidates = credentials
    .filter(known => 'accessKeyId' in known)
    .filter(known => known.accessKeyId === authorization.accessKeyId)
  if (candidates.length === 0)
    throw new Refusal(
      401,
      'InvalidAuthorization',
      'ODPS-0410051: Invalid credentials - accessKeyId not found.',
    )
  const signer = candidates.find(known => isSignedBy(parts, authorization, known.accessKeySecret))
  if (signer === undefined)
    throw new Refusal(
      401,
      'SignatureNotMatch',
      'The request signature we calculated does not match the signature you provided.',
    )
  if (signer.securityToken !== token)
    throw unauthorized('The security token of the request is invalid or missing.')
}

/** The code is spelled as the service does; the text is nothing but pairs, for clients take it apart (protocol 11.2). */
const checkDate = (header: string | undefined, now: number): void => {
  const date = Date.parse(header ?? '')
  if (Math.abs(now - date) <= maxSkewMs) return
  const expires = new Date((Number.isNaN(date) ? 0 : date) + maxSkewMs)
  throw new Refusal(
    401,
    'RequestTimeTooSkewd',
    `max_interval_date:${maxSkewMs},expire_date:${expires.toISOString()},now_date:${new Date(now).toISOString()}`,
  )
}
