import {
  anyOf,
  checkOptions,
  integer,
  listOf,
  type OptionCheck,
  objectOf,
  someNames,
} from '../check-options.js'
import { TunnelOptionError } from '../errors.js'
import { timeZoneOf } from '../values/time-zone.js'
import { faultSource } from './check-faults.js'
import type { EmulatorClock } from './clock.js'
import type { FaultSource } from './fault.js'
import type { QuerySource } from './queries.js'
import type { EmulatorCredentials } from './server/authenticate.js'

/** Options of {@link startEmulator}. */
export interface EmulatorOptions {
  /** False opens no port: requests come through `emulator.dispatcher` alone. Default true. */
  readonly listen?: boolean | undefined
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
  /**
   * `odps.sql.timezone` of the projects: the zone that text results tell DATETIME and TIMESTAMP in, unless the query sets
   * another. Default `'UTC'`.
   */
  readonly timeZone?: string | undefined
  /** Answers to queries for tests: a list of SQL with its rows or error, or a function. They come before the emulator's own SELECT. */
  readonly queries?: QuerySource | undefined
  /** Trouble for tests. */
  readonly faults?: FaultSource | undefined
  /** A connection on which nothing moves for so long is closed, a transfer included. Default 300 000. */
  readonly idleTimeoutMs?: number | undefined
  /** Gets a line for every request and event. */
  readonly log?: ((line: string) => void) | undefined
  /**
   * Epoch milliseconds, for tests of sessions that expire and clocks that differ; or `{ now, sleep, random }`, which faults wait by,
   * durations are measured by and ids are made of, too. Default `Date.now`, and the machine's timers and chance.
   */
  readonly clock?: EmulatorClock | (() => number) | undefined
}

const bearerToken = objectOf({ bearerToken: 'string' })
const accessKey = objectOf({ accessKeyId: 'string', accessKeySecret: 'string', securityToken: 'string' })

const credential: OptionCheck = (value, path, found) => {
  const keys = typeof value === 'object' && value !== null ? Object.keys(value) : []
  if (keys.includes('bearerToken')) return bearerToken(value, path, found)
  if (keys.includes('accessKeyId') && keys.includes('accessKeySecret')) return accessKey(value, path, found)
  return 'an object with accessKeyId and accessKeySecret, or with bearerToken'
}

const zone: OptionCheck = value => {
  try {
    if (typeof value === 'string' && timeZoneOf(value)) return undefined
  } catch {}
  return "a time zone like 'Asia/Shanghai', 'UTC' or '+08:00'"
}

const clock: OptionCheck = value => {
  if (typeof value === 'function') return undefined
  const methods = ['now', 'sleep', 'random'] as const
  const isClock = methods.every(name => typeof Reflect.get(Object(value), name) === 'function')
  return isClock ? undefined : 'a function, or an object with now, sleep and random'
}

/** What is in it is checked where it is made ready. */
const queryList: OptionCheck = value => (Array.isArray(value) ? undefined : 'a list of rules')

const spec = {
  listen: 'boolean',
  port: integer(0, 65535),
  host: 'string',
  dataDir: 'string',
  credentials: anyOf(listOf(credential), credential),
  projects: someNames,
  timeZone: zone,
  queries: anyOf('function', queryList),
  faults: faultSource,
  idleTimeoutMs: integer(1),
  log: 'function',
  clock,
} as const

/** @throws TunnelOptionError */
export const checkEmulatorOptions = (options: EmulatorOptions): void => {
  checkOptions('startEmulator', options, spec)
  if (options.dataDir === '')
    throw new TunnelOptionError(
      'ODPS_INVALID_OPTION',
      'startEmulator: dataDir must be a path, got empty text',
    )
  const socketOption = (['port', 'host', 'idleTimeoutMs'] as const).find(key => options[key] !== undefined)
  if (options.listen === false && socketOption !== undefined)
    throw new TunnelOptionError(
      'ODPS_INVALID_OPTION',
      `startEmulator: ${socketOption} belongs to a port, and listen: false opens none; leave one of them out`,
    )
}
