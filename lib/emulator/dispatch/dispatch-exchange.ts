import { type IncomingHttpHeaders, STATUS_CODES } from 'node:http'
import { Readable } from 'node:stream'
import { type Dispatcher, errors } from 'undici'
import type { ServiceClock } from '../clock.js'
import type { Exchange } from '../server/exchange.js'
import { bytesOf, type DispatchRequest, readDispatch } from './dispatch-request.js'

/*
 * What undici's client and two sockets do, as far as a handler can tell: pausing, aborting, timeouts, and the error that each
 * way of cutting ends in. A fault must look to the client under test as it does over a socket, or a test in process would
 * prove less; the tests play each fault over both and compare.
 */

/** What undici's client waits when nothing is said. */
const defaultTimeoutMs = 300_000

/** A request out of a dispatcher. To its handler it is also the controller, which pauses and aborts. */
export class DispatchExchange implements Exchange, Dispatcher.DispatchController {
  readonly isFromNetwork = false
  readonly body: AsyncIterable<Uint8Array> = { [Symbol.asyncIterator]: () => this.#read() }
  aborted = false
  paused = false
  reason: Error | null = null
  rawHeaders: Buffer[] | null = null
  readonly #options: Dispatcher.DispatchOptions
  readonly #handler: Dispatcher.DispatchHandler
  readonly #clock: ServiceClock
  /** The handler gets nothing more. */
  #isOver = false
  readonly #over: Promise<undefined>
  #tellOver: () => void = () => {}
  #request: DispatchRequest = { method: '', url: '', headers: {}, host: '', body: [] }
  #parts: Iterator<unknown> | AsyncIterator<unknown> | undefined
  #isWhole = false
  /** Bytes of the answer that are still to come; undefined when nobody knows. */
  #left: number | undefined
  #isAnswering = false
  #wake: () => void = () => {}

  constructor(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler, clock: ServiceClock) {
    this.#options = options
    this.#handler = handler
    this.#clock = clock
    this.#over = new Promise(resolve => {
      this.#tellOver = () => resolve(undefined)
    })
  }

  /** False when the request failed before it began. */
  start(): boolean {
    try {
      this.#handler.onRequestStart?.(this, null)
      if (!this.#isOver) this.#request = readDispatch(this.#options)
    } catch (error) {
      this.fail(error as Error)
    }
    return !this.#isOver
  }

  get method(): string {
    return this.#request.method
  }

  get url(): string {
    return this.#request.url
  }

  get headers(): Readonly<IncomingHttpHeaders> {
    return this.#request.headers
  }

  get authority(): string {
    return this.#request.headers.host ?? this.#request.host
  }

  get isGone(): boolean {
    return this.#isOver && !this.#isWhole
  }

  async *#read(): AsyncGenerator<Uint8Array> {
    const { body } = this.#request
    const parts = Symbol.asyncIterator in body ? body[Symbol.asyncIterator]() : body[Symbol.iterator]()
    this.#parts = parts
    for (;;) {
      const step = await Promise.race([this.#next(parts), this.#over])
      if (step === undefined) throw new Error('the client has gone')
      if (step.done) break
      const chunk = bytesOf(step.value)
      if (chunk === undefined)
        throw this.fail(new errors.InvalidArgumentError('a part of the body is not bytes'))
      yield chunk
    }
    this.#parts = undefined
  }

  /** A body that fails takes its request with it. */
  async #next(parts: Iterator<unknown> | AsyncIterator<unknown>): Promise<IteratorResult<unknown>> {
    try {
      return await parts.next()
    } catch (error) {
      throw this.fail(error as Error)
    }
  }

  writeHead(status: number, headers: Readonly<Record<string, string>>): void {
    const { 'Content-Length': length } = headers
    this.#left = length === undefined ? undefined : Number(length)
    const framing = length === undefined ? { 'Transfer-Encoding': 'chunked' } : {}
    const all = Object.entries({ ...headers, Connection: 'keep-alive', ...framing })
    this.#isAnswering = true
    this.rawHeaders = all.flat().map(text => Buffer.from(text, 'latin1'))
    const lowered = Object.fromEntries(all.map(([name, value]) => [name.toLowerCase(), value]))
    this.#tell(() => this.#handler.onResponseStart?.(this, status, lowered, STATUS_CODES[status] ?? ''))
  }

  /** What a handler throws ends its request. */
  #tell(call: () => void): void {
    if (this.#isOver) return
    try {
      call()
    } catch (error) {
      this.fail(error as Error)
    }
  }

  async write(chunk: Uint8Array): Promise<void> {
    // A copy: the client may keep it, and the store must not be written to.
    this.#tell(() => this.#handler.onResponseData?.(this, Buffer.from(chunk)))
    if (this.#left !== undefined) this.#left -= chunk.length
    if (this.paused && !this.#isOver)
      await new Promise<void>(resolve => {
        this.#wake = resolve
      })
  }

  end(last?: Uint8Array): void {
    if (last !== undefined && last.length > 0) void this.write(last)
    if (!this.paused) this.#finish()
    else if (!this.#isOver) this.#wake = () => this.#finish()
  }

  #finish(): void {
    if (this.#isOver) return
    this.#tell(() => {
      this.#isWhole = true
      this.#handler.onResponseEnd?.(this, {})
    })
    this.#close()
  }

  pause(): void {
    this.paused = true
  }

  resume(): void {
    this.paused = false
    this.#goOn()
  }

  #goOn(): void {
    const wake = this.#wake
    this.#wake = () => {}
    wake()
  }

  abort(reason: Error): void {
    if (this.#isOver) return
    this.aborted = true
    this.reason = reason ?? new errors.RequestAbortedError()
    this.fail(this.reason)
  }

  /** Tells the handler, unless all has been told. Gives the error back. */
  fail(error: Error): Error {
    if (!this.#isOver) {
      this.#close()
      this.#handler.onResponseError?.(this, error)
    }
    return error
  }

  #close(): void {
    this.#isOver = true
    this.#tellOver()
    this.#goOn()
    this.discardBody()
  }

  discardBody(): void {
    const parts = this.#parts
    this.#parts = undefined
    void (async () => parts?.return?.())().catch(() => {})
    const { body } = this.#request
    if (body instanceof Readable) body.destroy()
  }

  /** While a fault waits, the client's own timeouts run: undici's client would have enforced them. */
  async wait(ms = Number.POSITIVE_INFINITY): Promise<void> {
    const { headersTimeout, bodyTimeout } = this.#options
    const timeout = (this.#isAnswering ? bodyTimeout : headersTimeout) ?? defaultTimeoutMs
    const limit = timeout > 0 ? timeout : Number.POSITIVE_INFINITY
    const shorter = Math.min(ms, limit)
    const waiting = new AbortController()
    void this.#over.then(() => waiting.abort())
    if (shorter === Number.POSITIVE_INFINITY) await this.#over
    else await this.#clock.sleep(shorter, waiting.signal)
    if (limit < ms && !this.#isOver)
      this.fail(this.#isAnswering ? new errors.BodyTimeoutError() : new errors.HeadersTimeoutError())
  }

  cut(): void {
    if (this.#isAnswering && this.#left === 0) this.end()
    else this.fail(new errors.SocketError('other side closed'))
  }

  reset(): void {
    this.fail(networkError('ECONNRESET', 'read'))
  }
}

export const connectionRefused = (): Error => networkError('ECONNREFUSED', 'connect')

const networkError = (code: string, syscall: string): Error =>
  Object.assign(new Error(`${syscall} ${code}`), { code, syscall })
