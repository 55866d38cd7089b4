import { TunnelError, type TunnelErrorCode } from '../../errors.js'
import type { Call } from '../call.js'
import { exitCode } from '../exit-code.js'

/** A transfer that failed, and what there is to go on with. */
export class FailedTransfer extends Error {
  /** What is kept, and how far it got. */
  readonly kept: string
  /** The whole command that goes on with it. */
  readonly resume: string

  constructor(cause: unknown, kept: string, resume: string) {
    super(cause instanceof Error ? cause.message : String(cause), { cause })
    this.kept = kept
    this.resume = resume
  }
}

export interface GoingOn {
  readonly kept: string
  readonly resume: string
}

/** Tells how an interrupted transfer ended; what there is to go on with, if there is. */
export const reportInterrupted = (
  call: Call,
  id: string | undefined,
  what: string,
  goingOn?: GoingOn,
): number => {
  if (call.json) call.event('interrupted', { message: what, ...(id !== undefined && { id }), ...goingOn })
  else {
    const more = goingOn === undefined ? '' : `\n  next: ${goingOn.resume}\n  kept: ${goingOn.kept}`
    call.alert(`Interrupted. ${what}${more}`)
  }
  return exitCode.interrupted
}

/** What another run may get past. Anything else is in the data, the table or the command, and would be there again. */
const passing: ReadonlySet<TunnelErrorCode> = new Set([
  ...(['ODPS_CONNECT_FAILED', 'ODPS_REQUEST_TIMEOUT', 'ODPS_CONNECTION_LOST'] as const),
  ...(['ODPS_UNAUTHORIZED', 'ODPS_CREDENTIALS_EXPIRED', 'ODPS_CLOCK_SKEW', 'ODPS_ACCESS_DENIED'] as const),
  ...([
    'ODPS_THROTTLED',
    'ODPS_SERVICE_UNAVAILABLE',
    'ODPS_SERVICE_ERROR',
    'ODPS_COMMIT_UNKNOWN',
    'ODPS_PARTIAL_COMMIT',
  ] as const),
  ...(['ODPS_MALFORMED_STREAM', 'ODPS_TRUNCATED_STREAM', 'ODPS_COUNT_MISMATCH'] as const),
  ...(['ODPS_CHECKSUM_MISMATCH', 'ODPS_UNEXPECTED_ANSWER'] as const),
])

/** Whether the same transfer may come further when it is gone on with: also when a disk was full, or a file was locked. */
export const canGoOn = (error: unknown): boolean => {
  if (error instanceof TunnelError) return passing.has(error.code)
  if (!(error instanceof Error)) return false
  return 'syscall' in error || (error.cause instanceof Error && 'syscall' in error.cause)
}
