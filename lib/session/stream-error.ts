import { TunnelError } from '../errors.js'

/**
 * Gives an error that ends a stream what its reader needs to go on: the counters at that moment (`stats`) and
 * the session (`sessionId`). Errors that are neither ours nor an abort are left as they are.
 */
export const describeStreamError = <E extends Error | null>(
  error: E,
  stats: object,
  sessionId: string | undefined,
): E => {
  if (error === null || !(error instanceof TunnelError || error.name === 'AbortError')) return error
  const additions: [string, unknown][] = [
    ['stats', structuredClone(stats)],
    ['sessionId', sessionId],
  ]
  for (const [key, value] of additions)
    if (!Object.hasOwn(error, key) && Object.isExtensible(error))
      Object.defineProperty(error, key, { value, enumerable: false })
  return error
}

/**
 * Says that the same call would do again what was done already, or may have been: the error's `retryable` is false from now on, whatever
 * failed, and however soon that passes.
 */
export const forbidRepeat = (error: unknown): void => {
  if (error instanceof TunnelError && Object.isExtensible(error))
    Object.defineProperty(error, 'retryable', { value: false })
}
