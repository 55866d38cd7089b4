import { throwIfAborted } from '../abort.js'
import type { RecordEncoder } from '../codec/rows/record-encoder.js'
import type { Compressor } from '../compression/compressor.js'
import { asError } from '../errors.js'
import { LoopTurns } from '../session/loop-turns.js'

/** Encoded bytes are compressed in slices of this size. */
const sliceBytes = 256 * 1024

export interface EncodedBlock {
  readonly body: readonly Buffer[]
  readonly rows: number
  readonly rawBytes: number
}

/** Encodes and compresses rows until they end. Only compressed bytes and one slice of records are kept. */
export const encodeBlock = async (
  rows: Iterable<unknown> | AsyncIterable<unknown>,
  encoder: RecordEncoder,
  compressor: Compressor,
  signal: AbortSignal | undefined,
): Promise<EncodedBlock> => {
  let rawBytes = 0
  const turns = new LoopTurns()
  const compress = async (bytes: Buffer): Promise<void> => {
    rawBytes += bytes.length
    const written = compressor.write(bytes)
    encoder.reclaim()
    await written
    await turns.due()
  }
  const write = (row: unknown): Promise<void> | undefined => {
    throwIfAborted(signal)
    encoder.write(row, encoder.rows)
    return encoder.pendingReaches(sliceBytes) ? compress(encoder.take()) : undefined
  }
  try {
    // Waiting for every row, as `for await` does, would cost more than encoding it.
    if (isAsync(rows)) for await (const row of rows) await write(row)
    else
      for (const row of rows) {
        const busy = write(row)
        if (busy !== undefined) await busy
      }
    throwIfAborted(signal)
    const count = encoder.rows
    await compress(encoder.finish())
    return { body: await compressor.finish(), rows: count, rawBytes }
  } catch (error) {
    encoder.discard()
    compressor.destroy()
    throw asError(error)
  }
}

const isAsync = (rows: Iterable<unknown> | AsyncIterable<unknown>): rows is AsyncIterable<unknown> =>
  Reflect.get(Object(rows), Symbol.asyncIterator) !== undefined
