import type { ChunkPool } from '../compression/chunk-pool.js'
import type { CompressionName } from '../compression/compression.js'
import { createCompressor } from '../compression/compressor.js'
import type { PreparedBlock } from './block-builder.js'
import type { TakenBytes } from './partitions/byte-pages.js'

/** Makes a block of a record stream that is all there, when its turn has come. */
export const compressBlock = async (
  records: TakenBytes,
  rows: number,
  compression: CompressionName,
  options: { readonly level: number | undefined; readonly pool: ChunkPool },
): Promise<PreparedBlock> => {
  const { pool } = options
  const compressor = createCompressor(compression, options)
  const slice = pool.take()
  try {
    for (let count = records.read(slice); count > 0; count = records.read(slice))
      await compressor.write(slice.subarray(0, count))
    return { body: await compressor.finish(), rows, rawBytes: records.length, checksum: 0 }
  } catch (error) {
    compressor.destroy()
    throw error
  } finally {
    pool.give([slice])
  }
}
