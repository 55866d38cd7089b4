import { createServer, type Server } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { TunnelOptionError } from '../../errors.js'
import type { ServiceClock } from '../clock.js'
import type { Exchange } from './exchange.js'
import { HttpExchange } from './http-exchange.js'
import { newRequestId } from './request-handler.js'
import { incompleteBody, ServiceRefusal } from './service-refusal.js'
import { jsonRefusalReply } from './service-reply.js'

/*
 * Node's HTTP server in front of the handler. Its timeouts are the service's, and differ from Node's defaults: a block
 * may take as long as bytes move, while a head that never ends, or a connection that is silent, must not stay. Closing
 * ends all connections, so that a test is over when it says so.
 */

export interface HttpServerOptions {
  readonly port: number
  readonly host: string
  /** A connection on which nothing moves for so long is closed (protocol 11.1: 120 s writing, 300 s reading). */
  readonly idleTimeoutMs: number
  readonly clock: ServiceClock
  readonly handle: (exchange: Exchange) => Promise<void>
}

export interface HttpServer {
  readonly port: number
  close(): Promise<void>
}

const maxHeadersMs = 60_000
/** A table may have 1200 columns, all named in one query. */
const maxHeaderSize = 1 << 20

export const startHttpServer = async (options: HttpServerOptions): Promise<HttpServer> => {
  const closing = new AbortController()
  const { idleTimeoutMs, clock, handle } = options
  const server = createServer({
    ...{ maxHeaderSize, noDelay: true, keepAliveTimeout: 75_000 },
    // A body may take as long as it moves, but a head that comes drop by drop must not hold a connection for ever.
    requestTimeout: 0,
    headersTimeout: Math.min(maxHeadersMs, idleTimeoutMs),
    connectionsCheckingInterval: Math.min(maxHeadersMs / 2, idleTimeoutMs),
  })
  server.timeout = idleTimeoutMs
  server.on(
    'request',
    (message, response) => void handle(new HttpExchange(message, response, clock, closing.signal)),
  )
  server.on('clientError', (error, socket) => answerClientError(error, socket as Socket, clock))
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

const listen = (server: Server, { port, host }: HttpServerOptions): Promise<void> =>
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
const answerClientError = (error: Error & { code?: string }, socket: Socket, clock: ServiceClock): void => {
  if (!socket.writable || error.code === 'ECONNRESET') {
    socket.destroy()
    return
  }
  const refusal =
    error.code === 'HPE_INVALID_EOF_STATE'
      ? incompleteBody()
      : new ServiceRefusal(400, 'InvalidURI', 'The request is not valid HTTP.')
  const requestId = newRequestId(clock)
  const { body } = jsonRefusalReply(refusal, requestId, 'emulator')
  socket.end(
    `HTTP/1.1 400 Bad Request\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(String(body))}` +
      `\r\nx-odps-request-id: ${requestId}\r\nConnection: close\r\n\r\n${body}`,
  )
}
