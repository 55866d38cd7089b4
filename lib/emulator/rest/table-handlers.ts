import { formatDataType } from '../../schema/data-type.js'
import type { Column } from '../../schema/table-schema.js'
import type { Table } from '../catalog.js'
import { isTransactional, retainHours } from '../primary-key.js'
import { invalidArgument, noSuchObject, notEmulated } from '../server/service-refusal.js'
import { type ServiceReply, textReply, xmlReply } from '../server/service-reply.js'
import { checkProject, requestedTableName, type Service, type ServiceRequest } from '../service.js'
import { formatResultCsv } from '../sql/result-csv.js'
import { selectRows } from '../sql/select.js'
import type { TableState } from '../store/table-store.js'
import {
  allSegments,
  countBytes,
  countRows,
  defaultSchemaName,
  getPartition,
  parsePartitionParameter,
  pickColumns,
} from '../table.js'
import { formatHttpDate, owner } from '../tunnel/session-json.js'
import { cdata, element, elementWith, type Xml } from '../xml/format-xml.js'
import { cutListPage } from './list-page.js'

/*
 * Tables in the REST interface: one table, its first rows, the list. The JSON within the XML is what clients read, and
 * it is not that of the tunnel: names of fields differ for the same facts, and both are as the service has them.
 */

/** @throws ServiceRefusal NoSuchProject, NoSuchObject */
export const findObject = (service: Service, request: ServiceRequest): Table => {
  checkProject(service, request.project!)
  const name = requestedTableName(request)
  const table = service.catalog.find(name)
  if (table !== undefined) return table
  throw noSuchObject(`ODPS-0130131:Table not found - table ${name.project}.${name.table} cannot be resolved`)
}

const seconds = (ms: number): number => Math.floor(ms / 1000)

/** GET …/tables/T[?extended] (protocol 10.5) */
export const getTable = async (service: Service, request: ServiceRequest): Promise<ServiceReply> => {
  const { id, state } = findObject(service, request)
  const isExtended = request.query.has('extended')
  const schema = { ...formatSchema(state), ...(isExtended && formatExtension(state)) }
  const body = element(
    'Table',
    element('Name', state.name),
    element('TableId', id),
    element('Project', state.project),
    element('SchemaName', state.schemaName),
    element('Comment', state.comment),
    element('Owner', owner),
    element('TableLabel', '0'),
    element('Type', typeOf(state)),
    element('CreationTime', formatHttpDate(state.createdAt)),
    element('LastModifiedTime', formatHttpDate(state.changedAt)),
    element('LastAccessTime', formatHttpDate(state.changedAt)),
    elementWith('Schema', { format: 'Json' }, cdata(JSON.stringify(schema))),
  )
  return xmlReply(body.xml)
}

const formatSchema = (state: TableState): Record<string, unknown> => ({
  tableName: state.name,
  owner,
  comment: state.comment,
  createTime: seconds(state.createdAt),
  lastModifiedTime: seconds(state.changedAt),
  lastDDLTime: seconds(state.ddlAt),
  lifecycle: state.lifecycle,
  hubLifecycle: -1,
  isVirtualView: state.view !== undefined,
  ...(state.view && { viewText: state.view.sql }),
  isMaterializedView: false,
  isExternal: false,
  size: countBytes(allSegments(state)),
  recordNum: countRows(allSegments(state)),
  shardExist: false,
  tableLabel: '0',
  columns: state.schema.columns.map(formatColumn),
  partitionKeys: state.schema.partitionColumns.map(formatColumn),
})

/** The service says `isNullable` where the tunnel says `nullable` (protocol 3.7, 10.5). */
const formatColumn = (column: Column): Record<string, unknown> => ({
  name: column.name,
  type: formatDataType(column.type),
  comment: column.comment ?? '',
  label: '',
  isNullable: column.nullable,
  hasDefaultValue: column.defaultValue !== undefined,
  ...(column.defaultValue !== undefined && { defaultValue: column.defaultValue }),
})

/** `Reserved` is text that holds JSON, never empty text: PyODPS parses it. */
const formatExtension = (state: TableState): Record<string, unknown> => ({
  IsArchived: false,
  PhysicalSize: countBytes(allSegments(state)),
  FileNum: allSegments(state).length,
  Reserved: JSON.stringify({
    schema_version: String(state.schemaVersion),
    Transactional: String(isTransactional(state)),
    [retainHours]: state.properties[retainHours],
    ...(state.primaryKey.length > 0 && { PrimaryKey: state.primaryKey }),
  }),
})

const maxHeadRows = 10_000

/** GET …/tables/T?data&linenum (protocol 6.7) */
export const readHead = async (service: Service, request: ServiceRequest): Promise<ServiceReply> => {
  const { state } = findObject(service, request)
  if (state.view !== undefined) throw notEmulated('reading the first rows of a view; query it')
  const { query } = request
  const count = Number(query.get('linenum') || maxHeadRows)
  if (!Number.isSafeInteger(count) || count < 0) throw invalidArgument('linenum must be a number of rows.')
  const partitions = query.get('partition')
    ? [getPartition(state, parsePartitionParameter(state, query.get('partition')))]
    : [...state.partitions.values()]
  const columns = pickColumns(state, query.get('cols'))
  const rows = await selectRows(state, partitions, columns, Math.min(count, maxHeadRows))
  return textReply(await formatResultCsv(rows, service.timeZone))
}

const [managed, virtual] = ['MANAGED_TABLE', 'VIRTUAL_VIEW']
const tableTypes = [managed, virtual, 'MATERIALIZED_VIEW', 'EXTERNAL_TABLE', 'OBJECT_TABLE']

const typeOf = ({ view }: TableState): string => (view === undefined ? managed : virtual)

/** GET /tables?expectmarker=true[&name=prefix][&type][&owner][&maxitems][&marker] (protocol 10.5, 10.7) */
export const listTables = async (service: Service, request: ServiceRequest): Promise<ServiceReply> => {
  checkProject(service, request.project!)
  const { query } = request
  const schemaName = request.schemaName ?? (query.get('curr_schema') || defaultSchemaName)
  const prefix = (query.get('name') ?? '').toLowerCase()
  const type = query.get('type')?.toUpperCase() || undefined
  if (type !== undefined && !tableTypes.includes(type))
    throw invalidArgument(`type must be one of ${tableTypes.join(', ')}.`)
  const isOwner = (query.get('owner') || owner) === owner
  const tables = service.catalog
    .list(request.project!, schemaName)
    .map(table => table.state)
    .filter(state => isOwner && state.name.startsWith(prefix) && (type ?? typeOf(state)) === typeOf(state))
  const { items, marker, size } = cutListPage(tables, query)
  const elements = items.map(formatListed)
  return xmlReply(element('Tables', element('Marker', marker), element('MaxItems', size), ...elements).xml)
}

const formatListed = (state: TableState): Xml =>
  element(
    'Table',
    element('Name', state.name),
    element('SchemaName', state.schemaName),
    element('Owner', owner),
    element('Type', typeOf(state)),
    element('CreationTime', formatHttpDate(state.createdAt)),
  )

/** POST /tables?query: the Go client asks for several tables by one XML. */
export const queryTables = async (): Promise<ServiceReply> => {
  throw notEmulated('requests for several tables at once')
}
