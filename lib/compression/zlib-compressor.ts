import type { Transform } from 'node:stream'
import { type Compressor, CompressorOutput } from './block-compressor.js'

/** Compresses with an encoder of node:zlib, which works on the thread pool. */
export class ZlibCompressor extends CompressorOutput implements Compressor {
  readonly #encoder: Transform
  readonly #closed: Promise<void>
  #failure: Error | undefined
  #wake: () => void = () => {}

  constructor(encoder: Transform) {
    super()
    this.#encoder = encoder
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
    if (this.#encoder.destroyed || this.#encoder.write(Buffer.from(bytes))) return
    return new Promise(resolve => {
      this.#wake = resolve
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
