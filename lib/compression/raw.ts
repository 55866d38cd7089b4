import { type Compressor, CompressorOutput } from './block-compressor.js'

class RawCompressor extends CompressorOutput implements Compressor {
  write(bytes: Uint8Array): void {
    this.add(Buffer.from(bytes))
  }

  finish(): Promise<Buffer[]> {
    return Promise.resolve(this.take())
  }

  destroy(): void {
    this.take()
  }
}

export const createRawCompressor = (): Compressor => new RawCompressor()

export async function* passThrough(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  for await (const chunk of chunks) yield Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
}
