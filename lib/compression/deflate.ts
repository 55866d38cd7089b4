import { createDeflate, createInflate } from 'node:zlib'
import type { Compressor } from './block-compressor.js'
import type { ChunkPool } from './chunk-pool.js'
import { throughZlib } from './through-zlib.js'
import { ZlibCompressor } from './zlib-compressor.js'

const outputChunkBytes = 64 << 10
/** Each chunk is a turn of the thread pool: with 64 KiB inflating takes a tenth more CPU time. */
const inflatedChunkBytes = 256 << 10

/** `deflate` on the wire is the zlib format, RFC 1950, not raw deflate (protocol 5). */
export const createDeflateCompressor = (level = 1, pool?: ChunkPool): Compressor =>
  new ZlibCompressor(createDeflate({ level, chunkSize: outputChunkBytes }), pool)

export const decompressDeflate = (chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> =>
  throughZlib(createInflate({ chunkSize: inflatedChunkBytes }), chunks)
