/*
 * Bytes of many lists that grow a little at a time and in any order, in a fixed amount of memory. A buffer per list would
 * either be copied again and again as it grows, or be mostly empty; ten thousand of them would hold twice what is in them.
 * Here lists are chains of small pages, cut from large slabs: half a page per list is lost, and a page that was given back
 * serves the next list. Pages that lie beside each other are copied at once: a call for each would cost more than its bytes.
 */

const pageBytes = 512
const pagesPerSlab = 2048
const none = -1

/** In its slab. */
const placeOf = (page: number): number => (page % pagesPerSlab) * pageBytes

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
      const page = list.last
      const wanted = bytes.length - from
      let room = pageBytes - offset
      for (; room < wanted && this.#isBeside(list.last, this.#free); room += pageBytes) this.#addPage(list)
      const count = Math.min(wanted, room)
      bytes.copy(this.#slabOf(page), placeOf(page) + offset, from, from + count)
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
    for (let page = list.first; at < list.length; ) {
      let last = page
      let room = pageBytes
      for (; this.#isBeside(last, this.#next[last]!); room += pageBytes) last++
      const count = Math.min(room, list.length - at)
      this.#slabOf(page).copy(bytes, at, placeOf(page), placeOf(page) + count)
      at += count
      page = this.#next[last]!
    }
    this.#release(list)
    return bytes
  }

  /** Whether bytes of the first page may go on into the second. */
  #isBeside(page: number, next: number): boolean {
    return next === page + 1 && next % pagesPerSlab !== 0
  }

  #slabOf(page: number): Buffer {
    return this.#slabs[Math.floor(page / pagesPerSlab)]!
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

  /** Pages that lie beside each other stay so for the next list. */
  #release(list: PagedBytes): void {
    if (list.last === none) return
    this.#next[list.last] = this.#free
    this.#free = list.first
    this.#used -= Math.ceil(list.length / pageBytes)
    list.first = list.last = none
    list.length = 0
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
