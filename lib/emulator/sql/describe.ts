import { formatCreateTable } from '../../schema/create-table-text.js'
import { formatDataType } from '../../schema/data-type.js'
import type { Column } from '../../schema/table-schema.js'
import type { PartitionState, TableState } from '../store/table-store.js'
import { allSegments, countBytes, countRows, defaultSchemaName } from '../table.js'
import { owner } from '../tunnel/session-json.js'

/** Inside the box, between `| ` and `|`. */
const width = 83
const line = `+${'-'.repeat(width + 1)}+`

const row = (text: string): string => `| ${text.padEnd(width)}|`

const field = (name: string, value: string | number): string => row(`${`${name}:`.padEnd(26)}${value}`)

/** `YYYY-MM-DD HH:MM:SS` */
const formatTime = (ms: number): string => new Date(ms).toISOString().slice(0, 19).replace('T', ' ')

/** What DESC prints, as the service's documents show it. */
export const describeTable = (state: TableState, extended: boolean): string =>
  [
    line,
    row(`Owner: ${owner} | Project: ${state.project} | Schema: ${state.schemaName}`),
    row(`TableComment: ${state.comment}`),
    line,
    field('CreateTime', formatTime(state.createdAt)),
    field('LastDDLTime', formatTime(state.ddlAt)),
    field('LastModifiedTime', formatTime(state.changedAt)),
    ...(state.lifecycle > 0 ? [field('Lifecycle', state.lifecycle)] : []),
    line,
    row(
      state.view === undefined
        ? `InternalTable: YES      | Size: ${countBytes(allSegments(state))}`
        : `VirtualView: YES      | ViewText: ${state.view.sql}`,
    ),
    line,
    row('Native Columns:'),
    ...describeColumns(state.schema.columns),
    ...(state.schema.partitionColumns.length > 0
      ? [row('Partition Columns:'), ...describeColumns(state.schema.partitionColumns)]
      : []),
    ...(extended ? describeMore(state) : []),
    '',
  ].join('\n')

const describeColumns = (columns: readonly Column[]): string[] => [
  line,
  row(`${'Field'.padEnd(15)} | ${'Type'.padEnd(10)} | Label | Comment`),
  line,
  ...columns.map(({ name, type, comment = '' }) =>
    row(`${name.padEnd(15)} | ${formatDataType(type).padEnd(10)} | ${''.padEnd(5)} | ${comment}`),
  ),
  line,
]

const describeMore = (state: TableState): string[] => [
  row('Extended Info:'),
  line,
  field('TableID', state.id),
  field('IsArchived', 'false'),
  field('PhysicalSize', countBytes(allSegments(state))),
  field('FileNum', allSegments(state).length),
  field('RecordNum', countRows(allSegments(state))),
  line,
]

/** What DESC … PARTITION prints. */
export const describePartition = ({ segments, createdAt, changedAt }: PartitionState): string =>
  [
    line,
    row(`PartitionSize: ${countBytes(segments)}`),
    line,
    field('CreateTime', formatTime(createdAt)),
    field('LastDDLTime', formatTime(createdAt)),
    field('LastModifiedTime', formatTime(changedAt)),
    line,
    '',
  ].join('\n')

/** What SHOW CREATE TABLE prints: a statement that makes the same table or view again. */
export const createTableTextOf = (state: TableState): string => {
  const { project, schemaName, name, schema, comment, lifecycle, primaryKey, properties, view } = state
  const place = schemaName === defaultSchemaName ? [project] : [project, schemaName]
  const fullName = [...place, name].join('.')
  if (view !== undefined) return createViewTextOf(fullName, state, view.sql)
  return formatCreateTable(fullName, schema, {
    ifNotExists: true,
    primaryKey,
    properties,
    ...(comment !== '' && { comment }),
    ...(lifecycle > 0 && { lifecycleDays: lifecycle }),
  })
}

const createViewTextOf = (name: string, { schema, comment }: TableState, sql: string): string => {
  const commentOf = (text: string): string => (text === '' ? '' : ` COMMENT ${quote(text)}`)
  const columns = schema.columns.map(column => `\`${column.name}\`${commentOf(column.comment ?? '')}`)
  return `CREATE VIEW IF NOT EXISTS ${name} (${columns.join(', ')})${commentOf(comment)} AS ${sql}`
}

const quote = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
