import { crcByte, crcInt32, crcInt64, emptyRegister } from '../../wire/crc32c.js'
import { type Layout, wireTypeOf } from '../value-layout.js'
import type { WalkFaults } from './walk-faults.js'
import type { ByteWindow } from './window.js'

/**
 * Passes over the values of a record by their layouts and feeds them to its checksum. Nothing is made of them, so that
 * a value of any size may end in the middle of the bytes at hand: a scalar is passed as a whole or not at all, and a nested value
 * stops between its scalars.
 */
export class ValueWalker {
  readonly #window: ByteWindow
  readonly #faults: WalkFaults
  /** Position from the start of the record or trailer. */
  at = 0
  /** Halves of the number read last. */
  low = 0
  high = 0
  register = emptyRegister

  constructor(window: ByteWindow, faults: WalkFaults) {
    this.#window = window
    this.#faults = faults
  }

  /** At the start of the window, with nothing fed. */
  begin(): void {
    this.at = 0
    this.register = emptyRegister
  }

  /** Passes any value and feeds it; yields where the bytes end before. */
  *nested(layout: Layout): Generator<undefined, void, undefined> {
    switch (layout.shape) {
      case 'array':
        yield* this.#elements(layout.element)
        return
      case 'map': {
        const keys = yield* this.#elements(layout.key)
        const values = yield* this.#elements(layout.value)
        if (keys !== values) throw this.#faults.malformed(`has a map of ${keys} keys and ${values} values`)
        return
      }
      case 'struct':
        for (const field of layout.fields) yield* this.#nullable(field)
        return
      case 'vector': {
        while (!this.varint()) yield
        const count = this.uint32('a count')
        if (count !== layout.dimension)
          throw this.#faults.malformed(`has a vector of ${count} elements, not ${layout.dimension}`)
        for (let i = 0; i < count; i++) while (!this.scalar(layout.element)) yield
        return
      }
      default:
        while (!this.scalar(layout)) yield
    }
  }

  *#elements(element: Layout): Generator<undefined, number, undefined> {
    while (!this.varint()) yield
    const count = this.uint32('a count')
    // An element takes a byte at least.
    if (count > this.#faults.maxRowBytes - this.at) throw this.#faults.tooLarge()
    const scalar = wireTypeOf(element) !== 2 || element.shape === 'bytes' || element.shape === 'instant'
    for (let i = 0; i < count; i++) {
      if (scalar) while (!this.#nullableScalar(element)) yield
      else yield* this.#nullable(element)
    }
    return count
  }

  *#nullable(layout: Layout): Generator<undefined, void, undefined> {
    while (this.at >= this.#window.length) yield
    if (!this.#flag()) yield* this.nested(layout)
  }

  /** A NULL flag and value in one step; false, and nothing passed, when the bytes end before. */
  #nullableScalar(layout: Layout): boolean {
    const from = this.at
    if (from >= this.#window.length) return false
    if (this.#flag() || this.scalar(layout)) return true
    this.at = from
    return false
  }

  #flag(): boolean {
    const flag = this.#window.byte(this.at++)
    if (flag > 1) throw this.#faults.malformed(`has the NULL flag ${flag}`)
    return flag === 1
  }

  /** Passes a value that is not nested and feeds it; false, and nothing passed or fed, when the bytes end before. */
  scalar(layout: Layout): boolean {
    switch (layout.shape) {
      case 'int64':
        return this.#int64(layout.bits)
      case 'boolean':
        return this.#boolean()
      case 'float':
        return this.#fixed(4)
      case 'double':
        return this.#fixed(8)
      case 'instant':
        return this.#instant(layout.signed)
      default:
        return this.#bytes()
    }
  }

  #int64(bits: 8 | 16 | 32 | 64): boolean {
    if (!this.varint()) return false
    this.zigzag()
    const [low, high] = [this.low, this.high]
    if (bits !== 64 && (high !== low >> 31 || (low << (32 - bits)) >> (32 - bits) !== low))
      throw this.#faults.malformed(`has an integer that does not fit ${bits} bits`)
    this.register = crcInt64(this.register, low, high)
    return true
  }

  #boolean(): boolean {
    if (this.at >= this.#window.length) return false
    const value = this.#window.byte(this.at++)
    if (value > 1) throw this.#faults.malformed(`has the boolean ${value}`)
    this.register = crcByte(this.register, value)
    return true
  }

  #fixed(bytes: number): boolean {
    const to = this.at + bytes
    if (to > this.#window.length) return false
    this.register = this.#window.crc(this.register, this.at, to)
    this.at = to
    return true
  }

  #instant(signed: boolean): boolean {
    const from = this.at
    if (!this.varint()) return false
    this.zigzag()
    const [low, high] = [this.low, this.high]
    if (!this.varint()) {
      this.at = from
      return false
    }
    const nanos = this.uint32('nanos')
    const value = (nanos >>> 1) ^ -(nanos & 1)
    if (Math.abs(value) > 999_999_999 || (value < 0 && !signed))
      throw this.#faults.malformed(`has ${value} nanoseconds`)
    this.register = crcInt32(crcInt64(this.register, low, high), value)
    return true
  }

  /** The length is held against the limit before its bytes are waited for. */
  #bytes(): boolean {
    const from = this.at
    if (!this.varint()) return false
    const length = this.uint32('a length')
    const to = this.at + length
    if (to > this.#faults.maxRowBytes) throw this.#faults.tooLarge()
    if (to > this.#window.length) {
      this.at = from
      return false
    }
    this.register = this.#window.crc(this.register, this.at, to)
    this.at = to
    return true
  }

  /**
   * Reads a varint of up to ten bytes into the halves; false, and nothing passed, when the bytes end before. Checksums
   * come in five bytes, or sign-extended in ten: their low half counts (protocol 4.1).
   */
  varint(): boolean {
    const { length } = this.#window
    let low = 0
    let high = 0
    let p = this.at
    for (let shift = 0; ; shift += 7) {
      if (shift === 70) throw this.#faults.malformed('has a varint of more than ten bytes')
      if (p >= length) return false
      const byte = this.#window.byte(p++)
      if (shift < 28) low |= (byte & 127) << shift
      else if (shift === 28) {
        low |= (byte & 15) << 28
        high = (byte & 127) >>> 4
      } else high |= (byte & 127) << (shift - 32)
      if (byte < 128) break
    }
    this.low = low
    this.high = high
    this.at = p
    return true
  }

  zigzag(): void {
    const sign = -(this.low & 1)
    this.low = ((this.low >>> 1) | (this.high << 31)) ^ sign
    this.high = (this.high >>> 1) ^ sign
  }

  uint32(what: string): number {
    if (this.high !== 0) throw this.#faults.malformed(`has ${what} beyond 32 bits`)
    return this.low >>> 0
  }
}
