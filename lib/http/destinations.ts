import { publishInsecure } from '../diagnostics.js'
import { TunnelOptionError } from '../errors.js'
import type { Clock } from './clock.js'
import { type Endpoint, isExposed, parseEndpoint } from './endpoint.js'
import type { RequestSpec } from './request-spec.js'
import { TunnelRouter } from './tunnel-router.js'

/*
 * There are two services, and the second is found by asking the first. A request only says which of the two it is for; the
 * project it belongs to decides where that is. What was found serves all requests, so what it costs (its repeats) is
 * told to everyone who waits for it.
 */

/** What is known of a request before it is sent. */
export type RequestPlace = Pick<RequestSpec, 'method' | 'target' | 'path' | 'project' | 'onRetry'>

interface DestinationOptions {
  readonly endpoint: string | undefined
  readonly tunnelEndpoint: string | undefined
  readonly quotaName?: string | undefined
}

/** Where the requests of one client go. */
export class Destinations {
  readonly #service: Endpoint | undefined
  readonly #tunnel: Endpoint | undefined
  readonly #router: TunnelRouter | undefined
  readonly #quotaName: string | undefined
  readonly #askService: (spec: RequestSpec) => Promise<string>
  /** Requests that wait for the route of their project. */
  readonly #routing = new Set<RequestSpec>()
  /** The host that the latest request of a project to the tunnel went to. */
  readonly #tunnelHosts = new Map<string, string>()
  readonly #exposed = new Set<string>()

  /**
   * @param askService sends a request to the service, and resolves to the text of its answer
   * @throws TunnelOptionError for an endpoint that is no URL, or none at all
   */
  constructor(
    options: DestinationOptions,
    clock: Pick<Clock, 'now'>,
    askService: (spec: RequestSpec) => Promise<string>,
  ) {
    const { endpoint, tunnelEndpoint, quotaName } = options
    this.#quotaName = quotaName
    this.#askService = askService
    this.#service = endpoint === undefined ? undefined : parseEndpoint(endpoint, 'endpoint')
    this.#tunnel = tunnelEndpoint === undefined ? undefined : parseEndpoint(tunnelEndpoint, 'tunnelEndpoint')
    if (this.#service === undefined && this.#tunnel === undefined) throw missingEndpoint()
    this.#router = this.#service && new TunnelRouter(this.#service, this.#askRoute, clock)
  }

  /** Whether requests to the service, not only to the tunnel, can be made. */
  get hasService(): boolean {
    return this.#service !== undefined
  }

  /** @throws TunnelOptionError ODPS_MISSING_ENDPOINT, and what the search for the tunnel fails with */
  async of(spec: RequestSpec): Promise<Endpoint> {
    const endpoint = await this.#find(spec)
    const { host } = new URL(endpoint.origin)
    if (spec.target === 'tunnel') this.#tunnelHosts.set(spec.project, host)
    return endpoint
  }

  /** Nothing was reached there, so the next request of the project looks for its tunnel again. */
  forget({ target, project }: RequestSpec): void {
    if (target === 'tunnel') this.#router?.forget(project)
  }

  /** For messages, also of a request that isn't sent yet; the host is empty where nothing was asked so far. */
  placeOf({ target, path, project }: RequestPlace): { readonly host: string; readonly path: string } {
    const endpoint = target === 'service' ? this.#service : this.#tunnel
    const host = endpoint === undefined ? this.#tunnelHosts.get(project) : new URL(endpoint.origin).host
    return { host: host ?? '', path: `${endpoint?.path ?? ''}/${path.join('/')}` }
  }

  /** Tells once of each endpoint that is another machine and takes signed requests unencrypted. */
  warnIfExposed(endpoint: Endpoint): void {
    if (this.#exposed.has(endpoint.origin) || !isExposed(endpoint)) return
    this.#exposed.add(endpoint.origin)
    publishInsecure(() => ({ host: new URL(endpoint.origin).host }))
  }

  async #find(spec: RequestSpec): Promise<Endpoint> {
    if (spec.target === 'tunnel' && this.#tunnel !== undefined) return this.#tunnel
    if (this.#service === undefined || this.#router === undefined) throw missingEndpoint()
    if (spec.target === 'service') return this.#service
    this.#routing.add(spec)
    try {
      return await this.#router.route(spec.project, spec.signal)
    } finally {
      this.#routing.delete(spec)
    }
  }

  readonly #askRoute = async (project: string, signal: AbortSignal): Promise<string> => {
    const quotaName = this.#quotaName
    const query = { service: '', ...(quotaName !== undefined && { quotaName }) }
    const purpose = `Finding the tunnel endpoint of project ${project}`
    const path = ['projects', project, 'tunnel']
    const spec: RequestSpec = {
      purpose,
      target: 'service',
      method: 'GET',
      path,
      project,
      query,
      repeat: 'safe',
      signal,
      // All who wait for the route wait for its repeats; one stream may wait with several requests.
      onRetry: event => {
        const waiting = [...this.#routing].filter(each => each.project === project)
        for (const tell of new Set(waiting.map(({ onRetry }) => onRetry))) tell?.(event)
      },
    }
    return this.#askService(spec)
  }
}

const missingEndpoint = (): TunnelOptionError =>
  new TunnelOptionError(
    'ODPS_MISSING_ENDPOINT',
    'No endpoint: set the option endpoint or the environment variable ODPS_ENDPOINT, like https://service.<region>.maxcompute.aliyun.com/api',
  )
