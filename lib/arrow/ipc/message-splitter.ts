import { ByteQueue } from './byte-queue.js'
import { ArrowError } from './error.js'
import { checkLength, describeMessage, StreamMessage } from './message.js'

/*
 * Cuts bytes into messages as they come:
 *   message := FFFFFFFF, int32 length of the metadata, metadata, body       (before version 0.15 without the FFFFFFFF)
 *   end     := a message whose metadata has no length
 * A message is given when its last byte is there, as views of the bytes that came.
 */

interface Head extends ReturnType<typeof describeMessage> {
  /** What stands before the body. */
  readonly length: number
}

const continuation = -1

export class MessageSplitter {
  /** Whether the end mark came. */
  hasEnded = false
  readonly #bytes = new ByteQueue()
  /** What the message that is coming begins with, as far as it is known. */
  #prefixBytes = 4
  #metadataBytes: number | undefined
  #head: Head | undefined

  /** Appends the messages that are complete. @throws ArrowError */
  push(bytes: Uint8Array, messages: StreamMessage[]): void {
    if (bytes.length === 0) return
    this.#bytes.push(bytes)
    for (let message = this.#next(); message !== undefined; message = this.#next()) messages.push(message)
    if (this.hasEnded && this.#bytes.length > 0) throw new ArrowError('bytes follow its end mark')
  }

  /** Copies what is there of a message that is coming: the bytes that were pushed may be written over from now on. */
  detach(): void {
    this.#bytes.detach()
  }

  /** @throws ArrowError when the bytes end inside a message */
  end(): void {
    const there = this.#bytes.length
    if (there === 0) return
    const [what, announced, left] =
      this.#head === undefined
        ? ['metadata', this.#metadataBytes ?? 0, there]
        : ['body', this.#head.bodyLength, there - this.#head.length]
    throw new ArrowError(
      `it is cut inside the ${what} of a message: ${announced} bytes are announced, ${left} are there`,
    )
  }

  #next(): StreamMessage | undefined {
    if (this.hasEnded || !this.#readHead()) return undefined
    const head = this.#head!
    const bytes = head.length + head.bodyLength
    if (this.#bytes.length < bytes) return undefined
    this.#head = undefined
    this.#metadataBytes = undefined
    this.#prefixBytes = 4
    return new StreamMessage(head, this.#bytes.take(bytes), head.length)
  }

  /** Whether the message is known up to its body. */
  #readHead(): boolean {
    if (this.#head !== undefined) return true
    while (this.#metadataBytes === undefined) {
      if (this.#bytes.length < this.#prefixBytes) return false
      const word = this.#bytes.peek(this.#prefixBytes).readInt32LE(this.#prefixBytes - 4)
      if (this.#prefixBytes === 4 && word === continuation) this.#prefixBytes = 8
      else this.#metadataBytes = word
    }
    checkLength(this.#metadataBytes, 'metadata')
    if (this.#metadataBytes === 0) {
      this.hasEnded = true
      this.#bytes.take(this.#prefixBytes)
      return false
    }
    const length = this.#prefixBytes + this.#metadataBytes
    if (this.#bytes.length < length) return false
    const described = describeMessage(this.#bytes.peek(length).subarray(this.#prefixBytes))
    checkLength(described.bodyLength, 'body')
    this.#head = { ...described, length }
    return true
  }
}
