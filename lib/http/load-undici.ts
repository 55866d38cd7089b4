import type { Agent, Dispatcher } from 'undici'
import { TunnelOptionError } from '../errors.js'

/** What this library uses of undici. */
export interface UndiciParts {
  readonly Agent: typeof Agent
  readonly request: (
    dispatcher: Dispatcher,
    options: Dispatcher.RequestOptions,
  ) => Promise<Dispatcher.ResponseData>
}

type Request = (this: Dispatcher, options: Dispatcher.RequestOptions) => Promise<Dispatcher.ResponseData>

/* Files that the types of undici leave out. */
const agentFile = 'undici/lib/dispatcher/agent.js'
const requestFile = 'undici/lib/api/api-request.js'

/**
 * Loads the two parts alone: they take a third of the time that the package's index takes, which is half of what it
 * takes to start this library. Where they cannot be had (another undici, a bundle), the index serves.
 */
export const loadUndici = async (): Promise<UndiciParts> => {
  try {
    const [agent, request] = await Promise.all([defaultOf(agentFile), defaultOf(requestFile)])
    return {
      Agent: agent as typeof Agent,
      request: (dispatcher, options) => (request as Request).call(dispatcher, options),
    }
  } catch {
    return loadIndex()
  }
}

const loadIndex = async (): Promise<UndiciParts> => {
  try {
    const { Agent } = await import('undici')
    return { Agent, request: (dispatcher, options) => dispatcher.request(options) }
  } catch (cause) {
    throw new TunnelOptionError(
      'ODPS_MISSING_PACKAGE',
      'The package undici, which sends all requests, could not be loaded; its error is the cause of this one. Install odps-tunnel again with its dependencies.',
      { cause },
    )
  }
}

const defaultOf = async (file: string): Promise<unknown> =>
  ((await import(file)) as { default: unknown }).default
