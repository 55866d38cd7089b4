import { AbortError } from '../../lib/abort.js'
import type { Clock } from '../../lib/http/clock.js'
import { Random } from '../faults/random.js'

/*
 * Time that moves only when nothing else does. Everything in a simulated world runs on promises and on ticks of this
 * process, so some idle turns of the event loop mean that all that is left is to wait; then the clock jumps to whatever is
 * waited for first. So an hour of retries takes no time, and the order of events depends on the seed alone.
 */

const turn = (): Promise<void> => new Promise(resolve => setImmediate(resolve))

const start = Date.UTC(2025, 0, 1, 12)
const idleTurns = 3
/** The world does nothing and waits for nothing: after so long, on the machine's clock, that is no accident. */
const stuckMs = 10_000
/** Nobody retries for so long, on the clock of the world. */
const endlessMs = 24 * 3_600_000

interface Timer {
  readonly at: number
  readonly ring: () => void
}

export class VirtualClock implements Clock {
  readonly #random: Random
  #now = start
  #activity = 0
  /** In the order in which they ring. */
  readonly #timers: Timer[] = []

  constructor(seed: number) {
    this.#random = new Random(seed)
  }

  readonly now = (): number => this.#now
  readonly random = (): number => this.#random.next()

  readonly sleep = (ms: number, signal?: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(new AbortError(signal.reason))
        return
      }
      const give = (): void => {
        this.#remove(timer)
        reject(new AbortError(signal?.reason))
      }
      const timer: Timer = {
        at: this.#now + Math.max(0, ms),
        ring: () => {
          signal?.removeEventListener('abort', give)
          resolve()
        },
      }
      signal?.addEventListener('abort', give, { once: true })
      this.touch()
      const behind = this.#timers.findIndex(({ at }) => at > timer.at)
      this.#timers.splice(behind < 0 ? this.#timers.length : behind, 0, timer)
    })

  #remove(timer: Timer): void {
    const at = this.#timers.indexOf(timer)
    if (at >= 0) this.#timers.splice(at, 1)
  }

  /** Something happens that is not waiting. */
  touch(): void {
    this.#activity++
  }

  /** Lets time pass until the work is done. */
  async drive<T>(work: Promise<T>): Promise<T> {
    let isDone = false
    const end = (): void => {
      isDone = true
    }
    work.then(end, end)
    for (let [idle, since] = [0, Date.now()]; !isDone; ) {
      const before = this.#activity
      await turn()
      idle = this.#activity === before ? idle + 1 : 0
      if (idle >= idleTurns && this.#ringNext()) idle = 0
      if (this.#now - start > endlessMs) throw new Error('it goes on for ever: a day has passed')
      if (idle === 0) since = Date.now()
      else if (Date.now() - since > stuckMs)
        throw new Error('it hangs: nothing is under way, and nothing is waited for')
    }
    return work
  }

  #ringNext(): boolean {
    const timer = this.#timers.shift()
    if (timer === undefined) return false
    this.#now = Math.max(this.#now, timer.at)
    timer.ring()
    return true
  }
}
