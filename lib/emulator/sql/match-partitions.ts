import type { PartitionSpec } from '../../schema/partition-spec.js'
import type { PartitionState, TableState } from '../store/table-store.js'
import { semanticException } from './sql-error.js'

/**
 * Partitions whose values agree with a spec that may name only some of the columns.
 * @throws SqlError for a column that is no partition column
 */
export const matchPartitions = (state: TableState, spec: PartitionSpec): PartitionState[] => {
  const columns = state.schema.partitionColumns.map(column => column.name)
  const unknown = spec.find(part => !columns.includes(part.name))
  if (unknown !== undefined)
    throw semanticException(`column ${unknown.name} isn't a partition column of ${state.name}`)
  return [...state.partitions.values()].filter(partition =>
    spec.every(({ name, value }) => partition.spec.some(part => part.name === name && part.value === value)),
  )
}
