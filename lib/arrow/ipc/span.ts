/**
 * Where bytes lie in pieces that are one behind the other. The sizes of a batch's buffers are checked by these, so that
 * whoever passes a batch on needs no copy of it.
 */
export class Span {
  readonly length: number
  readonly #pieces: readonly Uint8Array[]
  readonly #at: number

  constructor(pieces: readonly Uint8Array[], at: number, length: number) {
    this.#pieces = pieces
    this.#at = at
    this.length = length
  }

  /** A part that lies inside. */
  subarray(from: number, to: number): Span {
    return new Span(this.#pieces, this.#at + from, to - from)
  }

  /** Little-endian; it must lie inside. */
  int32At(at: number): number {
    let [word, start] = [0, 0]
    const from = this.#at + at
    for (const piece of this.#pieces) {
      const end = start + piece.length
      for (let i = Math.max(from, start); i < from + 4 && i < end; i++)
        word |= piece[i - start]! << (8 * (i - from))
      if (end >= from + 4) break
      start = end
    }
    return word
  }

  /** The same bytes where the pieces are joined. */
  within(joined: Uint8Array): Uint8Array {
    return joined.subarray(this.#at, this.#at + this.length)
  }
}
