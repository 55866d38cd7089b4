import { Readable } from 'node:stream'
import { Dispatcher, errors } from 'undici'
import { handlerOf } from '../../lib/emulator/dispatch/dispatch-handler.js'
import { bytesOf, readDispatch } from '../../lib/emulator/dispatch/dispatch-request.js'
import type { ConnectRule } from '../faults/scenario.js'
import { phaseOf, RuleCounter, type WireRule, type WireTrouble } from '../faults/wire-proxy.js'
import type { Trace } from './trace.js'
import type { VirtualClock } from './virtual-clock.js'

/*
 * The wire proxy without a wire: stands before the emulator's dispatcher and does to requests and answers what the proxy does to
 * their bytes. Heads have no bytes here, so their lengths are those that they would have.
 */

type Handler = Dispatcher.DispatchHandler
type Controller = Dispatcher.DispatchController

export interface WireHooks {
  readonly clock: VirtualClock
  /** Gets what makes a line for whatever passes. */
  readonly trace: Trace
  readonly fired: (trouble: string) => void
  /** Of a request to another host. */
  readonly strayed: (url: string) => void
}

export interface WireTroubles {
  readonly wire: readonly WireRule[]
  readonly connect: readonly ConnectRule[]
}

/** As the client with trouble calls it, and the one without. */
export const serviceHosts = ['service.test', 'direct.test'] as const

const serviceOrigins = new Set(serviceHosts.map(host => `http://${host}`))

export class SimulatedWire extends Dispatcher {
  readonly inner: Dispatcher
  readonly hooks: WireHooks
  readonly #rules: RuleCounter
  readonly #connect: readonly ConnectRule[]
  readonly #late: (() => Promise<void>)[] = []
  #connects = 0
  #idle = 0
  #passed = 0

  constructor(inner: Dispatcher, { wire, connect }: WireTroubles, hooks: WireHooks) {
    super()
    this.inner = inner
    this.hooks = hooks
    this.#rules = new RuleCounter(wire)
    this.#connect = connect
  }

