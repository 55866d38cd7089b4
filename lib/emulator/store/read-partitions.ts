import { createRecordDecoder } from '../../codec/rows/record-decoder.js'
import { countRows } from '../table.js'
import { StoredRowReader } from './read-rows.js'
import { asStored, storedValues } from './stored-type.js'
import type { PartitionState, TableState } from './table-store.js'

/**
 * The first rows of some partitions, in values of the types that they are stored by, the cells of the partition columns
 * last. A list for each piece of the store.
 */
export async function* readPartitions(
  { schema }: TableState,
  partitions: readonly PartitionState[],
  limit: number,
): AsyncGenerator<unknown[][]> {
  const stored = schema.columns.map(asStored)
  let left = limit
  for (const { segments, spec } of partitions) {
    const partition = spec.map(({ value }, i) => ({ column: schema.partitionColumns[i]!, value }))
    const decoder = createRecordDecoder(stored, { ...storedValues, partition })
    const count = Math.min(left, countRows(segments))
    for await (const chunk of new StoredRowReader(segments).read(0, count)) {
      const rows: unknown[] = []
      decoder.push(chunk, rows)
      yield rows as unknown[][]
    }
    left -= count
  }
}
