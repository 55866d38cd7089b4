/**
 * Every failure of this library is one of these classes; `code` is what callers match on. Each code has a
 * heading in docs/errors.md: meaning, cause, what to do.
 *
 * Messages never hold credentials, signatures or row values.
 */

/** All codes, so that documentation and tests can be held complete. */
export const tunnelErrorCodes = [
  // TunnelOptionError: the call itself is wrong, nothing was sent
  'ODPS_UNKNOWN_OPTION',
  'ODPS_INVALID_OPTION',
  'ODPS_INVALID_TABLE_NAME',
  'ODPS_INVALID_PARTITION_SPEC',
  'ODPS_INVALID_COLUMNS',
  'ODPS_INVALID_RANGE',
  'ODPS_INVALID_DATA_TYPE',
  'ODPS_MISSING_ENDPOINT',
  'ODPS_MISSING_PROJECT',
  'ODPS_MISSING_CREDENTIALS',
  'ODPS_MISSING_PACKAGE',
  'ODPS_SCHEMA_MISMATCH',
  // TunnelValueError: one row or one cell does not fit
  'ODPS_INVALID_ROW',
  'ODPS_ROW_LENGTH',
  'ODPS_UNKNOWN_COLUMN',
  'ODPS_INVALID_VALUE',
  'ODPS_VALUE_OUT_OF_RANGE',
  'ODPS_NULL_NOT_ALLOWED',
  'ODPS_FIELD_TOO_LONG',
  'ODPS_UNSAFE_INTEGER',
  // TunnelRequestError: no usable answer came
  'ODPS_CONNECT_FAILED',
  'ODPS_REQUEST_TIMEOUT',
  'ODPS_CONNECTION_LOST',
  // TunnelServiceError: the service said no
  'ODPS_UNAUTHORIZED',
  'ODPS_CREDENTIALS_EXPIRED',
  'ODPS_CLOCK_SKEW',
  'ODPS_ACCESS_DENIED',
  'ODPS_NO_SUCH_PROJECT',
  'ODPS_NO_SUCH_SCHEMA',
  'ODPS_NO_SUCH_TABLE',
  'ODPS_NO_SUCH_PARTITION',
  'ODPS_NO_SUCH_COLUMN',
  'ODPS_NO_SUCH_SESSION',
  'ODPS_THROTTLED',
  'ODPS_BLOCK_REFUSED',
  'ODPS_SCHEMA_CHANGED',
  'ODPS_TABLE_MODIFIED',
  'ODPS_SERVICE_UNAVAILABLE',
  'ODPS_SERVICE_ERROR',
  // TunnelProtocolError, TunnelChecksumError: the bytes are not what the protocol says
  'ODPS_MALFORMED_STREAM',
  'ODPS_TRUNCATED_STREAM',
  'ODPS_COUNT_MISMATCH',
  'ODPS_CHECKSUM_MISMATCH',
  'ODPS_ROW_TOO_LARGE',
  'ODPS_UNKNOWN_ENCODING',
  'ODPS_UNSUPPORTED_TYPE',
  'ODPS_UNEXPECTED_ANSWER',
  // TunnelSessionError: the session cannot do what was asked
  'ODPS_SESSION_STATUS',
  'ODPS_BLOCK_LIST_MISMATCH',
  'ODPS_RECORD_COUNT_MISMATCH',
  'ODPS_BLOCK_IDS_EXHAUSTED',
  'ODPS_BLOCK_EXISTS',
  'ODPS_COMMIT_UNKNOWN',
  'ODPS_PARTIAL_COMMIT',
  // TunnelQueryError: a statement did not end well, or left no rows
  'ODPS_QUERY_FAILED',
  'ODPS_QUERY_CANCELLED',
  'ODPS_QUERY_NO_RESULT',
  'ODPS_QUERY_UNKNOWN',
  // TunnelError
  'ODPS_STREAM_DESTROYED',
  'ODPS_STREAM_ENDED',
] as const

export type TunnelErrorCode = (typeof tunnelErrorCodes)[number]

/** What every error may have besides its message. */
export interface TunnelErrorOptions {
  readonly cause?: unknown
  readonly retryable?: boolean
}

