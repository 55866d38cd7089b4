import type { AsyncBuffer } from 'hyparquet'
import { headerAt, type PageDecoders, pageOf, type RawHeader, type RawPage } from './page-bytes.js'

/*
 * Pages of a column chunk, one after the other, through a window on the file that serves again and again: whole chunks are as large as
 * the rows of a group, and memory that is new costs more than what is done with it.
 */

/** A file that fills memory that is there. */
export interface FileBytes extends AsyncBuffer {
  /** Absent where bytes are in memory anyway. */
  readonly readInto?: (target: Uint8Array, start: number) => Promise<void>
}

/** What a header surely fits into; one with long statistics may not. */
const headerBytes = 64 * 1024

export class PageStream {
  readonly #file: FileBytes
  readonly #decoders: PageDecoders
  /** Of the file: what is not in the window yet. */
  #next: number
  readonly #end: number
  #window: Uint8Array<ArrayBuffer>
  #from = 0
  #to = 0

  /** @param window bytes to be held at least; the window of another chunk may be had again */
  constructor(
    file: FileBytes,
    decoders: PageDecoders,
    [start, end]: readonly [start: number, end: number],
    window: Uint8Array<ArrayBuffer>,
  ) {
    this.#file = file
    this.#decoders = decoders
    this.#next = start
    this.#end = end
    this.#window = window
  }

  get window(): Uint8Array<ArrayBuffer> {
    return this.#window
  }

  /** Its bytes are good until the next one. @throws for what is no page */
  async next(): Promise<RawPage> {
    const { header, from } = await this.#header()
    const before = this.#from
    await this.#hold(from - before + header.compressed_page_size)
    const page = pageOf(this.#held, { header, from: from - before + this.#from })
    this.#from = page.end
    return page
  }

  async #header(): Promise<RawHeader> {
    for (let bytes = headerBytes; ; bytes *= 2) {
      await this.#hold(bytes)
      try {
        return headerAt(this.#decoders, this.#held, this.#from)
      } catch (error) {
        // What is cut by the window's end may be whole in the chunk.
        if (!(this.#next < this.#end)) throw error
      }
    }
  }

  get #held(): Uint8Array {
    return this.#window.subarray(0, this.#to)
  }

  /** So many bytes, or as many as there are. */
  async #hold(bytes: number): Promise<void> {
    const held = this.#to - this.#from
    const wanted = Math.min(bytes, held + this.#end - this.#next)
    if (held >= wanted) return
    const from = this.#window
    // The next page may be a little larger.
    if (wanted > from.length) this.#window = new Uint8Array(Math.ceil(1.25 * wanted))
    this.#window.set(from.subarray(this.#from, this.#to))
    this.#from = 0
    this.#to = held
    const count = Math.min(this.#window.length - held, this.#end - this.#next)
    const target = this.#window.subarray(held, held + count)
    if (this.#file.readInto === undefined)
      target.set(new Uint8Array(await this.#file.slice(this.#next, this.#next + count)))
    else await this.#file.readInto(target, this.#next)
    this.#next += count
    this.#to += count
  }
}
