import type { Compressor } from './block-compressor.js'
import type { ChunkPool } from './chunk-pool.js'
import { type CompressionName, loadCompression } from './compression.js'
import { createDeflateCompressor } from './deflate.js'
import { createLz4Compressor } from './lz4.js'
import { createRawCompressor } from './raw.js'
import { createSnappyCompressor } from './snappy.js'
import { createZstdCompressor } from './zstd.js'

export type { Compressor }

export interface CompressorOptions {
  /** deflate: 0 to 9, default 1. zstd: default 3. Of no effect elsewhere. */
  readonly level?: number | undefined
  /** Where buffers come from: raw and snappy's for their output, to be given back when the block has been sent; others' for their input. */
  readonly pool?: ChunkPool | undefined
}

const creators: Readonly<Record<CompressionName, (options: CompressorOptions) => Compressor>> = {
  raw: ({ pool }) => createRawCompressor(pool),
  deflate: ({ level, pool }) => createDeflateCompressor(level, pool),
  snappy: ({ pool }) => createSnappyCompressor(pool),
  zstd: ({ level, pool }) => createZstdCompressor(level, pool),
  lz4: createLz4Compressor,
}

/**
 * Starts the compressed stream of one block. Await `loadCompression(name)` once before.
 * @throws TunnelOptionError ODPS_MISSING_PACKAGE when it was not and an optional package is needed.
 */
export const createCompressor = (name: CompressionName, options: CompressorOptions = {}): Compressor =>
  creators[name](options)

/** Compresses chunks as they come, as one stream. */
export async function* compress(
  name: CompressionName,
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  options: CompressorOptions = {},
): AsyncGenerator<Buffer> {
  await loadCompression(name)
  const compressor = createCompressor(name, options)
  try {
    for await (const chunk of chunks) {
      await compressor.write(chunk)
      yield* compressor.take()
    }
    yield* await compressor.finish()
  } finally {
    compressor.destroy()
  }
}
