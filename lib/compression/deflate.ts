import { constants, createDeflate, createInflate } from 'node:zlib'
import type { Compressor } from './block-compressor.js'
import type { ChunkPool } from './chunk-pool.js'
import { ZlibCompressor } from './zlib-compressor.js'
import { decodeInSteps } from './zlib-steps.js'

const outputChunkBytes = 64 << 10

/** `deflate` on the wire is the zlib format, RFC 1950, not raw deflate (protocol 5). */
export const createDeflateCompressor = (level = 1, pool?: ChunkPool): Compressor =>
  new ZlibCompressor(createDeflate({ level, chunkSize: outputChunkBytes }), pool)

/** @param release told of chunks that nobody looks at any more, in order */
export const decompressDeflate = (
  chunks: AsyncIterable<Uint8Array>,
  release?: (chunk: Uint8Array) => void,
): AsyncGenerator<Buffer> => {
  const options = { isPassing: release !== undefined, finish: constants.Z_FINISH, release }
  return decodeInSteps(createInflate(), chunks, options)
}
