import { Readable } from 'node:stream'
import { Dispatcher } from 'undici'
import {
  type EmulatorAction,
  parseRequestTarget,
  parseResourcePath,
} from '../../lib/emulator/server/emulator-request.js'
import { findRoute } from '../../lib/emulator/server/router.js'

export interface Asked {
  readonly action: EmulatorAction
  readonly query: ReadonlyMap<string, string>
  readonly headers: Readonly<Record<string, string>>
}

export interface Reply {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
}

/** Changes what the emulator has answered. */
export type Change = (reply: Reply, asked: Asked) => Reply | Promise<Reply>

/** The emulator as another service would be: what it answers is changed before the client sees it. */
export class OtherwiseDispatcher extends Dispatcher {
  change: Change = reply => reply
  /** Requests so far. */
  requests = 0
  /** Bytes of their bodies. */
  bytes = 0
  readonly #inner: Dispatcher

  constructor(inner: Dispatcher) {
    super()
    this.#inner = inner
  }

  override async request(
    options: Parameters<Dispatcher['request']>[0],
  ): Promise<Awaited<ReturnType<Dispatcher['request']>>> {
    const target = parseRequestTarget(options.path)
    const { action } = findRoute(options.method, target, parseResourcePath(target.segments))
    const asked = { action, query: target.query, headers: options.headers as Record<string, string> }
    this.requests++
    const answer = await this.#inner.request({ ...options, body: this.#counted(options.body) })
    const reply = {
      status: answer.statusCode,
      headers: answer.headers as Record<string, string>,
      body: Buffer.from(await answer.body.arrayBuffer()),
    }
    const changed = await this.change(reply, asked)
    const body = Object.assign(Readable.from([changed.body], { objectMode: false }), {
      dump: async () => {
        body.resume()
      },
    })
    return { ...answer, statusCode: changed.status, headers: changed.headers, body: body as never }
  }

  #counted(body: unknown): never {
    if (typeof body !== 'object' || body === null) return body as never
    const count = (bytes: Uint8Array): Uint8Array => {
      this.bytes += bytes.length
      return bytes
    }
    const parts = body as Iterable<Uint8Array>
    return (function* () {
      for (const part of parts) yield count(part)
    })() as Iterable<Uint8Array> as never
  }
}

/** Refuses, as the tunnel or the service would. */
export const refuse =
  (status: number, code: string): Change =>
  ({ headers }, { action }) => {
    const isTunnel = /Upload|Block|Download|Data|Result|preview/.test(action)
    const body = isTunnel
      ? JSON.stringify({ Code: code, Message: 'other' })
      : `<Error><Code>${code}</Code><Message>other</Message><RequestId>1</RequestId><HostId>h</HostId></Error>`
    return { status, headers, body: Buffer.from(body) }
  }

/** Answers with this text. */
export const say =
  (text: string | Uint8Array, status = 200): Change =>
  reply => ({ ...reply, status, body: Buffer.from(text) })

/** Changes the JSON of the answer. */
export const edit =
  (change: (json: Record<string, unknown>) => object): Change =>
  reply => ({ ...reply, body: Buffer.from(JSON.stringify(change(JSON.parse(reply.body.toString())))) })

/** Sets headers of the answer; undefined leaves one out. */
export const head =
  (headers: Readonly<Record<string, string | undefined>>): Change =>
  reply => ({
    ...reply,
    headers: Object.fromEntries(
      Object.entries({ ...reply.headers, ...headers }).flatMap(([name, value]) =>
        value === undefined ? [] : [[name, value]],
      ),
    ),
  })

/** Changes the answers to requests of one kind, or only to the one of them that has this number, from 0. */
export const on = (action: EmulatorAction, change: Change, only?: number): Change => {
  let seen = 0
  return (reply, asked) => {
    if (asked.action !== action) return reply
    const isMeant = only === undefined || seen === only
    seen++
    return isMeant ? change(reply, asked) : reply
  }
}
