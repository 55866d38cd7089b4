import { setImmediate as turn } from 'node:timers/promises'
import { AbortError } from '../../lib/abort.js'
import type { Clock } from '../../lib/http/clock.js'
import { Random } from './random.js'

/** The machine's time, on which sleeping takes one turn of the event loop and moves the clock by what was slept. */
export class ScenarioClock implements Clock {
  readonly #random: Random
  #slept = 0

  constructor(seed: number) {
    this.#random = new Random(seed)
  }

  /** For the emulator as well: both sides have the same time. */
  readonly now = (): number => Date.now() + this.#slept

  readonly random = (): number => this.#random.next()

  readonly sleep = async (ms: number, signal?: AbortSignal): Promise<void> => {
    this.#slept += ms
    await turn()
    if (signal?.aborted) throw new AbortError(signal.reason)
  }
}
