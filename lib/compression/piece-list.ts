/**
 * Bytes that lie in several buffers, one behind the other, read without being joined: an answer of megabytes that was put
 * together would be copied, and leave a buffer of its size to the engine. Looking at neighbouring places one after the
 * other is cheap.
 */
export class PieceList {
  readonly #pieces: readonly Buffer[]
  /** Where the piece begins that was looked at last. */
  #start = 0
  #index = 0
  readonly length: number

  constructor(pieces: readonly Buffer[]) {
    this.#pieces = pieces
    this.length = pieces.reduce((sum, { length }) => sum + length, 0)
  }

  /** The bytes between two places, as views. */
  views(from: number, to: number): Buffer[] {
    const views: Buffer[] = []
    for (let at = from; at < to; ) {
      const piece = this.#pieceAt(at)
      const view = piece.subarray(at - this.#start, to - this.#start)
      views.push(view)
      at += view.length
    }
    return views
  }

  /** The bytes between two places, copied only where they lie in more than one piece. */
  bytes(from: number, to: number): Buffer {
    const views = this.views(from, to)
    return views.length === 1 ? views[0]! : Buffer.concat(views)
  }

  #pieceAt(at: number): Buffer {
    while (at < this.#start) this.#start -= this.#pieces[--this.#index]!.length
    for (let piece = this.#pieces[this.#index]!; ; piece = this.#pieces[this.#index]!) {
      if (at < this.#start + piece.length) return piece
      this.#start += piece.length
      this.#index++
    }
  }
}
