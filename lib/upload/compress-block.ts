import type { ChunkPool } from '../compression/chunk-pool.js'
import type { CompressionName } from '../compression/compression.js'
import { createCompressor } from '../compression/compressor.js'
import type { PreparedBlock } from './block-builder.js'

/** Compressed at a time. */
const sliceBytes = 256 * 1024

/** Makes a block of a record stream that is all there, when its turn has come. */
export const compressBlock = async (
  bytes: Buffer,
  rows: number,
  compression: CompressionName,
  options: { readonly level: number | undefined; readonly pool: ChunkPool },
): Promise<PreparedBlock> => {
  const compressor = createCompressor(compression, options)
  try {
    for (let at = 0; at < bytes.length; at += sliceBytes)
      await compressor.write(bytes.subarray(at, at + sliceBytes))
    return { body: await compressor.finish(), rows, rawBytes: bytes.length, checksum: 0 }
  } catch (error) {
    compressor.destroy()
    throw error
  }
}
