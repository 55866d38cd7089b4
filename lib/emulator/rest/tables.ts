import { formatDataType } from '../../schema/data-type.js'
import type { Column } from '../../schema/table-schema.js'
import type { Table } from '../catalog.js'
import { type Answer, text, xml } from '../server/answer.js'
import { invalidArgument, noSuchObject, notEmulated } from '../server/refusal.js'
import { checkProject, type Service, type ServiceRequest, tableNameOf } from '../service.js'
import { printCsv } from '../sql/csv.js'
import { selectRows } from '../sql/select.js'
import type { TableState } from '../store/table-store.js'
import {
  allSegments,
  countBytes,
  countRows,
  defaultSchemaName,
  getPartition,
  pickColumns,
  readPartition,
} from '../table.js'
import { owner, printDate } from '../tunnel/session-json.js'
import { cdata, element, elementWith, type Xml } from '../xml/print-xml.js'
import { readPage } from './page.js'

/** @throws Refusal NoSuchProject, NoSuchObject */
export const findObject = (service: Service, request: ServiceRequest): Table => {
  checkProject(service, request.project!)
  const name = tableNameOf(request)
  const table = service.catalog.find(name)
  if (table !== undefined) return table
  throw noSuchObject(`ODPS-0130131:Table not found - table ${name.project}.${name.table} cannot be resolved`)
}

const seconds = (ms: number): number => Math.floor(ms / 1000)

/** GET …/tables/T[?extended] (protocol 10.5) */
export const getTable = async (service: Service, request: ServiceRequest): Promise<Answer> => {
  const { id, state } = findObject(service, request)
  const isExtended = request.query.has('extended')
  const schema = { ...printSchema(state), ...(isExtended && printExtension(state)) }
  const body = element(
    'Table',
    element('Name', state.name),
    element('TableId', id),
    element('Project', state.project),
    element('SchemaName', state.schemaName),
    element('Comment', state.comment),
    element('Owner', owner),
    element('TableLabel', '0'),
    element('Type', managed),
    element('CreationTime', printDate(state.createdAt)),
    element('LastModifiedTime', printDate(state.changedAt)),
    element('LastAccessTime', printDate(state.changedAt)),
    elementWith('Schema', { format: 'Json' }, cdata(JSON.stringify(schema))),
  )
  return xml(body.xml)
}

const printSchema = (state: TableState): Record<string, unknown> => ({
  tableName: state.name,
  owner,
  comment: state.comment,
  createTime: seconds(state.createdAt),
  lastModifiedTime: seconds(state.changedAt),
  lastDDLTime: seconds(state.ddlAt),
  lifecycle: state.lifecycle,
  hubLifecycle: -1,
  isVirtualView: false,
  isMaterializedView: false,
  isExternal: false,
  size: countBytes(allSegments(state)),
  recordNum: countRows(allSegments(state)),
  shardExist: false,
  tableLabel: '0',
  columns: state.schema.columns.map(printColumn),
  partitionKeys: state.schema.partitionColumns.map(printColumn),
})

/** The service says `isNullable` where the tunnel says `nullable` (protocol 3.7, 10.5). */
const printColumn = (column: Column): Record<string, unknown> => ({
  name: column.name,
  type: formatDataType(column.type),
  comment: column.comment ?? '',
  label: '',
  isNullable: column.nullable,
  hasDefaultValue: column.defaultValue !== undefined,
  ...(column.defaultValue !== undefined && { defaultValue: column.defaultValue }),
})

/** `Reserved` is text that holds JSON, never empty text: PyODPS parses it. */
const printExtension = (state: TableState): Record<string, unknown> => ({
  IsArchived: false,
  PhysicalSize: countBytes(allSegments(state)),
  FileNum: allSegments(state).length,
  Reserved: JSON.stringify({
    schema_version: String(state.schemaVersion),
    Transactional: state.properties['transactional'] === 'true' ? 'true' : 'false',
    ...(state.primaryKey.length > 0 && { PrimaryKey: state.primaryKey }),
  }),
})

const maxHeadRows = 10_000

/** GET …/tables/T?data&linenum (protocol 6.7) */
export const readHead = async (service: Service, request: ServiceRequest): Promise<Answer> => {
  const { state } = findObject(service, request)
  const { query } = request
  const count = Number(query.get('linenum') || maxHeadRows)
  if (!Number.isSafeInteger(count) || count < 0) throw invalidArgument('linenum must be a number of rows.')
  const partitions = query.get('partition')
    ? [getPartition(state, readPartition(state, query.get('partition')))]
    : [...state.partitions.values()]
  const columns = pickColumns(state, query.get('cols'))
  const rows = await selectRows(state, partitions, columns, Math.min(count, maxHeadRows))
  return text(await printCsv(rows, service.timeZone))
}

const managed = 'MANAGED_TABLE'
const tableTypes = [managed, 'VIRTUAL_VIEW', 'MATERIALIZED_VIEW', 'EXTERNAL_TABLE', 'OBJECT_TABLE']

/** GET /tables?expectmarker=true[&name=prefix][&type][&owner][&maxitems][&marker] (protocol 10.5, 10.7) */
export const listTables = async (service: Service, request: ServiceRequest): Promise<Answer> => {
  checkProject(service, request.project!)
  const { query } = request
  const schemaName = request.schemaName ?? (query.get('curr_schema') || defaultSchemaName)
  const prefix = (query.get('name') ?? '').toLowerCase()
  const type = (query.get('type') || managed).toUpperCase()
  if (!tableTypes.includes(type)) throw invalidArgument(`type must be one of ${tableTypes.join(', ')}.`)
  // Every table here is a managed one, of one owner.
  const hasAny = type === managed && (query.get('owner') || owner) === owner
  const tables = service.catalog
    .list(request.project!, schemaName)
    .map(table => table.state)
    .filter(state => hasAny && state.name.startsWith(prefix))
  const { items, marker, size } = readPage(tables, query)
  const elements = items.map(printListed)
  return xml(element('Tables', element('Marker', marker), element('MaxItems', size), ...elements).xml)
}

const printListed = (state: TableState): Xml =>
  element(
    'Table',
    element('Name', state.name),
    element('SchemaName', state.schemaName),
    element('Owner', owner),
    element('Type', managed),
    element('CreationTime', printDate(state.createdAt)),
  )

/** POST /tables?query: the Go client asks for several tables by one XML. */
export const queryTables = async (): Promise<Answer> => {
  throw notEmulated('asking for several tables at once')
}
