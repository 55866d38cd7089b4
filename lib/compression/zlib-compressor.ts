import type { Transform } from 'node:stream'
import { type Compressor, CompressorOutput } from './block-compressor.js'
import { ChunkPool, pooledBytes } from './chunk-pool.js'

/** Compresses with an encoder of node:zlib, which works on the thread pool. */
export class ZlibCompressor extends CompressorOutput implements Compressor {
  readonly #encoder: Transform
  readonly #pool: ChunkPool
  readonly #closed: Promise<void>
  #failure: Error | undefined
  #wake: () => void = () => {}

  /** @param pool of the buffers from which the encoder reads */
  constructor(encoder: Transform, pool = new ChunkPool()) {
    super()
    this.#encoder = encoder
    this.#pool = pool
    encoder.on('data', (bytes: Buffer) => this.add(bytes))
    encoder.on('drain', () => this.#wake())
    encoder.on('error', error => {
      this.#failure = error
    })
    this.#closed = new Promise(resolve => {
      encoder.on('close', () => {
        this.#wake()
        resolve()
      })
    })
  }

  /** Copies: the encoder reads the bytes later, on another thread. */
  write(bytes: Uint8Array): void | Promise<void> {
    let goesOn = true
    for (let at = 0; at < bytes.length && !this.#encoder.destroyed; at += pooledBytes)
      goesOn = this.#copy(bytes.subarray(at, at + pooledBytes))
    if (goesOn || this.#encoder.destroyed) return
    return new Promise(resolve => {
      this.#wake = resolve
    })
  }

  /** What a write failed with may still be read, and is left to the engine. */
  #copy(bytes: Uint8Array): boolean {
    const copy = this.#pool.take()
    copy.set(bytes)
    return this.#encoder.write(copy.subarray(0, bytes.length), error => {
      if (!error) this.#pool.give([copy])
    })
  }

  async finish(): Promise<Buffer[]> {
    this.#encoder.end()
    await this.#closed
    if (this.#failure) throw this.#failure
    return this.take()
  }

  destroy(): void {
    this.#encoder.destroy()
    this.take()
  }
}
