/*
 * Every top-level function takes `tunnel`, or the options of a connection beside its own. The class Tunnel stands above
 * the functions, so they cannot import it: they know a Tunnel by a symbol under which it carries its connection. The
 * symbol names the version, so that a Tunnel of another copy of the package serves if it is the same code, and is
 * refused if it isn't.
 */
import { checkOptions, type OptionCheck, type OptionSpec } from './check-options.js'
import { TunnelOptionError } from './errors.js'
import { type Connection, connect, type TunnelOptions, tunnelOptionSpec } from './options.js'
import { taken } from './taken-options.js'
import { version } from './version.js'

export const connectionKey: unique symbol = Symbol.for(`odps-tunnel ${version} connection`)

/** A Tunnel, as the functions below it know it. Its type says nothing of what a connection is. */
export interface Connected {
  readonly [connectionKey]: object
}

/** The options of a top-level function: its own, and either a Tunnel or how to connect. */
export type WithConnection<Options> = Options & TunnelOptions & { readonly tunnel?: Connected | undefined }

/** What a top-level function works with. */
export interface ResolvedConnection<Options> {
  readonly connection: Connection
  /** The function's own, without those that are undefined. */
  readonly own: Options
  /** Closes the connection if it was made for this call. To be called once all is over. */
  readonly release: () => Promise<void>
}

/**
 * Checks the options of a top-level function and takes them apart.
 *
 * @param where the function, for messages
 * @param spec the function's own options; some may be those of a connection too
 * @throws TunnelOptionError for what is wrong with an option, and for options of a connection beside a Tunnel
 */
export const resolveConnection = <Options extends object>(
  where: string,
  options: WithConnection<Options>,
  spec: OptionSpec,
): ResolvedConnection<Options> => {
  checkOptions(where, options, { ...tunnelOptionSpec, ...spec, tunnel: isConnected })
  const given = Object.entries(options ?? {}).filter(([, value]) => value !== undefined)
  // What only the command line sets has symbols for keys.
  const inner = Object.getOwnPropertySymbols(options ?? {}).map(
    key => [key, (options as Record<symbol, unknown>)[key]] as const,
  )
  const entries = [...given.filter(([key]) => Object.hasOwn(spec, key)), ...inner]
  const own = taken(Object.fromEntries(entries) as Options)
  const connecting = given.filter(([key]) => Object.hasOwn(tunnelOptionSpec, key))
  if (options?.tunnel === undefined) {
    const connection = connect(Object.fromEntries(connecting))
    return { connection, own, release: () => connection.client.close() }
  }
  const doubtful = connecting.find(([key]) => !Object.hasOwn(spec, key))
  if (doubtful !== undefined)
    throw new TunnelOptionError(
      'ODPS_INVALID_OPTION',
      `${where}: ${doubtful[0]} is an option of the Tunnel; don't pass it together with tunnel`,
    )
  const connection = connectionOf(options.tunnel)
  return { connection, own, release: async () => {} }
}

/** The connection that a Tunnel carries. */
export const connectionOf = (tunnel: Connected): Connection => tunnel[connectionKey] as Connection

/** For options that take a Tunnel. */
export const isConnected: OptionCheck = value =>
  typeof value === 'object' && value !== null && connectionKey in value
    ? undefined
    : `a Tunnel of odps-tunnel ${version}`
