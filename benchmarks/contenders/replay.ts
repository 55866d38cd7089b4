/* What the tunnel answered once, given again: downloads are measured on the same bytes in the same pieces, whoever asks. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { finished } from 'node:stream/promises'
import { request } from 'undici'

interface Answer {
  readonly status: number
  readonly headers: Record<string, string | string[] | undefined>
  readonly chunks: readonly Buffer[]
}

/** What was asked, and how many bytes the answer has. */
export interface Replayed {
  readonly method: 'GET' | 'POST'
  readonly url: string
  readonly bytes: number
}

/** Stands before the endpoint of a tunnel; a request is known by its method and URL alone, so tables must not change behind it. */
export class Replay {
  readonly #endpoint: string
  readonly #answers = new Map<string, Promise<Answer>>()
  #url = ''

  constructor(endpoint: string) {
    this.#endpoint = endpoint
  }

  async listen(): Promise<string> {
    const server = createServer((incoming, outgoing) => void this.#give(incoming, outgoing))
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    this.#url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    return this.#url
  }

  /** All that was asked so far, in order: the session that any client opens, and its ranges. */
  async replayed(): Promise<Replayed[]> {
    const bodies: Replayed[] = []
    for (const [key, answer] of this.#answers) {
      const [method, path] = key.split(' ') as [Replayed['method'], string]
      const bytes = (await answer).chunks.reduce((sum, chunk) => sum + chunk.length, 0)
      bodies.push({ method, url: this.#url + path, bytes })
    }
    return bodies
  }

  async #give(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const key = `${incoming.method} ${incoming.url}`
    if (!this.#answers.has(key)) this.#answers.set(key, this.#ask(incoming))
    incoming.resume()
    const { status, headers, chunks } = await this.#answers.get(key)!
    outgoing.writeHead(status, headers)
    for (const chunk of chunks)
      if (!outgoing.write(chunk)) await new Promise(resolve => outgoing.once('drain', resolve))
    outgoing.end()
  }

  async #ask({ method, url, headers }: IncomingMessage): Promise<Answer> {
    const { host: _host, connection: _connection, ...kept } = headers
    const answer = await request(this.#endpoint + url, { method: method as 'GET', headers: kept })
    const chunks: Buffer[] = []
    answer.body.on('data', (chunk: Buffer) => chunks.push(chunk))
    await finished(answer.body)
    return { status: answer.statusCode, headers: answer.headers, chunks }
  }
}
