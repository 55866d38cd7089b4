import { TunnelServiceError } from '../errors.js'
import type { TunnelClient } from '../http/tunnel-client.js'
import { formatPartitionSpec, orderPartitionSpec, type PartitionSpec } from '../schema/partition-spec.js'
import { formatTableName, type TableName } from '../schema/table-name.js'
import type { CallOptions } from './call-options.js'
import { type DataVersion, givenVersion, readDataVersion } from './data-version.js'
import { nameHints } from './metadata.js'
import { type NamedTable, Resource, type ResourceOptions } from './resource.js'
import { getTable } from './table-info.js'

/** A table without partitions, or one complete partition of a table. */
export class TableResource extends Resource {
  readonly name: TableName
  readonly partition: PartitionSpec | undefined
  readonly createParameters = { asyncmode: 'true' }
  readonly rangeParameters = {}
  readonly columnNames = 'distinct'
  protected override readonly parameters: Readonly<Record<string, string>>
  protected override readonly hints

  constructor(
    client: TunnelClient,
    name: TableName,
    options: ResourceOptions & { readonly partition?: PartitionSpec | undefined } = {},
  ) {
    super(client, options)
    const { partition } = options
    this.name = name
    this.partition = partition
    this.parameters = partition === undefined ? {} : { partition: formatPartitionSpec(partition) }
    this.hints = nameHints(name)
  }

  get project(): string {
    return this.name.project
  }

  get title(): string {
    const partition = this.partition === undefined ? '' : ` (${formatPartitionSpec(this.partition)})`
    return `${formatTableName(this.name)}${partition}`
  }

  get named(): NamedTable {
    const { name, partition } = this
    return { ...name, ...(partition !== undefined && { partitionSpec: formatPartitionSpec(partition) }) }
  }

  /** The tunnel takes the schema in the path, the service in the query (protocol 1.3). */
  get path(): readonly string[] {
    const { project, schemaName, table } = this.name
    const schemaPart = schemaName === undefined ? [] : ['schemas', schemaName]
    return ['projects', project, ...schemaPart, 'tables', table]
  }

  /** Another partition of the same table. */
  ofPartition(partition: PartitionSpec): TableResource {
    return new TableResource(this.client, this.name, { tags: this.tags, partition })
  }

  /**
   * The same with the levels of its partition in the table's order, for which it may have to ask for the table. Callers
   * that may not see the table's description are taken at their word.
   */
  async ordered({ signal, onRetry }: CallOptions): Promise<TableResource> {
    const { client, name, partition } = this
    if (partition === undefined || partition.length < 2 || !client.hasService) return this
    try {
      const { schema } = await getTable(client, name, { signal, onRetry })
      return this.ofPartition(orderPartitionSpec(partition, schema))
    } catch (error) {
      if (error instanceof TunnelServiceError && error.code === 'ODPS_ACCESS_DENIED') return this
      throw error
    }
  }

  version(options: CallOptions): Promise<DataVersion> {
    return readDataVersion(this.client, this, options)
  }

  givenVersion(lastModified: string | undefined): DataVersion {
    return givenVersion(lastModified)
  }
}
