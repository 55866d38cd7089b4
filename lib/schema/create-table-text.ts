import { checkOptions, integer, listOf, type OptionSpec, textMap } from '../check-options.js'
import { formatDataType } from './data-type.js'
import { keyColumns, propertiesWithKey } from './primary-key.js'
import { formatSqlName, formatSqlPath, formatSqlText } from './sql-text.js'
import type { Column, TableSchema } from './table-schema.js'

/** What a CREATE TABLE statement has besides the columns. */
export interface CreateTableTextOptions {
  /** Adds IF NOT EXISTS. Default false. */
  readonly ifNotExists?: boolean | undefined
  readonly comment?: string | undefined
  /** Days after the last change that the data lives. */
  readonly lifecycleDays?: number | undefined
  /** Names of NOT NULL columns: then the table accepts upserts, and each key has one row. Default, and if it is empty: no key. */
  readonly primaryKey?: readonly string[] | undefined
  /** Those of `TBLPROPERTIES`; with `primaryKey`, `transactional` is `'true'` without being named. */
  readonly properties?: Readonly<Record<string, string>> | undefined
}

export const createTableTextSpec: OptionSpec = {
  ifNotExists: 'boolean',
  comment: 'string',
  lifecycleDays: integer(1),
  primaryKey: listOf('string'),
  properties: textMap,
}

/**
 * The statement that creates a table, without a semicolon at its end.
 * @param name `t`, `schema.t` or `project.schema.t`
 * @throws TunnelOptionError ODPS_INVALID_COLUMNS for a `primaryKey` of other than different NOT NULL columns; ODPS_INVALID_OPTION for
 * one beside the property `transactional` when that isn't true
 */
export const formatCreateTable = (
  name: string,
  { columns, partitionColumns }: TableSchema,
  options: CreateTableTextOptions = {},
): string => {
  checkOptions('formatCreateTable', options, createTableTextSpec)
  const { ifNotExists = false, comment, lifecycleDays, primaryKey = [], properties = {} } = options
  const key = keyColumns(primaryKey, columns).map(column => formatSqlName(column.name))
  const pairs = Object.entries(propertiesWithKey(primaryKey, properties)).map(pair =>
    pair.map(formatSqlText).join('='),
  )
  return [
    `CREATE TABLE ${ifNotExists ? 'IF NOT EXISTS ' : ''}${formatSqlPath(name.split('.'))} (`,
    formatColumns(columns) + (key.length === 0 ? '' : `,\n  PRIMARY KEY (${key.join(', ')})`),
    ')',
    ...(comment === undefined ? [] : [`COMMENT ${formatSqlText(comment)}`]),
    ...(partitionColumns.length === 0 ? [] : ['PARTITIONED BY (', formatColumns(partitionColumns), ')']),
    ...(pairs.length === 0 ? [] : [`TBLPROPERTIES (${pairs.join(', ')})`]),
    ...(lifecycleDays === undefined ? [] : [`LIFECYCLE ${lifecycleDays}`]),
  ].join('\n')
}

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
