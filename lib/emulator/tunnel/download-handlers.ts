import { TunnelOptionError } from '../../errors.js'
import { type Column, selectColumns, type TableSchema } from '../../schema/table-schema.js'
import { invalidColumns, invalidRowRange } from '../server/service-refusal.js'
import { jsonReply, type ServiceReply } from '../server/service-reply.js'
import { findTable, type Service, type ServiceRequest } from '../service.js'
import { getPartition, parsePartitionParameter } from '../table.js'
import { type ServedRange, serveRows } from './serve-rows.js'
import type { ServedDownload } from './served-download.js'
import { formatDownload } from './session-json.js'

/** POST ?downloads (protocol 6.1). The session is ready at once, also with `asyncmode`. */
export const createDownload = async (service: Service, request: ServiceRequest): Promise<ServiceReply> => {
  const { id, state } = findTable(service, request)
  const { query } = request
  const partition = getPartition(state, parsePartitionParameter(state, query.get('partition')))
  const session = service.downloads.create({
    owner: id,
    schema: state.schema,
    segments: partition.segments,
    quotaName: query.get('quotaName') ?? '',
  })
  return jsonReply(formatDownload(session))
}

const findSession = (service: Service, request: ServiceRequest): ServedDownload =>
  service.downloads.get(request.query.get('downloadid') ?? '', findTable(service, request).id)

/** GET ?downloadid (protocol 6.2) */
export const getDownload = async (service: Service, request: ServiceRequest): Promise<ServiceReply> =>
  jsonReply(formatDownload(findSession(service, request)))

/** GET ?downloadid&data&rowrange (protocol 6.3) */
export const readData = async (service: Service, request: ServiceRequest): Promise<ServiceReply> =>
  readSession(service, findSession(service, request), request)

export const readSession = async (
  service: Service,
  session: ServedDownload,
  request: ServiceRequest,
): Promise<ServiceReply> => {
  const { query } = request
  const range = readRowRange(query.get('rowrange'), session.rows)
  const columns = readColumns(session.schema, query.get('columns'))
  return serveRows(session, range, columns, request, service.clock)
}

/**
 * `(start,count)`: a count past the end is clipped, a start beyond the last row is refused but for an empty table
 * (protocol 6.3).
 */
const readRowRange = (text: string | undefined, rows: number): ServedRange => {
  const parts = /^\((\d{1,19}),(\d{1,19})\)$/.exec((text ?? '').replaceAll(' ', ''))
  if (parts === null) throw invalidRowRange()
  const [start, count] = [Number(parts[1]), Number(parts[2])]
  if (start >= rows && start > 0) throw invalidRowRange()
  return { start, count: Math.min(count, rows - start) }
}

/** Undefined for all columns in their order. Without a list, or with an empty one, that is all (protocol 6.3). */
const readColumns = (schema: TableSchema, text: string | undefined): Column[] | undefined => {
  if (text === undefined || text === '') return undefined
  try {
    const columns = selectColumns(
      schema,
      text.split(',').map(name => name.trim()),
    )
    const inOrder =
      columns.length === schema.columns.length && columns.every((column, i) => column === schema.columns[i])
    return inOrder ? undefined : columns
  } catch (error) {
    if (error instanceof TunnelOptionError) throw invalidColumns()
    throw error
  }
}
