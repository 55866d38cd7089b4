import { tableSchemaJson } from '../../schema/table-schema.js'
import { isKeyed, takesPartialRows } from '../primary-key.js'
import {
  corruptedStream,
  invalidArgument,
  invalidPartition,
  schemaModified,
  statusConflict,
} from '../server/service-refusal.js'
import { emptyReply, jsonReply, type ServiceReply } from '../server/service-reply.js'
import { findTable, type Service, type ServiceRequest } from '../service.js'
import { getPartition, parsePartitionParameter, partitionKeyOf } from '../table.js'
import { formatMetrics } from './metrics.js'
import { receiveBlock } from './receive-block.js'
import { type ServedUpsert, slotsOf, type UpsertSlot } from './served-upsert.js'
import { upsertFormOf } from './upsert-records.js'

/* Upserts into tables with a primary key: one flush at a time for a bucket, and a commit that applies all of them (protocol 9.3, 9.4). */

const maxLifeHours = 24
const maxSlots = 1024

/** POST …/upserts?slotnum */
export const createUpsert = async (service: Service, request: ServiceRequest): Promise<ServiceReply> => {
  const table = findTable(service, request)
  const { state } = table
  const { query } = request
  if (!isKeyed(state))
    throw invalidArgument(`The table ${state.name} has no primary key, so that rows cannot be upserted.`)
  const spec = parsePartitionParameter(state, query.get('partition'))
  getPartition(state, spec)
  const session = service.upserts.create({
    ...{ table, spec, schemaVersion: state.schemaVersion },
    quotaName: query.get('quotaName') ?? '',
    slots: slotsOf(state, readCount(query.get('slotnum'), 'slotnum', maxSlots, 1), workerOf(request)),
    lifeHours: readCount(query.get('lifecycle'), 'lifecycle', maxLifeHours, maxLifeHours),
  })
  return jsonReply(formatUpsert(session))
}

/** `host:port`: clients look for both. */
const workerOf = ({ authority }: ServiceRequest): string =>
  /:\d+$/.test(authority) ? authority : `${authority}:80`

const readCount = (text: string | undefined, name: string, max: number, absent: number): number => {
  if (text === undefined || text === '') return absent
  const count = Number(text)
  if (!/^\d+$/.test(text) || count < 1 || count > max)
    throw invalidArgument(`${name} must be a number from 1 to ${max}.`)
  return count
}

const findSession = (service: Service, request: ServiceRequest): ServedUpsert => {
  const table = findTable(service, request)
  const session = service.upserts.get(request.query.get('upsertid') ?? '', table)
  const spec = parsePartitionParameter(table.state, request.query.get('partition'))
  if (partitionKeyOf(spec) !== partitionKeyOf(session.spec)) throw invalidPartition()
  return session
}

/** GET …/upserts?upsertid */
export const getUpsert = async (service: Service, request: ServiceRequest): Promise<ServiceReply> =>
  jsonReply(formatUpsert(findSession(service, request)))

/** PUT …/upserts?upsertid&bucketid&slotid&record_count */
export const putUpsert = async (service: Service, request: ServiceRequest): Promise<ServiceReply> => {
  const startedAt = service.clock.elapsed()
  const session = findSession(service, request)
  const { query, headers } = request
  checkBucket(session, query.get('bucketid'), query.get('slotid'))
  if (session.status !== 'normal') throw statusConflict()
  const { state } = session.table
  if (state.schemaVersion !== session.schemaVersion) throw schemaModified()
  const block = await service.store.createBlock(session.table.id)
  const { columns } = upsertFormOf(state)
  const segment = await receiveBlock(block, columns, headers['content-encoding'], request.body, 'records')
  if (String(segment.rows) !== query.get('record_count')) {
    await segment.discard()
    throw corruptedStream(new Error(`record_count is not ${segment.rows}`))
  }
  await service.upserts.flush(session, segment)
  return emptyReply(200, {
    'odps-tunnel-metrics': formatMetrics(service.clock.elapsed() - startedAt),
    'odps-tunnel-slot-num': String(session.slots.length),
  })
}

const checkBucket = ({ slots }: ServedUpsert, bucket: string | undefined, slot: string | undefined): void => {
  const owner = slots.find(({ buckets }) => buckets.some(each => String(each) === bucket))
  if (owner === undefined) throw invalidArgument('bucketid is not that of a bucket of the session.')
  if (owner.id !== slot) throw invalidArgument(`slotid must be ${owner.id} for bucket ${bucket}.`)
}

/** POST …/upserts?upsertid */
export const commitUpsert = async (service: Service, request: ServiceRequest): Promise<ServiceReply> => {
  const session = findSession(service, request)
  await service.upserts.commit(session)
  service.log(`committed upserts to ${session.table.state.name} ${partitionKeyOf(session.spec)}`)
  return jsonReply(formatUpsert(session))
}

/** DELETE …/upserts?upsertid */
export const abortUpsert = async (service: Service, request: ServiceRequest): Promise<ServiceReply> => {
  await service.upserts.abort(findSession(service, request))
  return emptyReply()
}

const formatUpsert = (session: ServedUpsert): Record<string, unknown> => {
  const { state } = session.table
  return {
    id: session.id,
    schema: tableSchemaJson(state.schema),
    hash_key: state.primaryKey,
    hasher: 'default',
    slots: session.slots.map(formatSlot),
    status: session.status,
    quota_name: session.quotaName,
    enable_partial_update: takesPartialRows(state),
  }
}

const formatSlot = ({ id, buckets, address }: UpsertSlot): Record<string, unknown> => ({
  slot_id: id,
  buckets,
  worker_addr: address,
})
