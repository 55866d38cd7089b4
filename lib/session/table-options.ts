import { anyOf, instanceOf, type OptionSpec } from '../check-options.js'
import type { TunnelClient } from '../http/tunnel-client.js'
import { type PartitionSpecInput, parsePartitionSpec } from '../schema/partition-spec.js'
import { parseTableName, type TableNameParts } from '../schema/table-name.js'
import type { ResourceOptions } from './resource.js'
import { TableResource } from './table-resource.js'

/** The table that a stream or session is for. */
export interface TableOptions {
  /** `table`, `schema.table` or `project.schema.table`. */
  readonly table: string
  /** Default: the Tunnel's. */
  readonly project?: string | undefined
  /** Default: the Tunnel's. */
  readonly schemaName?: string | undefined
  /** One partition, all its levels: `'a=1,b=2'` or `{ a: '1', b: '2' }`. Needed for a partitioned table. */
  readonly partitionSpec?: PartitionSpecInput | undefined
}

/** Takes the JSON of a session as it is. */
export interface OpenSessionOptions extends TableOptions {
  readonly sessionId: string
  readonly signal?: AbortSignal | undefined
}

export const tableOptionSpec: OptionSpec = {
  table: 'string',
  project: 'string',
  schemaName: 'string',
  partitionSpec: anyOf('string', 'object'),
}

export const openSessionSpec: OptionSpec = {
  ...tableOptionSpec,
  sessionId: 'string',
  signal: instanceOf(AbortSignal),
}

/**
 * @param connection a client, and what completes the name of the table
 * @throws TunnelOptionError ODPS_INVALID_TABLE_NAME, ODPS_INVALID_PARTITION_SPEC, ODPS_MISSING_PROJECT
 */
export const tableResource = (
  connection: TableNameParts & { readonly client: TunnelClient },
  options: TableOptions & ResourceOptions,
): TableResource => {
  const { table, partitionSpec, tags } = options
  const partition = partitionSpec === undefined ? undefined : parsePartitionSpec(partitionSpec)
  return new TableResource(connection.client, parseTableName(table, options, connection), { partition, tags })
}
