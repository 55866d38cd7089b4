import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TestContext } from 'node:test'
import type { Clock } from '../../lib/http/clock.js'
import { createCredentialsProvider } from '../../lib/http/credentials.js'
import { type ClientOptions, TunnelClient } from '../../lib/http/tunnel-client.js'

export interface SeenRequest {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: IncomingMessage['headers']
  readonly body: Buffer
}

/** What a server does with one request; the request body has been read. */
export type Answer = (request: SeenRequest, response: ServerResponse) => void

export interface ScriptedServer {
  readonly url: string
  readonly port: number
  readonly requests: SeenRequest[]
  readonly server: Server
}

/** Starts a server that answers the n-th request with the n-th answer, and all later ones with the last. */
export const startServer = async (t: TestContext, answers: readonly Answer[]): Promise<ScriptedServer> => {
  const requests: SeenRequest[] = []
  const server = createServer((incoming, response) => {
    const chunks: Buffer[] = []
    incoming.on('error', () => {})
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
    incoming.on('end', () => {
      const url = new URL(incoming.url ?? '/', 'http://test')
      const { method = '', headers } = incoming
      const path = decodeURIComponent(url.pathname)
      const seen = { method, path, query: url.searchParams, headers, body: Buffer.concat(chunks) }
      requests.push(seen)
      const answer = answers[Math.min(requests.length, answers.length) - 1]
      answer?.(seen, response)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}`, port, requests, server }
}

export const json =
  (value: unknown, status = 200, headers: Record<string, string> = {}): Answer =>
  (_, response) => {
    response.writeHead(status, { 'content-type': 'application/json', 'x-odps-request-id': 'R1', ...headers })
    response.end(JSON.stringify(value))
  }

export const text =
  (value: string, status = 200, headers: Record<string, string> = {}): Answer =>
  (_, response) => {
    response.writeHead(status, headers)
    response.end(value)
  }

/** Refuses as the tunnel does. */
export const refuse = (status: number, code: string, headers: Record<string, string> = {}): Answer =>
  json({ Code: code, Message: `The text of ${code}` }, status, headers)

/** Ends the connection without an answer. */
export const reset: Answer = (_, response) => {
  response.socket?.destroy()
}

/** Never answers. */
export const silence: Answer = () => {}

/** Sleeps are recorded and take no time; `random` gives its upper end, so that delays are the ceilings. */
export interface FakeClock extends Clock {
  readonly slept: number[]
  time: number
}

export const createFakeClock = (start = Date.UTC(2025, 0, 2, 3, 4, 5)): FakeClock => {
  const clock: FakeClock = {
    slept: [],
    time: start,
    now: () => clock.time,
    random: () => 1,
    sleep: async (ms, signal) => {
      signal?.throwIfAborted()
      clock.slept.push(ms)
      clock.time += ms
    },
  }
  return clock
}

export const secret = 'test-secret-5f1c'

/** A client of that server, both as service and as tunnel, on a clock that does not wait. */
export const createClient = (
  t: TestContext,
  url: string,
  options: Partial<ClientOptions> = {},
): TunnelClient => {
  const clock = options.clock ?? createFakeClock()
  const client = new TunnelClient({
    endpoint: `${url}/api`,
    tunnelEndpoint: url,
    project: 'p',
    credentials: createCredentialsProvider({ accessKeyId: 'test-id', accessKeySecret: secret }, clock),
    signatureVersion: 'v1',
    requestTimeoutMs: 5_000,
    retry: { attempts: 4, minDelayMs: 100, maxDelayMs: 1_000 },
    userAgent: 'test/1.0',
    ...options,
    clock,
  })
  t.after(() => client.close())
  return client
}
