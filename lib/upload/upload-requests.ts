import { isDeepStrictEqual } from 'node:util'
import type { TableSchema } from '../schema/table-schema.js'
import type { CallOptions } from '../session/call-options.js'
import type { ResourceRequest } from '../session/resource.js'
import { parseServerMetrics, type ServerMetrics } from '../session/server-metrics.js'
import type { TableResource } from '../session/table-resource.js'
import { type Settled, settleCommit } from './settle-commit.js'
import { readUploadState, type UploadState } from './upload-state.js'

/*
 * The four requests of an upload session. What they have in common is that each may have been done although no answer
 * came; so each says how it may be repeated. Blocks replace themselves, and loading changes nothing: these are sent again as
 * they are. A second session does no harm, as long as nobody commits the first. Only the commit is never repeated blindly.
 */

export interface CreateUploadOptions extends CallOptions {
  /** The commit replaces what the table or partition holds. Default false. */
  readonly overwrite?: boolean | undefined
  /** Creates the partition when it is missing. Default false. */
  readonly createPartition?: boolean | undefined
  /** A schema that is shared when the session's is the same: many sessions of one table would hold it many times. */
  readonly knownSchema?: TableSchema | undefined
}

/** A body that is ready to be sent, and sent again byte for byte. */
export interface UploadBlock {
  readonly body: readonly Uint8Array[]
  /** How `body` is compressed as a whole; undefined: not at all (protocol 5). */
  readonly contentEncoding: string | undefined
  readonly rows: number
  /** Bytes before compression. */
  readonly rawBytes: number
  /** What the request has besides the id, for a form other than records. */
  readonly parameters?: Readonly<Record<string, string>> | undefined
}

export const requestUpload = async (
  resource: TableResource,
  { overwrite, createPartition, knownSchema, signal, onRetry }: CreateUploadOptions,
): Promise<UploadState> => {
  const purpose = 'Creating an upload session for'
  const query = {
    uploads: '',
    ...(overwrite && { overwrite: 'true' }),
    ...(createPartition && { create_partition: 'true' }),
  }
  const request: ResourceRequest = { purpose, method: 'POST', query, repeat: 'create', signal, onRetry }
  const state = await resource.exchange(request, response =>
    readUploadState(response, resource.purpose(purpose)),
  )
  const isKnown = knownSchema !== undefined && isDeepStrictEqual(knownSchema, state.schema)
  return isKnown ? { ...state, schema: knownSchema } : state
}

export const loadUpload = async (
  resource: TableResource,
  sessionId: string,
  { signal, onRetry }: CallOptions,
): Promise<UploadState> => {
  const purpose = 'Loading the upload session of'
  const request: ResourceRequest = {
    ...{ purpose, method: 'GET', query: { uploadid: sessionId }, repeat: 'safe' },
    ...{ signal, onRetry },
  }
  return resource.exchange(request, response => readUploadState(response, resource.purpose(purpose)))
}

export const putBlock = async (
  resource: TableResource,
  sessionId: string,
  blockId: number,
  { body, contentEncoding, parameters }: UploadBlock,
  { signal, onRetry }: CallOptions,
): Promise<ServerMetrics | undefined> => {
  const request: ResourceRequest = {
    purpose: `Uploading block ${blockId} to`,
    method: 'PUT',
    query: { uploadid: sessionId, blockid: String(blockId), ...parameters },
    headers: {
      'Content-Type': 'application/octet-stream',
      ...(contentEncoding !== undefined && { 'Content-Encoding': contentEncoding }),
    },
    ...{ body, repeat: 'safe', signal, onRetry },
  }
  return resource.exchange(request, async response => {
    await response.discard()
    return parseServerMetrics(response.headers['odps-tunnel-metrics'])
  })
}

const nextStep =
  'Reopen it by id and call load(): closed means that all its rows are in the table, normal means that none are.'

/** Sends the commit, and again only when it is known that it was not done. @throws as {@link settleCommit} */
export const commitUpload = async (
  resource: TableResource,
  sessionId: string,
  load: (signal: AbortSignal) => Promise<UploadState>,
  options: CallOptions,
): Promise<Settled<UploadState>> => {
  const { client } = resource
  const purpose = 'Committing the upload to'
  const { onRetry } = options
  const request: ResourceRequest = {
    ...{ purpose, method: 'POST', query: { uploadid: sessionId }, repeat: 'never' },
    onRetry,
  }
  const post = async (signal: AbortSignal): Promise<UploadState> =>
    resource.exchange({ ...request, signal }, response =>
      readUploadState(response, resource.purpose(purpose)),
    )
  const { clock, retry, requestTimeoutMs } = client
  return settleCommit(
    { sessionId, nextStep, post, load },
    {
      ...{ clock, retry, requestTimeoutMs, signal: options.signal },
      onRetry: event => resource.announceRetry('POST', event, options),
    },
  )
}
