import { RowBatch } from '../codec/rows/row-batch.js'
import { TunnelOptionError } from '../errors.js'
import { nothing, stage } from './stage.js'

/**
 * A {@link RowBatch} as far as a program is concerned. In Node's declarations a `pipeline` takes only streams of text and
 * bytes between its ends, so the compiler is told that a batch is text as well: with that, a chain that ends with
 * `batch(n)` can stand there as it is. Nothing at run time is.
 */
export type PipedBatch<Row = unknown> = RowBatch<Row> & string

/**
 * Gathers rows into a {@link RowBatch} of `size` rows, the last one smaller: rows that travel together cost a stream
 * much less than rows one by one. `toTable(upload)` and `upload.writeBatch(rows)` take them.
 *
 * A function for `chain([...])` of stream-chain, good for one chain.
 * @throws TunnelOptionError ODPS_INVALID_OPTION
 */
export const batch = <Row = unknown>(size: number): ((row: Row) => PipedBatch<Row>) => {
  if (!Number.isSafeInteger(size) || size < 1)
    throw new TunnelOptionError('ODPS_INVALID_OPTION', 'batch: size must be a whole number of at least 1')
  let rows = new RowBatch<Row>()
  const take = (): PipedBatch<Row> => {
    const taken = rows
    rows = new RowBatch<Row>()
    return taken as PipedBatch<Row>
  }
  return stage(
    (row: Row) => {
      rows.push(row)
      return rows.length < size ? nothing : take()
    },
    { flush: () => (rows.length === 0 ? undefined : take()) },
  )
}
