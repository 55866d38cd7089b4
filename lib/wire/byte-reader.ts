import { crcByte, crcInt32, crcInt64, crcRange, emptyRegister } from './crc32c.js'
import type { ValueReader } from './value-reader.js'

/** Thrown, always this one, when the bytes end inside a value, or make no sense: whoever reads must look closer. */
export const unreadable: Error = new Error('the bytes end inside a value or are malformed')

/** Reads values from a stretch of bytes and feeds them to a checksum register as it goes. */
export class ByteReader implements ValueReader {
  buffer: Buffer
  view: DataView
  at = 0
  end = 0
  register = emptyRegister
  low = 0
  high = 0

  constructor(buffer: Buffer, view: DataView) {
    this.buffer = buffer
    this.view = view
  }

  /** Reads a varint into the halves, without feeding it. */
  varint(): void {
    let low = 0
    let high = 0
    let p = this.at
    for (let shift = 0; ; shift += 7) {
      if (p >= this.end || shift === 70) throw unreadable
      const byte = this.buffer[p++]!
      if (shift < 28) low |= (byte & 127) << shift
      else if (shift === 28) {
        low |= (byte & 15) << 28
        high = (byte & 127) >>> 4
      } else high |= (byte & 127) << (shift - 32)
      if (byte < 128) break
    }
    this.at = p
    this.low = low
    this.high = high
  }

  uint32(): number {
    this.varint()
    if (this.high !== 0) throw unreadable
    return this.low >>> 0
  }

  int64(): void {
    this.varint()
    const sign = -(this.low & 1)
    this.low = ((this.low >>> 1) | (this.high << 31)) ^ sign
    this.high = (this.high >>> 1) ^ sign
    this.register = crcInt64(this.register, this.low, this.high)
  }

  int32(): number {
    const zigzag = this.uint32()
    const value = (zigzag >>> 1) ^ -(zigzag & 1)
    this.register = crcInt32(this.register, value)
    return value
  }

  boolean(): boolean {
    const value = this.nullFlag()
    this.register = crcByte(this.register, value ? 1 : 0)
    return value
  }

  float(): number {
    return this.view.getFloat32(this.#pass(4), true)
  }

  double(): number {
    return this.view.getFloat64(this.#pass(8), true)
  }

  bytes(): Buffer {
    const from = this.passBytes()
    return Buffer.from(this.buffer.subarray(from, this.at))
  }

  text(): string {
    const from = this.passBytes()
    return this.buffer.toString('utf8', from, this.at)
  }

  count(): number {
    return this.uint32()
  }

  nullFlag(): boolean {
    if (this.at >= this.end) throw unreadable
    const flag = this.buffer[this.at++]!
    if (flag > 1) throw unreadable
    return flag === 1
  }

  /** Feeds and passes a length and its bytes; returns where they begin, `at` is where they end. */
  passBytes(): number {
    const length = this.uint32()
    return this.#pass(length)
  }

  #pass(length: number): number {
    const from = this.at
    const to = from + length
    if (to > this.end) throw unreadable
    this.register = crcRange(this.register, this.view, from, to)
    this.at = to
    return from
  }
}
