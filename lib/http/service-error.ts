import type { TunnelErrorCode } from '../errors.js'
import { parseXml, textAt } from '../xml.js'

/*
 * What a refusal means. Codes are many, and differ between tunnel and service; so each is mapped to one of few
 * meanings, which decide about repeats, and to one of this library's codes, which callers can rely on. Where the code
 * is not known the status decides, but for words that say that a quota is used up: some services say that with 403.
 */

/** What an error answer says. All fields may be missing: a proxy answers with anything. */
export interface ErrorBody {
  readonly code: string | undefined
  readonly message: string | undefined
  readonly requestId: string | undefined
  /** The service asks to be left alone this long (protocol 3.8). */
  readonly holdMs: number
}

/** Java's client waits no longer (protocol 3.8). */
const maxHoldMs = 10_000

/** Reads the JSON of the tunnel or the XML of the service; both are understood on both. */
export const parseErrorBody = (text: string): ErrorBody => {
  const start = text.trimStart()[0]
  if (start === '{') return readBody(jsonField(text))
  if (start === '<' || start === '\uFEFF') {
    const root = parseXml(text)
    return readBody(name => (root?.name === 'Error' ? textAt(root, name) : undefined))
  }
  return readBody(() => undefined)
}

const jsonField = (text: string): ((name: string) => unknown) => {
  try {
    const json: unknown = JSON.parse(text)
    return name => (typeof json === 'object' && json !== null ? Reflect.get(json, name) : undefined)
  } catch {
    return () => undefined
  }
}

const readBody = (field: (name: string) => unknown): ErrorBody => {
  const asText = (name: string): string | undefined => {
    const value = field(name)
    return typeof value === 'string' && value !== '' ? value : undefined
  }
  const hold = Number(field('HoldClientMillis'))
  const message = asText('Message')
  return {
    code: readCode(asText('Code'), message),
    message,
    requestId: asText('RequestId'),
    holdMs: hold > 0 ? Math.min(hold, maxHoldMs) : 0,
  }
}

/** `ODPS-0410042: text` is the code before the colon; without a Code the message may begin with one (protocol 11.2). */
const readCode = (code: string | undefined, message: string | undefined): string | undefined =>
  code?.split(':', 1)[0]?.trim().slice(0, 100) || /^\s*(ODPS-\d{7})\b/.exec(message ?? '')?.[1]

/**
 * What may follow a refusal:
 * - `final`: nothing, the same request gets the same answer
 * - `busy`: later; the service did nothing
 * - `broken`: later; it is unknown what the service did
 * - `body`: the body came over damaged
 * - `expired`, `skewed`: again with new credentials, or with a corrected clock
 */
export type Refusal = 'final' | 'busy' | 'broken' | 'body' | 'expired' | 'skewed'

interface Meaning {
  readonly code: TunnelErrorCode
  readonly refusal: Refusal
}

const means = (
  code: TunnelErrorCode,
  refusal: Refusal,
  ...words: string[]
): readonly (readonly [string, Meaning])[] => words.map(word => [word.toLowerCase(), { code, refusal }])

/** By the service's own code (protocol 11.2, 11.3), in lower case. */
const meanings: ReadonlyMap<string, Meaning> = new Map([
  ...means('ODPS_UNAUTHORIZED', 'final', 'Unauthorized', 'SignatureNotMatch', 'MissingAuthorization'),
  ...means('ODPS_UNAUTHORIZED', 'final', 'InvalidAuthorization', 'ODPS-0410042', 'ODPS-0410051'),
  ...means('ODPS_UNAUTHORIZED', 'final', 'ODPS-0410001', 'ODPS-0410011', 'ODPS-0410021', 'ODPS-0410031'),
  ...means('ODPS_CREDENTIALS_EXPIRED', 'expired', 'AuthenticationRequestExpired'),
  ...means('ODPS_CLOCK_SKEW', 'skewed', 'RequestTimeTooSkewed', 'RequestTimeTooSkewd'),
  ...means('ODPS_ACCESS_DENIED', 'final', 'AccessDenied', 'NoPermission', 'ODPS-0130013'),
  ...means('ODPS_NO_SUCH_PROJECT', 'final', 'NoSuchProject', 'ODPS-0420111'),
  ...means('ODPS_NO_SUCH_SCHEMA', 'final', 'NoSuchSchema'),
  ...means('ODPS_NO_SUCH_TABLE', 'final', 'NoSuchTable', 'ODPS-0130131'),
  ...means('ODPS_NO_SUCH_PARTITION', 'final', 'NoSuchPartition'),
  ...means('ODPS_NO_SUCH_COLUMN', 'final', 'InvalidColumnSpec'),
  ...means('ODPS_INVALID_PARTITION_SPEC', 'final', 'MissingPartitionSpec', 'InvalidPartitionSpec'),
  ...means('ODPS_INVALID_RANGE', 'final', 'InvalidRowRange'),
  ...means('ODPS_NO_SUCH_SESSION', 'final', 'NoSuchUpload', 'NoSuchDownload', 'NoSuchData'),
  ...means('ODPS_NO_SUCH_SESSION', 'final', 'StreamSessionNotFound', 'UpsertSessionNotFound'),
  ...means('ODPS_SESSION_STATUS', 'final', 'StatusConflict', 'InvalidStatusChange'),
  ...means('ODPS_THROTTLED', 'busy', 'FlowExceeded', 'SlotExceeded', 'QPSExceeded', 'RequestQuotaExceeded'),
  ...means('ODPS_BLOCK_REFUSED', 'body', 'CorruptedDataStream', 'MalformedDataStream', 'IncompleteBody'),
  ...means('ODPS_BLOCK_REFUSED', 'final', 'InvalidBlockID', 'MaxMessageLengthExceeded'),
  ...means('ODPS_SCHEMA_CHANGED', 'final', 'SchemaModified'),
  ...means('ODPS_TABLE_MODIFIED', 'final', 'TableModified', 'DataVersionConflict', 'ODPS-0110141'),
  ...means('ODPS_SERVICE_UNAVAILABLE', 'busy', 'ServiceUnavailable', 'DataUnderReplication'),
  ...means('ODPS_SERVICE_UNAVAILABLE', 'broken', 'InternalServerError', 'DataStoreError', 'RequestTimeOut'),
  ...means('ODPS_SERVICE_UNAVAILABLE', 'broken', 'MetaTransactionFailed', 'ODPS-0010000', 'ODPS-0420153'),
])

