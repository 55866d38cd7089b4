import type { ServiceClock } from '../clock.js'
import { codeForStatus, type Fault, type FaultFunction, type FaultSteps } from '../fault.js'
import type { Service, ServiceRequest } from '../service.js'
import { formatStamp } from '../tunnel/session-id.js'
import { authenticate, type EmulatorCredentials } from './authenticate.js'
import {
  type EmulatorAction,
  type EmulatorRequest,
  parseRequestTarget,
  parseResourcePath,
  serviceOf,
} from './emulator-request.js'
import type { Exchange } from './exchange.js'
import { type ActionRoute, findRoute } from './router.js'
import { sendReply } from './send-reply.js'
import { ServiceRefusal } from './service-refusal.js'
import { jsonRefusalReply, type ServiceReply } from './service-reply.js'
import { refuseWebPages } from './web-guard.js'
import { xmlRefusalReply } from './xml-refusal-reply.js'

/*
 * From a request to its answer: who asks, what for, whether a fault was ordered in its place, and what becomes of an
 * error. A fault is looked for after the route is known and before anything is done, and `drop-answer` after the work,
 * because tests of a client need both: a request that was not done, and one that was done without an answer.
 */

export interface RequestHandlerOptions {
  readonly service: Service
  /** The name or address that is listened on. */
  readonly host: string
  /** Undefined lets everybody in. */
  readonly credentials: readonly EmulatorCredentials[] | undefined
  readonly findFault: FaultFunction
  readonly onRequest: (request: EmulatorRequest) => void
}

export const newRequestId = ({ now, randomBytes }: ServiceClock): string =>
  `${formatStamp(now())}${randomBytes(8).toString('hex')}`

/** Does what requests ask for, or the trouble that a test asks for in its place. */
export class RequestHandler {
  readonly #options: RequestHandlerOptions
  readonly #counts = new Map<EmulatorAction, number>()

  constructor(options: RequestHandlerOptions) {
    this.#options = options
  }

  /** Never rejects: who gets no answer sees the connection end. */
  readonly handle = async (exchange: Exchange): Promise<void> => {
    const { log, clock } = this.#options.service
    const startedAt = clock.elapsed()
    const line = `${exchange.method} ${exchange.url}`
    try {
      const reply = await this.#reply(exchange, newRequestId(clock))
      log(
        `${line} ${reply === undefined ? 'no answer' : reply.status} ${Math.round(clock.elapsed() - startedAt)} ms`,
      )
    } catch (error) {
      exchange.cut()
      log(`${line} failed: ${error instanceof Error ? error.message : String(error)}`)
    }
  }

  async #reply(exchange: Exchange, requestId: string): Promise<ServiceReply | undefined> {
    let fault: Fault | undefined
    const reply = await this.#guard(exchange, requestId, async () => {
      if (exchange.isFromNetwork && this.#options.credentials === undefined)
        refuseWebPages(exchange.headers, this.#options.host)
      const [request, route] = this.#read(exchange, requestId)
      fault = this.#options.findFault(request)
      if (fault === undefined) return this.#work(exchange, request, route)
      return this.#workHarmed(exchange, request, route, fault)
    })
    if (reply === 'client gone') return undefined
    if (reply === undefined || fault === 'drop-answer') {
      exchange.reset()
      return undefined
    }
    exchange.discardBody()
    const own = {
      'x-odps-request-id': requestId,
      Date: new Date(this.#options.service.clock.now()).toUTCString(),
    }
    const headed = { ...reply, headers: { ...own, ...reply.headers } }
    await sendReply(exchange, headed, typeof fault === 'object' ? bodyFaults(fault) : {})
    return reply
  }

