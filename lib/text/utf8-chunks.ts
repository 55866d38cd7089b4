import { isUtf8 } from 'node:buffer'
import { TunnelValueError } from '../errors.js'

/**
 * Turns chunks of a text file into bytes that end at a character and are UTF-8 throughout. Without this check other
 * encodings would turn to U+FFFD without a word.
 */
export class Utf8Chunks {
  readonly #where: string
  #rest: Buffer = Buffer.alloc(0)
  #highSurrogate = ''
  #bytes = 0

  constructor(where: string) {
    this.#where = where
  }

  /** Bytes that were looked at and are UTF-8. */
  get bytes(): number {
    return this.#bytes
  }

  /** @throws TunnelValueError ODPS_INVALID_VALUE when the bytes are not UTF-8. */
  next(chunk: string | Uint8Array): Buffer {
    const bytes = typeof chunk === 'string' ? this.#ofText(chunk) : this.#ofBytes(chunk)
    const whole = wholeLength(bytes)
    this.#rest = whole === bytes.length ? Buffer.alloc(0) : Buffer.from(bytes.subarray(whole))
    return this.#checked(bytes.subarray(0, whole))
  }

  /** What is left at the end of the input: only bytes that are no whole character, which is an error. */
  end(): void {
    if (this.#rest.length > 0 || this.#highSurrogate !== '') throw this.#notUtf8()
  }

  #ofBytes(chunk: Uint8Array): Buffer {
    if (!(chunk instanceof Uint8Array))
      throw new TunnelValueError(
        'ODPS_INVALID_ROW',
        `${this.#where}: expected chunks of bytes or text, got ${chunk === null ? 'null' : typeof chunk}`,
      )
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
    return this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes])
  }

  /** A pair of surrogates may be cut between two texts. */
  #ofText(chunk: string): Buffer {
    const text = this.#highSurrogate + chunk
    const last = text.charCodeAt(text.length - 1)
    const cut = last >= 0xd800 && last <= 0xdbff
    this.#highSurrogate = cut ? text.slice(-1) : ''
    const whole = cut ? text.slice(0, -1) : text
    if (loneSurrogate.test(whole)) throw this.#notUtf8()
    return this.#ofBytes(Buffer.from(whole))
  }

  #checked(bytes: Buffer): Buffer {
    if (!isUtf8(bytes)) throw this.#notUtf8()
    this.#bytes += bytes.length
    return bytes
  }

  #notUtf8(): TunnelValueError {
    return new TunnelValueError(
      'ODPS_INVALID_VALUE',
      `${this.#where}: the input is not UTF-8, somewhere after ${this.#bytes} bytes; save or convert it as UTF-8`,
    )
  }
}

const loneSurrogate = /\p{Surrogate}/u

/** The length without a character that is cut at the end. */
const wholeLength = (bytes: Uint8Array): number => {
  const { length } = bytes
  for (let back = 1; back <= 3 && back <= length; back++) {
    const byte = bytes[length - back]!
    if (byte < 0x80) return length
    if (byte >= 0xc0) {
      const needed = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2
      return needed > back ? length - back : length
    }
  }
  return length
}
