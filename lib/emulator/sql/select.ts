import { createRecordEncoder } from '../../codec/record-encoder.js'
import type { Column, TableSchema } from '../../schema/table-schema.js'
import { createMemoryBlock } from '../store/memory-store.js'
import { readPartitions } from '../store/read-partitions.js'
import type { PartitionState, Segment, TableState } from '../store/table-store.js'
import { allColumns, countRows, isPartitioned } from '../table.js'
import { receiveRecords } from '../tunnel/receive-block.js'
import { matchPartitions } from './match-partitions.js'
import { semanticException } from './sql-error.js'
import type { Select, SelectColumn } from './statement.js'

/** Rows as a query gives them; partition columns are ordinary columns here. */
export interface SelectResult {
  readonly schema: TableSchema
  readonly segments: readonly Segment[]
  /** At most what the segments have. */
  readonly rows: number
}

type Rows = Iterable<unknown[]> | AsyncIterable<unknown[]>

/** @throws SqlError */
export const executeSelect = async (state: TableState, select: Select): Promise<SelectResult> => {
  const partitions = matchPartitions(state, select.where)
  const segments = partitions.flatMap(partition => partition.segments)
  const limit = Math.min(select.limit ?? Number.MAX_SAFE_INTEGER, countRows(segments))
  const { what } = select
  if (what === '*' && !isPartitioned(state)) return { schema: state.schema, segments, rows: limit }
  if (what === '*') return selectRows(state, partitions, allColumns(state), limit)
  if ('countAs' in what) return makeResult([countColumn(what.countAs)], [[BigInt(countRows(segments))]])
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
): Promise<SelectResult> => {
  const all = allColumns(state)
  const indexes = columns.map(column => all.indexOf(column))
  return makeResult(columns, pickCells(readPartitions(state, partitions, limit), indexes))
}

const countColumn = (name: string): Column => ({ name, type: { kind: 'bigint' }, nullable: true })

const findColumn = (state: TableState, { column }: SelectColumn): Column => {
  const found = allColumns(state).find(({ name }) => name === column)
  if (found === undefined) throw semanticException(`column ${column} cannot be resolved`)
  return found
}

async function* pickCells(
  lists: AsyncIterable<unknown[][]>,
  indexes: readonly number[],
): AsyncGenerator<unknown[]> {
  for await (const rows of lists) for (const row of rows) yield indexes.map(index => row[index])
}

const makeResult = async (columns: readonly Column[], rows: Rows): Promise<SelectResult> => {
  const block = createMemoryBlock()
  const nullable = columns.map(column => ({ ...column, nullable: true }))
  await receiveRecords(block, nullable, encodeRows(nullable, rows))
  const segment = await block.finish()
  return { schema: { columns: nullable, partitionColumns: [] }, segments: [segment], rows: segment.rows }
}

const pieceBytes = 64 * 1024

async function* encodeRows(columns: readonly Column[], rows: Rows): AsyncGenerator<Buffer> {
  const encoder = createRecordEncoder(columns, { json: 'text' })
  for await (const row of rows) {
    encoder.write(row, encoder.rows)
    if (encoder.pendingBytes > pieceBytes) yield encoder.take()
  }
  yield encoder.finish()
}
