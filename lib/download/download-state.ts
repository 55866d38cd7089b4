import { TunnelProtocolError, TunnelSessionError } from '../errors.js'
import type { TunnelResponse } from '../http/tunnel-response.js'
import type { TableSchema } from '../schema/table-schema.js'
import { AnswerJson } from '../session/answer-json.js'
import type { CallOptions } from '../session/call-options.js'
import type { Resource } from '../session/resource.js'

/** The session as the service describes it (protocol 6.2). */
export interface DownloadState {
  readonly sessionId: string
  readonly status: string
  readonly recordCount: number | undefined
  readonly schema: TableSchema | undefined
  readonly quotaName: string | undefined
  readonly dateTransform: boolean
}

const firstPollMs = 100
const maxPollMs = 5_000
/** A session that takes longer to prepare is given up. */
const maxPrepareMs = 30 * 60_000

const loadPurpose = 'Loading the download session of'

/** Asks for the session as it is now. @throws TunnelServiceError ODPS_NO_SUCH_SESSION when it is unknown or over */
export const loadState = async (
  resource: Resource,
  sessionId: string,
  { signal, onRetry }: CallOptions,
): Promise<DownloadState> =>
  resource.exchange(
    {
      purpose: loadPurpose,
      method: 'GET',
      query: { downloadid: sessionId },
      repeat: 'safe',
      signal,
      onRetry,
    },
    response => readState(response, resource, loadPurpose),
  )

/** A 202 says that the session is not ready, whatever the body says. */
export const readState = async (
  response: TunnelResponse,
  resource: Resource,
  what: string,
): Promise<DownloadState> => {
  const json = new AnswerJson(await response.json(), resource.purpose(what))
  const status = json.optionalText('Status')?.toLowerCase()
  return {
    sessionId: json.text('DownloadID'),
    status: response.status === 202 ? 'initiating' : (status ?? 'unknown'),
    recordCount: json.optionalCount('RecordCount'),
    schema: json.has('Schema') ? json.schema('Schema', resource.columnNames) : undefined,
    quotaName: json.optionalText('QuotaName'),
    dateTransform: response.headers['odps-tunnel-date-transform']?.toLowerCase() === 'true',
  }
}

const waitWhilePreparing = async (
  resource: Resource,
  first: DownloadState,
  options: CallOptions,
): Promise<DownloadState> => {
  const { clock } = resource.client
  const since = clock.now()
  let state = first
  for (let delayMs = firstPollMs; state.status === 'initiating'; delayMs = Math.min(delayMs * 2, maxPollMs)) {
    if (clock.now() - since > maxPrepareMs) throw badStatus(resource, state.sessionId, state.status)
    await clock.sleep(delayMs, options.signal)
    state = await loadState(resource, state.sessionId, options)
  }
  return state
}

/** Of a session that can be read from. */
export interface ReadyState extends DownloadState {
  readonly recordCount: number
  readonly schema: TableSchema
}

/**
 * Waits until the service has prepared the session.
 * @throws TunnelSessionError ODPS_SESSION_STATUS when nothing can be read from it; TunnelProtocolError
 * ODPS_UNEXPECTED_ANSWER when the service leaves out what reading needs
 */
export const readyState = async (
  resource: Resource,
  first: DownloadState,
  options: CallOptions,
): Promise<ReadyState> => {
  const state = await waitWhilePreparing(resource, first, options)
  const { sessionId, status, recordCount, schema } = state
  // Only a status that promises nothing is refused: Python's clients know `closes`, others `closed` (protocol 6.2).
  if (status === 'expired' || status === 'critical' || status === 'failed')
    throw badStatus(resource, sessionId, status)
  if (recordCount === undefined || schema === undefined)
    throw new TunnelProtocolError(
      'ODPS_UNEXPECTED_ANSWER',
      `${resource.purpose('Opening a download session for')}: the response has no ${schema ? 'RecordCount' : 'Schema'}`,
    )
  return { ...state, recordCount, schema }
}

const badStatus = (resource: Resource, sessionId: string, status: string): TunnelSessionError =>
  new TunnelSessionError(
    'ODPS_SESSION_STATUS',
    `The download session ${sessionId} of ${resource.title} is ${status}, so it cannot be read; create a new one`,
    { sessionId, status },
  )
