import { setTimeout as sleep } from 'node:timers/promises'
import { AbortError } from './abort.js'

/** Time and chance, so that tests need neither wait nor guess. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number
  /** Rejects with an AbortError when the signal fires. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
  /** From 0 (inclusive) to 1 (exclusive). */
  random(): number
}

export const systemClock: Clock = {
  now: () => Date.now(),
  random: () => Math.random(),
  sleep: async (ms, signal) => {
    try {
      await sleep(ms, undefined, signal && { signal })
    } catch {
      throw new AbortError(signal?.reason)
    }
  },
}
