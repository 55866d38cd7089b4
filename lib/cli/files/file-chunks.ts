import { type FileHandle, open } from 'node:fs/promises'

/*
 * A file read from its start to its end. Chunks lie in memory that serves again once whoever got them says that they are done with: fresh
 * memory for each, which a stream of Node takes, costs more than reading. Nobody has to say so; what isn't given back is garbage.
 */

const chunkBytes = 256 * 1024

export class FileChunks implements AsyncIterable<Uint8Array> {
  readonly #path: string
  readonly #free: ArrayBufferLike[] = []
  /** What was handed on and not given back. */
  readonly #lent = new WeakSet<ArrayBufferLike>()
  #file: FileHandle | undefined
  #isDestroyed = false

  constructor(path: string) {
    this.#path = path
  }

  /** To be iterated once. One chunk is read ahead. @throws after `destroy` */
  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, undefined> {
    const file = await open(this.#path)
    this.#file = file
    let next = this.#read(file)
    try {
      for (;;) {
        const chunk = await next
        if (chunk.length === 0) return
        next = this.#read(file)
        this.#lent.add(chunk.buffer)
        yield chunk
      }
    } finally {
      await next.catch(() => {})
      await file.close()
    }
  }

  async #read(file: FileHandle): Promise<Uint8Array> {
    const memory = this.#free.pop() ?? Buffer.allocUnsafeSlow(chunkBytes).buffer
    if (this.#isDestroyed) throw new Error('the input was cut off')
    const { bytesRead } = await file.read(new Uint8Array(memory), 0, memory.byteLength, null)
    return new Uint8Array(memory, 0, bytesRead)
  }

  /** Nobody looks any more at a chunk, or at any part of its memory. What isn't from here is left alone. */
  release({ buffer }: Uint8Array): void {
    if (this.#lent.delete(buffer)) this.#free.push(buffer)
  }

  /** Breaks off what is read. */
  destroy(): void {
    this.#isDestroyed = true
    void this.#file?.close().catch(() => {})
  }
}
