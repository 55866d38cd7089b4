import { throwIfAborted } from '../abort.js'
import type { RecordEncoder } from '../codec/rows/record-encoder.js'
import type { Compressor } from '../compression/compressor.js'
import { asError } from '../errors.js'
import { BlockBuilder, type PreparedBlock } from './block-builder.js'

/*
 * For callers that hand over a block's rows at once and choose its id themselves: the same builder as a stream's,
 * without limits, so that a block is the same bytes whichever way it was made.
 */

const unlimited = { bytes: Number.POSITIVE_INFINITY, rows: Number.POSITIVE_INFINITY }

/** Makes one block of all rows, until they end. Only compressed bytes and one slice of records are kept. */
export const encodeBlock = async (
  rows: Iterable<unknown> | AsyncIterable<unknown>,
  encoder: RecordEncoder,
  newCompressor: () => Compressor,
  signal: AbortSignal | undefined,
): Promise<PreparedBlock> => {
  const builder = new BlockBuilder(encoder, newCompressor, unlimited)
  const add = (row: unknown): Promise<void> | undefined => {
    throwIfAborted(signal)
    return builder.add(row, builder.rows)
  }
  try {
    // Waiting for every row, as `for await` does, would cost more than encoding it.
    if (isAsync(rows)) for await (const row of rows) await add(row)
    else
      for (const row of rows) {
        const busy = add(row)
        if (busy !== undefined) await busy
      }
    throwIfAborted(signal)
    return await builder.finish()
  } catch (error) {
    builder.destroy()
    throw asError(error)
  }
}

const isAsync = (rows: Iterable<unknown> | AsyncIterable<unknown>): rows is AsyncIterable<unknown> =>
  Reflect.get(Object(rows), Symbol.asyncIterator) !== undefined
