import { checksumOf, crcByte, crcInt32, crcInt64, crcRange, crcTable, emptyRegister } from './crc32c.js'
import { endRecordTagBytes } from './tags.js'
import { isWellFormed } from './utf8.js'
import type { ValueWriter } from './value-writer.js'

/**
 * After every method, and after `begin`, at least this many bytes are free behind `at`: code that writes into `buffer`
 * itself needs no other check for that much.
 */
const writerSlack = 1024

const minCapacity = 32 * 1024
/** What does not fit at first is as long as a slice of a block, mostly, and would else be moved at every doubling. */
const grownCapacity = 512 * 1024
const maxUsualCapacity = 1024 * 1024
/** So many buffers are kept for whoever writes next. */
const maxSpares = 4
/** Up to this length a string is written character by character; a native call costs more. */
const shortText = 40
/** Above this length a string is measured first, so that no room is made for three bytes a character. */
const longText = 4096

interface Memory {
  readonly buffer: Buffer
  readonly view: DataView
}

const newMemory = (capacity: number): Memory => {
  const buffer = Buffer.allocUnsafeSlow(capacity)
  return { buffer, view: new DataView(buffer.buffer, buffer.byteOffset, capacity) }
}

const none = newMemory(0)
/** Reclaimed. Of new memory the system makes each page when it is first written to, which takes time that short records would notice. */
const spares: Memory[] = []

/**
 * Writes records into one buffer that grows, and feeds the checksum register as it goes. Bytes that were taken are
 * not written over before `reclaim`; from then on the buffer is that of the first writer to need one.
 */
export class ByteWriter implements ValueWriter {
  buffer: Buffer = none.buffer
  view: DataView = none.view
  /** Where the next byte goes. */
  at = 0
  register = emptyRegister
  /** The first byte not yet taken. */
  #from = 0
  /** Where the record being written begins. */
  #record = 0

  get pendingBytes(): number {
    return this.#record - this.#from
  }

  begin(): void {
    this.at = this.#record
    this.register = emptyRegister
    if (this.at + writerSlack > this.buffer.length) this.#grow(0)
  }

  /** Ends the record; returns its checksum. */
  end(): number {
    const checksum = checksumOf(this.register)
    this.buffer.set(endRecordTagBytes, this.at)
    this.at += endRecordTagBytes.length
    this.#uint32(checksum)
    this.#makeRoom(0)
    this.#record = this.at
    return checksum
  }

  /** Appends bytes that are no record: a trailer. */
  append(bytes: Uint8Array): void {
    this.at = this.#record
    this.#makeRoom(bytes.length)
    this.buffer.set(bytes, this.at)
    this.at += bytes.length
    this.#record = this.at
  }

  /** Hands over the bytes of the records ended so far. */
  take(): Buffer {
    const bytes = this.buffer.subarray(this.#from, this.#record)
    this.#from = this.#record
    return bytes
  }

  /** Lets the bytes taken so far be written over, by this writer or another. Of no effect while there are others. */
  reclaim(): void {
    if (this.#from !== this.#record) return
    const { buffer, view } = this
    if (buffer.length > 0 && buffer.length <= maxUsualCapacity && spares.length < maxSpares)
      spares.push({ buffer, view })
    this.#from = 0
    this.#record = 0
    this.#use(none)
  }

  #use({ buffer, view }: Memory): void {
    this.buffer = buffer
    this.view = view
  }

  /** For code that writes into `buffer` itself: the slack is free again behind `at`. */
  freeSlack(): void {
    this.#makeRoom(0)
  }

  #makeRoom(bytes: number): void {
    if (this.at + bytes + writerSlack > this.buffer.length) this.#grow(bytes)
  }

  /** Moves what is pending and the record being written to the front of a new buffer: the old one may be in use. */
  #grow(bytes: number): void {
    const old = this.buffer
    const used = this.at - this.#from
    this.#use(memoryFor(old.length, used + bytes + writerSlack))
    old.copy(this.buffer, 0, this.#from, this.at)
    this.#record -= this.#from
    this.#from = 0
    this.at = used
  }

