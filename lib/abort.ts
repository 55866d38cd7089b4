/** What Node's own functions reject with on abort; theirs is not exported. */
export class AbortError extends Error {
  readonly code = 'ABORT_ERR'

  constructor(cause: unknown) {
    super('The operation was aborted', { cause })
    this.name = 'AbortError'
  }
}

export const throwIfAborted = (signal: AbortSignal | undefined): void => {
  if (signal?.aborted) throw new AbortError(signal.reason)
}

interface Watch {
  readonly callbacks: Set<() => void>
  readonly listener: () => void
}

const watches = new WeakMap<AbortSignal, Watch>()

/**
 * Calls back when the signal fires. However many watch a signal, it has one listener: many requests under one signal
 * are normal here, and Node would warn of a leak.
 *
 * @returns a function that ends the watch; with the last one the listener goes
 */
export const watchAbort = (signal: AbortSignal, callback: () => void): (() => void) => {
  const watch = watches.get(signal) ?? startWatch(signal)
  // Each watch is its own, even of the same function.
  const call = (): void => callback()
  watch.callbacks.add(call)
  return () => {
    if (!watch.callbacks.delete(call) || watch.callbacks.size > 0) return
    signal.removeEventListener('abort', watch.listener)
    watches.delete(signal)
  }
}

const startWatch = (signal: AbortSignal): Watch => {
  const callbacks = new Set<() => void>()
  const listener = (): void => {
    watches.delete(signal)
    for (const call of [...callbacks]) call()
  }
  const watch = { callbacks, listener }
  watches.set(signal, watch)
  signal.addEventListener('abort', listener, { once: true })
  return watch
}

/** Settles like the promise, or rejects with an AbortError as soon as the signal fires. The promise itself goes on. */
export const raceAbort = async <T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> => {
  if (signal === undefined) return promise
  // What the promise does after the abort is nobody's business, and must not become an unhandled rejection.
  promise.catch(() => {})
  throwIfAborted(signal)
  return new Promise<T>((resolve, reject) => {
    const unwatch = watchAbort(signal, () => reject(new AbortError(signal.reason)))
    promise.then(resolve, reject).finally(unwatch)
  })
}

/** A signal of its own that fires with another one, until it is released. */
export interface LinkedSignal {
  readonly signal: AbortSignal
  release(): void
}

export const linkSignal = (signal: AbortSignal): LinkedSignal => {
  const controller = new AbortController()
  if (signal.aborted) controller.abort(signal.reason)
  const release = watchAbort(signal, () => controller.abort(signal.reason))
  return { signal: controller.signal, release }
}
