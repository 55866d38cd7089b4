import { type PartitionCommit, type Tunnel, TunnelSessionError } from '../../index.js'
import type { Call } from '../call.js'
import { exitCode } from '../exit-code.js'
import type { JournalEntry } from '../journal/entry.js'
import type { TransferLog } from '../journal/transfer-log.js'
import { FailedTransfer, type GoingOn, reportInterrupted } from '../transfer/failed-transfer.js'
import type { Interrupt } from '../transfer/interrupt.js'
import { formatTarget, type TableTarget } from '../transfer/table-target.js'
import { countOf, formatCount } from '../transfer/units.js'
import { CliError } from '../usage-error.js'

/*
 * An upload into many partitions is a session for each of them, and where their blocks end depends on memory and time: so
 * it can't be gone on with before its commit. From then on no row is needed any more. The journal has all sessions before
 * the first one is committed, so that whatever ends the process, --resume asks the service what became of each and commits
 * the others; a session that is committed already stays as it is.
 */

/** Told of a commit that is about to begin. What becomes of each partition isn't known until it has ended. */
export const noteCommits = async (
  log: TransferLog,
  partitions: readonly PartitionCommit[],
  rows: number,
): Promise<void> => {
  const commits = partitions.map(each => (isLeft(each) ? { ...each, state: 'unknown' as const } : each))
  log.update({ commits, rows })
  await log.save()
}

/** Keeps what a failed commit says; any other failure means that none of the partitions was committed. */
export const noteFailure = (
  log: TransferLog,
  error: unknown,
  begun: readonly PartitionCommit[] = [],
): void => {
  const told = error instanceof TunnelSessionError ? error.partitions : undefined
  log.update({ commits: told === undefined ? [...begun] : [...told] })
}

/** Undefined when nothing can be gone on with. */
export const commitsToFinish = ({ commits = [], id }: JournalEntry, resume: string): GoingOn | undefined =>
  commits.length === 0
    ? undefined
    : {
        kept: `${stateOf(commits)}; the rows of the others stay on the service for 24 hours, as transfer ${id}`,
        resume,
      }

/** What an interruption leaves, as a sentence. */
export const describeCommits = ({ commits = [] }: JournalEntry): string =>
  commits.some(({ state }) => state !== 'open')
    ? `${stateOf(commits)}.`
    : commits.length > 0
      ? 'Nothing was committed.'
      : "Nothing was committed. An upload with --partition-by can't be resumed before its commit begins: start it again."

const shownPartitions = 5

const stateOf = (commits: readonly PartitionCommit[]): string => {
  const [unknown, open] = (['unknown', 'open'] as const).map(wanted =>
    commits.filter(({ state }) => state === wanted),
  ) as [PartitionCommit[], PartitionCommit[]]
  const left = [...open, ...unknown].map(({ partitionSpec }) => partitionSpec)
  const names = `${left.slice(0, shownPartitions).join('; ')}${left.length > shownPartitions ? '; …' : ''}`
  const of = `${formatCount(commits.length - left.length)} of ${countOf(commits.length, 'partition')} committed`
  const more = unknown.length === 0 ? '' : `, of ${formatCount(unknown.length)} it isn't known`
  return left.length === 0 ? of : `${of}${more} (left: ${names})`
}

/** Commits what a former run could not. @throws CliError when there is nothing to commit */
export const finishCommits = async (
  call: Call,
  tunnel: Tunnel,
  {
    target,
    log,
    interrupt,
  }: { readonly target: TableTarget; readonly log: TransferLog; readonly interrupt: Interrupt },
  former: JournalEntry,
): Promise<number> => {
  const { commits = [] } = former
  if (commits.length === 0) {
    log.update({ state: former.state, error: former.error })
    throw new CliError(
      `the transfer ${former.id} ended before its commit began, and an upload with --partition-by can't be resumed from there: where its blocks end depends on memory and time`,
      'Start over, without --resume: nothing was committed',
    )
  }
  const { resumeCommand } = log
  interrupt.lastWords = () =>
    reportInterrupted(call, former.id, describeCommits(log.entry), commitsToFinish(log.entry, resumeCommand!))
  try {
    // From here on a commit may be under way, whatever the former run knew.
    await noteCommits(log, commits, former.rows)
    log.update({ commits: await tunnel.finishCommit(commits, { signal: interrupt.signal }) })
  } catch (error) {
    noteFailure(log, error, commits)
    const message = error instanceof Error ? error.message : String(error)
    log.update(interrupt.happened ? { state: 'interrupted' } : { state: 'failed', error: message })
    await log.flush()
    if (interrupt.happened) return interrupt.lastWords()
    const { kept, resume } = commitsToFinish(log.entry, resumeCommand!)!
    throw new FailedTransfer(error, kept, resume)
  }
  log.update({ state: 'done', commits: [] })
  await log.flush()
  const before = commits.length - commits.filter(isLeft).length
  const { rows, badRecords } = former
  if (call.json) call.event('done', { rows, partitions: commits.length, committedBefore: before, badRecords })
  else
    call.note(
      `${countOf(rows, 'row')} committed to ${formatTarget(target)} in ${countOf(commits.length, 'partition')}, ${before} of them by the run before`,
    )
  return exitCode.done
}

const isLeft = ({ state }: PartitionCommit): boolean => state !== 'committed'
