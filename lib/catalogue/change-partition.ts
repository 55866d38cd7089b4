import { checkOptions, type OptionSpec } from '../check-options.js'
import {
  formatPartitionSpec,
  orderPartitionSpec,
  type PartitionSpec,
  type PartitionSpecInput,
  parsePartitionSpec,
} from '../schema/partition-spec.js'
import { formatSqlPartition, formatSqlTable } from '../schema/sql-text.js'
import { formatTableName, parseTableName, type TableName, type TableNameInput } from '../schema/table-name.js'
import { type CallOptions, callOptionSpec } from '../session/call-options.js'
import { runStatement } from '../session/run-statement.js'
import { getTable } from '../session/table-info.js'
import type { CatalogueConnection } from './catalogue-connection.js'

/*
 * A statement may name only some levels of a partition, and then means all partitions below. Whoever forgets a level must
 * not lose them, so the table is asked for its levels first, and a spec that isn't of exactly one partition is refused.
 */

export interface CreatePartitionOptions extends CallOptions {
  /** No error if the partition is there already. Default: false. */
  readonly ifNotExists?: boolean | undefined
}

export interface DropPartitionOptions extends CallOptions {
  /** No error if there is no such partition. Default: false. */
  readonly ifExists?: boolean | undefined
}

const createPartitionSpec: OptionSpec = { ...callOptionSpec, ifNotExists: 'boolean' }
const dropPartitionSpec: OptionSpec = { ...callOptionSpec, ifExists: 'boolean' }

/** Adds an empty partition to a table. */
export const createPartition = async (
  connection: CatalogueConnection,
  table: TableNameInput,
  spec: PartitionSpecInput,
  options: CreatePartitionOptions = {},
): Promise<void> => {
  checkOptions('createPartition', options, createPartitionSpec)
  const { ifNotExists = false, ...call } = options
  const action = ifNotExists ? 'ADD IF NOT EXISTS' : 'ADD'
  await alterPartition(connection, 'Creating', table, action, parsePartitionSpec(spec), call)
}

/** Removes one partition and its rows. */
export const dropPartition = async (
  connection: CatalogueConnection,
  table: TableNameInput,
  spec: PartitionSpecInput,
  options: DropPartitionOptions = {},
): Promise<void> => {
  checkOptions('dropPartition', options, dropPartitionSpec)
  const { ifExists = false, ...call } = options
  const action = ifExists ? 'DROP IF EXISTS' : 'DROP'
  await alterPartition(connection, 'Dropping', table, action, parsePartitionSpec(spec), call)
}

const alterPartition = async (
  connection: CatalogueConnection,
  verb: string,
  table: TableNameInput,
  action: string,
  spec: PartitionSpec,
  call: CallOptions,
): Promise<void> => {
  const name = parseTableName(table, {}, connection)
  const clause = await partitionClause(connection, name, spec, call)
  const purpose = `${verb} the partition ${formatPartitionSpec(spec)} of ${formatTableName(name)}`
  const sql = `ALTER TABLE ${formatSqlTable(name)} ${action} ${clause}`
  await runStatement(connection.client, name, purpose, sql, call)
}

/**
 * `PARTITION (…)` with all levels of the table, in its order.
 * @throws TunnelOptionError ODPS_INVALID_PARTITION_SPEC when a level is missing, or one isn't a partition column
 */
export const partitionClause = async (
  { client }: CatalogueConnection,
  name: TableName,
  spec: PartitionSpec,
  call: CallOptions,
): Promise<string> => {
  const { schema } = await getTable(client, name, call)
  return formatSqlPartition(orderPartitionSpec(spec, schema))
}
