import type { TunnelErrorCode } from '../errors.js'
import { TunnelError, TunnelOptionError, TunnelServiceError } from '../errors.js'
import { exitCode } from './exit-code.js'
import { CliError, UsageError } from './usage-error.js'
import { visibleInLine } from './visible.js'

/*
 * An error as a user reads it: what happened, then what to do next, on stderr or as an event, never a stack. The exit
 * code tells scripts the kind: wrong usage, failure, too many bad records, interrupted. Causes and the id of the
 * request, which the service's support asks for, come with --verbose.
 */

/** What to tell of an error: one line what, one line the next step. */
export interface ErrorReport {
  readonly what: string
  readonly next: string
  readonly exitCode: number
}

/** @param help what to type for the help of the command */
export const describeError = (error: unknown, help = 'odps-tunnel --help'): ErrorReport => {
  if (error instanceof UsageError)
    return {
      what: oneLine(error.message),
      next: error.next ?? `See '${help}'`,
      exitCode: exitCode.usage,
    }
  if (error instanceof CliError)
    return {
      what: oneLine(error.message),
      next: error.next ?? 'To see the cause, run it again with --verbose',
      exitCode: error.exitCode,
    }
  if (error instanceof TunnelError)
    return {
      what: `${error.code}: ${oneLine(messageOf(error))}`,
      next: nextStep(error),
      exitCode: exitCode.failed,
    }
  const { message, code } =
    error instanceof Error ? (error as NodeJS.ErrnoException) : { message: String(error) }
  return {
    what: oneLine(message),
    next: systemSteps[code ?? ''] ?? 'To see the cause, run it again with --verbose',
    exitCode: exitCode.failed,
  }
}

/** What it says to programs is another thing than to people, who need its cause to go on. */
const messageOf = ({ code, message, cause }: TunnelError): string => {
  if (code !== 'ODPS_PARTIAL_COMMIT' || !(cause instanceof Error)) return message
  return `${message.replace(/\. Pass error\.partitions to .*$/s, '')}: ${cause.message}`
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
  const { code } = error
  if (isOfRow(code)) return 'Correct the record, or write bad records to a file with --bad-records <file>'
  // Nothing of the service is below the root of its host.
  if (
    error instanceof TunnelServiceError &&
    error.statusCode === 405 &&
    code === 'ODPS_SERVICE_ERROR' &&
    !/ emulator does not support /.test(error.message)
  )
    return "Check the path of the endpoint, which usually ends in /api; 'odps-tunnel config show' shows where it comes from"
  // The library names its own options.
  if (error instanceof TunnelOptionError && error.message.startsWith('startEmulator: '))
    return "See 'odps-tunnel emulate --help'"
  if (error instanceof TunnelOptionError && error.message.startsWith('copyTable: '))
    return /(from|to)\.partition|createTable/.test(error.message)
      ? "A partition is written t/pt=a, and --create creates the table: see 'odps-tunnel copy --help'"
      : error.code === 'ODPS_SCHEMA_MISMATCH'
        ? columns
        : "See 'odps-tunnel copy --help'"
  // The emulator's: the statement is right.
  if (code === 'ODPS_QUERY_FAILED' && / without the package /.test(error.message))
    return 'Install the package that the message names where the emulator runs'
  return steps[code]
}

const rowCodes = [
  ...(['ODPS_INVALID_ROW', 'ODPS_ROW_LENGTH', 'ODPS_UNKNOWN_COLUMN', 'ODPS_INVALID_VALUE'] as const),
  ...([
    'ODPS_VALUE_OUT_OF_RANGE',
    'ODPS_NULL_NOT_ALLOWED',
    'ODPS_FIELD_TOO_LONG',
    'ODPS_UNSAFE_INTEGER',
  ] as const),
] as const
type RowCode = (typeof rowCodes)[number]

const isOfRow = (code: TunnelErrorCode): code is RowCode => (rowCodes as readonly string[]).includes(code)

const connection = "Check the connection with 'odps-tunnel doctor'"
const again = 'Run it again'
const startOver = 'Start over, without --resume'
const columns = "See the columns with 'odps-tunnel schema <table>'"
const setting = "Correct this option or setting; 'odps-tunnel config show' shows where settings come from"
const damaged = `${again}; if it fails again, something in between changes the bytes: try another --compression or network`
const internal = `${again} with --verbose for the cause`

