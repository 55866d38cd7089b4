import type { Dispatcher } from 'undici'
import { chunkBytes } from './budget/byte-budget.js'
import { anyOf, checkOptions, integer, listOf, type OptionSpec, objectOf, oneOf } from './check-options.js'
import { TunnelOptionError } from './errors.js'
import { type Clock, systemClock } from './http/clock.js'
import {
  type CredentialsInput,
  type CredentialsProvider,
  createCredentialsProvider,
  credentialsFromEnvironment,
} from './http/credentials.js'
import { TunnelClient } from './http/tunnel-client.js'
import { version } from './version.js'

/** How to reach a project. Options left out come from the environment. */
export interface TunnelOptions {
  /** Service endpoint, `https://…/api`. Environment: ODPS_ENDPOINT, MAXCOMPUTE_ENDPOINT. */
  readonly endpoint?: string | undefined
  /** Default project. Environment: ODPS_PROJECT, MAXCOMPUTE_PROJECT. */
  readonly project?: string | undefined
  /** Default schema, if the project uses schemas. Environment: ODPS_SCHEMA. */
  readonly schemaName?: string | undefined
  /** Tunnel endpoint; skips its discovery. Environment: ODPS_TUNNEL_ENDPOINT. */
  readonly tunnelEndpoint?: string | undefined
  /** Tunnel quota. Environment: ODPS_TUNNEL_QUOTA. */
  readonly quotaName?: string | undefined
  /**
   * An access key, a bearer token, a (possibly async) function that returns one, or an object with
   * `getCredential()`. Environment: ALIBABA_CLOUD_ACCESS_KEY_ID, ALIBABA_CLOUD_ACCESS_KEY_SECRET,
   * ALIBABA_CLOUD_SECURITY_TOKEN, ODPS_BEARER_TOKEN.
   */
  readonly credentials?: CredentialsInput | undefined
  /** Default `'v1'`. */
  readonly signatureVersion?: 'v1' | 'v4' | undefined
  /** For `'v4'`; default: from the endpoint. */
  readonly region?: string | undefined
  /** Longest idle time in each phase of a request, in milliseconds. Default 120 000. */
  readonly requestTimeoutMs?: number | undefined
  /** Default 8 attempts, 250 ms to 30 s apart (exponential, with full jitter), for 10 minutes. */
  readonly retry?: Partial<RetryOptions> | undefined
  /**
   * Bytes that all streams of this Tunnel may hold together: chunks read ahead, and blocks on their way. Besides, each stream
   * may hold the block that is growing, or the chunk that is being read. Default: no limit.
   */
  readonly memoryBytes?: number | undefined
  /**
   * Requests that this Tunnel has under way at once; the others wait for their turn. Default: as many as its streams want. Where
   * the service refuses some because there are too many, fewer are sent for a while.
   */
  readonly maxRequests?: number | undefined
  /** An undici Dispatcher, for instance an EnvHttpProxyAgent. You have to close it. */
  readonly dispatcher?: Dispatcher | undefined
  /** Text to put before the library's own user agent. */
  readonly userAgent?: string | undefined
  /** Tags of your choice that the service records with every request. */
  readonly tags?: readonly string[] | undefined
  /** Time and chance, for tests. */
  readonly clock?: Clock | undefined
}

/** How requests are repeated. Which ones may be is decided by what they do, and not by these. */
export interface RetryOptions {
  /** How many times a request is sent at most. Default 8. */
  readonly attempts: number
  /** The longest random wait before the first repeat, in milliseconds; twice as long before each further one. Default 250. */
  readonly minDelayMs: number
  /** Where that doubling ends, in milliseconds. Default 30 000. A longer wait that the service asks for is kept. */
  readonly maxDelayMs: number
  /** Nothing is retried later than this after its first failure, in milliseconds. Default 600 000. */
  readonly totalMs?: number | undefined
}

export const tunnelOptionSpec: OptionSpec = {
  endpoint: 'string',
  project: 'string',
  schemaName: 'string',
  tunnelEndpoint: 'string',
  quotaName: 'string',
  credentials: anyOf('object', 'function'),
  signatureVersion: oneOf('v1', 'v4'),
  region: 'string',
  requestTimeoutMs: integer(1),
  retry: objectOf({
    attempts: integer(1),
    minDelayMs: integer(0),
    maxDelayMs: integer(0),
    totalMs: integer(0),
  }),
  memoryBytes: integer(chunkBytes),
  maxRequests: integer(1),
  dispatcher: 'object',
  userAgent: 'string',
  tags: listOf('string'),
  clock: 'object',
}

type Environment = Readonly<Record<string, string | undefined>>

/** A client and the names that complete a table's name. */
export interface Connection {
  readonly client: TunnelClient
  readonly project: string | undefined
  readonly schemaName: string | undefined
}

/**
 * Checks the options, fills in the environment's and makes the client. Nothing is sent.
 * @throws TunnelOptionError ODPS_MISSING_ENDPOINT, ODPS_MISSING_CREDENTIALS, or what is wrong with an option
 */
export const connect = (options: TunnelOptions, environment: Environment = process.env): Connection => {
  checkOptions('Tunnel', options, tunnelOptionSpec)
  const fromEnvironment = (...names: string[]): string | undefined =>
    names.map(name => environment[name]).find(value => value !== undefined && value !== '')
  const clock = options.clock ?? systemClock
  const project = options.project ?? fromEnvironment('ODPS_PROJECT', 'MAXCOMPUTE_PROJECT')
  const client = new TunnelClient({
    endpoint: options.endpoint ?? fromEnvironment('ODPS_ENDPOINT', 'MAXCOMPUTE_ENDPOINT'),
    tunnelEndpoint: options.tunnelEndpoint ?? fromEnvironment('ODPS_TUNNEL_ENDPOINT'),
    project,
    quotaName: options.quotaName ?? fromEnvironment('ODPS_TUNNEL_QUOTA'),
    tags: options.tags,
    credentials: findCredentials(options.credentials, environment, clock),
    signatureVersion: options.signatureVersion ?? 'v1',
    region: options.region,
    requestTimeoutMs: options.requestTimeoutMs ?? 120_000,
    retry: { ...defaultRetry, ...definedOnly(options.retry) },
    ...{ memoryBytes: options.memoryBytes, maxRequests: options.maxRequests },
    dispatcher: options.dispatcher,
    userAgent: [options.userAgent, `odps-tunnel/${version} node/${process.versions.node}`].join(' ').trim(),
    clock,
  })
  return { client, project, schemaName: options.schemaName ?? fromEnvironment('ODPS_SCHEMA') }
}

const defaultRetry: RetryOptions = { attempts: 8, minDelayMs: 250, maxDelayMs: 30_000, totalMs: 600_000 }

/** `{ attempts: undefined }` counts as absent. */
const definedOnly = (retry: Partial<RetryOptions> = {}): Partial<RetryOptions> =>
  Object.fromEntries(Object.entries(retry).filter(([, value]) => value !== undefined))

const findCredentials = (
  given: CredentialsInput | undefined,
  environment: Environment,
  clock: Clock,
): CredentialsProvider => {
  const input = given ?? credentialsFromEnvironment(environment)
  if (input !== undefined) return createCredentialsProvider(input, clock)
  throw new TunnelOptionError(
    'ODPS_MISSING_CREDENTIALS',
    'No credentials: set the option credentials, or the environment variables ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET',
  )
}
