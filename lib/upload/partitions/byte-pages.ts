import { ChunkPool, pooledBytes } from '../../compression/chunk-pool.js'

/*
 * Bytes of many lists that grow a little at a time and in any order, in a fixed amount of memory. A buffer per list would
 * either be copied again and again as it grows, or be mostly empty; ten thousand of them would hold twice what is in them.
 * Here lists are chains of small pages, cut from large slabs: half a page per list is lost, and a page that was given back
 * serves the next list. Pages that lie beside each other are copied at once: a call for each would cost more than its bytes.
 * What was taken out stays in its pages until somebody reads it, who needs no more than a buffer that serves for all.
 */

const pageBytes = 512
const pagesPerSlab = pooledBytes / pageBytes
const none = -1

/** In its slab. */
const placeOf = (page: number): number => (page % pagesPerSlab) * pageBytes

const pagesOf = (bytes: number): number => Math.ceil(bytes / pageBytes)

/** A list of bytes; empty when made. */
export class PagedBytes {
  first = none
  last = none
  length = 0
}

/** Bytes that were taken out of a list, to be read once. */
export interface TakenBytes {
  /** Of all, whether they were read or not. */
  readonly length: number
  /** Moves the next bytes, as many as there is room for, into a buffer of a whole number of pages. @returns how many */
  read(target: Buffer): number
}

export class BytePages {
  readonly #pool: ChunkPool
  #slabs: Buffer[] = []
  /** The page behind each page of a list, or behind each free one. */
  #next = new Int32Array(0)
  #free = none
  #used = 0

  /** @param pool where slabs come from */
  constructor(pool = new ChunkPool()) {
    this.#pool = pool
  }

  /** Bytes of all pages of lists. */
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
      for (; room < wanted && isBeside(list.last, this.#free); room += pageBytes) this.#addPage(list)
      const count = Math.min(wanted, room)
      bytes.copy(this.#slabOf(page), placeOf(page) + offset, from, from + count)
      from += count
      list.length += count
    }
  }

  /** Takes all bytes out of a list. */
  take(list: PagedBytes): TakenBytes {
    const { length } = list
    let { first } = list
    let left = length
    this.#used -= pagesOf(length)
    list.first = list.last = none
    list.length = 0
    const read = (target: Buffer): number => {
      let at = 0
      while (at < target.length && left > 0) {
        const [page, most] = [first, Math.min(target.length - at, left)]
        let room = pageBytes
        for (; room < most && isBeside(first, this.#next[first]!); room += pageBytes) first++
        const count = Math.min(room, most)
        this.#slabOf(page).copy(target, at, placeOf(page), placeOf(page) + count)
        first = this.#release(page, first)
        at += count
        left -= count
      }
      return at
    }
    return { length, read }
  }

  /** Gives the slabs back. To be called when all that was taken has been read, and no list is used any more. */
  clear(): void {
    this.#pool.give(this.#slabs)
    this.#slabs = []
    this.#free = none
    this.#used = 0
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

  /** Neighbours from one page to another stay neighbours for the next list. @returns the page behind them */
  #release(first: number, last: number): number {
    const next = this.#next[last]!
    this.#next[last] = this.#free
    this.#free = first
    return next
  }

  #addSlab(): void {
    const first = this.#slabs.length * pagesPerSlab
    const end = first + pagesPerSlab
    this.#slabs.push(this.#pool.take())
    if (end > this.#next.length) {
      const next = new Int32Array(2 * end)
      next.set(this.#next)
      this.#next = next
    }
    for (let page = first; page < end; page++) this.#next[page] = page + 1 < end ? page + 1 : none
    this.#free = first
  }
}

/** Whether bytes of a page may go on into the next one. */
const isBeside = (page: number, next: number): boolean => next === page + 1 && next % pagesPerSlab !== 0
