/*
 * Bytes of many lists that grow a little at a time and in any order, in a fixed amount of memory. A buffer per list would
 * either be copied again and again as it grows, or be mostly empty; ten thousand of them would hold twice what is in them.
 * Here lists are chains of small pages, cut from large slabs: half a page per list is lost, and a page that was given back
 * serves the next list.
 */

const pageBytes = 512
const pagesPerSlab = 2048
const none = -1

/** A list of bytes; empty when made. */
export class PagedBytes {
  first = none
  last = none
  length = 0
}

export class BytePages {
  readonly #slabs: Buffer[] = []
  /** The page behind each page of a list, or behind each free one. */
  #next = new Int32Array(0)
  #free = none
  #used = 0

  /** Bytes of all pages in use. */
  get bytes(): number {
    return this.#used * pageBytes
  }

  append(list: PagedBytes, bytes: Buffer): void {
    for (let from = 0; from < bytes.length; ) {
      const offset = list.length % pageBytes
      if (offset === 0) this.#addPage(list)
      const count = Math.min(bytes.length - from, pageBytes - offset)
      const at = (list.last % pagesPerSlab) * pageBytes + offset
      bytes.copy(this.#slabs[Math.floor(list.last / pagesPerSlab)]!, at, from, from + count)
      from += count
      list.length += count
    }
  }

  /**
   * Takes all bytes out of a list.
   * @param more bytes to leave room for behind them
   */
  take(list: PagedBytes, more: number): Buffer {
    const bytes = Buffer.allocUnsafeSlow(list.length + more)
    let at = 0
    for (let page = list.first; page !== none; ) {
      const from = (page % pagesPerSlab) * pageBytes
      const count = Math.min(pageBytes, list.length - at)
      this.#slabs[Math.floor(page / pagesPerSlab)]!.copy(bytes, at, from, from + count)
      at += count
      page = this.#release(page)
    }
    list.first = list.last = none
    list.length = 0
    return bytes
  }

  #addPage(list: PagedBytes): void {
    if (this.#free === none) this.#addSlab()
    const page = this.#free
    this.#free = this.#next[page]!
    this.#next[page] = none
    this.#used++
    if (list.last === none) list.first = page
    else this.#next[list.last] = page
    list.last = page
  }

  /** @returns the page that was behind it */
  #release(page: number): number {
    const next = this.#next[page]!
    this.#next[page] = this.#free
    this.#free = page
    this.#used--
    return next
  }

  #addSlab(): void {
    const first = this.#slabs.length * pagesPerSlab
    this.#slabs.push(Buffer.allocUnsafeSlow(pagesPerSlab * pageBytes))
    const next = new Int32Array(first + pagesPerSlab)
    next.set(this.#next)
    for (let page = first; page < next.length; page++) next[page] = page + 1 < next.length ? page + 1 : none
    this.#next = next
    this.#free = first
  }
}
