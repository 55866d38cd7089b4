import { TunnelServiceError, TunnelSessionError } from '../errors.js'
import { retryDelay } from '../http/retry-policy.js'
import type { TunnelResponse } from '../http/tunnel-response.js'
import type { TableSchema } from '../schema/table-schema.js'
import { AnswerJson, unexpected } from '../session/answer-json.js'
import type { CallOptions } from '../session/call-options.js'
import type { ResourceRequest } from '../session/resource.js'
import type { TableResource } from '../session/table-resource.js'
import type { Slot } from './slots.js'

/*
 * A session of a streaming upload tells the schema that packs are encoded for, and the slots they go to. It holds no rows, so
 * another one can take its place at any time, and creating one too many does no harm.
 */

export interface StreamSession {
  readonly sessionId: string
  readonly schema: TableSchema
  /** As the service wrote it; undefined when it tells none. */
  readonly schemaVersion: string | undefined
  readonly slots: readonly Slot[]
  /** The service wants old dates transformed (protocol 3.1): none before 1928 may be sent. */
  readonly dateTransform: boolean
}

export interface CreateStreamOptions extends CallOptions {
  readonly createPartition: boolean
  /** Each pack names its partition, which the service creates. */
  readonly isDynamic: boolean
  /** How many slots to ask for; undefined leaves it to the service. */
  readonly slots: number | undefined
  /** The version to be had; the tunnel may learn of it only after a while. */
  readonly schemaVersion?: string | undefined
}

interface StreamState extends StreamSession {
  readonly status: string
}

/**
 * Creates a session and waits until it can be used.
 * @throws TunnelServiceError ODPS_NO_SUCH_TABLE, ODPS_NO_SUCH_PARTITION, …; TunnelSessionError ODPS_SESSION_STATUS when it
 * never could
 */
export const createStreamSession = async (
  resource: TableResource,
  options: CreateStreamOptions,
): Promise<StreamSession> => {
  const { clock, retry } = resource.client
  let sessionId: string | undefined
  for (let sent = 1; ; sent++) {
    const failure = await tryOpen(resource, sessionId, options)
    if (!(failure instanceof Error)) {
      if (failure.status !== 'init') return failure
      sessionId = failure.sessionId
    }
    if (sent >= retry.attempts) throw failure instanceof Error ? failure : notReady(resource, failure)
    await clock.sleep(retryDelay(sent, 0, retry, clock.random()) ?? 0, options.signal)
  }
}

/** @returns the error of a schema version that the tunnel doesn't know yet: that passes */
const tryOpen = async (
  resource: TableResource,
  sessionId: string | undefined,
  options: CreateStreamOptions,
): Promise<StreamState | TunnelServiceError> => {
  try {
    return await (sessionId === undefined
      ? requestStream(resource, options)
      : loadStream(resource, { sessionId }, options))
  } catch (error) {
    const isUnknownVersion = options.schemaVersion !== undefined && codeOf(error) === 'ODPS_NO_SUCH_SCHEMA'
    if (isUnknownVersion && error instanceof TunnelServiceError) return error
    throw error
  }
}

const codeOf = (error: unknown): unknown => Reflect.get(Object(error), 'code')

const notReady = (resource: TableResource, { sessionId, status }: StreamState): TunnelSessionError =>
  new TunnelSessionError(
    'ODPS_SESSION_STATUS',
    `${resource.purpose(creating)}: session ${sessionId} is still being prepared by the service. Try again later.`,
    { sessionId, status, retryable: true },
  )

const creating = 'Creating a streaming upload session for'
const loading = 'Loading the streaming upload session of'

const requestStream = (
  resource: TableResource,
  { createPartition, isDynamic, slots, schemaVersion, signal, onRetry }: CreateStreamOptions,
): Promise<StreamState> => {
  const request: ResourceRequest = {
    ...{ purpose: creating, method: 'POST', below: 'streams', repeat: 'create', signal, onRetry },
    query: {
      // Without a value here, unlike for an upload session (protocol 9.1).
      ...(createPartition && { create_partition: '' }),
      ...(isDynamic && { dynamic_partition: 'true' }),
      ...(schemaVersion !== undefined && { schema_version: schemaVersion }),
      check_latest_schema: 'true',
    },
    headers: slots === undefined ? {} : { 'odps-tunnel-slot-num': String(slots) },
  }
  return resource.exchange(request, response => readState(response, resource.purpose(creating)))
}

/** The session as it is now, above all its slots. */
export const loadStream = (
  resource: TableResource,
  { sessionId, schemaVersion }: Pick<StreamSession, 'sessionId'> & Partial<StreamSession>,
  { signal, onRetry }: CallOptions,
): Promise<StreamState> => {
  const request: ResourceRequest = {
    ...{ purpose: loading, method: 'GET', below: 'streams', repeat: 'safe', signal, onRetry },
    query: {
      uploadid: sessionId,
      ...(schemaVersion !== undefined && { schema_version: schemaVersion }),
    },
  }
  return resource.exchange(request, response => readState(response, resource.purpose(loading)))
}

const readState = async (response: TunnelResponse, purpose: string): Promise<StreamState> => {
  const json = new AnswerJson(await response.json(), purpose)
  const version = json.optionalCount('schema_version')
  return {
    sessionId: json.text('session_name'),
    status: json.optionalText('status')?.toLowerCase() ?? 'normal',
    schema: json.schema('schema'),
    schemaVersion: version === undefined ? undefined : String(version),
    slots: readSlots(json.get('slots'), purpose),
    dateTransform: response.headers['odps-tunnel-date-transform']?.toLowerCase() === 'true',
  }
}

/** `[[0, "10.0.0.1:8080"], …]`; ids may be text (protocol 9.1). */
const readSlots = (value: unknown, purpose: string): Slot[] => {
  const slots = Array.isArray(value) ? value.map(readSlot) : []
  if (slots.length === 0) throw unexpected(purpose, 'has no slots')
  if (slots.every(slot => slot !== undefined)) return slots
  throw unexpected(purpose, 'has slots that are not pairs of a number and an address')
}

const readSlot = (value: unknown): Slot | undefined => {
  const [id, server] = Array.isArray(value) ? (value as unknown[]) : []
  const isId = (typeof id === 'number' && Number.isSafeInteger(id)) || (typeof id === 'string' && id !== '')
  return isId && typeof server === 'string' && server.includes(':') ? { id: String(id), server } : undefined
}
