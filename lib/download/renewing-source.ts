import type { ByteBudget } from '../budget/byte-budget.js'
import { TunnelError, type TunnelErrorCode, TunnelSessionError } from '../errors.js'
import type { Clock } from '../http/clock.js'
import type { RetryEvent } from '../http/request-spec.js'
import type { RetryRules } from '../http/retry-policy.js'
import { checkSchema } from '../schema/define-schema.js'
import type { TableSchema } from '../schema/table-schema.js'
import type { CallOptions } from '../session/call-options.js'
import type { DataVersion } from '../session/data-version.js'
import type { DownloadSession } from './download-session.js'
import type { RangeRequest, RangeResponse } from './range-request.js'
import type { RangeSource } from './range-rows.js'

/*
 * A session ends after a day, and a download may take longer, or wait that long for its consumer. Its ranges are named by
 * the numbers of rows in one snapshot, so a new session may take its place only if it is proven to number the same rows
 * in the same way. Without the proof the download fails, after rows that were all correct.
 */

/** Makes a new session of the same table or partition. */
export type CreateSession = (options: CallOptions) => Promise<DownloadSession>

/** The service no longer knows the session, or will not read from it: sessions end after 24 hours (protocol 11.1). */
export const isOver = (error: unknown): error is TunnelError =>
  error instanceof TunnelError &&
  (error.code === 'ODPS_NO_SUCH_SESSION' || error.code === 'ODPS_SESSION_STATUS')

/** What the new session has to agree with. */
export interface EndedSession {
  readonly sessionId: string
  readonly recordCount: number | undefined
  readonly schema: TableSchema | undefined
  readonly version: DataVersion
}

/**
 * A session in place of one that is over: row numbers mean the same rows in both only if the table has not changed in
 * between. Its row count and columns must be equal, and so must the time of its last modification, which is read before
 * and after the new snapshot is made. What cannot be known is refused like a change.
 *
 * @throws TunnelSessionError ODPS_RECORD_COUNT_MISMATCH, ODPS_SCHEMA_MISMATCH, ODPS_TABLE_MODIFIED; ODPS_SESSION_STATUS
 * when it cannot be known whether the table has changed
 */
export const replaceSession = async (
  ended: EndedSession,
  cause: TunnelError,
  create: CreateSession,
  options: CallOptions,
): Promise<DownloadSession> => {
  const session = await create(options)
  compareCounts(ended, session, cause)
  compareSchemas(ended, session)
  compareVersions(ended, session.version, cause)
  compareVersions(ended, await session.currentVersion(options), cause)
  return session
}

const compareCounts = (ended: EndedSession, { recordCount }: DownloadSession, cause: TunnelError): void => {
  if (ended.recordCount === undefined) throw unknowable(ended, 'recordCount was not passed', cause)
  if (ended.recordCount === recordCount) return
  const what = `it had ${ended.recordCount} rows and has ${recordCount}`
  throw changed('ODPS_RECORD_COUNT_MISMATCH', ended, what, cause)
}

const compareSchemas = (ended: EndedSession, { schema }: DownloadSession): void => {
  if (ended.schema === undefined) throw unknowable(ended, 'schema was not passed', undefined)
  try {
    checkSchema(ended.schema, schema)
  } catch (cause) {
    throw changed('ODPS_SCHEMA_MISMATCH', ended, 'its columns are different', cause)
  }
}

const compareVersions = (ended: EndedSession, now: DataVersion, cause: TunnelError): void => {
  const { modifiedAt, doubt } = ended.version
  if (doubt !== undefined) throw unknowable(ended, doubt, cause)
  // Without a doubt and without a time: it never changes.
  if (modifiedAt === undefined) return
  if (now.modifiedAt === undefined) throw unknowable(ended, now.doubt ?? 'the time is missing', cause)
  if (modifiedAt.getTime() === now.modifiedAt.getTime()) return
  const what = `it was last modified ${modifiedAt.toISOString()} then, and is ${now.modifiedAt.toISOString()} now`
  throw changed('ODPS_TABLE_MODIFIED', ended, what, cause)
}

const changed = (
  code: TunnelErrorCode,
  { sessionId }: EndedSession,
  what: string,
  cause: unknown,
): TunnelSessionError =>
  new TunnelSessionError(
    code,
    `The download session ${sessionId} has ended, and the table has changed since: ${what}. Start the download over.`,
    { sessionId, cause },
  )

const unknowable = ({ sessionId }: EndedSession, why: string, cause: unknown): TunnelSessionError =>
  new TunnelSessionError(
    'ODPS_SESSION_STATUS',
    `The download session ${sessionId} has ended, and it cannot be determined whether the table has changed since: ${why}. Start the download over.`,
    { sessionId, cause },
  )

/** Reads from a session, and goes on with a new one when it is over. */
export class RenewingSource implements RangeSource {
  readonly #create: CreateSession
  readonly #onSession: (session: DownloadSession) => void
  #session: DownloadSession
  #renewal: Promise<void> | undefined

  constructor(
    session: DownloadSession,
    create: CreateSession,
    onSession: (session: DownloadSession) => void,
  ) {
    this.#session = session
    this.#create = create
    this.#onSession = onSession
  }

  get clock(): Clock {
    return this.#session.clock
  }

  get origin(): RangeSource['origin'] {
    return this.#session.origin
  }

  get resumeRules(): RetryRules {
    return this.#session.resumeRules
  }

  get memory(): ByteBudget {
    return this.#session.budget.memory
  }

  waitBeforeResume(event: RetryEvent, options: CallOptions): Promise<void> {
    return this.#session.waitBeforeResume(event, options)
  }

  async openRange(request: RangeRequest): Promise<RangeResponse> {
    const session = this.#session
    try {
      return await session.openRange(request)
    } catch (error) {
      if (!isOver(error)) throw error
      await this.#renew(session, error, request)
      return this.#session.openRange(request)
    }
  }

  /** Several ranges find out at the same time; one new session is for all. */
  async #renew(ended: DownloadSession, cause: TunnelError, options: CallOptions): Promise<void> {
    if (this.#session !== ended) return
    this.#renewal ??= this.#replace(ended, cause, options).finally(() => {
      this.#renewal = undefined
    })
    await this.#renewal
  }

  async #replace(ended: DownloadSession, error: TunnelError, call: CallOptions): Promise<void> {
    const options = { signal: call.signal, onRetry: call.onRetry }
    await ended.waitBeforeResume({ error, attempt: 1, delayMs: 0 }, options)
    const session = await replaceSession(ended, error, this.#create, options)
    this.#session = session
    this.#onSession(session)
  }
}
