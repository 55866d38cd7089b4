import { randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { TunnelOptionError } from '../../errors.js'
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
import { type ActionRoute, findRoute } from './router.js'
import { send } from './send.js'
import { incompleteBody, ServiceRefusal } from './service-refusal.js'
import { jsonRefusalReply, type ServiceReply } from './service-reply.js'
import { refuseWebPages } from './web-guard.js'
import { xmlRefusalReply } from './xml-refusal-reply.js'

export interface ServerOptions {
  readonly service: Service
  readonly port: number
  readonly host: string
  /** Undefined lets everybody in. */
  readonly credentials: readonly EmulatorCredentials[] | undefined
  /** A connection on which nothing moves for so long is closed (protocol 11.1: 120 s writing, 300 s reading). */
  readonly idleTimeoutMs: number
  readonly findFault: FaultFunction
  readonly onRequest: (request: EmulatorRequest) => void
}

export interface RunningServer {
  readonly port: number
  close(): Promise<void>
}

const maxHeadersMs = 60_000
/** A table may have 1200 columns, all named in one query. */
const maxHeaderSize = 1 << 20

export const startServer = async (options: ServerOptions): Promise<RunningServer> => {
  const closing = new AbortController()
  const handler = new RequestHandler(options, closing.signal)
  const { idleTimeoutMs } = options
  const server = createServer({
    ...{ maxHeaderSize, noDelay: true, keepAliveTimeout: 75_000 },
    // A body may take as long as it moves, but a head that comes drop by drop must not hold a connection for ever.
    requestTimeout: 0,
    headersTimeout: Math.min(maxHeadersMs, idleTimeoutMs),
    connectionsCheckingInterval: Math.min(maxHeadersMs / 2, idleTimeoutMs),
  })
  server.timeout = idleTimeoutMs
  server.on('request', (request, response) => void handler.handle(request, response))
  server.on('clientError', answerClientError)
  await listen(server, options)
  const { port } = server.address() as AddressInfo
  const close = async (): Promise<void> => {
    closing.abort()
    const closed = new Promise(resolve => server.close(resolve))
    server.closeAllConnections()
    await closed
  }
  return { port, close }
}

const listen = (server: Server, { port, host }: ServerOptions): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', cause => {
      const what = `startEmulator: cannot listen on ${host}:${port}; use another host or port, or 0 for a free one`
      reject(new TunnelOptionError('ODPS_INVALID_OPTION', what, { cause }))
    })
    server.listen(port, host, () => {
      server.removeAllListeners('error')
      resolve()
    })
  })

/** What the HTTP parser refuses: most often a body that ends before its length. */
const answerClientError = (error: Error & { code?: string }, socket: Socket): void => {
  if (!socket.writable || error.code === 'ECONNRESET') {
    socket.destroy()
    return
  }
  const refusal =
    error.code === 'HPE_INVALID_EOF_STATE'
      ? incompleteBody()
      : new ServiceRefusal(400, 'InvalidURI', 'The request is not valid HTTP.')
  const requestId = newRequestId(Date.now())
  const { body } = jsonRefusalReply(refusal, requestId, 'emulator')
  socket.end(
    `HTTP/1.1 400 Bad Request\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(String(body))}` +
      `\r\nx-odps-request-id: ${requestId}\r\nConnection: close\r\n\r\n${body}`,
  )
}

const newRequestId = (now: number): string => `${formatStamp(now)}${randomBytes(8).toString('hex')}`

class RequestHandler {
  readonly #options: ServerOptions
  readonly #closing: AbortSignal
  readonly #counts = new Map<EmulatorAction, number>()

  constructor(options: ServerOptions, closing: AbortSignal) {
    this.#options = options
    this.#closing = closing
  }

  async handle(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const { service } = this.#options
    const startedAt = performance.now()
    const requestId = newRequestId(service.clock())
    response.on('error', () => {})
    message.on('error', () => {})
    const line = `${message.method} ${message.url}`
    try {
      const answer = await this.#answer(message, response, requestId)
      const took = Math.round(performance.now() - startedAt)
      service.log(`${line} ${answer === undefined ? 'no answer' : answer.status} ${took} ms`)
    } catch (error) {
      response.destroy()
      service.log(`${line} failed: ${error instanceof Error ? error.message : String(error)}`)
    }
  }

