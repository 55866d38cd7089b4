import type { PartitionSpec } from '../../schema/partition-spec.js'
import { formatPartitionSpec } from '../../schema/partition-spec.js'
import { tableSchemaJson } from '../../schema/table-schema.js'
import { isKeyed } from '../primary-key.js'
import {
  incompleteBody,
  invalidArgument,
  invalidPartition,
  missingPartition,
  noSuchSchemaVersion,
  notEmulated,
  slotMoved,
} from '../server/service-refusal.js'
import { emptyReply, jsonReply, type ServiceReply } from '../server/service-reply.js'
import { findTable, type Service, type ServiceRequest } from '../service.js'
import { getPartition, parsePartitionParameter, pickColumns } from '../table.js'
import { formatMetrics } from './metrics.js'
import { receiveBlock } from './receive-block.js'
import type { ServedStream } from './served-stream.js'
import { maxSlots, type Slot } from './slots.js'

/*
 * The requests of a streaming upload (protocol 9.1, 9.2). A pack is checked like a block: what is damaged, cut or of another
 * number of records than announced leaves nothing. It must name a slot and the server that has it, for a client that doesn't
 * follow its slots loses rows with the real service.
 */

/** POST streams, without `uploadid` */
export const createStreamUpload = async (
  service: Service,
  request: ServiceRequest,
): Promise<ServiceReply> => {
  const table = findTable(service, request)
  const { query } = request
  if (isKeyed(table.state))
    throw notEmulated('streaming uploads into a table with a primary key; use upserts')
  checkVersion(readCount('schema_version', query.get('schema_version')), table.state.schemaVersion)
  if (query.has('zorder_columns')) pickColumns(table.state, query.get('zorder_columns'))
  const isDynamic = query.get('dynamic_partition') === 'true' && !query.has('partition')
  const spec = isDynamic ? undefined : parsePartitionParameter(table.state, query.get('partition'))
  if (spec !== undefined) await findPartition(service, request, table, spec)
  const session = service.streams.create({
    ...{ table, spec },
    schema: table.state.schema,
    schemaVersion: table.state.schemaVersion,
    wantedSlots: readWantedSlots(request),
    quotaName: query.get('quotaName') ?? '',
  })
  return jsonReply(formatStream(session, slotsOf(service, request, session)))
}

/** GET and POST streams?uploadid: both tell the state and change nothing; one client ends its sessions so. */
export const getStreamUpload = async (service: Service, request: ServiceRequest): Promise<ServiceReply> => {
  const session = findSession(service, request)
  return jsonReply(formatStream(session, slotsOf(service, request, session)))
}

/** PUT streams?uploadid&slotid */
export const putPack = async (service: Service, request: ServiceRequest): Promise<ServiceReply> => {
  const startedAt = service.clock.elapsed()
  const session = findSession(service, request)
  const { query, headers } = request
  const server = serverOf(service, request)
  const wantsLatest = query.get('check_latest_schema') === 'true'
  service.streams.checkSchema(session, wantsLatest)
  const version = readCount('schema_version', query.get('schema_version'))
  if (version !== undefined && version !== session.schemaVersion)
    throw invalidArgument(`schema_version is ${version}, but the session has ${session.schemaVersion}.`)
  const spec = await partitionOf(service, request, session)
  const announced = readCount('record_count', query.get('record_count'))
  const block = await service.store.createBlock(session.table.id)
  const { columns } = session.schema
  const segment = await receiveBlock(block, columns, headers['content-encoding'], request.body, 'records')
  if (announced !== undefined && announced !== segment.rows) {
    await segment.discard()
    throw incompleteBody()
  }
  const batchId = await service.streams.append(session, spec, segment, wantsLatest)
  return emptyReply(200, {
    'odps-tunnel-slot-num': String(slotsOf(service, request, session).length),
    'odps-tunnel-routed-server': server,
    'odps-tunnel-batch-id': String(batchId),
    'odps-tunnel-metrics': formatMetrics(service.clock.elapsed() - startedAt),
  })
}

const findSession = (service: Service, request: ServiceRequest): ServedStream =>
  service.streams.get(request.query.get('uploadid') ?? '', findTable(service, request))

const slotsOf = (service: Service, { authority }: ServiceRequest, session: ServedStream): readonly Slot[] =>
  service.slots.list(session.wantedSlots, authority)

/**
 * The server of the pack's slot. One that the session has no longer takes packs all the same: the answer tells how many
 * slots there are, and two of the official clients lose or fail packs that are refused with 308.
 * @throws ServiceRefusal 308 for a slot that is on another server than the client thinks
 */
const serverOf = ({ slots }: Service, { query, headers, authority }: ServiceRequest): string => {
  const id = readCount('slotid', query.get('slotid'))
  if (id === undefined || id >= maxSlots) throw invalidArgument('slotid is not that of a slot.')
  const server = slots.serverOf(id, authority)
  if (headers['odps-tunnel-routed-server'] !== server) throw slotMoved(server)
  return server
}

/** The partition of the session, or with `dynamic_partition` that of the pack, which is created if it is missing. */
const partitionOf = async (
  service: Service,
  request: ServiceRequest,
  session: ServedStream,
): Promise<PartitionSpec> => {
  const { table } = session
  const text = request.query.get('partition')
  if (session.spec === undefined) {
    if (!text) throw missingPartition()
    const spec = parsePartitionParameter(table.state, text)
    await service.catalog.addPartition(table, spec)
    return spec
  }
  const named = text ? parsePartitionParameter(table.state, text) : session.spec
  if (formatPartitionSpec(named) !== formatPartitionSpec(session.spec)) throw invalidPartition()
  return session.spec
}

const findPartition = async (
  { catalog }: Service,
  { query }: ServiceRequest,
  table: ServedStream['table'],
  spec: PartitionSpec,
): Promise<void> => {
  const isWanted = query.has('create_partition') && query.get('create_partition') !== 'false'
  if (isWanted && spec.length > 0) await catalog.addPartition(table, spec)
  getPartition(table.state, spec)
}

/** Only the schema that the table has now is known. */
const checkVersion = (asked: number | undefined, present: number): void => {
  if (asked === undefined || asked === present) return
  if (asked > present) throw noSuchSchemaVersion()
  throw invalidArgument(`The emulator keeps no schema but the latest, which has version ${present}.`)
}

/** Clients spell the header in two ways (protocol 9.1). */
const readWantedSlots = ({ headers }: ServiceRequest): number | undefined => {
  const text = headers['odps-tunnel-slot-num'] ?? headers['odps-slot-num']
  const wanted = readCount('The number of slots', typeof text === 'string' ? text : undefined)
  return wanted === undefined || wanted === 0 ? undefined : Math.min(wanted, maxSlots)
}

const readCount = (what: string, text: string | undefined): number | undefined => {
  if (text === undefined || text === '') return undefined
  if (!/^\d{1,15}$/.test(text)) throw invalidArgument(`${what} isn't a whole number.`)
  return Number(text)
}

/** JSON types matter: the Go client decodes strictly (protocol 9.1). */
const formatStream = (session: ServedStream, slots: readonly Slot[]): Record<string, unknown> => ({
  session_name: session.id,
  schema: tableSchemaJson(session.schema),
  schema_version: session.schemaVersion,
  slots: slots.map(({ id, server }) => [id, server]),
  status: 'normal',
  // One client reads the one, the others the other.
  quota_name: session.quotaName,
  QuotaName: session.quotaName,
  last_batch_id: session.lastBatchId,
  last_batch_commit_time: session.lastBatchAt,
})
