import { setImmediate as turn } from 'node:timers/promises'
import { AbortError, watchAbort } from '../../lib/abort.js'
import type { Clock } from '../../lib/http/clock.js'

interface Sleeper {
  readonly until: number
  readonly wake: () => void
}

/** A clock that jumps to the next moment at which somebody wakes, once nobody has anything to do before. */
export class EventClock implements Clock {
  #now = Date.UTC(2025, 0, 2)
  readonly #start = this.#now
  readonly #sleepers = new Set<Sleeper>()
  readonly #random: () => number

  constructor(random: () => number) {
    this.#random = random
  }

  readonly now = (): number => this.#now
  readonly random = (): number => this.#random()

  /** Milliseconds since the beginning. */
  get elapsed(): number {
    return this.#now - this.#start
  }

  readonly sleep = (ms: number, signal?: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(new AbortError(signal.reason))
      const unwatch =
        signal &&
        watchAbort(signal, () => {
          this.#sleepers.delete(sleeper)
          reject(new AbortError(signal.reason))
        })
      const wake = (): void => {
        unwatch?.()
        resolve()
      }
      const sleeper = { until: this.#now + ms, wake }
      this.#sleepers.add(sleeper)
    })

  /** Lets time pass until the work is done. @param onStep called before each jump */
  async runUntil<T>(work: Promise<T>, onStep: () => void = () => {}): Promise<T> {
    let isDone = false
    const end = (): void => {
      isDone = true
    }
    work.then(end, end)
    while (!isDone) {
      for (let i = 0; i < 4; i++) await turn()
      onStep()
      this.#jump()
    }
    return work
  }

  #jump(): void {
    const next = [...this.#sleepers].reduce<Sleeper | undefined>(
      (first, each) => (first === undefined || each.until < first.until ? each : first),
      undefined,
    )
    if (next === undefined) return
    this.#now = Math.max(this.#now, next.until)
    this.#sleepers.delete(next)
    next.wake()
  }
}
