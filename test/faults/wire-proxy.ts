import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'

/** What a request is for, told from its first line. */
export type Phase = 'route' | 'create' | 'load' | 'put' | 'commit' | 'data' | 'other'

/**
 * What happens to the bytes of one exchange. Offsets count the bytes of the whole message, or of its body for flips;
 * a message that is shorter passes unharmed.
 */
export type WireTrouble =
  /** The connection is reset when the request begins; the server sees nothing. */
  | { readonly kind: 'reset-before' }
  /** The server gets so many bytes of the request, then both sides a reset. */
  | { readonly kind: 'reset-in-request'; readonly after: number }
  /** The server gets the request, and the client a reset in place of the answer. */
  | { readonly kind: 'lose-answer' }
  /** The client gets so many bytes of the answer, then a reset. */
  | { readonly kind: 'cut-answer'; readonly after: number }
  /** The client gets so many bytes of the answer, then an orderly end. */
  | { readonly kind: 'half-close'; readonly after: number }
  /** The client gets so many bytes of the answer, then nothing; the connection stays. */
  | { readonly kind: 'stall'; readonly after: number }
  /** The server gets nothing, the client no answer. */
  | { readonly kind: 'swallow' }
  /** The bytes arrive a few at a time. */
  | { readonly kind: 'drip-answer'; readonly bytes: number }
  | { readonly kind: 'drip-request'; readonly bytes: number }
  /** One bit of a body is wrong. */
  | { readonly kind: 'flip-answer'; readonly at: number; readonly bit: number }
  | { readonly kind: 'flip-request'; readonly at: number; readonly bit: number }
  /** The server gets the request twice; the second answer is nobody's. */
  | { readonly kind: 'duplicate' }
  /** The client gets a reset, and the server the request later, when others have come. */
  | { readonly kind: 'deliver-late' }

export interface WireRule {
  readonly phase: Phase
  /** How many exchanges of that phase pass unharmed first. */
  readonly after: number
  readonly times: number
  readonly trouble: WireTrouble
}

/** Counts the exchanges of each phase. */
export class RuleCounter {
  readonly #rules: readonly { readonly rule: WireRule; seen: number }[]

  constructor(rules: readonly WireRule[]) {
    this.#rules = rules.map(rule => ({ rule, seen: 0 }))
  }

  /** What happens to the next exchange. */
  troubleFor(phase: Phase): WireTrouble | undefined {
    let found: WireTrouble | undefined
    for (const entry of this.#rules) {
      if (entry.rule.phase !== phase) continue
      const index = entry.seen++
      if (index >= entry.rule.after && index < entry.rule.after + entry.rule.times)
        found ??= entry.rule.trouble
    }
    return found
  }
}

const readingMs = 5

/** A proxy on 127.0.0.1 that passes bytes on, and harms those of chosen exchanges. */
export class WireProxy {
  readonly #server: Server
  readonly #targetPort: number
  readonly #rules: RuleCounter
  readonly #sockets = new Set<Socket>()
  readonly #late: Buffer[] = []
  /** Kinds of trouble that happened. */
  readonly fired: string[] = []
  passed = 0

  private constructor(targetPort: number, rules: readonly WireRule[]) {
    this.#targetPort = targetPort
    this.#rules = new RuleCounter(rules)
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, client => this.#serve(client))
  }

