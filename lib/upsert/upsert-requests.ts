import { TunnelServiceError } from '../errors.js'
import type { FailedSending } from '../http/request-spec.js'
import type { CallOptions } from '../session/call-options.js'
import type { ResourceRequest } from '../session/resource.js'
import type { TableResource } from '../session/table-resource.js'
import type { PreparedBlock } from '../upload/block-builder.js'
import { readUpsertState, type Slot, type UpsertState } from './upsert-state.js'

/*
 * The requests of an upsert session (protocol 9.3, 9.4). A flush is sent to the slot of its bucket, which may move: the
 * answer then says where to, or the session does. Rows have keys, so a flush whose answer was lost is simply sent again; the commit is
 * sent again only as its settlement decides.
 */

const below = 'upserts'
const routedServer = 'odps-tunnel-routed-server'

const hints = {
  ODPS_NO_SUCH_PARTITION: 'Check partitionSpec, or create the partition first (tunnel.createPartition).',
}

export const requestUpsert = async (
  resource: TableResource,
  slots: number,
  { signal, onRetry }: CallOptions,
): Promise<UpsertState> => {
  const purpose = 'Creating an upsert session for'
  const request: ResourceRequest = {
    ...{ purpose, below, method: 'POST', query: { slotnum: String(slots) }, repeat: 'create' },
    ...{ hints, signal, onRetry },
  }
  return resource.exchange(request, response => readUpsertState(response, resource.purpose(purpose)))
}

export const loadUpsert = async (
  resource: TableResource,
  sessionId: string,
  { signal, onRetry }: CallOptions,
  repeat: 'safe' | 'never' = 'safe',
): Promise<UpsertState> => {
  const purpose = 'Loading the upsert session of'
  const request: ResourceRequest = {
    ...{ purpose, below, method: 'GET', query: { upsertid: sessionId }, repeat },
    ...{ signal, onRetry },
  }
  return resource.exchange(request, response => readUpsertState(response, resource.purpose(purpose)))
}

/** Where something may be found: asked for each sending, and told what came of it. */
export interface Route {
  readonly slot: () => Slot
  /** Called before a request is sent again that failed in this way. */
  readonly renew: (failed: FailedSending) => Promise<void>
}

export const putUpsert = async (
  resource: TableResource,
  sessionId: string,
  bucket: number,
  {
    body,
    rows,
    contentEncoding,
  }: Pick<PreparedBlock, 'body' | 'rows'> & { contentEncoding: string | undefined },
  { slot, renew }: Route,
  { signal, onRetry }: CallOptions,
): Promise<void> => {
  const place = (): Pick<ResourceRequest, 'query' | 'headers'> => ({
    query: {
      ...{ upsertid: sessionId, bucketid: String(bucket) },
      ...{ slotid: slot().slotId, record_count: String(rows) },
    },
    headers: {
      'Content-Type': 'application/octet-stream',
      [routedServer]: slot().address,
      ...(contentEncoding !== undefined && { 'Content-Encoding': contentEncoding }),
    },
  })
  const request: ResourceRequest = {
    ...{ purpose: `Upserting rows of bucket ${bucket} into`, below, method: 'PUT', ...place() },
    ...{ body, repeat: 'safe', signal, onRetry },
    renew: async failed => {
      await renew(failed)
      return place()
    },
  }
  await resource.exchange(request, response => response.discard())
}

/** Sends the commit, and again only when it certainly did not arrive. */
export const postUpsertCommit = async (
  resource: TableResource,
  sessionId: string,
  { slot, renew }: Route,
  { signal, onRetry }: CallOptions,
): Promise<UpsertState> => {
  const purpose = 'Committing the upserts into'
  const place = (): Pick<ResourceRequest, 'query' | 'headers'> => ({
    query: { upsertid: sessionId },
    headers: { [routedServer]: slot().address },
  })
  const request: ResourceRequest = {
    ...{ purpose, below, method: 'POST', ...place(), repeat: 'submit', signal, onRetry },
    renew: async failed => {
      await renew(failed)
      return place()
    },
  }
  return resource.exchange(request, response => readUpsertState(response, resource.purpose(purpose)))
}

export const deleteUpsert = async (
  resource: TableResource,
  sessionId: string,
  { address }: Slot,
  { signal, onRetry }: CallOptions,
  repeat: 'safe' | 'never',
): Promise<void> => {
  const request: ResourceRequest = {
    ...{ purpose: 'Aborting the upserts into', below, method: 'DELETE', query: { upsertid: sessionId } },
    ...{ headers: { [routedServer]: address }, repeat, signal, onRetry },
  }
  await resource.exchange(request, response => response.discard())
}

/** What a failure says of where the request should have gone: the new address, or that the session should be asked. */
export const movedTo = ({ error, headers }: FailedSending): string | 'ask' | undefined => {
  if (!(error instanceof TunnelServiceError)) return undefined
  if (error.statusCode === 308) return headers[routedServer] || 'ask'
  return error.statusCode === 502 || error.statusCode === 504 ? 'ask' : undefined
}
