import { TunnelSessionError } from '../errors.js'

/**
 * Resolves when a commit has ended.
 * @returns what it failed with, if that says what became of its rows: any other failure means that none is in the table
 */
export const outcomeOf = (commit: Promise<unknown>): Promise<TunnelSessionError | undefined> =>
  commit.then(
    () => undefined,
    reason => (reason instanceof TunnelSessionError ? reason : undefined),
  )
