import { anyOf, checkOptions, integer, listOf, type OptionRule, objectOf } from '../check-options.js'
import { TunnelOptionError } from '../errors.js'
import type { FaultSource } from './fault.js'
import type { EmulatorCredentials } from './server/authenticate.js'

export interface EmulatorOptions {
  /** Default 0: any free one. */
  readonly port?: number | undefined
  /** Address to listen on. Default `'127.0.0.1'`. */
  readonly host?: string | undefined
  /** Keeps committed tables in this directory. Default: memory only. */
  readonly dataDir?: string | undefined
  /** When given, every request must be signed by one of them. Default: nothing is checked. */
  readonly credentials?: EmulatorCredentials | readonly EmulatorCredentials[] | undefined
  /** The projects there are. Default: any name is one. */
  readonly projects?: readonly string[] | undefined
  /** Trouble for tests. */
  readonly faults?: FaultSource | undefined
  /** A connection on which nothing moves for so long is closed, a transfer included. Default 300 000. */
  readonly idleTimeoutMs?: number | undefined
  /** Gets a line for every request and event. */
  readonly log?: ((line: string) => void) | undefined
  /** Epoch milliseconds; for tests of sessions that expire and clocks that differ. Default `Date.now`. */
  readonly clock?: (() => number) | undefined
}

const bearerToken = objectOf({ bearerToken: 'string' })
const accessKey = objectOf({ accessKeyId: 'string', accessKeySecret: 'string', securityToken: 'string' })

const credential: OptionRule = (value, path) => {
  const keys = typeof value === 'object' && value !== null ? Object.keys(value) : []
  if (keys.includes('bearerToken')) return bearerToken(value, path)
  if (keys.includes('accessKeyId') && keys.includes('accessKeySecret')) return accessKey(value, path)
  return 'an object with accessKeyId and accessKeySecret, or with bearerToken'
}

const faultSteps = objectOf({
  delayMs: integer(0),
  status: integer(200, 599),
  code: 'string',
  message: 'string',
  headers: 'object',
  body: 'string',
  cutRequestAfter: integer(0),
  cutBodyAfter: integer(0),
  stallBodyAfter: integer(0),
  corruptBodyAt: integer(0),
})

const faultRule = objectOf({
  action: 'string',
  method: 'string',
  table: 'string',
  blockId: integer(0),
  after: integer(0),
  times: integer(1),
  fault: anyOf('string', faultSteps),
})

/** Also what `setFaults` takes. */
export const faultSource = anyOf('function', listOf(faultRule))

const spec = {
  port: integer(0, 65535),
  host: 'string',
  dataDir: 'string',
  credentials: anyOf(listOf(credential), credential),
  projects: listOf('string'),
  faults: faultSource,
  idleTimeoutMs: integer(1),
  log: 'function',
  clock: 'function',
} as const

/** @throws TunnelOptionError */
export const checkEmulatorOptions = (options: EmulatorOptions): void => {
  checkOptions('startEmulator', options, spec)
  if (options.dataDir === '')
    throw new TunnelOptionError(
      'ODPS_INVALID_OPTION',
      'startEmulator: dataDir must be a path, got empty text',
    )
}