/** A failure that was answered with a repeat. */
export interface FailedAttempt {
  readonly code: TunnelErrorCode
  /** HTTP status, when the service answered. */
  readonly statusCode?: number
  /** The service's own word. */
  readonly serviceCode?: string
  /** Milliseconds waited before the repeat. */
  readonly delayMs: number
}

/** The base of all errors of this library. */
export class TunnelError extends Error {
  readonly code: TunnelErrorCode
  /** Whether the same call may succeed later without a change. */
  readonly retryable: boolean
  /** The failures before this one, oldest first, each answered with a repeat. */
  readonly history: readonly FailedAttempt[] = []

  constructor(code: TunnelErrorCode, message: string, options: TunnelErrorOptions = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined)
    this.name = new.target.name
    this.code = code
    this.retryable = options.retryable ?? false
  }
}

/** An option, table name, partition spec or column list is wrong. Thrown before any I/O where it can be known. */
export class TunnelOptionError extends TunnelError {}

export interface ValueErrorOptions extends TunnelErrorOptions {
  readonly column?: string | undefined
  readonly rowIndex?: number | undefined
}

/** A row or a cell that does not fit the schema. `rowIndex` counts from 0. */
export class TunnelValueError extends TunnelError {
  readonly column: string | undefined
  readonly rowIndex: number | undefined

  constructor(code: TunnelErrorCode, message: string, options: ValueErrorOptions = {}) {
    super(code, message, options)
    this.column = options.column
    this.rowIndex = options.rowIndex
  }
}

export interface RequestErrorOptions extends TunnelErrorOptions {
  readonly method: string
  readonly path: string
  /** How often the request was sent. */
  readonly attempts: number
}

/** No answer, or an answer that was cut. */
export class TunnelRequestError extends TunnelError {
  readonly method: string
  readonly path: string
  readonly attempts: number

  constructor(code: TunnelErrorCode, message: string, options: RequestErrorOptions) {
    super(code, message, options)
    this.method = options.method
    this.path = options.path
    this.attempts = options.attempts
  }
}

export interface ServiceErrorOptions extends RequestErrorOptions {
  readonly statusCode: number
  /** The service's own word, for instance `NoSuchTable`; undefined when the body was no error document. */
  readonly serviceCode?: string | undefined
  readonly requestId?: string | undefined
  readonly latestSchemaVersion?: string | undefined
}

/** The service answered with an error. */
export class TunnelServiceError extends TunnelRequestError {
  readonly statusCode: number
  readonly serviceCode: string | undefined
  readonly requestId: string | undefined
  /** Of `ODPS_SCHEMA_CHANGED`: the version that the table's schema has now, where the service tells. */
  readonly latestSchemaVersion: string | undefined

  constructor(code: TunnelErrorCode, message: string, options: ServiceErrorOptions) {
    super(code, message, options)
    this.latestSchemaVersion = options.latestSchemaVersion
    this.statusCode = options.statusCode
    this.serviceCode = options.serviceCode
    this.requestId = options.requestId
  }
}

/** What an error's history keeps of a failure. */
export const failedAttempt = (error: TunnelError, delayMs: number): FailedAttempt => {
  const { statusCode, serviceCode } = error instanceof TunnelServiceError ? error : {}
  return {
    code: error.code,
    ...(statusCode !== undefined && { statusCode }),
    ...(serviceCode !== undefined && { serviceCode }),
    delayMs,
  }
}

/** Puts earlier failures before the error's own history; what is no error of this library is left as it is. */
export const withHistory = <E>(error: E, earlier: readonly FailedAttempt[]): E => {
  if (!(error instanceof TunnelError) || earlier.length === 0) return error
  const value = [...earlier, ...error.history]
  return Object.defineProperty(error, 'history', { value, enumerable: true, configurable: true })
}

/**
 * An error for whatever was thrown. Callbacks of the user may throw `null`, `undefined`, `0`, `''` or `false`, and so may
 * what they call: handed on as it is, Node takes that for success. Errors and other objects stay what they are, as long as they
 * can be looked at: Node reads the stack of what a stream is destroyed with, and what that throws would end nothing.
 */
