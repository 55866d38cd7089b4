import { raceAbort } from '../abort.js'

/** One call for all who wait for it; it is aborted when the last of them has given up. */
export class SharedCall<T> {
  readonly #controller = new AbortController()
  readonly #promise: Promise<T>
  #waiting = 0

  constructor(call: (signal: AbortSignal) => Promise<T>) {
    this.#promise = call(this.#controller.signal)
  }

  get abandoned(): boolean {
    return this.#controller.signal.aborted
  }

  async wait(signal: AbortSignal | undefined): Promise<T> {
    this.#waiting++
    try {
      return await raceAbort(this.#promise, signal)
    } finally {
      this.#waiting--
      if (this.#waiting === 0 && signal?.aborted) this.#controller.abort(signal.reason)
    }
  }
}