  static async start(targetPort: number, rules: readonly WireRule[] = []): Promise<WireProxy> {
    const proxy = new WireProxy(targetPort, rules)
    proxy.#server.listen(0, '127.0.0.1')
    await once(proxy.#server, 'listening')
    return proxy
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  /** Delivers what is still held back, and waits until the server has answered or dropped it. */
  async deliverLate(): Promise<void> {
    await Promise.all(this.#late.splice(0).map(bytes => this.#deliver(bytes)))
  }

  async close(): Promise<void> {
    const closed = new Promise(resolve => this.#server.close(resolve))
    for (const socket of this.#sockets) socket.destroy()
    await closed
  }

  #serve(client: Socket): void {
    const server = connect({ port: this.#targetPort, host: '127.0.0.1', noDelay: true, allowHalfOpen: true })
    this.#track(client)
    this.#track(server)
    new WireConnection(client, server, {
      begin: phase => this.#troubleFor(phase),
      fired: kind => this.fired.push(kind),
      deliver: bytes => this.#deliver(bytes),
      keep: bytes => this.#late.push(bytes),
    })
  }

  #track(socket: Socket): void {
    this.#sockets.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => this.#sockets.delete(socket))
  }

  #troubleFor(phase: Phase): WireTrouble | undefined {
    this.passed++
    if (this.#late.length > 0 && this.passed % 3 === 0) void this.deliverLate()
    return this.#rules.troubleFor(phase)
  }

  async #deliver(bytes: Buffer): Promise<void> {
    const server = connect({ port: this.#targetPort, host: '127.0.0.1', noDelay: true })
    this.#track(server)
    server.once('data', () => server.end())
    server.write(bytes)
    await once(server, 'close').catch(() => {})
  }
}

interface ConnectionHooks {
  begin(phase: Phase): WireTrouble | undefined
  fired(kind: WireTrouble['kind']): void
  deliver(bytes: Buffer): Promise<void>
  keep(bytes: Buffer): void
}

/**
 * One connection of the client and its own to the server. Requests follow each other without pipelining, so the first
 * bytes from the client after bytes from the server begin a new exchange.
 */
class WireConnection {
  readonly #client: Socket
  readonly #server: Socket
  readonly #hooks: ConnectionHooks
  #answering = true
  #trouble: WireTrouble | undefined
  #request = new Message()
  #answer = new Message()
  /** Bytes are passed on one piece after the other. */
  #toServer: Promise<void> = Promise.resolve()
  #toClient: Promise<void> = Promise.resolve()

  constructor(client: Socket, server: Socket, hooks: ConnectionHooks) {
    this.#client = client
    this.#server = server
    this.#hooks = hooks
    client.on('data', (chunk: Buffer) => this.#fromClient(chunk))
    server.on('data', (chunk: Buffer) => this.#fromServer(chunk))
    client.on('end', () => this.#queueToServer(() => server.end()))
    server.on('end', () => this.#queueToClient(() => client.end()))
    client.on('close', () => server.destroy())
    server.on('close', () => this.#queueToClient(() => client.destroySoon()))
    server.on('error', () => this.#reset())
  }

  #fromClient(chunk: Buffer): void {
    if (this.#answering) this.#begin(chunk)
    const trouble = this.#trouble
    const flip = trouble?.kind === 'flip-request' ? trouble : undefined
    const bytes = this.#request.take(chunk, flip, () => this.#fire())
    if (trouble?.kind === 'reset-before') {
      this.#fire()
      this.#reset()
    } else if (trouble?.kind === 'swallow') this.#fire()
    else if (trouble?.kind === 'reset-in-request') this.#cutRequest(bytes, trouble.after)
    else if (trouble?.kind === 'deliver-late') this.#holdBack(bytes)
    else if (trouble?.kind === 'drip-request') this.#drip(this.#server, bytes, trouble.bytes)
    else {
      if (trouble?.kind === 'duplicate') this.#request.keep(bytes)
      this.#passRequest(bytes)
    }
  }

  #begin(chunk: Buffer): void {
    this.#answering = false
    this.#request = new Message()
    this.#answer = new Message()
    this.#trouble = this.#hooks.begin(phaseOf(chunk.toString('latin1', 0, 2000)))
  }

  #fromServer(chunk: Buffer): void {
    const trouble = this.#trouble
    if (!this.#answering) {
      this.#answering = true
      if (trouble?.kind === 'duplicate') this.#repeat()
    }
    const flip = trouble?.kind === 'flip-answer' ? trouble : undefined
    const bytes = this.#answer.take(chunk, flip, () => this.#fire())
    if (trouble?.kind === 'lose-answer') {
      this.#fire()
      this.#reset()
    } else if (trouble?.kind === 'cut-answer' || trouble?.kind === 'half-close' || trouble?.kind === 'stall')
      this.#cutAnswer(trouble.kind, bytes, trouble.after)
    else if (trouble?.kind === 'drip-answer') this.#drip(this.#client, bytes, trouble.bytes)
    else this.#passAnswer(bytes)
  }

  #cutRequest(bytes: Buffer, after: number): void {
    const room = after - (this.#request.length - bytes.length)
    if (bytes.length <= room) {
      this.#passRequest(bytes)
      return
    }
    this.#fire()
    this.#server.write(bytes.subarray(0, Math.max(0, room)), () => this.#reset())
  }

  #cutAnswer(kind: 'cut-answer' | 'half-close' | 'stall', bytes: Buffer, after: number): void {
    if (this.#answer.cut) return
    const before = this.#answer.length - bytes.length
    if (before + bytes.length <= after) {
      this.#passAnswer(bytes)
      return
    }
    this.#fire()
    this.#answer.cut = true
    const part = bytes.subarray(0, Math.max(0, after - before))
    this.#queueToClient(() => {
      this.#client.write(part)
      if (kind === 'cut-answer') this.#afterReading(() => this.#reset())
      else if (kind === 'half-close') this.#afterReading(() => this.#client.end())
    })
  }

  /** The whole request is not known before the server answers, which it will never do: so it ends with its last chunk. */
  #holdBack(bytes: Buffer): void {
    this.#request.keep(bytes)
    if (!this.#request.isWhole()) return
    this.#fire()
    this.#hooks.keep(this.#request.kept())
    this.#reset()
  }

  #repeat(): void {
    if (!this.#request.isWhole()) return
    this.#fire()
    void this.#hooks.deliver(this.#request.kept())
  }

  #passRequest(bytes: Buffer): void {
    this.#queueToServer(() => {
      this.#server.write(bytes)
    })
  }

  #passAnswer(bytes: Buffer): void {
    this.#queueToClient(() => {
      this.#client.write(bytes)
    })
  }

  #drip(target: Socket, bytes: Buffer, size: number): void {
    this.#fire()
    for (let at = 0; at < bytes.length; at += size) {
      const piece = bytes.subarray(at, at + size)
      if (target === this.#client) this.#passAnswer(piece)
      else this.#passRequest(piece)
    }
  }

  #queueToServer(step: () => void): void {
    this.#toServer = this.#toServer.then(step).then(() => turn())
  }

  #queueToClient(step: () => void): void {
    this.#toClient = this.#toClient.then(step).then(() => turn())
  }

