import { TunnelSessionError } from '../errors.js'
import { checkSchema } from '../schema/define-schema.js'
import type { TableSchema } from '../schema/table-schema.js'
import type { CallOptions } from '../session/call-options.js'
import { InstanceResource } from '../session/instance-resource.js'
import type { Resource } from '../session/resource.js'
import { DownloadSession } from './download-session.js'
import { loadState, readState, readyState } from './download-state.js'
import { openResult } from './open-result.js'

export interface OpenDownloadOptions extends CallOptions {
  readonly sessionId: string
  /** What the session was known by where it was created: {@link DownloadSessionJson}. */
  readonly recordCount?: number | undefined
  readonly schema?: TableSchema | undefined
  readonly lastModified?: string | undefined
}

/**
 * Makes a snapshot of a table or partition, or opens the result of a query, and waits until it is ready.
 * @throws TunnelServiceError ODPS_NO_SUCH_TABLE, ODPS_NO_SUCH_PARTITION, ODPS_ACCESS_DENIED, …;
 * TunnelSessionError ODPS_SESSION_STATUS when the service gives the session up; TunnelQueryError for an instance that
 * failed, was stopped, isn't known, or has no rows
 */
export const createDownloadSession = (
  resource: Resource,
  options: CallOptions = {},
): Promise<DownloadSession> =>
  resource instanceof InstanceResource
    ? openResult(resource, () => createSession(resource, options), options)
    : createSession(resource, options)

const createSession = async (named: Resource, options: CallOptions): Promise<DownloadSession> => {
  const { signal, onRetry } = options
  const resource = await named.ordered(options)
  const version = await resource.version(options)
  const purpose = 'Creating a download session for'
  const query = { downloads: '', ...resource.createParameters }
  const state = await resource.exchange(
    { purpose, method: 'POST', query, repeat: 'create', signal, onRetry },
    response => readState(response, resource, purpose),
  )
  return new DownloadSession(resource, await readyState(resource, state, options), version)
}

/**
 * Attaches to a session that exists.
 * @throws TunnelServiceError ODPS_NO_SUCH_SESSION when it is unknown or over; TunnelSessionError
 * ODPS_RECORD_COUNT_MISMATCH or TunnelOptionError ODPS_SCHEMA_MISMATCH when it isn't the session described
 */
export const openDownloadSession = async (
  named: Resource,
  options: OpenDownloadOptions,
): Promise<DownloadSession> => {
  const resource = await named.ordered(options)
  const { sessionId, recordCount, schema, lastModified } = options
  const state = await readyState(resource, await loadState(resource, sessionId, options), options)
  const session = new DownloadSession(resource, state, resource.givenVersion(lastModified))
  if (recordCount !== undefined && recordCount !== session.recordCount)
    throw new TunnelSessionError(
      'ODPS_RECORD_COUNT_MISMATCH',
      `The download session ${sessionId} of ${resource.title} has ${session.recordCount} rows, not ${recordCount}`,
      { sessionId },
    )
  if (schema !== undefined) checkSchema(schema, session.schema, 'read')
  return session
}