/** Used up, whatever the status: some services say it with 403. */
const exhausted = /quota.*exceed|exceed.*quota|throttl|too ?many ?requests/i

/** For bodies that are no error document, and for codes not known here. */
const byStatus = (status: number, word: string): Meaning => {
  if (exhausted.test(word)) return { code: 'ODPS_THROTTLED', refusal: 'busy' }
  if (status === 401) return { code: 'ODPS_UNAUTHORIZED', refusal: 'final' }
  if (status === 403) return { code: 'ODPS_ACCESS_DENIED', refusal: 'final' }
  if (status === 408) return { code: 'ODPS_SERVICE_UNAVAILABLE', refusal: 'broken' }
  if (status === 429) return { code: 'ODPS_THROTTLED', refusal: 'busy' }
  if (status === 503) return { code: 'ODPS_SERVICE_UNAVAILABLE', refusal: 'busy' }
  if (status >= 500 && status !== 501) return { code: 'ODPS_SERVICE_UNAVAILABLE', refusal: 'broken' }
  return { code: 'ODPS_SERVICE_ERROR', refusal: 'final' }
}

export interface RefusedRequest {
  readonly path: readonly string[]
  readonly query: Readonly<Record<string, string>>
}

/** The service's code decides, in any case and spelling; the HTTP status only where there is none. */
export const meaningOf = (body: ErrorBody, status: number, request: RefusedRequest): Meaning => {
  const word = body.code?.toLowerCase() ?? ''
  const meaning =
    word === 'nosuchobject'
      ? missingObject(request)
      : (meanings.get(word) ?? (isMoved(status, request) ? moved : byStatus(status, word)))
  const expired = meaning.code === 'ODPS_UNAUTHORIZED' && /expired/i.test(body.message ?? '')
  return expired ? { code: 'ODPS_CREDENTIALS_EXPIRED', refusal: 'expired' } : meaning
}

const moved: Meaning = { code: 'ODPS_SERVICE_UNAVAILABLE', refusal: 'busy' }

/** What these keep in slots is on another server now, and nothing was done (protocol 9.4). Elsewhere 308 is a redirect. */
const isMoved = (status: number, { path }: RefusedRequest): boolean =>
  status === 308 && (path.at(-1) === 'streams' || path.at(-1) === 'upserts')

/** NoSuchObject does not say of what kind (protocol 10.5, 10.6). */
const missingObject = ({ path, query }: RefusedRequest): Meaning => {
  const code = path.includes('instances')
    ? 'ODPS_SERVICE_ERROR'
    : !path.includes('tables')
      ? 'ODPS_NO_SUCH_PROJECT'
      : query['partition'] !== undefined
        ? 'ODPS_NO_SUCH_PARTITION'
        : 'ODPS_NO_SUCH_TABLE'
  return { code, refusal: 'final' }
}

/** The next step, for the codes where there is one that does not depend on the request. */
export const hints: Readonly<Partial<Record<TunnelErrorCode, string>>> = {
  ODPS_UNAUTHORIZED: 'Check the access key and its secret; for a temporary key, also the security token.',
  ODPS_CREDENTIALS_EXPIRED: 'Pass credentials as a function, which is called again when they expire.',
  ODPS_CLOCK_SKEW:
    "Set this machine's clock: the service refuses requests that are off by more than 15 minutes.",
  ODPS_ACCESS_DENIED: 'Request the permission on the table (Select or Download to read, Update to write).',
  ODPS_NO_SUCH_PROJECT: "Check the option project, and that the endpoint belongs to the project's region.",
  ODPS_NO_SUCH_SCHEMA: 'Check the option schemaName.',
  ODPS_NO_SUCH_TABLE: 'Check the name of the table, or create the table.',
  ODPS_NO_SUCH_PARTITION: 'Check partitionSpec; for an upload, createPartition: true creates the partition.',
  ODPS_NO_SUCH_COLUMN: 'Check the option columns against the schema of the session.',
  ODPS_INVALID_PARTITION_SPEC:
    'If the table is partitioned, set partitionSpec with all levels; if not, leave it out.',
  ODPS_NO_SUCH_SESSION: 'Sessions end after 24 hours; create a new one.',
  ODPS_SESSION_STATUS: 'The session is committed, cancelled or expired; create a new one.',
  ODPS_THROTTLED: 'Lower the concurrency, or use a larger tunnel quota (option quotaName).',
  ODPS_SCHEMA_CHANGED:
    "The table's columns were changed; start again in a new session, with rows that fit them.",
  ODPS_TABLE_MODIFIED: 'The table changed while it was read; create a new download session.',
  ODPS_SERVICE_UNAVAILABLE: 'Try again later.',
}
