import { CompressorOutput } from './block-compressor.js'
import { ChunkPool, pooledBytes } from './chunk-pool.js'

/** Pieces that are smaller are cheaper to copy than to send each on its own. */
const wholeBytes = 16 * 1024

/** Output that is copied together in buffers of a pool, so that few large pieces come of many small ones. */
export class GatheredOutput extends CompressorOutput {
  readonly #pool: ChunkPool
  #chunk: Buffer | undefined
  #filled = 0

  constructor(pool = new ChunkPool()) {
    super()
    this.#pool = pool
  }

  put(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; ) {
      this.#chunk ??= this.#pool.take()
      const part = bytes.subarray(at, at + pooledBytes - this.#filled)
      this.#chunk.set(part, this.#filled)
      this.#filled += part.length
      at += part.length
      if (this.#filled === pooledBytes) this.#endChunk()
    }
  }

  /** The same for bytes that nobody writes to any more: large ones aren't copied. */
  putWhole(bytes: Buffer): void {
    if (bytes.length < wholeBytes) this.put(bytes)
    else {
      this.#endChunk()
      this.add(bytes)
    }
  }

  override take(): Buffer[] {
    this.#endChunk()
    return super.take()
  }

  #endChunk(): void {
    if (this.#chunk === undefined) return
    this.add(this.#chunk.subarray(0, this.#filled))
    this.#chunk = undefined
    this.#filled = 0
  }
}