const steps: Readonly<Record<Exclude<TunnelErrorCode, RowCode>, string>> = {
  ODPS_UNKNOWN_OPTION: setting,
  ODPS_INVALID_OPTION: setting,
  ODPS_MISSING_ENDPOINT: 'Set ODPS_ENDPOINT or --endpoint, or write a configuration file',
  ODPS_MISSING_PROJECT: 'Set ODPS_PROJECT or --project, or write project.schema.table',
  ODPS_MISSING_CREDENTIALS:
    'Set ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET, or use --config or --profile',
  ODPS_MISSING_PACKAGE: 'Install the package next to odps-tunnel',
  ODPS_INVALID_TABLE_NAME: 'Write the table as t, schema.t or project.schema.t, a partition as t/pt=a',
  ODPS_INVALID_PARTITION_SPEC:
    "Write a partition with all its levels, as t/pt=a; 'odps-tunnel schema <table>' shows its columns",
  ODPS_INVALID_COLUMNS: columns,
  ODPS_INVALID_RANGE: startOver,
  ODPS_INVALID_DATA_TYPE: columns,
  ODPS_SCHEMA_MISMATCH: `The columns of the table have changed. ${startOver}`,
  ODPS_CONNECT_FAILED: connection,
  ODPS_REQUEST_TIMEOUT: again,
  ODPS_CONNECTION_LOST: again,
  ODPS_UNAUTHORIZED: "Check the access key; 'odps-tunnel config show' shows where it comes from",
  ODPS_CREDENTIALS_EXPIRED: `Renew the credentials. ${again}`,
  ODPS_CLOCK_SKEW: 'Set the clock of this machine',
  ODPS_ACCESS_DENIED: 'Ask the owner of the project for this permission',
  ODPS_NO_SUCH_PROJECT: "Check the project; 'odps-tunnel config show' shows where it comes from",
  ODPS_NO_SUCH_SCHEMA:
    "Check the schema in the table's name; 'odps-tunnel config show' shows the default one",
  ODPS_NO_SUCH_TABLE: 'Check the name, or create the table: upload --create, or infer <file> for its DDL',
  ODPS_NO_SUCH_PARTITION:
    "See the partitions with 'odps-tunnel partitions list <table>'; upload, upsert and copy create one with --create-partition",
  ODPS_NO_SUCH_COLUMN: columns,
  ODPS_NO_SUCH_SESSION: 'The session has ended: start over, without --resume',
  ODPS_PARTIAL_COMMIT: 'Resume it within 24 hours: this commits the other partitions, and sends no row again',
  ODPS_THROTTLED: `Wait, or lower --concurrency. ${again}`,
  ODPS_BLOCK_REFUSED: `Try another --compression or a smaller --block-size; --verbose shows the request id to ask with`,
  ODPS_SCHEMA_CHANGED: `The columns of the table have changed. ${startOver}`,
  ODPS_TABLE_MODIFIED: 'The table changed during the download: start over, without --resume',
  ODPS_SERVICE_UNAVAILABLE: again,
  ODPS_SERVICE_ERROR:
    "The message is the service's own; if it doesn't help, ask its support with the request id, which --verbose shows",
  ODPS_MALFORMED_STREAM: damaged,
  ODPS_TRUNCATED_STREAM: damaged,
  ODPS_COUNT_MISMATCH: damaged,
  ODPS_CHECKSUM_MISMATCH: damaged,
  ODPS_ROW_TOO_LARGE: 'Leave out columns with large values: list the others with --columns',
  ODPS_UNKNOWN_ENCODING: 'Try another --compression',
  ODPS_UNSUPPORTED_TYPE: 'Leave the column out: list the others with --columns',
  ODPS_UNEXPECTED_ANSWER: "Check the endpoint and the proxy with 'odps-tunnel doctor'",
  ODPS_SESSION_STATUS: `The session cannot continue. ${startOver}`,
  ODPS_BLOCK_LIST_MISMATCH: startOver,
  ODPS_RECORD_COUNT_MISMATCH: startOver,
  ODPS_BLOCK_IDS_EXHAUSTED: 'Raise --block-size',
  ODPS_BLOCK_EXISTS: startOver,
  ODPS_COMMIT_UNKNOWN:
    'Resume it: this asks the service whether the rows were committed, and commits them if not',
  ODPS_QUERY_FAILED: 'Correct the statement where the message says so',
  ODPS_QUERY_CANCELLED: again,
  ODPS_QUERY_NO_RESULT: "Use 'odps-tunnel execute' for a statement without rows; check the id of an instance",
  ODPS_QUERY_UNKNOWN: 'Look at what the statement should have done before you run it again',
  ODPS_STREAM_DESTROYED: internal,
  ODPS_STREAM_ENDED: internal,
}

const systemSteps: Readonly<Record<string, string>> = {
  ENOENT: 'Check the path',
  ENOTDIR: 'Check the path',
  EACCES: 'Check the permissions of the path',
  EISDIR: 'Use a file, not a folder',
  ENOSPC: 'Free some space on the disk',
  EADDRINUSE: 'Choose another --port',
}
