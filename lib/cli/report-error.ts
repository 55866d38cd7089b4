import type { TunnelErrorCode } from '../errors.js'
import { TunnelError, TunnelServiceError, TunnelValueError } from '../errors.js'
import { exitCode } from './exit-code.js'
import { CliError, UsageError } from './usage-error.js'
import { visibleInLine } from './visible.js'

/** What to tell of an error: one line what, one line the next step. */
export interface ErrorReport {
  readonly what: string
  readonly next: string
  readonly exitCode: number
}

export const describeError = (error: unknown): ErrorReport => {
  if (error instanceof UsageError)
    return {
      what: oneLine(error.message),
      next: error.next ?? "See 'odps-tunnel --help'",
      exitCode: exitCode.usage,
    }
  if (error instanceof CliError)
    return {
      what: oneLine(error.message),
      next: error.next ?? 'Run it again with --verbose for the cause',
      exitCode: error.exitCode,
    }
  if (error instanceof TunnelError)
    return {
      what: `${error.code}: ${oneLine(error.message)}`,
      next: nextStep(error),
      exitCode: exitCode.failed,
    }
  const { message, code } =
    error instanceof Error ? (error as NodeJS.ErrnoException) : { message: String(error) }
  return {
    what: oneLine(message),
    next: systemSteps[code ?? ''] ?? 'Run it again with --verbose for the cause',
    exitCode: exitCode.failed,
  }
}

/** The causes and the request id, for `--verbose`: lines that can be shown. */
export const describeCauses = (error: unknown): string[] => {
  const lines: string[] = []
  for (let each: unknown = error, depth = 0; each instanceof Error && depth < 8; each = each.cause, depth++) {
    if (depth > 0) lines.push(`  cause: ${each.name}: ${oneLine(each.message)}`)
    if (each instanceof TunnelServiceError)
      lines.push(
        `  service: status ${each.statusCode}, code ${each.serviceCode ?? 'none'}, request id ${each.requestId ?? 'none'}, sent ${each.attempts} times`,
      )
    if ('sessionId' in each && typeof each.sessionId === 'string') lines.push(`  session: ${each.sessionId}`)
    if (depth === 0 && !(each instanceof TunnelError) && each.stack !== undefined)
      lines.push(...stackOf(each))
  }
  return lines.map(visibleInLine)
}

/** Behind the message, which may have lines of its own. */
const stackOf = ({ stack = '' }: Error): string[] => stack.split('\n').filter(line => /^ +at /.test(line))

/** Line ends become blanks: messages of services have them. */
const oneLine = (text: string): string =>
  text
    .split('\n')
    .map((line, i) => (i === 0 ? line.trimEnd() : line.trim()))
    .join(' ')

const maxShown = 4000

/** A message as a person reads it: in one line, of a length that can be read, and nothing in it that isn't seen. */
export const readable = (text: string): string => {
  const line = oneLine(text.length > maxShown ? `${text.slice(0, maxShown)}…` : text)
  return visibleInLine(line)
}

const nextStep = (error: TunnelError): string => {
  if (error instanceof TunnelValueError && steps[error.code] === undefined)
    return 'Correct the record, or set bad records aside with --bad-records <file>'
  return steps[error.code] ?? 'Run it again with --verbose for the cause and the request id'
}

const connection = "Check the connection with 'odps-tunnel doctor'"
const again = 'Run it again'

const steps: Readonly<Partial<Record<TunnelErrorCode, string>>> = {
  ODPS_MISSING_ENDPOINT: 'Set ODPS_ENDPOINT, give --endpoint, or write a configuration file',
  ODPS_MISSING_PROJECT: 'Set ODPS_PROJECT, give --project, or write project.schema.table',
  ODPS_MISSING_CREDENTIALS:
    'Set ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET, or use --config or --profile',
  ODPS_MISSING_PACKAGE: 'Install the package that is named, next to odps-tunnel',
  ODPS_INVALID_TABLE_NAME: 'Write the table as t, schema.t or project.schema.t, a partition as t/pt=a',
  ODPS_INVALID_PARTITION_SPEC: "See the partition columns with 'odps-tunnel schema <table>'",
  ODPS_INVALID_COLUMNS: "See the columns with 'odps-tunnel schema <table>'",
  ODPS_CONNECT_FAILED: connection,
  ODPS_REQUEST_TIMEOUT: again,
  ODPS_CONNECTION_LOST: again,
  ODPS_UNAUTHORIZED: "Check the access key; 'odps-tunnel config show' tells where it comes from",
  ODPS_CREDENTIALS_EXPIRED: `Renew the credentials. ${again}`,
  ODPS_CLOCK_SKEW: 'Set the clock of this machine',
  ODPS_ACCESS_DENIED: 'Ask the owner of the project for the permission that is named',
  ODPS_NO_SUCH_PROJECT: "Check the project; 'odps-tunnel config show' tells where it comes from",
  ODPS_NO_SUCH_TABLE: 'Check the name, or create the table: upload --create, or infer <file> for its DDL',
  ODPS_NO_SUCH_PARTITION: 'Check the partition, or create it with --create-partition',
  ODPS_NO_SUCH_SESSION: 'The session is over: start anew, without --resume',
  ODPS_THROTTLED: `Wait, or lower --concurrency. ${again}`,
  ODPS_TABLE_MODIFIED: 'The table changed under the download: start it anew, without --resume',
  ODPS_SERVICE_UNAVAILABLE: again,
  ODPS_BLOCK_IDS_EXHAUSTED: 'Raise --block-size',
  ODPS_COMMIT_UNKNOWN: "Ask again with 'odps-tunnel sessions show'",
}

const systemSteps: Readonly<Record<string, string>> = {
  ENOENT: 'Check the path',
  ENOTDIR: 'Check the path',
  EACCES: 'Check the permissions of the path',
  EISDIR: 'Name a file, not a folder',
  ENOSPC: 'Free some space on the disk',
  EADDRINUSE: 'Choose another --port',
}
