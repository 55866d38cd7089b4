import { randomBytes as cryptoBytes } from 'node:crypto'

/*
 * Time and chance come to the emulator from one place, so that a test can own both: with a clock of its own a fault that
 * waits an hour takes no time, and two runs from one seed give the same ids and dates, to the byte. It has the shape that
 * the client's clock has, so that one object can serve both sides.
 */

/** Time and chance for tests: waiting, ids and durations follow it. */
export interface EmulatorClock {
  /** Milliseconds since the epoch. */
  now(): number
  /** Resolves after so many milliseconds; rejects when the signal fires. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
  /** From 0 (inclusive) to 1 (exclusive); ids and tokens are made of it. */
  random(): number
}

/** What the emulator itself asks. */
export interface ServiceClock {
  /** Milliseconds since the epoch. */
  readonly now: () => number
  /** Milliseconds from any start, for durations; never goes back. */
  readonly elapsed: () => number
  /** Also resolves when the signal fires. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>
  readonly randomBytes: (count: number) => Buffer
}

/** A function tells the date alone; durations, waiting and ids stay the machine's. */
export const serviceClockOf = (clock: EmulatorClock | (() => number) = Date.now): ServiceClock => {
  if (typeof clock === 'function')
    return {
      now: clock,
      elapsed: () => performance.now(),
      sleep: systemSleep,
      randomBytes: cryptoBytes,
    }
  return {
    now: () => clock.now(),
    elapsed: () => clock.now(),
    sleep: (ms, signal) => clock.sleep(ms, signal).catch(() => {}),
    randomBytes: count => Buffer.from(Array.from({ length: count }, () => Math.floor(clock.random() * 256))),
  }
}

/** By the timers of the moment, which a test may have put fakes in place of. */
const systemSleep = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise(resolve => {
    const timer = setTimeout(done, ms)
    signal.addEventListener('abort', done, { once: true })
    function done(): void {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve()
    }
  })
