/** Gathers text until it is worth a chunk of its own. */
export class TextPieces {
  readonly #chunkBytes: number
  #text = ''

  /** @param chunkBytes from how many characters on a chunk is handed on; 0 hands on each piece. */
  constructor(chunkBytes: number) {
    this.#chunkBytes = chunkBytes
  }

  /** A chunk, when there is enough for one. */
  add(piece: string): Buffer | undefined {
    this.#text += piece
    return this.#text.length > this.#chunkBytes ? this.take() : undefined
  }

  take(): Buffer | undefined {
    if (this.#text === '') return undefined
    const bytes = Buffer.from(this.#text)
    this.#text = ''
    return bytes
  }
}
