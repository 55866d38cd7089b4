import type { PartitionSpec } from '../schema/partition-spec.js'
import type { Table } from './catalog.js'
import { changeRows } from './change-rows.js'
import { isKeyed } from './primary-key.js'
import type { Service } from './service.js'
import { type RowChange, wholeRows } from './store/merge-rows.js'
import type { Segment, TableState } from './store/table-store.js'
import { withSegments } from './table.js'
import { receiveRecords } from './tunnel/receive-block.js'

const rowsOf =
  (segment: Segment) =>
  ({ schema, primaryKey }: TableState): AsyncIterable<RowChange> =>
    wholeRows(schema.columns, primaryKey, [segment])

/**
 * Puts a record stream into a table or partition, all or nothing; creates the partition. In a table with a primary key each
 * row takes the place of the one with its key.
 * @returns how many rows
 */
export const appendRecords = async (
  service: Service,
  table: Table,
  spec: PartitionSpec,
  stream: AsyncIterable<Buffer> | Iterable<Buffer>,
  overwrite: boolean,
): Promise<number> => {
  const block = await service.store.createBlock(table.id)
  try {
    await receiveRecords(block, table.state.schema.columns, stream)
  } catch (error) {
    await block.abort()
    throw error
  }
  const segment = await block.finish()
  try {
    await service.catalog.addPartition(table, spec)
    if (isKeyed(table.state)) {
      await changeRows(service, table, spec, rowsOf(segment), { overwrite })
      await segment.discard()
      return segment.rows
    }
    const now = service.clock.now()
    await service.catalog.update(table, state => withSegments(state, spec, [segment], { overwrite, now }))
  } catch (error) {
    await segment.discard()
    throw error
  }
  return segment.rows
}
