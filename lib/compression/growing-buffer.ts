/*
 * A package that takes whole frames wants their bytes in one piece. Joining pieces of megabytes anew for every frame costs more
 * than it looks: fresh memory, and above all the engine, which collects its whole heap for each few tens of megabytes of buffers. So
 * a buffer that has grown serves again; what isn't in use is held weakly, and goes when the engine collects.
 */

const leastBytes = 256 * 1024

let spare: WeakRef<Buffer>[] = []

/** Bytes in one piece, of which nobody knows yet how many will come. */
export class GrowingBuffer {
  #buffer: Buffer = Buffer.alloc(0)
  #length = 0

  /** Copies the bytes behind those that are there. */
  append(bytes: Uint8Array): void {
    const length = this.#length + bytes.length
    if (length > this.#buffer.length) this.#grow(length)
    this.#buffer.set(bytes, this.#length)
    this.#length = length
  }

  /** All bytes: a view, good until the next `append` or `release`. */
  get bytes(): Buffer {
    return this.#buffer.subarray(0, this.#length)
  }

  /** Empties it, and leaves its memory to the next one. Nobody may read the views of its bytes any more. */
  release(): void {
    if (this.#buffer.length > 0) spare.push(new WeakRef(this.#buffer))
    this.#buffer = Buffer.alloc(0)
    this.#length = 0
  }

  #grow(needed: number): void {
    const old = this.#buffer
    this.#buffer = takeSpare(needed) ?? Buffer.allocUnsafeSlow(Math.max(needed, 2 * old.length, leastBytes))
    this.#buffer.set(old.subarray(0, this.#length))
    if (old.length > 0) spare.push(new WeakRef(old))
  }
}

/** The smallest that is large enough. */
const takeSpare = (needed: number): Buffer | undefined => {
  const idle = spare.flatMap(weak => weak.deref() ?? []).sort((a, b) => a.length - b.length)
  const found = idle.find(({ length }) => length >= needed)
  spare = idle.filter(buffer => buffer !== found).map(buffer => new WeakRef(buffer))
  return found
}
