import { AbortError, throwIfAborted, watchAbort } from '../abort.js'

export interface SleepOptions {
  /** The wait does not keep the process alive. Default false. */
  readonly unref?: boolean
}

/** Time and chance, so that tests need neither wait nor guess. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number
  /** Rejects with an AbortError when the signal fires. */
  sleep(ms: number, signal?: AbortSignal, options?: SleepOptions): Promise<void>
  /** From 0 (inclusive) to 1 (exclusive). */
  random(): number
}

export const systemClock: Clock = {
  now: () => Date.now(),
  random: () => Math.random(),
  sleep: async (ms, signal, { unref = false } = {}) => {
    throwIfAborted(signal)
    await new Promise<void>((resolve, reject) => {
      const unwatch =
        signal &&
        watchAbort(signal, () => {
          clearTimeout(timer)
          reject(new AbortError(signal.reason))
        })
      const timer = setTimeout(() => {
        unwatch?.()
        resolve()
      }, ms)
      if (unref) timer.unref()
    })
  },
}