  #fire(): void {
    if (this.#answer.told) return
    this.#answer.told = true
    if (this.#trouble !== undefined) this.#hooks.fired(this.#trouble.kind)
  }

  /** What has not been read when a connection ends in trouble is lost, so the client gets some time to read. */
  #afterReading(end: () => void): void {
    setTimeout(end, readingMs)
  }

  #reset(): void {
    this.#client.resetAndDestroy()
    this.#server.resetAndDestroy()
  }
}

/** One request or answer as it passes. */
class Message {
  length = 0
  cut = false
  told = false
  #headEnd: number | undefined
  #tail = ''
  #kept: Buffer[] = []

  take(
    chunk: Buffer,
    flip: { readonly at: number; readonly bit: number } | undefined,
    onFlip: () => void,
  ): Buffer {
    const start = this.length
    this.length += chunk.length
    this.#findHeadEnd(chunk, start)
    if (flip === undefined || this.#headEnd === undefined) return chunk
    const at = this.#headEnd + flip.at - start
    if (at < 0 || at >= chunk.length) return chunk
    const harmed = Buffer.from(chunk)
    harmed[at]! ^= 1 << flip.bit
    onFlip()
    return harmed
  }

  keep(bytes: Buffer): void {
    this.#kept.push(bytes)
  }

  kept(): Buffer {
    return Buffer.concat(this.#kept)
  }

  /** Of a request: GET has no body, POST says its length, and PUT comes chunked. */
  isWhole(): boolean {
    if (this.#headEnd === undefined) return false
    const bytes = this.kept()
    const head = bytes.toString('latin1', 0, this.#headEnd)
    if (/\r\ntransfer-encoding: *chunked/i.test(head)) return bytes.toString('latin1').endsWith('0\r\n\r\n')
    const length = Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? 0)
    return bytes.length >= this.#headEnd + length
  }

  #findHeadEnd(chunk: Buffer, start: number): void {
    if (this.#headEnd !== undefined) return
    const text = this.#tail + chunk.toString('latin1')
    const at = text.indexOf('\r\n\r\n')
    if (at >= 0) this.#headEnd = start - this.#tail.length + at + 4
    this.#tail = text.slice(-3)
  }
}

/** Told from the first line of a request. */
export const phaseOf = (head: string): Phase => {
  const [, method = '', url = ''] = /^([A-Z]+) (\S*)/.exec(head) ?? []
  const has = (name: string): boolean => new RegExp(`[?&]${name}(?:[=&]|$)`).test(url)
  if (method === 'GET') {
    if (has('service')) return 'route'
    if (has('data')) return 'data'
    return has('uploadid') || has('downloadid') ? 'load' : 'other'
  }
  if (method === 'PUT') return 'put'
  if (method !== 'POST') return 'other'
  if (has('uploads') || has('downloads')) return 'create'
  return has('uploadid') ? 'commit' : 'other'
}
