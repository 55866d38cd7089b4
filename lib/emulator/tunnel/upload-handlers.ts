import { isKeyed } from '../primary-key.js'
import { invalidBlockId, notEmulated, statusConflict } from '../server/service-refusal.js'
import { emptyReply, jsonReply, type ServiceReply } from '../server/service-reply.js'
import { findTable, type Service, type ServiceRequest } from '../service.js'
import { getPartition, parsePartitionParameter, partitionKeyOf } from '../table.js'
import { formatMetrics } from './metrics.js'
import { receiveBlock } from './receive-block.js'
import type { ServedUpload } from './served-upload.js'
import { formatUpload } from './session-json.js'

const maxBlockId = 19999

/** POST ?uploads (protocol 3.2) */
export const createUpload = async (service: Service, request: ServiceRequest): Promise<ServiceReply> => {
  const table = findTable(service, request)
  const { query } = request
  if (isKeyed(table.state)) throw notEmulated('block uploads into a table with a primary key; use upserts')
  const spec = parsePartitionParameter(table.state, query.get('partition'))
  if (query.has('create_partition') && query.get('create_partition') !== 'false' && spec.length > 0)
    await service.catalog.addPartition(table, spec)
  getPartition(table.state, spec)
  const session = service.uploads.create({
    table,
    schema: table.state.schema,
    schemaVersion: table.state.schemaVersion,
    spec,
    overwrite: query.get('overwrite')?.toLowerCase() === 'true',
    quotaName: query.get('quotaName') ?? '',
  })
  return jsonReply(formatUpload(session))
}

const findSession = (service: Service, request: ServiceRequest): ServedUpload =>
  service.uploads.get(request.query.get('uploadid') ?? '', findTable(service, request))

/** GET ?uploadid (protocol 3.3) */
export const getUpload = async (service: Service, request: ServiceRequest): Promise<ServiceReply> =>
  jsonReply(formatUpload(findSession(service, request)))

/** PUT ?uploadid&blockid (protocol 3.4) */
export const putBlock = async (service: Service, request: ServiceRequest): Promise<ServiceReply> => {
  const startedAt = service.clock.elapsed()
  const session = findSession(service, request)
  const { query } = request
  const blockId = readBlockId(query.get('blockid'))
  if (session.status !== 'normal') throw statusConflict()
  const block = await service.store.createBlock(session.table.id)
  const segment = await receiveBlock(
    block,
    session.schema.columns,
    request.headers['content-encoding'],
    request.body,
    query.has('arrow') ? 'arrow' : 'records',
  )
  await service.uploads.addBlock(session, blockId, segment, Number(query.get('block_version')) || 0)
  return emptyReply(200, { 'odps-tunnel-metrics': formatMetrics(service.clock.elapsed() - startedAt) })
}

const readBlockId = (text: string | undefined): number => {
  if (text === undefined || !/^\d{1,5}$/.test(text) || Number(text) > maxBlockId) throw invalidBlockId()
  return Number(text)
}

/** POST ?uploadid (protocol 3.5). No block list is sent: clients compare lists themselves. */
export const commitUpload = async (service: Service, request: ServiceRequest): Promise<ServiceReply> => {
  const session = findSession(service, request)
  await service.uploads.commit(session)
  service.log(
    `committed ${session.blocks.size} blocks to ${session.table.state.name} ${partitionKeyOf(session.spec)}`,
  )
  return jsonReply(formatUpload(session))
}
