import { subscribe, unsubscribe } from 'node:diagnostics_channel'

/** A request as undici tells of it on its channels. */
interface SentRequest {
  readonly method: string
  readonly path: string
}

/** Counts the requests of one kind that were sent and whose answers have not come to their end, by undici's channels. */
export class RequestsInFlight {
  readonly #open = new Set<SentRequest>()
  readonly #isOne: (request: SentRequest) => boolean

  constructor(isOne: (request: SentRequest) => boolean) {
    this.#isOne = isOne
    subscribe('undici:request:create', this.#onSent)
    for (const name of ends) subscribe(name, this.#onEnd)
  }

  get count(): number {
    return this.#open.size
  }

  close(): void {
    unsubscribe('undici:request:create', this.#onSent)
    for (const name of ends) unsubscribe(name, this.#onEnd)
  }

  readonly #onSent = (message: unknown): void => {
    const { request } = message as { request: SentRequest }
    if (this.#isOne(request)) this.#open.add(request)
  }

  readonly #onEnd = (message: unknown): void => {
    this.#open.delete((message as { request: SentRequest }).request)
  }
}

const ends = ['undici:request:trailers', 'undici:request:error']
