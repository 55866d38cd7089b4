import type { Agent, Dispatcher } from 'undici'
import { TunnelOptionError } from '../errors.js'
import { loadOnce } from '../load-once.js'

/** What this library uses of undici. */
export interface UndiciParts {
  readonly Agent: typeof Agent
  readonly request: (
    dispatcher: Dispatcher,
    options: Dispatcher.RequestOptions,
  ) => Promise<Dispatcher.ResponseData>
}

/**
 * Loads the two parts alone: they take a third of the time that the package's index takes, which is half of what it
 * takes to start this library. Where they cannot be had (another undici), the index serves. They are named
 * here, and not computed, for bundlers to take them in.
 */
export const loadUndici = loadOnce(async (): Promise<UndiciParts> => {
  try {
    const [agent, request] = await Promise.all([
      import('undici/lib/dispatcher/agent.js'),
      import('undici/lib/api/api-request.js'),
    ])
    return {
      Agent: agent.default,
      request: (dispatcher, options) => request.default.call(dispatcher, options),
    }
  } catch {
    return loadIndex()
  }
})

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
