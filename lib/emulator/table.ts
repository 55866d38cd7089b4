import { TunnelOptionError } from '../errors.js'
import {
  formatPartitionSpec,
  orderPartitionSpec,
  type PartitionSpec,
  parsePartitionSpec,
} from '../schema/partition-spec.js'
import { type Column, selectColumns } from '../schema/table-schema.js'
import {
  invalidColumns,
  invalidPartition,
  missingPartition,
  noSuchPartition,
} from './server/service-refusal.js'
import type { PartitionState, Segment, TableState } from './store/table-store.js'

export const defaultSchemaName = 'default'

/** A name of a table whose parts are all known. */
export interface FullName {
  readonly project: string
  readonly schemaName: string
  readonly table: string
}

/** Names compare without case, and a table without schema is in `default` (protocol 1.3). */
export const tableKey = ({ project, schemaName, table }: FullName): string =>
  JSON.stringify([project, schemaName, table].map(part => part.toLowerCase()))

export const isPartitioned = (state: TableState): boolean => state.schema.partitionColumns.length > 0

export const allColumns = ({ schema }: TableState): Column[] => [
  ...schema.columns,
  ...schema.partitionColumns,
]

/**
 * Reads a list of columns, those of the partition among them, as metadata and previews have it; none means all.
 * @throws ServiceRefusal InvalidColumnSpec
 */
export const pickColumns = (state: TableState, text = ''): Column[] => {
  const names = text.split(',').map(name => name.trim())
  const all = allColumns(state)
  if (names.every(name => name === '')) return all
  try {
    return selectColumns(
      { columns: all, partitionColumns: [] },
      names.filter(name => name !== ''),
    )
  } catch (error) {
    if (error instanceof TunnelOptionError) throw invalidColumns()
    throw error
  }
}

/** The key of the only part of a table that is not partitioned. */
export const wholeTable = ''

/** The key of a partition in {@link TableState.partitions}. */
export const partitionKeyOf = (spec: PartitionSpec): string =>
  spec.length === 0 ? wholeTable : JSON.stringify(spec.map(part => part.value))

/**
 * Reads the `partition` parameter of a request: complete, `a=1,b=2`, quotes and `/` between levels accepted.
 * @throws ServiceRefusal MissingPartitionSpec, InvalidPartitionSpec
 */
export const parsePartitionParameter = (state: TableState, text: string | undefined): PartitionSpec => {
  const given = text !== undefined && text !== ''
  if (!isPartitioned(state)) {
    if (given) throw invalidPartition()
    return []
  }
  if (!given) throw missingPartition()
  try {
    return orderPartitionSpec(parsePartitionSpec(text.replaceAll('/', ',')), state.schema)
  } catch (error) {
    if (error instanceof TunnelOptionError) throw invalidPartition(error)
    throw error
  }
}

/** @throws ServiceRefusal NoSuchPartition */
export const getPartition = (state: TableState, spec: PartitionSpec): PartitionState => {
  const partition = state.partitions.get(partitionKeyOf(spec))
  if (partition === undefined) throw noSuchPartition()
  return partition
}

export const countRows = (segments: readonly Segment[]): number =>
  segments.reduce((rows, segment) => rows + segment.rows, 0)

export const countBytes = (segments: readonly Segment[]): number =>
  segments.reduce((bytes, segment) => bytes + segment.bytes, 0)

export const allSegments = (state: TableState): Segment[] =>
  [...state.partitions.values()].flatMap(partition => partition.segments)

/** `a=1/b=2`, the form of listings. */
export const formatPartitionPath = (spec: PartitionSpec): string =>
  formatPartitionSpec(spec).replaceAll(',', '/')

/** A state with one partition added or replaced. */
export const withPartition = (state: TableState, partition: PartitionState): TableState => ({
  ...state,
  partitions: new Map(state.partitions).set(partitionKeyOf(partition.spec), partition),
})

/**
 * A state whose partition has more segments, or others.
 * @throws ServiceRefusal NoSuchPartition
 */
export const withSegments = (
  state: TableState,
  spec: PartitionSpec,
  segments: readonly Segment[],
  { overwrite, now }: { readonly overwrite: boolean; readonly now: number },
): TableState => {
  const before = getPartition(state, spec)
  if (segments.length === 0 && !overwrite) return state
  const after = overwrite ? segments : [...before.segments, ...segments]
  return withPartition({ ...state, changedAt: now }, { ...before, segments: after, changedAt: now })
}

export const withoutPartition = (state: TableState, spec: PartitionSpec): TableState => {
  const partitions = new Map(state.partitions)
  partitions.delete(partitionKeyOf(spec))
  return { ...state, partitions }
}
