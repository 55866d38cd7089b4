import { TunnelError, type TunnelErrorCode } from '../../index.js'
import { describeError } from '../report-error.js'

/** What to do about a check that failed. The error's own code comes first: not every failure is a missing right. */
export interface Hints {
  /** The service said that a right is missing. */
  readonly denied?: string
  /** Nothing else is known. */
  readonly otherwise: string
}

export const hintOf = (error: unknown, { denied, otherwise }: Hints): string => {
  if (!(error instanceof TunnelError)) return otherwise
  if (error.code === 'ODPS_ACCESS_DENIED' && denied !== undefined) return denied
  if (unclear.has(error.code)) return otherwise
  return ownHints[error.code] ?? describeError(error).next
}

/** Codes that say no more than that the check failed. */
const unclear: ReadonlySet<TunnelErrorCode> = new Set([
  'ODPS_SERVICE_ERROR',
  'ODPS_UNEXPECTED_ANSWER',
  'ODPS_BLOCK_REFUSED',
  'ODPS_MALFORMED_STREAM',
  'ODPS_TRUNCATED_STREAM',
  'ODPS_COUNT_MISMATCH',
  'ODPS_CHECKSUM_MISMATCH',
])

const network = 'Check the endpoint, the network and the proxy'
const later = 'Run it again later: the service is busy'

/** Where the usual hint would send the reader to the doctor, or speak of a transfer. */
const ownHints: Readonly<Partial<Record<TunnelErrorCode, string>>> = {
  ODPS_CONNECT_FAILED: network,
  ODPS_CONNECTION_LOST: network,
  ODPS_REQUEST_TIMEOUT: network,
  ODPS_SERVICE_UNAVAILABLE: later,
  ODPS_THROTTLED: later,
  ODPS_NO_SUCH_TABLE: "Check the name of the table; 'odps-tunnel config show' shows the project",
}
