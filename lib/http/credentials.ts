import { TunnelOptionError } from '../errors.js'
import type { Clock } from './clock.js'

/** `securityToken` belongs to temporary (STS) keys. */
export interface AccessKeyCredentials {
  readonly accessKeyId: string
  readonly accessKeySecret: string
  readonly securityToken?: string
}

/** A token that stands for a user. */
export interface BearerCredentials {
  readonly bearerToken: string
}

export type Credentials = AccessKeyCredentials | BearerCredentials

/** What a credentials function or `getCredential()` may give: one of the two kinds, empty fields ignored. */
export interface CredentialsAnswer {
  readonly accessKeyId?: string | null | undefined
  readonly accessKeySecret?: string | null | undefined
  readonly securityToken?: string | null | undefined
  readonly bearerToken?: string | null | undefined
  /** When they end: Date, ISO text or epoch milliseconds. They are then kept until 5 minutes before. */
  readonly expiration?: Date | string | number | null | undefined
}

/** The shape of the default export of `@alicloud/credentials`. */
export interface CredentialsSource {
  getCredential(): CredentialsAnswer | Promise<CredentialsAnswer>
}

/** Keys, a token, or where to get them from; those with an `expiration` are kept until shortly before it. */
export type CredentialsInput =
  | CredentialsAnswer
  | (() => CredentialsAnswer | Promise<CredentialsAnswer>)
  | CredentialsSource

export interface CredentialsProvider {
  /** Credentials for one request. Calls at the same time share one question to the source. */
  get(): Promise<Credentials>
  /** After the service called `used` expired: forgets them. False when there is no source to ask again. */
  renew(used: Credentials): boolean
}

/** They are asked for again this long before they end. */
const marginMs = 5 * 60_000

/**
 * Fixed credentials are checked at once; a function or an object with `getCredential()` is asked for every request.
 * @throws TunnelOptionError ODPS_MISSING_CREDENTIALS
 */
export const createCredentialsProvider = (
  input: CredentialsInput,
  clock: Pick<Clock, 'now'>,
): CredentialsProvider => {
  if (typeof input === 'function') return askingProvider(async () => input(), clock)
  if (isSource(input)) return askingProvider(async () => input.getCredential(), clock)
  const fixed = readCredentials(input, 'credentials')
  return { get: async () => fixed, renew: () => false }
}

const isSource = (input: object): input is CredentialsSource =>
  input !== null && 'getCredential' in input && typeof input.getCredential === 'function'

const askingProvider = (
  ask: () => Promise<CredentialsAnswer>,
  clock: Pick<Clock, 'now'>,
): CredentialsProvider => {
  let kept: { readonly credentials: Credentials; readonly until: number } | undefined
  let asking: Promise<Credentials> | undefined
  const askOnce = async (): Promise<Credentials> => {
    const answer = await askSource(ask)
    const credentials = readCredentials(answer, 'the credentials function')
    const until = readExpiration(answer.expiration) - marginMs
    kept = until > clock.now() ? { credentials, until } : undefined
    return credentials
  }
  return {
    get: async () => {
      if (kept !== undefined && kept.until > clock.now()) return kept.credentials
      asking ??= askOnce().finally(() => {
        asking = undefined
      })
      return asking
    },
    renew: used => {
      if (kept?.credentials === used) kept = undefined
      return true
    },
  }
}

const askSource = async (ask: () => Promise<CredentialsAnswer>): Promise<CredentialsAnswer> => {
  try {
    return await ask()
  } catch (cause) {
    // The text of the cause is not repeated: nobody knows what it holds.
    const message = 'The credentials function failed; its error is the cause of this one'
    throw new TunnelOptionError('ODPS_MISSING_CREDENTIALS', message, { cause })
  }
}

const readCredentials = (answer: CredentialsAnswer, from: string): Credentials => {
  if (typeof answer !== 'object' || answer === null) throw missing(`${from} did not return an object`)
  const { accessKeyId, accessKeySecret, securityToken, bearerToken } = answer
  if (accessKeyId || accessKeySecret) {
    const token = securityToken ? headerText(securityToken, 'securityToken', from) : undefined
    if (typeof accessKeySecret !== 'string' || accessKeySecret === '')
      throw missing(`${from}: no accessKeySecret`)
    const id = headerText(accessKeyId, 'accessKeyId', from)
    return { accessKeyId: id, accessKeySecret, ...(token !== undefined && { securityToken: token }) }
  }
  if (bearerToken) return { bearerToken: headerText(bearerToken, 'bearerToken', from) }
  throw missing(`${from}: neither accessKeyId and accessKeySecret nor bearerToken`)
}

/** It goes into a header, where a line end would be a hole. */
const headerText = (value: unknown, name: string, from: string): string => {
  if (typeof value !== 'string' || value === '') throw missing(`${from}: no ${name}`)
  if (!/^[\x21-\x7e]+$/.test(value))
    throw missing(`${from}: ${name} contains blanks or characters that are not allowed in a header`)
  return value
}

const readExpiration = (value: CredentialsAnswer['expiration']): number => {
  if (value === undefined || value === null) return Number.NEGATIVE_INFINITY
  const at = new Date(value).getTime()
  return Number.isNaN(at) ? Number.NEGATIVE_INFINITY : at
}

/** From ALIBABA_CLOUD_ACCESS_KEY_ID, _SECRET and ALIBABA_CLOUD_SECURITY_TOKEN, or ODPS_BEARER_TOKEN. */
export const credentialsFromEnvironment = (
  env: Readonly<Record<string, string | undefined>>,
): Credentials | undefined => {
  const accessKeyId = env['ALIBABA_CLOUD_ACCESS_KEY_ID']?.trim()
  const accessKeySecret = env['ALIBABA_CLOUD_ACCESS_KEY_SECRET']?.trim()
  const securityToken = env['ALIBABA_CLOUD_SECURITY_TOKEN']?.trim()
  const bearerToken = env['ODPS_BEARER_TOKEN']?.trim()
  if (!accessKeyId && !accessKeySecret && !bearerToken) return undefined
  return readCredentials({ accessKeyId, accessKeySecret, securityToken, bearerToken }, 'the environment')
}

const missing = (what: string): TunnelOptionError =>
  new TunnelOptionError(
    'ODPS_MISSING_CREDENTIALS',
    `No credentials: ${what}; set the option credentials, or ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET`,
  )
