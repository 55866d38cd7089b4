import { setImmediate as turn } from 'node:timers/promises'
import { AbortError } from '../../lib/abort.js'
import type { Clock } from '../../lib/http/clock.js'

interface Sleeper {
  readonly until: number
  readonly wake: () => void
}

/** Stands still until a test moves it. */
export class ManualClock implements Clock {
  #now: number
  readonly #sleepers = new Set<Sleeper>()

  constructor(now = Date.now()) {
    this.#now = now
  }

  readonly now = (): number => this.#now
  readonly random = (): number => 0.5

  readonly sleep = (ms: number, signal?: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(new AbortError(signal.reason))
      const sleeper = { until: this.#now + ms, wake: resolve }
      this.#sleepers.add(sleeper)
      signal?.addEventListener('abort', () => {
        this.#sleepers.delete(sleeper)
        reject(new AbortError(signal.reason))
      })
    })

  /** How many sleep. */
  get sleeping(): number {
    return this.#sleepers.size
  }

  /** Lets time go by, and whoever it wakes run. */
  async advance(ms: number): Promise<void> {
    this.#now += ms
    for (const sleeper of this.#sleepers)
      if (sleeper.until <= this.#now) {
        this.#sleepers.delete(sleeper)
        sleeper.wake()
      }
    await turn()
  }
}
