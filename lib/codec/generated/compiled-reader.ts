import { ByteReader } from '../../wire/byte-reader.js'
import { nonAscii, seenBits } from '../../wire/crc32c.js'
import { lowHalf } from '../../wire/int64.js'
import { generate } from './generated-code.js'

/** The engine copies so short a piece of a string; a longer one keeps the whole string alive. */
const maxCopied = 12
/**
 * Text of 13 to 128 ASCII characters is cut from one latin1 string of so many bytes, so that a piece that is kept keeps
 * no more than that alive. Twenty columns: 1.02 M rows per second; with a separate string for each text, 0.83 M.
 */
const sharedBytes = 1024
const maxShared = 128
/** So many characters that are not ASCII are made by one call with that many arguments. */
const maxSpread = 36
/** Text of so many bytes is decoded here where the native decoder is slow. */
const maxDecoded = 1 << 16

/** Before Node 24 the native decoder takes about 5 ns a byte for text that is not ASCII. */
const decodesHere = lowHalf === 0 && Number.parseInt(process.versions.node, 10) < 24

/**
 * Reads values for compiled code, which works on `buffer` itself and holds `at` and `register` in locals meanwhile.
 */
export class CompiledReader extends ByteReader {
  /** Some of the bytes at hand as latin1. */
  #latin1 = ''
  #latin1From = 0
  #latin1To = 0
  /** Of the next latin1 string: all bytes at hand while every text is copied. */
  #latin1Bytes = Number.POSITIVE_INFINITY
  readonly #spread: Spread = generate(spreadCode, { f: String.fromCharCode })

  /** Makes other bytes the ones at hand. */
  open(buffer: Buffer, view: DataView, from: number, to: number): void {
    this.buffer = buffer
    this.view = view
    this.at = from
    this.end = to
    this.#latin1To = 0
  }

  override text(): string {
    const from = this.passBytes()
    return this.cut(from, this.at)
  }

  /** The text of bytes that `crcRange` has just passed. */
  cut(from: number, to: number): string {
    const length = to - from
    if ((seenBits[0]! & nonAscii) !== 0) return this.#decode(from, to)
    if (length > maxShared) return this.buffer.toString('latin1', from, to)
    if (length > maxCopied && this.#latin1Bytes !== sharedBytes) {
      this.#latin1Bytes = sharedBytes
      this.#latin1To = 0
    }
    if (to > this.#latin1To) this.#makeLatin1(from)
    return this.#latin1.slice(from - this.#latin1From, to - this.#latin1From)
  }

  #makeLatin1(from: number): void {
    this.#latin1From = from
    this.#latin1To = Math.min(this.end, from + this.#latin1Bytes)
    this.#latin1 = this.buffer.toString('latin1', from, this.#latin1To)
  }

  #decode(from: number, to: number): string {
    if (decodesHere && to - from <= maxDecoded) {
      const length = toUtf16(this.buffer, from, to)
      if (length > maxSpread) return utf16Bytes.toString('utf16le', 0, 2 * length)
      if (length > 0) return this.#spread(utf16, 0, length)
    }
    return this.buffer.toString('utf8', from, to)
  }

  copy(from: number, to: number): Buffer {
    return Buffer.from(this.buffer.subarray(from, to))
  }
}

/** Makes a string of neighbouring character codes. */
type Spread = (units: Uint16Array, from: number, length: number) => string

const spreadCode = `return (b, p, n) => { switch (n) {
case 0: return ''
${Array.from({ length: maxSpread }, (_, k) => {
  const units = Array.from({ length: k + 1 }, (_, i) => `b[p + ${i}]`)
  return `case ${k + 1}: return f(${units.join(', ')})`
}).join('\n')}
} }`

const utf16 = new Uint16Array(maxDecoded)
const utf16Bytes = Buffer.from(utf16.buffer)

/** Decodes UTF-8 into `utf16`; returns the number of units, -1 for bytes that are no UTF-8. */
const toUtf16 = (bytes: Uint8Array, from: number, to: number): number => {
  let n = 0
  let p = from
  while (p < to) {
    const first = bytes[p++]!
    if (first < 0x80) utf16[n++] = first
    else if (first < 0xe0) {
      const second = bytes[p++]! ^ 0x80
      if (first < 0xc2 || p > to || second > 63) return -1
      utf16[n++] = ((first & 31) << 6) | second
    } else if (first < 0xf0) {
      const second = bytes[p]! ^ 0x80
      const third = bytes[p + 1]! ^ 0x80
      p += 2
      const unit = ((first & 15) << 12) | (second << 6) | third
      if (p > to || (second | third) > 63 || unit < 0x800 || (unit >= 0xd800 && unit < 0xe000)) return -1
      utf16[n++] = unit
    } else {
      const second = bytes[p]! ^ 0x80
      const third = bytes[p + 1]! ^ 0x80
      const fourth = bytes[p + 2]! ^ 0x80
      p += 3
      const point = ((first & 7) << 18) | (second << 12) | (third << 6) | fourth
      if (first > 0xf4 || p > to || (second | third | fourth) > 63 || point < 0x10000 || point > 0x10ffff)
        return -1
      utf16[n++] = 0xd7c0 + (point >> 10)
      utf16[n++] = 0xdc00 + (point & 0x3ff)
    }
  }
  return n
}