  #uint32(value: number): void {
    const { buffer } = this
    let p = this.at
    let rest = value
    for (; rest > 127; rest >>>= 7) buffer[p++] = (rest & 127) | 128
    buffer[p++] = rest
    this.at = p
  }

  int64(low: number, high: number): void {
    this.register = crcInt64(this.register, low, high)
    const { buffer } = this
    let p = this.at
    let l = ((low << 1) ^ (high >> 31)) >>> 0
    let h = (((high << 1) | (low >>> 31)) ^ (high >> 31)) >>> 0
    for (; h !== 0 || l > 127; h >>>= 7) {
      buffer[p++] = (l & 127) | 128
      l = ((l >>> 7) | (h << 25)) >>> 0
    }
    buffer[p++] = l
    this.at = p
    this.#makeRoom(0)
  }

  int32(value: number): void {
    this.register = crcInt32(this.register, value)
    this.#uint32(((value << 1) ^ (value >> 31)) >>> 0)
    this.#makeRoom(0)
  }

  boolean(value: boolean): void {
    this.register = crcByte(this.register, value ? 1 : 0)
    this.nullFlag(value)
  }

  float(value: number): void {
    this.view.setFloat32(this.at, value, true)
    this.#feed(4)
  }

  double(value: number): void {
    this.view.setFloat64(this.at, value, true)
    this.#feed(8)
  }

  /** Feeds and passes bytes that are written already. */
  #feed(bytes: number): void {
    const to = this.at + bytes
    this.register = crcRange(this.register, this.view, this.at, to)
    this.at = to
    this.#makeRoom(0)
  }

  bytes(value: Uint8Array): void {
    this.#makeRoom(value.length)
    this.#uint32(value.length)
    this.buffer.set(value, this.at)
    this.#feed(value.length)
  }

  /**
   * Short ASCII text is packed, written and fed eight characters at a time: with a loop of single characters, and
   * another over the bytes for the checksum, records of twenty columns take 7 % longer, of four 18 %.
   */
  text(value: string): number {
    const { length } = value
    if (length > shortText) return this.#longText(value)
    const { buffer, view } = this
    const T = crcTable
    let p = this.at + 1
    let c = this.register
    let i = 0
    for (; i + 8 <= length; i += 8, p += 8) {
      const a = value.charCodeAt(i)
      const b = value.charCodeAt(i + 1)
      const d = value.charCodeAt(i + 2)
      const e = value.charCodeAt(i + 3)
      const f = value.charCodeAt(i + 4)
      const g = value.charCodeAt(i + 5)
      const h = value.charCodeAt(i + 6)
      const k = value.charCodeAt(i + 7)
      if ((a | b | d | e | f | g | h | k) > 127) return this.#shortText(value)
      const low = a | (b << 8) | (d << 16) | (e << 24)
      view.setInt32(p, low, true)
      view.setInt32(p + 4, f | (g << 8) | (h << 16) | (k << 24), true)
      const x = c ^ low
      c =
        T[1792 + (x & 255)]! ^
        T[1536 + ((x >>> 8) & 255)]! ^
        T[1280 + ((x >>> 16) & 255)]! ^
        T[1024 + (x >>> 24)]! ^
        T[768 + f]! ^
        T[512 + g]! ^
        T[256 + h]! ^
        T[k]!
    }
    for (; i < length; i++) {
      const unit = value.charCodeAt(i)
      if (unit > 127) return this.#shortText(value)
      buffer[p++] = unit
      c = (c >>> 8) ^ T[(c ^ unit) & 255]!
    }
    buffer[this.at] = length
    this.at = p
    this.register = c
    this.#makeRoom(0)
    return length
  }

  /** Short text that is not ASCII: at most 120 bytes, so that the length takes one. */
  #shortText(value: string): number {
    const { buffer } = this
    const from = this.at + 1
    let p = from
    for (let i = 0; i < value.length; i++) {
      let unit = value.charCodeAt(i)
      if (unit < 0x80) buffer[p++] = unit
      else if (unit < 0x800) {
        buffer[p++] = 0xc0 | (unit >> 6)
        buffer[p++] = 0x80 | (unit & 63)
      } else {
        if (unit >= 0xd800 && unit <= 0xdfff) {
          const next = value.charCodeAt(++i)
          if (unit > 0xdbff || !(next >= 0xdc00 && next <= 0xdfff)) return -1
          unit = 0x10000 + ((unit - 0xd800) << 10) + (next - 0xdc00)
          buffer[p++] = 0xf0 | (unit >> 18)
          buffer[p++] = 0x80 | ((unit >> 12) & 63)
        } else buffer[p++] = 0xe0 | (unit >> 12)
        buffer[p++] = 0x80 | ((unit >> 6) & 63)
        buffer[p++] = 0x80 | (unit & 63)
      }
    }
    buffer[this.at] = p - from
    this.at = from
    this.#feed(p - from)
    return p - from
  }

  /** The length is written before the bytes, so its size is guessed; most text is ASCII and the guess right. */
  #longText(value: string): number {
    const { length } = value
    const bytes = length > longText ? Buffer.byteLength(value) : length
    this.#makeRoom(length > longText ? bytes : 3 * length)
    const guess = varintSize(bytes)
    const written = this.buffer.write(value, this.at + guess)
    if (written !== length && !isWellFormed(value)) return -1
    const size = varintSize(written)
    if (size !== guess) this.buffer.copyWithin(this.at + size, this.at + guess, this.at + guess + written)
    this.#uint32(written)
    this.#feed(written)
    return written
  }

  count(value: number): void {
    this.#uint32(value)
    this.#makeRoom(0)
  }

  nullFlag(isNull: boolean): void {
    this.buffer[this.at++] = isNull ? 1 : 0
    this.#makeRoom(0)
  }
}

const varintSize = (value: number): number => {
  let size = 1
  for (let rest = value; rest > 127; rest >>>= 7) size++
  return size
}

/** For so many bytes, in place of a buffer that was too small. */
const memoryFor = (before: number, bytes: number): Memory => {
  const spare = spares.pop()
  if (spare !== undefined && spare.buffer.length >= 2 * bytes) return spare
  if (before === 0 && bytes <= minCapacity) return newMemory(minCapacity)
  return newMemory(Math.max(before < grownCapacity ? grownCapacity : maxUsualCapacity, 2 * bytes))
}
