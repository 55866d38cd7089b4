import { RowBatch } from '../codec/rows/row-batch.js'
import type { RowInput } from './row-input.js'

/** Rows that travel together: a chunk each would cost more than their encoding. */
const pumpedRows = 256

/**
 * Writes all items of a source, some at a time: rows, promises of rows, and batches, which are written as they are.
 * @param write resolves when more may be written
 */
export const pumpRows = async (
  source: RowInput,
  write: (rows: readonly unknown[]) => Promise<void>,
): Promise<void> => {
  let rows: unknown[] = []
  for (;;) {
    const step = source.next()
    const { done, value } = step instanceof Promise ? await step : step
    const isBatch = value instanceof RowBatch
    if (!done && !isBatch) rows.push(value instanceof Promise ? await value : value)
    if (rows.length >= pumpedRows || (rows.length > 0 && (done || isBatch))) {
      await write(rows)
      rows = []
    }
    if (done) return
    if (isBatch) await write(value)
  }
}
