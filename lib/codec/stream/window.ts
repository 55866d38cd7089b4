import { crcRange } from '../../wire/crc32c.js'

/**
 * The bytes that have come and are not yet done with: one buffer that grows to the largest record and is used again.
 * Positions count from the first byte that is not done with.
 *
 * Behind the last byte there are `slack` more that may be read and mean nothing, so that compiled code needs to look
 * for the end once a record instead of once a byte.
 *
 * Most bytes go from the chunk that came into WebAssembly's memory and nowhere else: a chunk is lent, and what is left of it
 * is copied here, half a record, when it is kept.
 */
export class ByteWindow {
  readonly #slack: number
  bytes: Buffer
  view: DataView
  /** Where in `bytes` the window begins and ends. */
  start = 0
  end = 0
  /** What has come last, while it is not kept. */
  #lent: Uint8Array = nothing

  constructor(slack: number, capacity = 0) {
    this.#slack = slack
    this.bytes = Buffer.alloc(capacity + slack)
    this.view = viewOf(this.bytes)
  }

  get length(): number {
    return this.end - this.start
  }

  /** With what is lent, which only `copyTo` and `drop` see. */
  get fullLength(): number {
    return this.length + this.#lent.length
  }

  /** Bytes behind the others, instead of `append`: until they are kept or dropped. */
  lend(chunk: Uint8Array): void {
    this.#lent = chunk
  }

  /** Takes in what is left of the chunk that was lent, or its first bytes. When all is, the chunk isn't looked at any more. */
  keep(most = this.#lent.length): void {
    if (this.#lent.length === 0) return
    const lent = this.#lent
    this.#lent = most < lent.length ? lent.subarray(most) : nothing
    this.append(lent.subarray(0, most))
  }

  /** Copies all but the first `from` bytes, with what is lent. */
  copyTo(target: Uint8Array, at: number, from: number): void {
    const own = this.length
    if (from < own) target.set(this.bytes.subarray(this.start + from, this.end), at)
    target.set(from > own ? this.#lent.subarray(from - own) : this.#lent, at + Math.max(0, own - from))
  }

  append(chunk: Uint8Array): void {
    if (this.bytes.length > maxIdleBytes && this.end === 0) this.#shrink(chunk.length)
    if (this.end + chunk.length + this.#slack > this.bytes.length) this.#makeRoom(chunk.length)
    this.bytes.set(chunk, this.end)
    this.end += chunk.length
  }

  /** A huge record must not hold its memory for the rest of the stream. */
  #shrink(needed: number): void {
    this.bytes = Buffer.alloc(Math.min(this.bytes.length, 2 * needed + this.#slack))
    this.view = viewOf(this.bytes)
  }

  #makeRoom(more: number): void {
    const { length } = this
    const needed = length + more + this.#slack
    const target =
      needed > this.bytes.length ? Buffer.alloc(Math.max(needed, 2 * this.bytes.length)) : this.bytes
    this.bytes.copy(target, 0, this.start, this.end)
    if (target !== this.bytes) {
      this.bytes = target
      this.view = viewOf(target)
    }
    this.start = 0
    this.end = length
  }

  /** Is done with the first bytes. */
  drop(count: number): void {
    const own = this.length
    this.start += Math.min(count, own)
    if (count > own) this.#lent = this.#lent.subarray(count - own)
    if (this.start === this.end) this.start = this.end = 0
  }

  byte(at: number): number {
    return this.bytes[this.start + at]!
  }

  /** The bytes themselves, good until the next `append`. */
  slice(from: number, to: number): Buffer {
    return this.bytes.subarray(this.start + from, this.start + to)
  }

  copy(from: number, to: number): Buffer {
    return Buffer.from(this.slice(from, to))
  }

  /** The checksum register after a range. */
  crc(register: number, from: number, to: number): number {
    return crcRange(register, this.view, this.start + from, this.start + to)
  }
}

const nothing = new Uint8Array(0)

const maxIdleBytes = 4 * 1024 * 1024

const viewOf = (bytes: Buffer): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