  /** Errors of the work become error documents; what is no refusal is an internal error. */
  async #guard(
    exchange: Exchange,
    requestId: string,
    work: () => Promise<ServiceReply | undefined>,
  ): Promise<ServiceReply | 'client gone' | undefined> {
    try {
      return await work()
    } catch (error) {
      if (exchange.isGone) return 'client gone'
      return refusalReply(asRefusal(error, this.#options.service), exchange, requestId)
    }
  }

  #read(exchange: Exchange, requestId: string): [ServiceRequest, ActionRoute] {
    const { method, url, headers, authority, body } = exchange
    const target = parseRequestTarget(url)
    const resource = parseResourcePath(target.segments)
    const route = findRoute(method, target, resource)
    const sequence = this.#counts.get(route.action) ?? 0
    this.#counts.set(route.action, sequence + 1)
    const request: ServiceRequest = {
      method,
      service: target.service,
      action: route.action,
      path: target.path,
      query: target.query,
      headers,
      project: resource?.project,
      schemaName: resource?.schemaName,
      table: resource?.kind === 'tables' ? resource.name : undefined,
      sequence,
      target,
      resource,
      requestId,
      authority,
      body,
    }
    this.#options.onRequest(request)
    return [request, route]
  }

  async #work(exchange: Exchange, request: ServiceRequest, route: ActionRoute): Promise<ServiceReply> {
    const { credentials, service } = this.#options
    // What is only refused needs no signature: "the emulator does not have this" says more than a wrong one.
    if (credentials !== undefined && route.action !== 'unknown') {
      const { method, url, headers } = exchange
      const parts = { method, url, basePath: request.service === 'rest' ? '/api' : '', headers }
      authenticate(parts, credentials, service.tokens, service.clock.now())
    }
    return route.handle(service, request)
  }

  async #workHarmed(
    exchange: Exchange,
    request: ServiceRequest,
    route: ActionRoute,
    fault: Fault,
  ): Promise<ServiceReply | undefined> {
    if (fault === 'reset') return undefined
    if (fault === 'drop-answer') return this.#work(exchange, request, route)
    if (fault === 'hang') {
      await exchange.wait()
      return undefined
    }
    if (fault.delayMs !== undefined) await exchange.wait(fault.delayMs)
    if (fault.status !== undefined) return faultReply(fault, fault.status, exchange, request.requestId)
    if (fault.cutRequestAfter === undefined) return this.#work(exchange, request, route)
    const body = cutBody(exchange, fault.cutRequestAfter)
    return this.#work(exchange, { ...request, body }, route)
  }
}

async function* cutBody(exchange: Exchange, limit: number): AsyncGenerator<Uint8Array> {
  let left = limit
  for await (const chunk of exchange.body) {
    left -= chunk.length
    if (left < 0) break
    yield chunk
  }
  if (left < 0) exchange.reset()
  throw new Error('the connection was cut by a fault')
}

const bodyFaults = ({ cutBodyAfter, stallBodyAfter, corruptBodyAt }: FaultSteps): Partial<FaultSteps> => ({
  ...(cutBodyAfter !== undefined && { cutBodyAfter }),
  ...(stallBodyAfter !== undefined && { stallBodyAfter }),
  ...(corruptBodyAt !== undefined && { corruptBodyAt }),
})

const faultReply = (
  fault: FaultSteps,
  status: number,
  exchange: Exchange,
  requestId: string,
): ServiceReply => {
  const { code = codeForStatus(status), message: text = 'Injected by a fault rule.', headers = {} } = fault
  if (fault.body !== undefined) return { status, headers, body: fault.body }
  return refusalReply(new ServiceRefusal(status, code, text, { headers }), exchange, requestId)
}

const asRefusal = (error: unknown, service: Service): ServiceRefusal => {
  if (error instanceof ServiceRefusal) return error
  service.log(error instanceof Error ? (error.stack ?? error.message) : String(error))
  return new ServiceRefusal(500, 'InternalServerError', 'Service internal error, please try again later.')
}

/** JSON on the tunnel, XML on the service (protocol 3.8, 11.3). */
const refusalReply = (refusal: ServiceRefusal, exchange: Exchange, requestId: string): ServiceReply => {
  const hostId = exchange.headers.host ?? 'emulator'
  const isRest = serviceOf(exchange.url) === 'rest'
  return (isRest ? xmlRefusalReply : jsonRefusalReply)(refusal, requestId, hostId)
}
