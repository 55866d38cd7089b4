import { checkOptions } from '../check-options.js'
import { type PartitionSpecInput, parsePartitionSpec } from '../schema/partition-spec.js'
import { parseTableName, type TableNameInput } from '../schema/table-name.js'
import { type CallOptions, callOptionSpec } from '../session/call-options.js'
import { listPartitions, type PartitionInfo } from '../session/partitions.js'
import { getTableInfo, type TableInfo } from '../session/table-info.js'
import type { CatalogueConnection } from './catalogue-connection.js'
import {
  type CreatePartitionOptions,
  createPartition,
  type DropPartitionOptions,
  dropPartition,
} from './change-partition.js'
import { type DropTableOptions, dropTable, type TruncateTableOptions, truncateTable } from './change-table.js'
import { type CreateTableOptions, createTable } from './create-table.js'
import { type ListSchemasOptions, listSchemas, type SchemaInfo } from './list-schemas.js'
import { type ListedTable, type ListTablesOptions, listTables, tableExists } from './list-tables.js'

/** What a Tunnel does with tables as a whole: looks them up, lists, creates, empties and drops them. */
export class Catalogue {
  readonly #connection: CatalogueConnection

  /** @internal */
  constructor(connection: CatalogueConnection) {
    this.#connection = connection
  }

  /**
   * Schema, partition columns, primary key, size and row count (where known) of a table. It takes two requests.
   * @throws TunnelServiceError ODPS_NO_SUCH_TABLE, ODPS_ACCESS_DENIED, …
   */
  async getTable(name: TableNameInput, options: CallOptions = {}): Promise<TableInfo> {
    checkOptions('getTable', options, callOptionSpec)
    return getTableInfo(this.#connection.client, parseTableName(name, {}, this.#connection), options)
  }

  /**
   * Whether there is a table or view of this name.
   * @throws TunnelServiceError for all else that goes wrong: ODPS_NO_SUCH_PROJECT, ODPS_NO_SUCH_SCHEMA, ODPS_ACCESS_DENIED, …
   */
  async tableExists(name: TableNameInput, options?: CallOptions): Promise<boolean> {
    return tableExists(this.#connection, name, options)
  }

  /**
   * The tables and views of one schema, page by page as they are read, each once.
   * @throws TunnelOptionError at once, before any I/O; the iteration throws TunnelServiceError ODPS_NO_SUCH_PROJECT,
   * ODPS_ACCESS_DENIED, …
   */
  listTables(options?: ListTablesOptions): AsyncIterable<ListedTable> {
    return listTables(this.#connection, options)
  }

  /**
   * The schemas of a project, page by page as they are read, each once. A project that has no schemas may refuse it.
   * @throws TunnelOptionError at once, before any I/O; the iteration throws TunnelServiceError
   */
  listSchemas(options?: ListSchemasOptions): AsyncIterable<SchemaInfo> {
    return listSchemas(this.#connection, options)
  }

  /**
   * Creates a table by a statement, `CREATE TABLE`, and waits until it is there. The columns may be those of
   * `defineSchema`, or of another table.
   */
  async createTable(options: CreateTableOptions): Promise<void> {
    await createTable(this.#connection.client, options, this.#connection)
  }

  /**
   * Drops a table and all its rows by a statement, and waits until it is gone. Views aren't dropped.
   * @throws TunnelQueryError ODPS_QUERY_FAILED with the service's message, for instance that there is no such table
   */
  async dropTable(name: TableNameInput, options?: DropTableOptions): Promise<void> {
    await dropTable(this.#connection, name, options)
  }

  /**
   * Removes all rows of a table, or of one partition, by a statement, and waits until they are gone. Whether a partitioned
   * table can be emptied as a whole is up to the service.
   * @throws TunnelOptionError ODPS_INVALID_PARTITION_SPEC when a level of the partition is missing, before the statement;
   * TunnelQueryError ODPS_QUERY_FAILED with the service's message
   */
  async truncateTable(name: TableNameInput, options?: TruncateTableOptions): Promise<void> {
    await truncateTable(this.#connection, name, options)
  }

  /**
   * Adds an empty partition, and waits until it is there.
   * @param spec all levels: `'a=1,b=2'` or `{ a: '1', b: '2' }`
   * @throws TunnelOptionError ODPS_INVALID_PARTITION_SPEC; TunnelQueryError ODPS_QUERY_FAILED with the service's message
   */
  async createPartition(
    name: TableNameInput,
    spec: PartitionSpecInput,
    options?: CreatePartitionOptions,
  ): Promise<void> {
    await createPartition(this.#connection, name, spec, options)
  }

  /**
   * Drops one partition and its rows, and waits until it is gone.
   * @param spec all levels: `'a=1,b=2'` or `{ a: '1', b: '2' }`; fewer would be many partitions, and are refused
   * @throws TunnelOptionError ODPS_INVALID_PARTITION_SPEC; TunnelQueryError ODPS_QUERY_FAILED with the service's message
   */
  async dropPartition(
    name: TableNameInput,
    spec: PartitionSpecInput,
    options?: DropPartitionOptions,
  ): Promise<void> {
    await dropPartition(this.#connection, name, spec, options)
  }

  /**
   * The partitions of a table, page by page as they are read, each once.
   * @param prefix only those whose outer levels are these, `'year=2001'`
   * @throws TunnelOptionError at once, before any I/O; the iteration throws TunnelServiceError
   */
  listPartitions(
    name: TableNameInput,
    prefix?: PartitionSpecInput,
    options: CallOptions = {},
  ): AsyncIterable<PartitionInfo> {
    checkOptions('listPartitions', options, callOptionSpec)
    const outer = prefix === undefined ? undefined : parsePartitionSpec(prefix)
    const table = parseTableName(name, {}, this.#connection)
    return listPartitions(this.#connection.client, table, outer, options)
  }
}
