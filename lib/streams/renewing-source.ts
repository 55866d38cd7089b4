import { TunnelError, TunnelSessionError } from '../errors.js'
import type { Clock } from '../http/clock.js'
import type { RetryEvent } from '../http/request-spec.js'
import type { RetryRules } from '../http/retry-policy.js'
import { checkSchema } from '../schema/define-schema.js'
import type { DownloadSession } from '../session/download-session.js'
import type { RangeRequest, RangeResponse } from '../session/range-request.js'
import type { RangeSource } from '../session/range-rows.js'
import type { CallOptions } from '../session/table-ref.js'

/** Makes a new session of the same table or partition. */
export type CreateSession = (options: CallOptions) => Promise<DownloadSession>

/** The service no longer knows the session, or will not read from it: sessions end after 24 hours (protocol 11.1). */
export const isOver = (error: unknown): error is TunnelError =>
  error instanceof TunnelError &&
  (error.code === 'ODPS_NO_SUCH_SESSION' || error.code === 'ODPS_SESSION_STATUS')

/** What the new session has to agree with. */
export interface EndedSession {
  readonly sessionId: string
  readonly recordCount: number
  readonly schema?: DownloadSession['schema']
}

/**
 * A session in place of one that is over. It must have as many rows and the same columns: equal counts do not prove
 * equal rows, but another count proves that the row numbers mean other rows.
 *
 * @throws TunnelSessionError ODPS_RECORD_COUNT_MISMATCH, ODPS_SCHEMA_MISMATCH
 */
export const replaceSession = async (
  ended: EndedSession,
  cause: TunnelError,
  create: CreateSession,
  options: CallOptions,
): Promise<DownloadSession> => {
  const session = await create(options)
  const { sessionId, recordCount, schema } = ended
  const what = `The download session ${sessionId} is over, and the table has changed since: `
  if (session.recordCount !== recordCount)
    throw new TunnelSessionError(
      'ODPS_RECORD_COUNT_MISMATCH',
      `${what}it had ${recordCount} rows and has ${session.recordCount}. Read it again from the first row.`,
      { sessionId, cause },
    )
  try {
    if (schema !== undefined) checkSchema(schema, session.schema)
  } catch (error) {
    throw new TunnelSessionError(
      'ODPS_SCHEMA_MISMATCH',
      `${what}its columns are others. Read it again from the first row.`,
      { sessionId, cause: error },
    )
  }
  return session
}

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

  get resumeRules(): RetryRules {
    return this.#session.resumeRules
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
