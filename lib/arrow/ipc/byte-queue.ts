/**
 * Bytes that came in pieces and are taken in other pieces, as views: a message of megabytes that was put together would be
 * copied, and leave a buffer of its size to the engine.
 */
export class ByteQueue {
  length = 0
  #pieces: Uint8Array[] = []
  /** So many of them, from the first, are nobody else's. */
  #own = 0

  push(bytes: Uint8Array): void {
    if (bytes.length === 0) return
    this.#pieces.push(bytes)
    this.length += bytes.length
  }

  /** The next bytes, which are at hand. */
  take(count: number): Uint8Array[] {
    const taken: Uint8Array[] = []
    let left = count
    let used = 0
    while (left > 0) {
      const piece = this.#pieces[used]!
      if (piece.length > left) {
        taken.push(piece.subarray(0, left))
        this.#pieces[used] = piece.subarray(left)
        left = 0
      } else {
        taken.push(piece)
        left -= piece.length
        used++
      }
    }
    this.#pieces.splice(0, used)
    this.#own = Math.max(0, this.#own - used)
    this.length -= count
    return taken
  }

  /** Copies what is left, for those who write over the bytes that they gave. */
  detach(): void {
    for (let i = this.#own; i < this.#pieces.length; i++) this.#pieces[i] = Buffer.from(this.#pieces[i]!)
    this.#own = this.#pieces.length
  }

  /** A copy of the next bytes, which are at hand and stay. */
  peek(count: number): Buffer {
    const bytes = Buffer.allocUnsafe(count)
    let filled = 0
    for (const piece of this.#pieces) {
      if (filled === count) break
      const part = piece.length <= count - filled ? piece : piece.subarray(0, count - filled)
      bytes.set(part, filled)
      filled += part.length
    }
    return bytes
  }
}
