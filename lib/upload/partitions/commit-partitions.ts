import { type PartitionCommit, TunnelError, TunnelSessionError } from '../../errors.js'

/*
 * Every partition is a session of its own, and the service commits one at a time. What can be done is to begin only when
 * every block of all has arrived, to stop at the first failure, and to tell exactly what became of each: then the rest can
 * be committed later, by anybody, from what the error says.
 */

export interface PendingCommit {
  readonly partition: Omit<PartitionCommit, 'state'>
  /** How it stands before. */
  readonly state: PartitionCommit['state']
  commit(): Promise<unknown>
}

/**
 * Commits all that are not yet, some at a time.
 * @throws TunnelSessionError ODPS_PARTIAL_COMMIT when one fails and others are committed, or may be; when certainly none
 * is, what the first one failed with
 */
export const commitPartitions = async (
  commits: readonly PendingCommit[],
  concurrency: number,
): Promise<void> => {
  const states = commits.map(({ state }) => state)
  const failures: { readonly at: number; readonly error: unknown }[] = []
  let next = 0
  const work = async (): Promise<void> => {
    while (next < commits.length && failures.length === 0) {
      const at = next++
      if (states[at] === 'committed') continue
      try {
        await commits[at]!.commit()
        states[at] = 'committed'
      } catch (error) {
        if (isUnknown(error)) states[at] = 'unknown'
        failures.push({ at, error })
      }
    }
  }
  await Promise.all(Array.from({ length: Math.min(concurrency, commits.length) }, work))
  const [failure] = failures
  if (failure === undefined) return
  if (states.every(state => state === 'open')) throw failure.error
  const partitions = commits.map(({ partition }, i) => ({ ...partition, state: states[i]! }))
  throw partialCommit(partitions, commits[failure.at]!.partition, failure.error)
}

const isUnknown = (error: unknown): boolean =>
  error instanceof TunnelError && error.code === 'ODPS_COMMIT_UNKNOWN'

const partialCommit = (
  partitions: readonly PartitionCommit[],
  failed: Omit<PartitionCommit, 'state'>,
  cause: unknown,
): TunnelSessionError => {
  const count = (state: PartitionCommit['state']): number =>
    partitions.filter(partition => partition.state === state).length
  const unknown = count('unknown') === 0 ? '' : `, and of ${count('unknown')} it is unknown`
  const { sessionId, partitionSpec } = failed
  return new TunnelSessionError(
    'ODPS_PARTIAL_COMMIT',
    `Only ${count('committed')} of ${partitions.length} partitions were committed${unknown}: the commit of ${partitionSpec} failed. Pass error.partitions to tunnel.finishCommit() to commit the others.`,
    { sessionId, cause, retryable: true, partitions },
  )
}
