import { raceAbort } from '../abort.js'

/*
 * Many requests may need the route to the tunnel at the same time, and one call serves them all. Each may give up for
 * itself; only when nobody waits any more is the call aborted.
 */

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
