import { AbortError } from '../abort.js'
import { TunnelProtocolError } from '../errors.js'
import type { Clock } from './clock.js'
import type { Endpoint } from './endpoint.js'
import { SharedCall } from './shared-call.js'

/** Routes move seldom; protocol 1.2 wants some minutes. */
const lifeMs = 5 * 60_000

interface Route {
  readonly call: SharedCall<Endpoint>
  readonly askedAt: number
}

/** Asks the service for the text of `projects/{project}/tunnel?service`. */
export type AskRoute = (project: string, signal: AbortSignal) => Promise<string>

/** Finds the tunnel endpoint of a project and remembers it for 5 minutes. One per service endpoint and quota. */
export class TunnelRouter {
  readonly #routes = new Map<string, Route>()
  readonly #ask: AskRoute
  readonly #service: Endpoint
  readonly #clock: Pick<Clock, 'now'>

  constructor(service: Endpoint, ask: AskRoute, clock: Pick<Clock, 'now'>) {
    this.#service = service
    this.#ask = ask
    this.#clock = clock
  }

  async route(project: string, signal: AbortSignal | undefined): Promise<Endpoint> {
    const route = this.#current(project) ?? this.#lookUp(project)
    try {
      return await route.call.wait(signal)
    } catch (error) {
      // One who gave up must not cost the others their answer.
      const failed = !(error instanceof AbortError)
      if (failed && this.#routes.get(project) === route) this.#routes.delete(project)
      throw error
    }
  }

  /** After a failed connection: the next request asks again. */
  forget(project: string): void {
    this.#routes.delete(project)
  }

  #current(project: string): Route | undefined {
    const route = this.#routes.get(project)
    const usable = route !== undefined && !route.call.abandoned && this.#clock.now() - route.askedAt < lifeMs
    return usable ? route : undefined
  }

  #lookUp(project: string): Route {
    const ask = async (signal: AbortSignal): Promise<Endpoint> =>
      parseRoute(await this.#ask(project, signal), this.#service)
    const route = { call: new SharedCall(ask), askedAt: this.#clock.now() }
    this.#routes.set(project, route)
    return route
  }
}

/**
 * The answer is `host` or `host:port`; it gets the scheme of the service unless it has one (protocol 1.2). Where one of the
 * two says https it is https: what is signed and sent must not go out unencrypted because an answer says so.
 */
const parseRoute = (answer: string, service: Endpoint): Endpoint => {
  const text = answer.trim()
  const full = /^https?:\/\//i.test(text) ? text : `${new URL(service.origin).protocol}//${text}`
  const url = /^[^\s/]+$/.test(text.replace(/^https?:\/\//i, '').replace(/\/$/, ''))
    ? tryUrl(full)
    : undefined
  if (
    url === undefined ||
    url.username !== '' ||
    url.pathname !== '/' ||
    url.search !== '' ||
    url.hash !== ''
  )
    throw new TunnelProtocolError(
      'ODPS_UNEXPECTED_ANSWER',
      `Finding the tunnel endpoint: ${service.origin} answered with something that is not a host name. Check the endpoint, or set tunnelEndpoint.`,
    )
  if (service.origin.startsWith('https:')) url.protocol = 'https:'
  return { origin: url.origin, path: '' }
}

const tryUrl = (text: string): URL | undefined => (URL.canParse(text) ? new URL(text) : undefined)
