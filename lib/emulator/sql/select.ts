import { createRecordEncoder } from '../../codec/rows/record-encoder.js'
import type { Column, TableSchema } from '../../schema/table-schema.js'
import { createMemoryBlock } from '../store/memory-store.js'
import { projectPartitions } from '../store/project-partitions.js'
import type { PartitionState, Segment, TableState } from '../store/table-store.js'
import { allColumns, countRows, isPartitioned } from '../table.js'
import { receiveRecords } from '../tunnel/receive-block.js'
import { matchPartitions } from './match-partitions.js'
import { semanticException } from './sql-error.js'
import type { Select, SelectColumn } from './statement.js'

/*
 * The few queries that tools send: `select *` with some columns, a partition, a limit, and `count(*)`. Rows are not
 * decoded: a result refers to the segments as they lay when the query ran, so it costs nothing and later changes don't
 * show in it.
 */

/** Rows as a query gives them; partition columns are ordinary columns here. */
export interface SelectResult {
  readonly schema: TableSchema
  readonly segments: readonly Segment[]
  /** At most what the segments have. */
  readonly rows: number
}

/** A result and the zone its times are told in as text. */
export interface ScriptResult extends SelectResult {
  readonly timeZone: string
}

/** @throws SqlError */
export const executeSelect = async (state: TableState, select: Select): Promise<SelectResult> => {
  const partitions = matchPartitions(state, select.where)
  const segments = partitions.flatMap(partition => partition.segments)
  const limit = Math.min(select.limit ?? Number.MAX_SAFE_INTEGER, countRows(segments))
  const { what } = select
  if (what === '*' && !isPartitioned(state)) return { schema: state.schema, segments, rows: limit }
  if (what === '*') return selectRows(state, partitions, allColumns(state), limit)
  if ('countAs' in what) {
    const column = countColumn(what.countAs)
    return makeResult([column], encodeRow(column, BigInt(countRows(segments))))
  }
  const columns = what.map(item => findColumn(state, item))
  const result = await selectRows(state, partitions, columns, limit)
  const named = columns.map((column, i) => ({ ...column, name: what[i]!.alias }))
  return { ...result, schema: { columns: named, partitionColumns: [] } }
}

/** The first rows of some partitions, some of their columns or those of the partition. */
export const selectRows = (
  state: TableState,
  partitions: readonly PartitionState[],
  columns: readonly Column[],
  limit: number,
): Promise<SelectResult> => makeResult(columns, projectPartitions(state, partitions, columns, limit))

const countColumn = (name: string): Column => ({ name, type: { kind: 'bigint' }, nullable: true })

const findColumn = (state: TableState, { column, position }: SelectColumn): Column => {
  const found = allColumns(state).find(({ name }) => name === column)
  if (found === undefined) throw semanticException(`column ${column} cannot be resolved`, position)
  return found
}

/** Rows of a result, from one record stream. */
export const makeResult = async (
  columns: readonly Column[],
  stream: Iterable<Buffer> | AsyncIterable<Buffer>,
): Promise<SelectResult> => {
  const block = createMemoryBlock()
  const nullable = columns.map(column => ({ ...column, nullable: true }))
  await receiveRecords(block, nullable, stream)
  const segment = await block.finish()
  return { schema: { columns: nullable, partitionColumns: [] }, segments: [segment], rows: segment.rows }
}

const encodeRow = (column: Column, value: unknown): Buffer[] => {
  const encoder = createRecordEncoder([column])
  encoder.write([value], 0)
  return [encoder.finish()]
}
