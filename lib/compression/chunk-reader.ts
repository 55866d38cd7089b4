/**
 * Reads an iterable of chunks in pieces of the sizes a format asks for. It never reads ahead: the source is asked
 * only when the bytes at hand do not suffice, so that no read of the source is pending while the consumer works.
 */
export class ChunkReader {
  readonly #source: AsyncIterator<Uint8Array>
  #chunks: Uint8Array[] = []
  /** How far the first chunk is used up. */
  #at = 0
  #length = 0
  #ended = false
  readonly #release: ((chunk: Uint8Array) => void) | undefined
  /** Used up, but views of them may still be looked at until more is asked for. */
  #spent: Uint8Array[] = []

  /** @param release told of each chunk, in order, when nothing that was taken is looked at any more: as soon as more is asked for */
  constructor(chunks: AsyncIterable<Uint8Array>, release?: (chunk: Uint8Array) => void) {
    this.#source = chunks[Symbol.asyncIterator]()
    this.#release = release
  }

  /** How many bytes are at hand. */
  get length(): number {
    return this.#length
  }

  /** Whether `count` bytes are at hand, after asking the source for them; false means it has ended before. */
  async has(count: number): Promise<boolean> {
    while (this.#length < count && !this.#ended) await this.#pull()
    return this.#length >= count
  }

  /** The bytes at hand that lie in one chunk, without taking them: at least one where there is any. */
  get chunk(): Buffer {
    const first = this.#chunks[0]
    return first === undefined ? Buffer.alloc(0) : viewOf(first, this.#at, first.length - this.#at)
  }

  /**
   * Takes bytes that are at hand: a view where they lie in one chunk, else a copy.
   * @param room where the copy goes, if it is large enough: fresh memory for each costs as much as copying
   */
  take(count: number, room: Buffer = noRoom): Buffer {
    const first = this.#chunks[0]
    if (first === undefined || count === 0) return Buffer.alloc(0)
    if (first.length - this.#at < count) return this.#gather(count, room)
    const bytes = viewOf(first, this.#at, count)
    this.#use(first, count)
    return bytes
  }

  /** The next 4 bytes, which are at hand, without taking them. */
  peekUInt32LE(): number {
    let value = 0
    for (let i = 0, chunk = 0, at = this.#at; i < 4; at++) {
      const byte = this.#chunks[chunk]![at]
      if (byte !== undefined) value |= byte << (8 * i++)
      else [chunk, at] = [chunk + 1, -1]
    }
    return value >>> 0
  }

  /** Drops `count` bytes; false means that the source has ended before. */
  async skip(count: number): Promise<boolean> {
    let left = count
    while (left > 0 && (await this.has(1))) {
      const first = this.#chunks[0]!
      const used = Math.min(left, first.length - this.#at)
      this.#use(first, used)
      left -= used
    }
    return left === 0
  }

  /** Tells the source that no more is wanted. A reader is of no use afterwards. */
  async close(): Promise<void> {
    if (this.#ended) return
    this.#ended = true
    await this.#source.return?.()
  }

  async #pull(): Promise<void> {
    if (this.#release !== undefined) for (const chunk of this.#spent.splice(0)) this.#release(chunk)
    let result: IteratorResult<Uint8Array>
    try {
      result = await this.#source.next()
    } catch (error) {
      this.#ended = true
      throw error
    }
    if (result.done === true) this.#ended = true
    else if (result.value.length > 0) {
      this.#chunks.push(result.value)
      this.#length += result.value.length
    }
  }

  #gather(count: number, room: Buffer): Buffer {
    const bytes = count <= room.length ? room.subarray(0, count) : Buffer.allocUnsafe(count)
    for (let at = 0; at < count; ) {
      const first = this.#chunks[0]!
      const used = Math.min(count - at, first.length - this.#at)
      bytes.set(first.subarray(this.#at, this.#at + used), at)
      this.#use(first, used)
      at += used
    }
    return bytes
  }

  #use(first: Uint8Array, count: number): void {
    this.#at += count
    this.#length -= count
    if (this.#at < first.length) return
    this.#chunks.shift()
    this.#at = 0
    if (this.#release !== undefined) this.#spent.push(first)
  }
}

const noRoom: Buffer = Buffer.alloc(0)

const viewOf = ({ buffer, byteOffset }: Uint8Array, at: number, length: number): Buffer =>
  Buffer.from(buffer, byteOffset + at, length)
