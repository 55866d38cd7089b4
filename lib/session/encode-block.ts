import type { RecordEncoder } from '../codec/record-encoder.js'
import type { Compressor } from '../compression/compressor.js'
import { throwIfAborted } from '../http/abort.js'
import { LoopTurns } from './loop-turns.js'

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
    await compressor.write(bytes)
    await turns.due()
  }
  try {
    for await (const row of rows) {
      throwIfAborted(signal)
      encoder.write(row, encoder.rows)
      if (encoder.pendingReaches(sliceBytes)) await compress(encoder.take())
    }
    throwIfAborted(signal)
    const count = encoder.rows
    await compress(encoder.finish())
    return { body: await compressor.finish(), rows: count, rawBytes }
  } catch (error) {
    encoder.discard()
    compressor.destroy()
    throw error
  }
}
