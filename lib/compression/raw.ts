import type { Compressor } from './block-compressor.js'
import type { ChunkPool } from './chunk-pool.js'
import { GatheredOutput } from './gathered-output.js'

class RawCompressor extends GatheredOutput implements Compressor {
  write(bytes: Uint8Array): void {
    this.put(bytes)
  }

  finish(): Promise<Buffer[]> {
    return Promise.resolve(this.take())
  }

  destroy(): void {
    this.take()
  }
}

export const createRawCompressor = (pool?: ChunkPool): Compressor => new RawCompressor(pool)

export async function* passThrough(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  for await (const chunk of chunks) yield Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
}
