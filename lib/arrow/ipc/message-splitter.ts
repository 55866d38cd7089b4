import { ArrowError } from './error.js'
import { checkLength, describeMessage, type StreamMessage } from './message.js'

/*
 * Cuts bytes into messages as they come:
 *   message := FFFFFFFF, int32 length of the metadata, metadata, body       (before version 0.15 without the FFFFFFFF)
 *   end     := a message whose metadata has no length
 * A message is given when its last byte is there, as one buffer, so that its body lies at a multiple of 8 bytes.
 */

type Described = ReturnType<typeof describeMessage>

const continuation = -1

export class MessageSplitter {
  /** Whether the end mark came. */
  hasEnded = false
  #pieces: Uint8Array[] = []
  #length = 0
  /** What the message that is coming begins with, as far as it is known. */
  #prefixBytes = 4
  #metadataBytes: number | undefined
  #described: Described | undefined
  #head = Buffer.alloc(0)

  /** Appends the messages that are complete. @throws ArrowError */
  push(bytes: Uint8Array, messages: StreamMessage[]): void {
    if (bytes.length === 0) return
    this.#pieces.push(bytes)
    this.#length += bytes.length
    for (let message = this.#next(); message !== undefined; message = this.#next()) messages.push(message)
    if (this.hasEnded && this.#length > 0) throw new ArrowError('bytes follow its end mark')
  }

  /** @throws ArrowError when the bytes end inside a message */
  end(): void {
    if (this.#length === 0 && this.#head.length === 0) return
    const { bodyLength } = this.#described ?? {}
    const [what, announced] =
      bodyLength === undefined ? ['metadata', this.#metadataBytes ?? 0] : ['body', bodyLength]
    throw new ArrowError(
      `it is cut inside the ${what} of a message: ${announced} bytes are announced, ${this.#length} are there`,
    )
  }

  #next(): StreamMessage | undefined {
    if (this.hasEnded || !this.#readHead()) return undefined
    const described = this.#described!
    const { bodyLength } = described
    if (this.#length < bodyLength) return undefined
    const head = this.#head
    const bytes = Buffer.allocUnsafeSlow(head.length + bodyLength)
    bytes.set(head)
    this.#take(bytes, head.length, bodyLength)
    this.#described = undefined
    this.#metadataBytes = undefined
    this.#head = Buffer.alloc(0)
    this.#prefixBytes = 4
    return { ...described, bytes, body: bytes.subarray(head.length) }
  }

  /** Whether the message is known up to its body. */
  #readHead(): boolean {
    if (this.#described !== undefined) return true
    while (this.#metadataBytes === undefined) {
      if (this.#length < this.#prefixBytes) return false
      const word = this.#peekWord(this.#prefixBytes - 4)
      if (this.#prefixBytes === 4 && word === continuation) this.#prefixBytes = 8
      else this.#metadataBytes = word
    }
    checkLength(this.#metadataBytes, 'metadata')
    if (this.#metadataBytes === 0) {
      this.hasEnded = true
      this.#take(Buffer.alloc(this.#prefixBytes), 0, this.#prefixBytes)
      return false
    }
    const headBytes = this.#prefixBytes + this.#metadataBytes
    if (this.#length < headBytes) return false
    this.#head = Buffer.allocUnsafe(headBytes)
    this.#take(this.#head, 0, headBytes)
    this.#described = describeMessage(this.#head.subarray(this.#prefixBytes))
    checkLength(this.#described.bodyLength, 'body')
    return true
  }

  /** An int32 of what is at hand, which need not lie in one piece. */
  #peekWord(at: number): number {
    let word = 0
    for (let i = 3; i >= 0; i--) word = (word << 8) | this.#byteAt(at + i)
    return word
  }

  #byteAt(index: number): number {
    let at = index
    for (const piece of this.#pieces) {
      if (at < piece.length) return piece[at]!
      at -= piece.length
    }
    return 0
  }

  /** Moves bytes that are at hand. */
  #take(target: Buffer, at: number, count: number): void {
    let used = 0
    let done = 0
    while (done < count) {
      const piece = this.#pieces[used]!
      const part = piece.length <= count - done ? piece : piece.subarray(0, count - done)
      target.set(part, at + done)
      done += part.length
      if (part === piece) used++
      else this.#pieces[used] = piece.subarray(part.length)
    }
    this.#pieces.splice(0, used)
    this.#length -= count
  }
}