  override dispatch(options: Dispatcher.DispatchOptions, handler: Handler): boolean {
    if (!serviceOrigins.has(String(options.origin))) this.hooks.strayed(`${options.origin}${options.path}`)
    new WireExchange(this, options, handlerOf(handler), ++this.#passed).start()
    return true
  }

  /** Takes a connection, or opens one. */
  openConnection(): Error | undefined {
    if (this.#connect.length === 0) return undefined
    if (this.#idle > 0) {
      this.#idle--
      return undefined
    }
    const index = this.#connects++
    const trouble = this.#connect.find(({ after, times }) => index >= after && index < after + times)?.trouble
    if (trouble === undefined) return undefined
    this.hooks.fired(trouble)
    return trouble === 'refused'
      ? failure('connect ECONNREFUSED', 'ECONNREFUSED')
      : failure('getaddrinfo ENOTFOUND', 'ENOTFOUND')
  }

  releaseConnection(): void {
    this.#idle++
  }

  begin(requestLine: string, number: number): WireTrouble | undefined {
    if (this.#late.length > 0 && number % 3 === 0) void this.deliverLate()
    return this.#rules.troubleFor(phaseOf(requestLine))
  }

  keep(options: Dispatcher.DispatchOptions): void {
    this.#late.push(() => this.deliver(options))
  }

  /** Sends a request whose answer is nobody's. */
  deliver(options: Dispatcher.DispatchOptions): Promise<void> {
    this.hooks.trace('again', options.method, options.path)
    return new Promise(resolve => {
      this.inner.dispatch(options, {
        onRequestStart() {},
        onResponseStart() {},
        onResponseData() {},
        onResponseEnd: () => resolve(),
        onResponseError: () => resolve(),
      })
    })
  }

  async deliverLate(): Promise<void> {
    await Promise.all(this.#late.splice(0).map(send => send()))
  }

  override async close(): Promise<void> {}

  override async destroy(): Promise<void> {}
}

const failure = (message: string, code: string): Error => Object.assign(new Error(message), { code })
const reset = (): Error => failure('read ECONNRESET', 'ECONNRESET')

const headBytes = (first: string, headers: object): number =>
  Object.entries(headers).reduce(
    (sum, [name, value]) => sum + name.length + String(value).length + 4,
    first.length + 4,
  )

/** A header that a server over a socket adds: `Keep-Alive: timeout=300`. */
const keepAliveBytes = 25

/** What undici's client waits when nothing is said. */
const defaultTimeoutMs = 300_000

class WireExchange implements Handler, Controller {
  aborted = false
  paused = false
  reason: Error | null = null
  rawHeaders: Buffer[] | null = null
  readonly #wire: SimulatedWire
  readonly #options: Dispatcher.DispatchOptions
  readonly #client: Handler
  readonly #number: number
  #isOver = false
  /** Ends what waits for a timeout. */
  #over: AbortController | undefined
  #trouble: WireTrouble | undefined
  #inner: Controller | undefined
  #hasFired = false
  /** Bytes of the answer so far, with its head. */
  #answered = 0
  #bodyAt = 0
  #requestBody: Buffer[] = []

  constructor(wire: SimulatedWire, options: Dispatcher.DispatchOptions, client: Handler, number: number) {
    this.#wire = wire
    this.#options = options
    this.#client = client
    this.#number = number
  }

  start(): void {
    const { method, path } = this.#options
    const { url, headers } = readDispatch(this.#options)
    this.#trace(method, path, headers)
    this.#client.onRequestStart?.(this, null)
    if (this.#isOver) return
    const refused = this.#wire.openConnection()
    if (refused !== undefined) {
      queueMicrotask(() => this.#fail(refused))
      return
    }
    const requestLine = `${method} ${url} HTTP/1.1`
    this.#trouble = this.#wire.begin(requestLine, this.#number)
    const trouble = this.#trouble
    const head = trouble === undefined ? 0 : headBytes(requestLine, headers)
    if (trouble?.kind === 'reset-before' || (trouble?.kind === 'reset-in-request' && trouble.after < head)) {
      this.#fire()
      queueMicrotask(() => this.#fail(reset()))
    } else if (trouble?.kind === 'swallow') {
      this.#fire()
      void this.#timeOut(this.#options.headersTimeout, new errors.HeadersTimeoutError())
    } else if (trouble?.kind === 'deliver-late') void this.#holdBack()
    else this.#wire.inner.dispatch(this.#withBody(head), this)
  }

  #trace(...what: readonly unknown[]): void {
    const { clock, trace } = this.#wire.hooks
    clock.touch()
    trace(clock.now(), `#${this.#number}`, ...what)
  }

  #fire(): void {
    if (this.#hasFired || this.#trouble === undefined) return
    this.#hasFired = true
    this.#wire.hooks.fired(this.#trouble.kind)
    this.#trace(this.#trouble.kind)
  }

  /** The request as the server gets it. */
  #withBody(head: number): Dispatcher.DispatchOptions {
    const trouble = this.#trouble
    const isPassedOn =
      trouble?.kind !== 'duplicate' &&
      trouble?.kind !== 'flip-request' &&
      trouble?.kind !== 'drip-request' &&
      trouble?.kind !== 'reset-in-request'
    const { body } = this.#options
    if (trouble?.kind === 'drip-request') this.#fire()
    if (isPassedOn || body === null || body === undefined) return this.#options
    return { ...this.#options, body: Readable.from(this.#harmed(head), { objectMode: false }) }
  }

  async *#bodyChunks(): AsyncGenerator<Buffer> {
    for await (const part of readDispatch(this.#options).body) {
      this.#wire.hooks.clock.touch()
      const bytes = bytesOf(part)
      if (bytes !== undefined && bytes.length > 0) yield bytes
    }
  }

  async *#harmed(head: number): AsyncGenerator<Buffer> {
    const trouble = this.#trouble!
    let at = 0
    for await (const chunk of this.#bodyChunks()) {
      if (trouble.kind === 'duplicate') this.#requestBody.push(Buffer.from(chunk))
      if (trouble.kind === 'reset-in-request' && head + at + chunk.length > trouble.after) {
        yield chunk.subarray(0, trouble.after - head - at)
        this.#fire()
        this.#fail(reset())
        throw reset()
      }
      if (trouble.kind === 'flip-request') yield this.#flip(chunk, at, trouble)
      else if (trouble.kind === 'drip-request') yield* this.#drops(chunk, trouble.bytes)
      else yield chunk
      at += chunk.length
    }
  }

  *#drops(chunk: Buffer, size: number): Generator<Buffer> {
    for (let at = 0; at < chunk.length; at += size) yield chunk.subarray(at, at + size)
  }

  #flip(chunk: Buffer, start: number, { at, bit }: { at: number; bit: number }): Buffer {
    if (at < start || at >= start + chunk.length) return chunk
    const harmed = Buffer.from(chunk)
    harmed[at - start]! ^= 1 << bit
    this.#fire()
    return harmed
  }

  async #holdBack(): Promise<void> {
    const parts: Buffer[] = []
    try {
      for await (const chunk of this.#bodyChunks()) parts.push(Buffer.from(chunk))
    } catch (error) {
      this.#fail(error as Error)
      return
    }
    if (this.#isOver) return
    this.#fire()
    this.#wire.keep({ ...this.#options, body: parts.length > 0 ? Buffer.concat(parts) : null })
    this.#fail(reset())
  }

  onRequestStart(controller: Controller): void {
    this.#inner = controller
  }

  onResponseStart(
    controller: Controller,
    status: number,
    headers: Record<string, string | string[]>,
    text?: string,
  ): void {
    if (this.#trouble?.kind === 'duplicate' && !this.#hasFired) {
      this.#fire()
      const body = this.#requestBody.length > 0 ? Buffer.concat(this.#requestBody) : null
      void this.#wire.deliver({ ...this.#options, body })
    }
    if (this.#isOver) return
    if (this.#trouble?.kind === 'lose-answer') {
      this.#fire()
      this.#fail(reset())
      return
    }
    if (this.#trouble?.kind === 'drip-answer') this.#fire()
    const head =
      this.#trouble === undefined ? 0 : headBytes(`HTTP/1.1 ${status} ${text}`, headers) + keepAliveBytes
    this.#trace(status, headers)
    if (this.#isCutBehind(head)) {
      this.#cut()
      return
    }
    this.#answered = head
    this.rawHeaders = controller.rawHeaders as Buffer[]
    this.#client.onResponseStart?.(this, status, headers, text)
  }

  /** Whether the answer is cut before so many bytes of it. */
  #isCutBehind(bytes: number): boolean {
    const trouble = this.#trouble
    return (
      (trouble?.kind === 'cut-answer' || trouble?.kind === 'half-close' || trouble?.kind === 'stall') &&
      trouble.after < bytes
    )
  }

  #cut(): void {
    this.#fire()
    const { kind } = this.#trouble!
    if (kind === 'cut-answer') this.#fail(reset())
    else if (kind === 'half-close') this.#fail(new errors.SocketError('other side closed'))
    else if (this.#answered === 0)
      void this.#timeOut(this.#options.headersTimeout, new errors.HeadersTimeoutError())
    else void this.#timeOut(this.#options.bodyTimeout, new errors.BodyTimeoutError())
  }

  onResponseData(_controller: Controller, chunk: Buffer): void {
    if (this.#isOver || this.#isStalled) return
    const trouble = this.#trouble
    const flipped = trouble?.kind === 'flip-answer' ? this.#flip(chunk, this.#bodyAt, trouble) : chunk
    this.#trace(chunk.length, 'bytes')
    this.#bodyAt += chunk.length
    if (this.#isCutBehind(this.#answered + chunk.length)) {
      const { after } = trouble as { after: number }
      const part = flipped.subarray(0, after - this.#answered)
      this.#answered = after
      this.#give(part)
      this.#cut()
      return
    }
    this.#answered += chunk.length
    if (trouble?.kind === 'drip-answer')
      for (const drop of this.#drops(flipped, trouble.bytes)) this.#give(drop)
    else this.#give(flipped)
  }

  #give(bytes: Buffer): void {
    if (this.#isOver || bytes.length === 0) return
    try {
      this.#client.onResponseData?.(this, bytes)
    } catch (error) {
      this.abort(error as Error)
    }
  }

  get #isStalled(): boolean {
    return this.#hasFired && this.#trouble?.kind === 'stall'
  }

  onResponseEnd(_controller: Controller, trailers: Record<string, string | string[]>): void {
    if (this.#isOver || this.#isStalled) return
    this.#trace('end')
    this.#close()
    this.#wire.releaseConnection()
    this.#client.onResponseEnd?.(this, trailers)
  }

  onResponseError(_controller: Controller, error: Error): void {
    this.#fail(error)
  }

  #fail(error: Error): void {
    if (this.#isOver) return
    this.#trace('fails:', error.message)
    this.#close()
    const { body } = this.#options
    if (body instanceof Readable) body.destroy()
    this.#client.onResponseError?.(this, error)
  }

  #close(): void {
    this.#isOver = true
    this.#over?.abort()
    // Who waits for the client to read would wait for ever.
    if (this.paused) this.#inner?.resume()
  }

  async #timeOut(ms: number | null | undefined, error: Error): Promise<void> {
    const limit = ms ?? defaultTimeoutMs
    if (limit === 0) return
    this.#over = new AbortController()
    await this.#wire.hooks.clock.sleep(limit, this.#over.signal).catch(() => {})
    this.#fail(error)
  }

  pause(): void {
    this.paused = true
    this.#inner?.pause()
  }

  resume(): void {
    this.paused = false
    this.#wire.hooks.clock.touch()
    this.#inner?.resume()
  }

  abort(reason: Error): void {
    if (this.#isOver) return
    this.aborted = true
    this.reason = reason ?? new errors.RequestAbortedError()
    if (this.#inner === undefined || this.#hasFired) this.#fail(this.reason)
    else this.#inner.abort(this.reason)
  }
}
