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

/** Settles like the promise, or rejects with an AbortError as soon as the signal fires. The promise itself goes on. */
export const raceAbort = async <T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> => {
  if (signal === undefined) return promise
  // What the promise does after the abort is nobody's business, and must not become an unhandled rejection.
  promise.catch(() => {})
  throwIfAborted(signal)
  const { promise: aborted, reject } = withReject()
  const onAbort = (): void => reject(new AbortError(signal.reason))
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    return await Promise.race([promise, aborted])
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}

const withReject = (): { promise: Promise<never>; reject: (error: Error) => void } => {
  let reject: (error: Error) => void = () => {}
  const promise = new Promise<never>((_, r) => {
    reject = r
  })
  return { promise, reject }
}
