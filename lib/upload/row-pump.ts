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
  const flush = async (): Promise<void> => {
    const taken = rows
    rows = []
    if (taken.length > 0) await write(taken)
  }
  const add = (row: unknown): Promise<void> | undefined => {
    rows.push(row)
    return rows.length < pumpedRows ? undefined : flush()
  }
  const addLater = async (item: Promise<unknown>): Promise<void> => add(await item)
  const addBatch = async (batch: RowBatch): Promise<void> => {
    await flush()
    await write(batch)
  }
  await source.each(item => {
    if (item instanceof RowBatch) return addBatch(item)
    return item instanceof Promise ? addLater(item) : add(item)
  })
  await flush()
}
