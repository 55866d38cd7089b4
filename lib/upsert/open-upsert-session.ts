import { ChunkPool } from '../compression/chunk-pool.js'
import { loadCompression } from '../compression/compression.js'
import type { TunnelClient } from '../http/tunnel-client.js'
import { checkSchema } from '../schema/define-schema.js'
import type { TableSchema } from '../schema/table-schema.js'
import { unexpected } from '../session/answer-json.js'
import type { CallOptions } from '../session/call-options.js'
import type { TableResource } from '../session/table-resource.js'
import { newUploadStats } from '../session/transfer-stats.js'
import { BlockSender } from '../upload/block-sender.js'
import type { SendingContext } from '../upload/transaction.js'
import { explainRefusal, noPrimaryKey } from './primary-key.js'
import type { UpsertEncoder } from './upsert-encoder.js'
import type {
  CreateUpsertSessionOptions,
  OpenUpsertSessionOptions,
  UpsertSettings,
} from './upsert-options.js'
import { upsertSettings } from './upsert-options.js'
import { deleteUpsert, loadUpsert, requestUpsert } from './upsert-requests.js'
import { UpsertSession } from './upsert-session.js'
import type { UpsertState } from './upsert-state.js'

/*
 * From options, and the service's description of a session, to one that takes rows. What is wrong with the table is found
 * here, before any row is taken: no primary key, a key that can't be hashed, other columns than the program expects.
 */

/**
 * Starts upserts into a table with a primary key, or into one of its partitions.
 * @throws TunnelOptionError for a table without a primary key, or whose key can't be hashed; TunnelServiceError
 * ODPS_NO_SUCH_TABLE, ODPS_NO_SUCH_PARTITION, ODPS_ACCESS_DENIED, …
 */
export const createUpsertSession = async (
  table: TableResource,
  options: CreateUpsertSessionOptions,
): Promise<UpsertSession> => {
  const settings = upsertSettings('createUpsertSession', table.client, options)
  const { signal } = options
  return beginUpserts(table, settings, { slots: options.slots }, ownContext(table.client, settings), {
    signal,
  })
}

/**
 * Attaches to a session that exists, from another object, process or machine.
 * @throws TunnelServiceError ODPS_NO_SUCH_SESSION when it is unknown or over
 */
export const openUpsertSession = async (
  named: TableResource,
  options: OpenUpsertSessionOptions,
): Promise<UpsertSession> => {
  const settings = upsertSettings('openUpsertSession', named.client, options)
  const { sessionId, signal } = options
  await loadCompression(settings.compression)
  const resource = await named.ordered({ signal })
  const state = await loadUpsert(resource, sessionId, { signal })
  return newSession(
    resource,
    state,
    await encoderFor(resource, state, settings),
    settings,
    ownContext(named.client, settings),
  )
}

/** Requests that are made for rows, and how they are ended. */
export interface UpsertWork {
  readonly context: SendingContext
  readonly stop?: () => void
  /** Called when it holds no memory any more. */
  readonly release?: () => void
  /** Told of the session when it is there. */
  readonly attach?: (session: UpsertSession) => void
}

/**
 * Creates a session whose requests are made for somebody. It is given up again if the table doesn't suit.
 * @param call for the requests until the session is there
 */
export const beginUpserts = async (
  named: TableResource,
  settings: UpsertSettings,
  { slots = 1, schema }: { readonly slots?: number | undefined; readonly schema?: TableSchema | undefined },
  work: UpsertWork,
  call: CallOptions,
): Promise<UpsertSession> => {
  await loadCompression(settings.compression)
  const resource = await named.ordered(call)
  const state = await create(resource, slots, call)
  try {
    if (schema !== undefined) checkSchema(schema, state.schema, 'write')
    return newSession(resource, state, await encoderFor(resource, state, settings), settings, work)
  } catch (error) {
    await deleteUpsert(resource, state.sessionId, state.slots[0]!, {}, 'never').catch(() => {})
    throw error
  }
}

const create = async (resource: TableResource, slots: number, call: CallOptions): Promise<UpsertState> => {
  try {
    return await requestUpsert(resource, slots, call)
  } catch (error) {
    throw await explainRefusal(error, resource, call)
  }
}

const newSession = (
  resource: TableResource,
  state: UpsertState,
  encoder: UpsertEncoder,
  settings: UpsertSettings,
  work: UpsertWork,
): UpsertSession => {
  const { attach, ...parts } = work
  const session = new UpsertSession({ resource, state, encoder, settings, ...parts })
  attach?.(session)
  return session
}

/** Encodes rows for the table of the session. The codecs are loaded only now. */
const encoderFor = async (
  resource: TableResource,
  state: UpsertState,
  { json, unknownColumns }: UpsertSettings,
): Promise<UpsertEncoder> => {
  const { schema, hashKey, columnIds, takesPartialRows, hasher, slots, dateTransform } = state
  if (hashKey.length === 0) throw noPrimaryKey(resource)
  const names = schema.columns.map(({ name }) => name.toLowerCase())
  const key = hashKey.map(name => names.indexOf(name.toLowerCase()))
  if (key.includes(-1))
    throw unexpected(resource.purpose('Upserting into'), 'has a hash_key that is not a column')
  const { UpsertEncoder } = await import('./upsert-encoder.js')
  const { partition } = resource
  const table = { columns: schema.columns, key, columnIds, takesPartialRows, partition }
  const options = { json, unknownColumns, ...(dateTransform && { oldDates: 'refuse' as const }) }
  return new UpsertEncoder(table, hasher, slots.length, options)
}

/** For a session of its own, which then hears of requests that fail. */
const ownContext = ({ budget }: TunnelClient, { concurrency }: UpsertSettings): UpsertWork => {
  const abort = new AbortController()
  const stats = newUploadStats(() => Math.min(concurrency, budget.requests.allowed))
  const memory = budget.memory.share()
  const onRetry = (): void => {
    stats.retries++
  }
  let session: UpsertSession | undefined
  const onFailure = (error: Error): void => session?.fail(error)
  const [pool, call] = [new ChunkPool(), { signal: abort.signal, onRetry }]
  const sender = new BlockSender({ concurrency, pool, memory, call, onFailure }, stats)
  return {
    context: { call, stats, pool, memory, sender, onFailure },
    release: () => {
      pool.clear()
      memory.close()
    },
    stop: () => abort.abort(),
    attach: made => {
      session = made
    },
  }
}
