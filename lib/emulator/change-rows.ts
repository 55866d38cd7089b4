import type { PartitionSpec } from '../schema/partition-spec.js'
import type { Catalog, Table } from './catalog.js'
import type { ServiceClock } from './clock.js'
import { mergeRows, type RowChange } from './store/merge-rows.js'
import type { Segment, TableState, TableStore } from './store/table-store.js'
import { getPartition, withSegments } from './table.js'
import { receiveRecords } from './tunnel/receive-block.js'

/** Where tables with a primary key are kept. */
export interface KeyedTables {
  readonly catalog: Catalog
  readonly store: TableStore
  readonly clock: ServiceClock
}

/**
 * Changes rows of a table with a primary key, all or none, one after the other with all other changes of the table.
 * @param changes asked for with the state of the table that they change
 * @throws ServiceRefusal NoSuchPartition, and what the changes throw
 */
export const changeRows = async (
  { catalog, store, clock }: KeyedTables,
  table: Table,
  spec: PartitionSpec,
  changes: (state: TableState) => AsyncIterable<RowChange>,
  { overwrite = false } = {},
): Promise<void> => {
  let segment: Segment | undefined
  try {
    await catalog.update(table, async state => {
      const { columns } = state.schema
      const before = overwrite ? [] : getPartition(state, spec).segments
      const block = await store.createBlock(table.id)
      try {
        await receiveRecords(block, columns, mergeRows(columns, state.primaryKey, before, changes(state)))
      } catch (error) {
        await block.abort()
        throw error
      }
      segment = await block.finish()
      const after = segment.rows > 0 ? [segment] : []
      return withSegments(state, spec, after, { overwrite: true, now: clock.now() })
    })
  } catch (error) {
    await segment?.discard()
    throw error
  }
  if (segment?.rows === 0) await segment.discard()
}
