/*
 * Memory that sockets read into, and that serves again. Left to itself Node takes 64 KiB for every read and leaves them to the
 * engine, which counts them as memory it ought to free: a download then collects garbage every few megabytes, and half of what
 * reading costs is that, and pages that are always new. Here whoever is done with bytes says so, and the next read goes to
 * the same place. Nobody has to: what isn't given back is garbage, as before.
 */

/** As much as the system gives a read at a time, and what Node takes for one. */
const bufferBytes = 64 * 1024
/** Fewer bytes are copied instead: they would keep a whole buffer for as long as they wait. */
const leastBytes = bufferBytes / 2
/** So many wait to serve again while answers are read: 32 MiB, as much as a download reads ahead. */
const mostFree = 512
/** And so many in between: 4 MiB. Those beyond are held weakly: a transfer whose next answers come soon finds them again. */
const mostIdle = 64

/** What `onread` is called on. */
interface Pushable {
  push(chunk: Buffer): boolean
}

export class ReadBuffers {
  readonly #free: Buffer[] = []
  /** Free as well, until the engine collects them. */
  #spare: WeakRef<Buffer>[] = []
  /** Those with bytes that were handed on. */
  readonly #lent = new WeakSet<ArrayBufferLike>()
  /** What has just been read into, if its bytes were copied. */
  #again: Buffer | undefined
  #readers = 0

  /** For `net.connect` and `tls.connect`, which call `buffer` after each `callback`. */
  readonly onread: {
    readonly buffer: () => Uint8Array
    readonly callback: (bytesRead: number, buffer: Uint8Array) => boolean
  }

  constructor() {
    const take = (): Buffer => this.#take()
    const lend = (bytesRead: number, buffer: Uint8Array): Buffer => this.#lend(bytesRead, buffer as Buffer)
    this.onread = {
      buffer: take,
      callback(this: unknown, bytesRead, buffer) {
        return (this as Pushable).push(lend(bytesRead, buffer))
      },
    }
  }

  /** An answer is read, whose memory may be given back. */
  enter(): void {
    this.#readers++
  }

  /** No more of it will come. */
  leave(): void {
    this.#readers--
    if (this.#readers === 0) for (const buffer of this.#free.splice(mostIdle)) this.#keepWeakly(buffer)
  }

  /** Nobody looks any more at what lies in it. What isn't lent from here is left alone. */
  give(memory: ArrayBufferLike): void {
    if (!this.#lent.delete(memory)) return
    const buffer = Buffer.from(memory)
    if (this.#free.length < (this.#readers > 0 ? mostFree : mostIdle)) this.#free.push(buffer)
    else this.#keepWeakly(buffer)
  }

  #keepWeakly(buffer: Buffer): void {
    if (this.#spare.length === mostFree)
      this.#spare = this.#spare.filter(spare => spare.deref() !== undefined)
    if (this.#spare.length < mostFree) this.#spare.push(new WeakRef(buffer))
  }

  #takeSpare(): Buffer | undefined {
    while (this.#spare.length > 0) {
      const buffer = this.#spare.pop()!.deref()
      if (buffer !== undefined) return buffer
    }
    return undefined
  }

  #take(): Buffer {
    const buffer = this.#again ?? this.#free.pop() ?? this.#takeSpare() ?? Buffer.allocUnsafeSlow(bufferBytes)
    this.#again = undefined
    return buffer
  }

  #lend(bytesRead: number, buffer: Buffer): Buffer {
    const bytes = buffer.subarray(0, bytesRead)
    if (bytesRead < leastBytes) {
      this.#again = buffer
      return Buffer.from(bytes)
    }
    this.#lent.add(buffer.buffer)
    return bytes
  }
}

/** One for all connections of the thread. */
export const readBuffers = new ReadBuffers()
