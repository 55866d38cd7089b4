import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** Which way the damage goes. */
export type Damage = 'none' | 'upload' | 'download'

/** Passes requests on to a tunnel and, when asked, changes one byte in the middle of the rows on their way. */
export class TamperingProxy {
  damage: Damage = 'none'
  readonly #server: Server
  readonly #target: string

  private constructor(target: string) {
    this.#target = target
    this.#server = createServer((message, response) => this.#forward(message, response))
  }

  static async start(target: string): Promise<TamperingProxy> {
    const proxy = new TamperingProxy(target)
    await new Promise<void>(resolve => proxy.#server.listen(0, '127.0.0.1', resolve))
    return proxy
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  #forward(message: IncomingMessage, response: ServerResponse): void {
    const { method = 'GET', url = '/', headers } = message
    const isBlock = method === 'PUT' && this.damage === 'upload'
    const isRows = method === 'GET' && url.includes('rowrange') && this.damage === 'download'
    const onward = request(`${this.#target}${url}`, { method, headers, agent: false }, answer => {
      response.writeHead(answer.statusCode ?? 502, answer.headers)
      passOn(answer, response, isRows)
    })
    onward.on('error', () => response.destroy())
    passOn(message, onward, isBlock)
  }

  async close(): Promise<void> {
    const closed = new Promise(resolve => this.#server.close(resolve))
    this.#server.closeAllConnections()
    await closed
  }
}

const passOn = (
  from: IncomingMessage,
  to: { write(chunk: Buffer): unknown; end(): unknown },
  isDamaged: boolean,
): void => {
  const chunks: Buffer[] = []
  from.on('data', (chunk: Buffer) => chunks.push(chunk))
  from.on('end', () => {
    const body = Buffer.concat(chunks)
    if (isDamaged && body.length > 0) {
      const middle = body.length >> 1
      body[middle] = (body[middle] ?? 0) ^ 1
    }
    if (body.length > 0) to.write(body)
    to.end()
  })
  from.on('error', () => to.end())
}
