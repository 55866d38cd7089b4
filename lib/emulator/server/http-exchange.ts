import { once } from 'node:events'
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import type { ServiceClock } from '../clock.js'
import type { Exchange } from './exchange.js'

/*
 * One request over a socket, in the form that in-process requests have as well. Faults need what HTTP servers avoid: a
 * reset instead of an answer, a body cut in the middle, bytes that stall. So the exchange can end in ways that an
 * ordinary response cannot.
 */

/** A request that came over a socket. */
export class HttpExchange implements Exchange {
  readonly method: string
  readonly url: string
  readonly headers: Readonly<IncomingHttpHeaders>
  readonly authority: string
  readonly isFromNetwork = true
  readonly body: AsyncIterable<Uint8Array>
  readonly #message: IncomingMessage
  readonly #response: ServerResponse
  readonly #clock: ServiceClock
  readonly #closing: AbortSignal

  constructor(message: IncomingMessage, response: ServerResponse, clock: ServiceClock, closing: AbortSignal) {
    const { method = 'GET', url = '/', headers, socket } = message
    this.method = method
    this.url = url
    this.headers = headers
    this.authority = headers.host ?? `${socket.localAddress}:${socket.localPort}`
    this.body = { [Symbol.asyncIterator]: () => message.iterator({ destroyOnReturn: false }) }
    this.#message = message
    this.#response = response
    this.#clock = clock
    this.#closing = closing
    response.on('error', () => {})
    message.on('error', () => {})
  }

  get isGone(): boolean {
    const { socket, destroyed, complete } = this.#message
    return socket.destroyed || (destroyed && !complete)
  }

  writeHead(status: number, headers: Readonly<Record<string, string>>): void {
    this.#response.writeHead(status, { ...headers })
  }

  async write(chunk: Uint8Array): Promise<void> {
    if (!this.#response.destroyed && !this.#response.write(chunk)) await this.#drained()
  }

  /** Resolves also when the client has gone. */
  #drained(): Promise<void> {
    return new Promise(resolve => {
      const done = (): void => {
        this.#response.off('drain', done)
        this.#response.off('close', done)
        resolve()
      }
      this.#response.on('drain', done)
      this.#response.on('close', done)
    })
  }

  end(last?: Uint8Array): void {
    this.#response.end(last)
  }

  discardBody(): void {
    this.#message.resume()
  }

  async wait(ms?: number): Promise<void> {
    this.#flushHead()
    if (ms !== undefined) await this.#clock.sleep(ms, this.#closing)
    else if (!this.#message.socket.destroyed) await once(this.#message.socket, 'close')
  }

  /** Node sends the head with the first bytes of the body, or not at all when none come. */
  #flushHead(): void {
    if (this.#response.headersSent) this.#response.flushHeaders()
  }

  cut(): void {
    this.#flushHead()
    this.#response.socket?.destroySoon()
  }

  reset(): void {
    this.#message.socket.resetAndDestroy()
  }
}
