import type { Transform } from 'node:stream'
import { damaged, truncated } from './damage.js'

/**
 * Runs chunks through a decoder of node:zlib.
 *
 * All output of a chunk is handed on before the next chunk is asked for: a source that fails or is cut still gives
 * what came before, and an early return finds no pending read of the source. Bytes after the end are left alone.
 */
export async function* throughZlib(
  decoder: Transform,
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<Buffer, void, undefined> {
  const output = new DecoderOutput(decoder)
  try {
    for await (const chunk of chunks) {
      yield* output.write(chunk)
      if (output.ended) return
    }
    yield* output.end()
  } finally {
    decoder.destroy()
  }
}

class DecoderOutput {
  readonly #decoder: Transform
  #failure: Error | undefined
  #wake: () => void = () => {}
  ended = false

  constructor(decoder: Transform) {
    this.#decoder = decoder
    decoder.on('readable', () => this.#wake())
    decoder.on('end', () => {
      this.ended = true
      this.#wake()
    })
    decoder.on('error', error => {
      this.#failure = error
      this.#wake()
    })
  }

  /** The output of one chunk. The write's callback comes after the last of it was pushed. */
  async *write(chunk: Uint8Array): AsyncGenerator<Buffer, void, undefined> {
    let written = false
    this.#decoder.write(chunk, () => {
      written = true
      this.#wake()
    })
    yield* this.#read(() => written)
  }

  async *end(): AsyncGenerator<Buffer, void, undefined> {
    this.#decoder.end()
    yield* this.#read(() => false)
  }

  async *#read(done: () => boolean): AsyncGenerator<Buffer, void, undefined> {
    for (;;) {
      const bytes: Buffer | null = this.#decoder.read()
      if (bytes !== null) yield bytes
      else if (this.#failure) throw damageOf(this.#failure)
      else if (done() || this.ended) return
      else
        await new Promise<void>(resolve => {
          this.#wake = resolve
        })
    }
  }
}

/** zlib's name for input that ends too early is Z_BUF_ERROR. */
export const damageOf = (error: NodeJS.ErrnoException): Error =>
  error.code === 'Z_BUF_ERROR' ? truncated(error.message, error) : damaged(error.message, error)
