import { crc32c } from '../../wire/crc32c.js'
import { checksumShift, combineChecksums } from '../../wire/crc32c-combine.js'

/** What all clients write; a reader takes any. */
const chunkBytes = 65_536

/** The chunk framing of the Arrow tunnel, written; unframe.ts has its form. */
export class Framer {
  readonly #chunkBytes: number
  readonly #shift: number
  #isBegun = false
  #total = 0
  #checksum = 0
  /** Bytes of the chunk that is growing. */
  #filled = 0

  constructor(bytesOfChunk = chunkBytes) {
    this.#chunkBytes = bytesOfChunk
    this.#shift = checksumShift(bytesOfChunk)
  }

  /** Appends bytes to the stream, and to `framed` what there is of it now: views of the bytes, and words between them. */
  push(bytes: Uint8Array, framed: Uint8Array[]): void {
    this.#begin(framed)
    for (let at = 0; at < bytes.length; ) {
      const piece = bytes.subarray(at, at + this.#chunkBytes - this.#filled)
      this.#checksum = crc32c(piece, this.#checksum)
      this.#filled += piece.length
      at += piece.length
      framed.push(piece)
      if (this.#filled === this.#chunkBytes) framed.push(this.#endChunk())
    }
  }

  /** Ends the stream. The framer begins the next one then. */
  end(framed: Uint8Array[]): void {
    this.#begin(framed)
    framed.push(word(combineChecksums(this.#total, this.#checksum, checksumShift(this.#filled))))
    this.#isBegun = false
    this.#total = 0
    this.#checksum = 0
    this.#filled = 0
  }

  #begin(framed: Uint8Array[]): void {
    if (!this.#isBegun) framed.push(word(this.#chunkBytes))
    this.#isBegun = true
  }

  #endChunk(): Uint8Array {
    const checksum = this.#checksum
    this.#total = combineChecksums(this.#total, checksum, this.#shift)
    this.#checksum = 0
    this.#filled = 0
    return word(checksum)
  }
}

const word = (value: number): Uint8Array => {
  const bytes = Buffer.allocUnsafe(4)
  bytes.writeUInt32BE(value)
  return bytes
}
