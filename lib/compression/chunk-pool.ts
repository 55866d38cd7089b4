/** Size of the buffers of a pool. */
export const pooledBytes = 256 * 1024

/** What pools had left: for the next one, unless the engine collects it before. */
let spare: WeakRef<Buffer>[] = []

/**
 * Buffers of one size that are used again. A long transfer that made new ones all the time would drive the engine to
 * collect garbage for them alone, and the process to hold several times what is in use.
 */
export class ChunkPool {
  #idle: Buffer[] = []
  readonly #lent = new WeakSet<ArrayBufferLike>()

  /** A buffer of `pooledBytes` with any content. */
  take(): Buffer {
    const chunk = this.#idle.pop() ?? takeSpare() ?? Buffer.allocUnsafeSlow(pooledBytes)
    this.#lent.add(chunk.buffer)
    return chunk
  }

  /** Takes back buffers that nobody will read again, or parts of them; passes over those that are not its own. */
  give(chunks: readonly Uint8Array[]): void {
    for (const { buffer } of chunks) if (this.#lent.delete(buffer)) this.#idle.push(Buffer.from(buffer))
  }

  /** Holds on to the buffers that are not in use no longer. */
  clear(): void {
    spare = spare.filter(chunk => chunk.deref() !== undefined)
    for (const chunk of this.#idle) spare.push(new WeakRef(chunk))
    this.#idle = []
  }
}

const takeSpare = (): Buffer | undefined => {
  for (;;) {
    const chunk = spare.pop()
    if (chunk === undefined) return undefined
    const buffer = chunk.deref()
    if (buffer !== undefined) return buffer
  }
}
