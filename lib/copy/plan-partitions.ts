import { createTable } from '../catalogue/create-table.js'
import { TunnelOptionError, TunnelServiceError } from '../errors.js'
import {
  formatPartitionSpec,
  orderPartitionSpec,
  type PartitionSpec,
  type PartitionSpecInput,
  parsePartitionSpec,
} from '../schema/partition-spec.js'
import { formatTableName } from '../schema/table-name.js'
import type { TableSchema } from '../schema/table-schema.js'
import type { CallOptions } from '../session/call-options.js'
import { listPartitions } from '../session/partitions.js'
import { getTable } from '../session/table-info.js'
import { readTableProperties } from '../session/table-properties.js'
import type { TableResource } from '../session/table-resource.js'
import { wayBetween } from './compare-columns.js'
import { type CopiedTableOptions, type CopySource, type CopyTableOptions, wrong } from './copy-options.js'

/*
 * What goes where, before anything is created or read. Tables that don't fit each other are refused here, by their
 * descriptions; the sessions of each partition say the same once more, for a table may change in between.
 */

/** Two tables without partitions, or a partition of each. */
export interface PartitionPair {
  readonly from: TableResource
  readonly to: TableResource
}

export interface TablePair {
  readonly from: TableSchema
  readonly to: TableSchema
}

interface PrepareOptions extends Pick<CopyTableOptions, 'createTable'> {
  readonly partitions: CopySource['partitions']
}

/**
 * Reads the descriptions of both tables, and creates the target where it is missing and may be created.
 * @throws TunnelOptionError when rows of the source don't fit the target, ODPS_NO_SUCH_TABLE
 */
export const prepareTables = async (
  from: TableResource,
  to: TableResource,
  { partitions, createTable: create }: PrepareOptions,
  call: CallOptions,
): Promise<TablePair> => {
  const { schema: source } = await getTable(from.client, from.name, call)
  const found = await findTable(to, call)
  if (found === undefined && !create)
    throw new TunnelOptionError(
      'ODPS_INVALID_OPTION',
      `copyTable: there is no table ${formatTableName(to.name)}; create it, or pass createTable: true to create it like the source`,
    )
  const target = found ?? targetLike(source, from, to, partitions !== undefined)
  wayBetween(source.columns, target.columns)
  if (partitions !== undefined) checkPartitionColumns(source, target)
  else {
    checkPartition('from', source, from)
    checkPartition('to', target, to)
  }
  if (found === undefined) await createLike(from, to, target, typeof create === 'object' ? create : {}, call)
  return { from: source, to: target }
}

/** @throws TunnelOptionError for a source with a primary key, and one of which it isn't known */
const createLike = async (
  from: TableResource,
  to: TableResource,
  schema: TableSchema,
  text: CopiedTableOptions,
  call: CallOptions,
): Promise<void> => {
  const { primaryKey, properties: own } = await readTableProperties(from.client, from.name, call)
  const source = formatTableName(from.name)
  if (primaryKey === undefined)
    throw wrong(
      `the service doesn't tell whether ${source} has a primary key, so no table can be created like it; create the target first`,
    )
  if (primaryKey.length > 0)
    throw wrong(
      `${source} has a primary key (${primaryKey.join(', ')}), and a copy can't fill a table with one: such tables take upserts. Create the target without the key first, or with it and fill it by createDownloadStream and createUpsertStream`,
    )
  const { table, ...place } = to.name
  const properties = { ...own, ...text.properties }
  const options = { ...text, table, schema, properties, ifNotExists: true, signal: call.signal }
  await createTable(to.client, options, place)
}

const findTable = async (table: TableResource, call: CallOptions): Promise<TableSchema | undefined> => {
  try {
    return (await getTable(table.client, table.name, call)).schema
  } catch (error) {
    if (error instanceof TunnelServiceError && error.code === 'ODPS_NO_SUCH_TABLE') return undefined
    throw error
  }
}

/** The source's columns; partition columns only where partitions of the target are named. */
const targetLike = (
  { columns, partitionColumns }: TableSchema,
  from: TableResource,
  to: TableResource,
  hasPartitions: boolean,
): TableSchema => {
  if (to.partition !== undefined && from.partition === undefined)
    throw wrong(
      `${formatTableName(to.name)} can't be created like the source, which has no partitions, with the partition of to.partitionSpec; create it first`,
    )
  return { columns, partitionColumns: hasPartitions || to.partition !== undefined ? partitionColumns : [] }
}

const checkPartition = (
  where: 'from' | 'to',
  schema: TableSchema,
  { name, partition }: TableResource,
): void => {
  if (partition !== undefined) orderPartitionSpec(partition, schema)
  else if (schema.partitionColumns.length > 0)
    throw new TunnelOptionError(
      'ODPS_INVALID_PARTITION_SPEC',
      `copyTable: ${formatTableName(name)} is partitioned by ${namesOf(schema)}; pass ${where}.partitionSpec${where === 'from' ? ", or from.partitions: 'all'" : ''}`,
    )
}

const checkPartitionColumns = (from: TableSchema, to: TableSchema): void => {
  if (from.partitionColumns.length === 0)
    throw wrong('the source has no partitions; leave out from.partitions')
  const names = (schema: TableSchema): string =>
    schema.partitionColumns
      .map(({ name }) => name.toLowerCase())
      .sort()
      .join()
  if (names(from) === names(to)) return
  const what = to.partitionColumns.length === 0 ? 'without partitions' : `partitioned by ${namesOf(to)}`
  throw new TunnelOptionError(
    'ODPS_SCHEMA_MISMATCH',
    `copyTable: the source is partitioned by ${namesOf(from)}, and the target is ${what}; copy each partition on its own, with from.partitionSpec and to.partitionSpec`,
  )
}

const namesOf = ({ partitionColumns }: TableSchema): string =>
  partitionColumns.map(({ name }) => name).join(', ')

/** All that is to be copied, in the order of the service's list, each once. */
export const planPartitions = async (
  from: TableResource,
  to: TableResource,
  schemas: TablePair,
  partitions: CopySource['partitions'],
  call: CallOptions,
): Promise<PartitionPair[]> => {
  if (partitions === undefined) return [{ from, to }]
  const pairs = new Map<string, PartitionPair>()
  for (const prefix of prefixesOf(partitions)) {
    let found = 0
    for await (const { spec } of listPartitions(from.client, from.name, prefix, call)) {
      found++
      const pair = {
        from: from.ofPartition(spec),
        to: to.ofPartition(orderPartitionSpec(spec, schemas.to)),
      }
      pairs.set(formatPartitionSpec(spec), pair)
    }
    if (found === 0 && prefix !== undefined) throw nothingUnder(prefix, from)
  }
  return [...pairs.values()]
}

const prefixesOf = (
  partitions: NonNullable<CopySource['partitions']>,
): readonly (PartitionSpec | undefined)[] => {
  if (partitions === 'all') return [undefined]
  const list = Array.isArray(partitions) ? partitions : [partitions]
  if (list.length === 0) throw wrong("from.partitions is empty; pass 'all' or name partitions")
  return list.map((input: PartitionSpecInput) => parsePartitionSpec(input))
}

const nothingUnder = (prefix: PartitionSpec, { name }: TableResource): TunnelOptionError =>
  new TunnelOptionError(
    'ODPS_INVALID_PARTITION_SPEC',
    `copyTable: ${formatTableName(name)} has no partition under ${formatPartitionSpec(prefix)}`,
  )