  async #answer(
    message: IncomingMessage,
    response: ServerResponse,
    requestId: string,
  ): Promise<ServiceReply | undefined> {
    response.setHeader('x-odps-request-id', requestId)
    let fault: Fault | undefined
    const answer = await this.#guard(message, requestId, async () => {
      if (this.#options.credentials === undefined) refuseWebPages(message.headers, this.#options.host)
      const [request, route] = this.#read(message, requestId)
      fault = this.#options.findFault(request)
      if (fault === undefined) return this.#work(message, request, route)
      return this.#workHarmed(message, request, route, fault)
    })
    if (answer === 'client gone') return undefined
    if (answer === undefined || fault === 'drop-answer') {
      message.socket.resetAndDestroy()
      return undefined
    }
    // What is left of a refused body must be read, or the client never gets to the answer.
    message.resume()
    await send(response, answer, typeof fault === 'object' ? bodyFaults(fault) : {})
    return answer
  }

  /** Errors of the work become error documents; what is no refusal is an internal error. */
  async #guard(
    message: IncomingMessage,
    requestId: string,
    work: () => Promise<ServiceReply | undefined>,
  ): Promise<ServiceReply | 'client gone' | undefined> {
    try {
      return await work()
    } catch (error) {
      if (message.socket.destroyed || (message.destroyed && !message.complete)) return 'client gone'
      return refusalReply(asRefusal(error, this.#options.service), message, requestId)
    }
  }

  #read(message: IncomingMessage, requestId: string): [ServiceRequest, ActionRoute] {
    const { method = 'GET', url = '/', headers } = message
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
      authority: headers.host ?? `${message.socket.localAddress}:${message.socket.localPort}`,
      // Who refuses a body midway must still be able to answer.
      body: message.iterator({ destroyOnReturn: false }),
    }
    this.#options.onRequest(request)
    return [request, route]
  }

  async #work(message: IncomingMessage, request: ServiceRequest, route: ActionRoute): Promise<ServiceReply> {
    const { credentials, service } = this.#options
    // What is only refused needs no signature: "the emulator does not have this" says more than a wrong one.
    if (credentials !== undefined && route.action !== 'unknown') {
      const basePath = request.service === 'rest' ? '/api' : ''
      const parts = { method: request.method, url: message.url ?? '/', basePath, headers: message.headers }
      authenticate(parts, credentials, service.tokens, service.clock())
    }
    return route.handle(service, request)
  }

  async #workHarmed(
    message: IncomingMessage,
    request: ServiceRequest,
    route: ActionRoute,
    fault: Fault,
  ): Promise<ServiceReply | undefined> {
    if (fault === 'reset') return undefined
    if (fault === 'drop-answer') return this.#work(message, request, route)
    if (fault === 'hang') {
      await new Promise(resolve => message.socket.once('close', resolve))
      return undefined
    }
    if (fault.delayMs !== undefined)
      await delay(fault.delayMs, undefined, { signal: this.#closing }).catch(() => {})
    if (fault.status !== undefined) return faultAnswer(fault, fault.status, message, request.requestId)
    if (fault.cutRequestAfter === undefined) return this.#work(message, request, route)
    const body = cutBody(message, fault.cutRequestAfter)
    return this.#work(message, { ...request, body }, route)
  }
}

/** Whoever stops reading in the middle can still answer. */
const bodyOf = (message: IncomingMessage): AsyncIterable<Buffer> => ({
  [Symbol.asyncIterator]: () => message.iterator({ destroyOnReturn: false }),
})

async function* cutBody(message: IncomingMessage, limit: number): AsyncGenerator<Uint8Array> {
  let left = limit
  for await (const chunk of bodyOf(message)) {
    left -= chunk.length
    if (left < 0) message.socket.resetAndDestroy()
    else yield chunk
  }
  throw new Error('the connection was cut by a fault')
}

const bodyFaults = ({ cutBodyAfter, stallBodyAfter, corruptBodyAt }: FaultSteps): Partial<FaultSteps> => ({
  ...(cutBodyAfter !== undefined && { cutBodyAfter }),
  ...(stallBodyAfter !== undefined && { stallBodyAfter }),
  ...(corruptBodyAt !== undefined && { corruptBodyAt }),
})

const faultAnswer = (
  fault: FaultSteps,
  status: number,
  message: IncomingMessage,
  requestId: string,
): ServiceReply => {
  const {
    code = codeForStatus(status),
    message: text = 'Trouble asked for by a fault rule.',
    headers = {},
  } = fault
  if (fault.body !== undefined) return { status, headers, body: fault.body }
  return refusalReply(new ServiceRefusal(status, code, text, { headers }), message, requestId)
}

const asRefusal = (error: unknown, service: Service): ServiceRefusal => {
  if (error instanceof ServiceRefusal) return error
  service.log(error instanceof Error ? (error.stack ?? error.message) : String(error))
  return new ServiceRefusal(500, 'InternalServerError', 'Service internal error, please try again later.')
}

/** JSON on the tunnel, XML on the service (protocol 3.8, 11.3). */
const refusalReply = (refusal: ServiceRefusal, message: IncomingMessage, requestId: string): ServiceReply => {
  const hostId = message.headers.host ?? 'emulator'
  const isRest = serviceOf(message.url ?? '') === 'rest'
  return (isRest ? xmlRefusalReply : jsonRefusalReply)(refusal, requestId, hostId)
}
