import { isWellFormed } from '../../wire/utf8.js'
import type { ValueWriter } from '../../wire/value-writer.js'
import type { HashFamily } from './hash-family.js'

const scratch = new DataView(new ArrayBuffer(8))

/**
 * What a type writes of one value, kept to be hashed: the codec has then checked the value, and brought all the forms in
 * which it may come (a Date, milliseconds, text) to one. Texts are hashed as they pass; nothing is copied.
 */
export class KeyValue implements ValueWriter {
  low = 0
  high = 0
  nanos = 0
  /** Of the text or bytes. */
  hash = 0
  /** Plain digits, where the value is a decimal. */
  digits = ''
  /** Whether all bytes are printable ASCII, and none is `=`. */
  isPlain = true
  readonly #family: HashFamily

  constructor(family: HashFamily) {
    this.#family = family
  }

  int64(low: number, high: number): void {
    this.low = low | 0
    this.high = high | 0
  }

  int32(value: number): void {
    this.nanos = value
  }

  boolean(value: boolean): void {
    this.low = value ? 1 : 0
  }

  /** The bits as a whole number, its sign extended. */
  float(value: number): void {
    scratch.setFloat32(0, Number.isNaN(value) ? Number.NaN : value)
    this.low = scratch.getInt32(0)
    this.high = this.low >> 31
  }

  double(value: number): void {
    scratch.setFloat64(0, Number.isNaN(value) ? Number.NaN : value)
    this.high = scratch.getInt32(0)
    this.low = scratch.getInt32(4)
  }

  bytes(value: Uint8Array): void {
    const family = this.#family
    let register = 0
    this.isPlain = true
    for (const byte of value) {
      register = family.byte(register, (byte << 24) >> 24)
      if (byte < 0x20 || byte > 0x7e || byte === 0x3d) this.isPlain = false
    }
    this.hash = family.close(register)
  }

  text(value: string): number {
    this.digits = value
    const family = this.#family
    let register = 0
    for (let i = 0; i < value.length; i++) {
      const unit = value.charCodeAt(i)
      if (unit > 0x7f) return this.#encoded(value)
      register = family.byte(register, unit)
    }
    this.hash = family.close(register)
    return value.length
  }

  /** Types with elements are never keys. */
  count(): void {
    throw new Error('a nested type cannot be a key')
  }

  nullFlag(): void {
    this.count()
  }

  #encoded(value: string): number {
    if (!isWellFormed(value)) return -1
    const bytes = Buffer.from(value)
    this.bytes(bytes)
    return bytes.length
  }
}
