import { formatDataType } from './data-type.js'
import { formatSqlName, formatSqlPath, formatSqlText } from './sql-text.js'
import type { Column, TableSchema } from './table-schema.js'

/** What a CREATE TABLE statement has besides the columns. */
export interface CreateTableTextOptions {
  /** Adds IF NOT EXISTS. Default false. */
  readonly ifNotExists?: boolean | undefined
  readonly comment?: string | undefined
  /** Days after the last change that the data lives. */
  readonly lifecycleDays?: number | undefined
}

/**
 * The statement that creates a table, without a semicolon at its end.
 * @param name `t`, `schema.t` or `project.schema.t`
 */
export const formatCreateTable = (
  name: string,
  { columns, partitionColumns }: TableSchema,
  { ifNotExists = false, comment, lifecycleDays }: CreateTableTextOptions = {},
): string =>
  [
    `CREATE TABLE ${ifNotExists ? 'IF NOT EXISTS ' : ''}${formatSqlPath(name.split('.'))} (`,
    formatColumns(columns),
    ')',
    ...(comment === undefined ? [] : [`COMMENT ${formatSqlText(comment)}`]),
    ...(partitionColumns.length === 0 ? [] : ['PARTITIONED BY (', formatColumns(partitionColumns), ')']),
    ...(lifecycleDays === undefined ? [] : [`LIFECYCLE ${lifecycleDays}`]),
  ].join('\n')

const formatColumns = (columns: readonly Column[]): string => {
  const width = Math.max(...columns.map(column => formatSqlName(column.name).length))
  return columns.map(column => `  ${formatColumn(column, width)}`).join(',\n')
}

const formatColumn = ({ name, type, nullable, comment }: Column, width: number): string =>
  [
    formatSqlName(name).padEnd(width),
    upperCaseKinds(formatDataType(type)),
    ...(nullable ? [] : ['NOT NULL']),
    ...(comment === undefined ? [] : [`COMMENT ${formatSqlText(comment)}`]),
  ].join(' ')

/** Upper case, but for the names of STRUCT fields. */
const upperCaseKinds = (type: string): string =>
  type.replaceAll(/`(?:[^`]|``)*`|[a-z_]\w*(:?)/gi, (word, colon?: string) =>
    word.startsWith('`') || colon === ':' ? word : word.toUpperCase(),
  )