export const asError = (thrown: unknown): Error => {
  if ((typeof thrown === 'object' && thrown !== null) || typeof thrown === 'function')
    return canBeRead(thrown)
      ? (thrown as Error)
      : new Error("an object whose properties can't be read was thrown")
  // Text is not repeated, for it may be a row's.
  const shown = typeof thrown === 'string' ? 'text' : String(thrown)
  return new Error(`${shown} was thrown, which isn't an error`, { cause: thrown })
}

const canBeRead = (thrown: object): boolean => {
  try {
    const { name, message, stack, code } = thrown as NodeJS.ErrnoException
    return [name, message, stack, code, thrown instanceof Error].length > 0
  } catch {
    return false
  }
}

/** An answer or a stream breaks the protocol. */
export class TunnelProtocolError extends TunnelError {}

export interface ChecksumErrorOptions extends TunnelErrorOptions {
  readonly scope: 'record' | 'stream' | 'metrics'
  /** Unsigned CRC-32C as sent. */
  readonly expected: number
  /** Unsigned CRC-32C of what came. */
  readonly actual: number
}

/** A CRC-32C of a record, of the stream or of its metrics does not agree. */
export class TunnelChecksumError extends TunnelError {
  readonly scope: 'record' | 'stream' | 'metrics'
  readonly expected: number
  readonly actual: number

  constructor(message: string, options: ChecksumErrorOptions) {
    super('ODPS_CHECKSUM_MISMATCH', message, options)
    this.scope = options.scope
    this.expected = options.expected
    this.actual = options.actual
  }
}

export interface SessionErrorOptions extends TunnelErrorOptions {
  readonly sessionId: string
  /** The service's word for the session's state, where known. */
  readonly status?: string | undefined
  /** Block ids that should be on the service and are not. */
  readonly missing?: readonly number[] | undefined
  /** What became of the partitions of one upload. */
  readonly partitions?: readonly PartitionCommit[] | undefined
}

/** One partition of an upload to many: plain JSON, and all that its commit needs. */
export interface PartitionCommit {
  readonly project: string
  readonly schemaName?: string
  readonly table: string
  /** `a=1,b=2`. */
  readonly partitionSpec: string
  readonly sessionId: string
  readonly blockIds: readonly number[]
  /** `'open'`: certainly not committed. `'unknown'`: the answer to the commit was lost. */
  readonly state: 'committed' | 'open' | 'unknown'
}

/** A session is in a state, or holds blocks, that forbid what was asked. */
export class TunnelSessionError extends TunnelError {
  readonly sessionId: string
  readonly status: string | undefined
  readonly missing: readonly number[] | undefined
  /** Of `ODPS_PARTIAL_COMMIT`: what `tunnel.finishCommit` takes. */
  readonly partitions: readonly PartitionCommit[] | undefined

  constructor(code: TunnelErrorCode, message: string, options: SessionErrorOptions) {
    super(code, message, options)
    this.sessionId = options.sessionId
    this.status = options.status
    this.missing = options.missing
    this.partitions = options.partitions
  }
}

export type TunnelQueryErrorCode = Extract<TunnelErrorCode, `ODPS_QUERY_${string}`>

/** A place in the text of a statement; both numbers count from 1. */
export interface SqlPosition {
  readonly line: number
  readonly column: number
}

export interface QueryErrorOptions extends TunnelErrorOptions {
  readonly instanceId?: string | undefined
  readonly serviceCode?: string | undefined
  readonly sqlPosition?: SqlPosition | undefined
  readonly uuid?: string | undefined
}

/** A statement failed, was stopped, left no rows, or nobody knows what became of it. */
export class TunnelQueryError extends TunnelError {
  /** The instance that ran it; undefined when it isn't known whether there is one. */
  readonly instanceId: string | undefined
  /** The service's own word, `ODPS-0130131`; undefined when there is none. */
  readonly serviceCode: string | undefined
  /** Where in the statement, if the service says it. */
  readonly sqlPosition: SqlPosition | undefined
  /** With ODPS_QUERY_UNKNOWN: by this the service tells the instance apart, if there is one. */
  readonly uuid: string | undefined

  constructor(code: TunnelQueryErrorCode, message: string, options: QueryErrorOptions = {}) {
    super(code, message, options)
    this.instanceId = options.instanceId
    this.serviceCode = options.serviceCode
    this.sqlPosition = options.sqlPosition
    this.uuid = options.uuid
  }
}
