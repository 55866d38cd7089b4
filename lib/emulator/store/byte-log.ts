const firstPage = 4096
const lastPage = 1 << 20

/**
 * Bytes that are appended and read, never changed. Pages double up to 1 MiB, so that small tables stay small and
 * large ones are not copied as they grow.
 */
export class ByteLog {
  readonly #pages: Buffer[] = []
  /** Where each page starts. */
  readonly #starts: number[] = []
  #length = 0
  /** Free bytes at the end of the last page. */
  #room = 0

  get length(): number {
    return this.#length
  }

  append(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; ) {
      if (this.#room === 0) this.#addPage()
      const page = this.#pages.at(-1)!
      const part = bytes.subarray(at, at + this.#room)
      page.set(part, page.length - this.#room)
      this.#room -= part.length
      this.#length += part.length
      at += part.length
    }
  }

  #addPage(): void {
    const size = Math.min(lastPage, firstPage << Math.min(this.#pages.length, 8))
    this.#pages.push(Buffer.allocUnsafeSlow(size))
    this.#starts.push(this.#length)
    this.#room = size
  }

  /** Gives back what the last page does not use. No appends may follow. */
  trim(): void {
    const page = this.#pages.pop()
    if (page === undefined) return
    const used = page.length - this.#room
    if (used > 0) this.#pages.push(Buffer.from(Uint8Array.prototype.slice.call(page, 0, used).buffer))
    this.#room = 0
  }

  /** The bytes `from` … `to` (excluded) as parts of the pages. */
  *slices(from: number, to: number): Generator<Buffer> {
    for (let i = this.#pageAt(from); from < to; i++) {
      const start = this.#starts[i]!
      const part = this.#pages[i]!.subarray(from - start, to - start)
      yield part
      from += part.length
    }
  }

  read(from: number, to: number): Buffer {
    const parts = [...this.slices(from, to)]
    return parts.length === 1 ? parts[0]! : Buffer.concat(parts)
  }

  #pageAt(position: number): number {
    let [low, high] = [0, this.#starts.length - 1]
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if (this.#starts[middle]! <= position) low = middle
      else high = middle - 1
    }
    return low
  }
}
