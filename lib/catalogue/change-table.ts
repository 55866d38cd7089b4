import { checkOptions, type OptionSpec } from '../check-options.js'
import { type PartitionSpecInput, parsePartitionSpec } from '../schema/partition-spec.js'
import { formatSqlTable } from '../schema/sql-text.js'
import { formatTableName, parseTableName, type TableNameInput } from '../schema/table-name.js'
import { type CallOptions, callOptionSpec } from '../session/call-options.js'
import { runStatement } from '../session/run-statement.js'
import type { CatalogueConnection } from './catalogue-connection.js'
import { partitionClause } from './change-partition.js'

export interface DropTableOptions extends CallOptions {
  /** No error if there is no such table. Default: false. */
  readonly ifExists?: boolean | undefined
}

export interface TruncateTableOptions extends CallOptions {
  /** Only this partition, all its levels: `'a=1,b=2'` or `{ a: '1', b: '2' }`. Default: the whole table. */
  readonly partitionSpec?: PartitionSpecInput | undefined
}

const dropTableSpec: OptionSpec = { ...callOptionSpec, ifExists: 'boolean' }
const truncateTableSpec: OptionSpec = { ...callOptionSpec, partitionSpec: 'any' }

/** Removes a table and its rows. */
export const dropTable = async (
  connection: CatalogueConnection,
  table: TableNameInput,
  options: DropTableOptions = {},
): Promise<void> => {
  checkOptions('dropTable', options, dropTableSpec)
  const { ifExists = false, ...call } = options
  const name = parseTableName(table, {}, connection)
  const sql = `DROP TABLE ${ifExists ? 'IF EXISTS ' : ''}${formatSqlTable(name)}`
  await runStatement(connection.client, name, `Dropping the table ${formatTableName(name)}`, sql, call)
}

/** Removes the rows of a table or of one partition, which itself stays. */
export const truncateTable = async (
  connection: CatalogueConnection,
  table: TableNameInput,
  options: TruncateTableOptions = {},
): Promise<void> => {
  checkOptions('truncateTable', options, truncateTableSpec)
  const { partitionSpec, ...call } = options
  const name = parseTableName(table, {}, connection)
  const partition = partitionSpec === undefined ? undefined : parsePartitionSpec(partitionSpec)
  const clause = partition && (await partitionClause(connection, name, partition, call))
  const sql = ['TRUNCATE TABLE', formatSqlTable(name), ...(clause === undefined ? [] : [clause])].join(' ')
  await runStatement(connection.client, name, `Truncating the table ${formatTableName(name)}`, sql, call)
}
