/*
 * A package that takes whole frames wants their bytes in one piece. Joining pieces of megabytes anew for every frame costs more
 * than it looks: fresh memory, and above all the engine, which collects its whole heap for each few tens of megabytes of buffers. So
 * a buffer that has grown serves again. As long as any is in use, idle ones are held, or each collection would throw away
 * what the next frame needs, and bring on the next collection; after that they are held weakly, until the engine collects.
 */

const leastBytes = 256 * 1024

let inUse = 0
let idle: Buffer[] = []
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
    if (this.#buffer.length > 0) giveBack(this.#buffer)
    this.#buffer = Buffer.alloc(0)
    this.#length = 0
  }

  /** What it has outgrown is of no use to the next one, which will grow as large. */
  #grow(needed: number): void {
    const old = this.#buffer
    if (old.length === 0) inUse++
    this.#buffer = takeIdle(needed) ?? Buffer.allocUnsafeSlow(Math.max(needed, 2 * old.length, leastBytes))
    this.#buffer.set(old.subarray(0, this.#length))
  }
}

const giveBack = (buffer: Buffer): void => {
  idle.push(buffer)
  if (--inUse > 0) return
  spare = idle.map(each => new WeakRef(each))
  idle = []
}

/** The largest, which need not grow, if it is large enough. */
const takeIdle = (needed: number): Buffer | undefined => {
  idle.push(...spare.flatMap(weak => weak.deref() ?? []))
  spare = []
  idle.sort((a, b) => a.length - b.length)
  return (idle.at(-1)?.length ?? 0) >= needed ? idle.pop() : undefined
}
