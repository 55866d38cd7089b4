import { TunnelChecksumError, TunnelProtocolError } from '../../errors.js'
import { checksumOf, crcByte, crcInt32, crcInt64, emptyRegister } from '../../wire/crc32c.js'
import { checksumField, countField, endMetricsField, endRecordTag, tagOf } from '../../wire/tags.js'
import { type Layout, wireTypeOf } from '../layout.js'
import type { StreamTotals } from './totals.js'
import { metricsChecksum, metricsTag } from './trailer.js'
import type { ByteWindow } from './window.js'

/*
 *   stream  := record* trailer
 *   record  := (tag value)* END_RECORD checksum
 *   trailer := COUNT sint64 [ METRICS length bytes END_METRICS checksum ] CHECKSUM checksum        (protocol 4.1)
 */

/** Longer metrics than this are no metrics. */
const maxMetricsBytes = 1 << 24

const countTag = tagOf(countField, 0)
const endMetricsTag = tagOf(endMetricsField, 0)
const checksumTag = tagOf(checksumField, 0)

/**
 * Walks over the bytes of a stream and verifies all that can be verified without making values: field numbers, wire
 * types, lengths, ranges, the checksum of each record, the trailer. It stops wherever the bytes end, in the middle of
 * a nested value too, and goes on there when more have come.
 */
export class StreamWalker {
  readonly #window: ByteWindow
  readonly #layouts: readonly Layout[]
  readonly #tags: readonly number[]
  readonly #totals: StreamTotals
  readonly #maxRowBytes: number
  readonly #firstRow: number
  /** Per column the record in which it was last seen, counted from 1. */
  readonly #seenIn: Float64Array
  #steps: Generator<undefined, 'record' | 'end', undefined> | undefined
  #walked = 0
  /** Position from the start of the record or trailer. */
  #at = 0
  #low = 0
  #high = 0
  #register = emptyRegister
  /** Checksum of the record walked last. */
  checksum = 0
  /** Where in the record its END_RECORD tag stands. */
  fieldBytes = 0
  metrics: string | undefined

  constructor(
    window: ByteWindow,
    layouts: readonly Layout[],
    totals: StreamTotals,
    limits: { maxRowBytes: number; firstRow: number },
  ) {
    this.#window = window
    this.#layouts = layouts
    this.#tags = layouts.map((layout, i) => tagOf(i + 1, wireTypeOf(layout)))
    this.#totals = totals
    this.#maxRowBytes = limits.maxRowBytes
    this.#firstRow = limits.firstRow
    this.#seenIn = new Float64Array(layouts.length)
  }

  /** Whether a record or trailer has been begun and not ended. */
  get busy(): boolean {
    return this.#steps !== undefined
  }

  /** Bytes of the record or trailer walked over so far. */
  get walkedBytes(): number {
    return this.#at
  }

  /**
   * Walks on from the start of the window: `'record'` after a whole record with a good checksum, `'end'` after a good
   * trailer, `'starved'` when the bytes end before.
   * @throws TunnelProtocolError, TunnelChecksumError
   */
  walk(): 'record' | 'end' | 'starved' {
    if (!this.#steps) {
      this.#at = 0
      this.#register = emptyRegister
      this.#walked++
      this.#steps = this.#record()
    }
    const step = this.#steps.next()
    if (this.#at > this.#maxRowBytes || (!step.done && this.#window.length > this.#maxRowBytes))
      throw this.#tooLarge()
    if (!step.done) return 'starved'
    this.#steps = undefined
    return step.value
  }

  *#record(): Generator<undefined, 'record' | 'end', undefined> {
    for (;;) {
      const from = this.#at
      while (!this.#varint()) yield
      const tag = this.#uint32('a tag')
      if (tag === endRecordTag) {
        this.fieldBytes = from
        while (!this.#varint()) yield
        this.#endRecord()
        return 'record'
      }
      if (tag === countTag && from === 0) {
        yield* this.#trailer()
        return 'end'
      }
      const layout = this.#field(tag)
      if (
        layout.shape !== 'array' &&
        layout.shape !== 'map' &&
        layout.shape !== 'struct' &&
        layout.shape !== 'vector'
      )
        while (!this.#scalar(layout)) yield
      else yield* this.#nested(layout)
    }
  }

  #field(tag: number): Layout {
    const field = tag >>> 3
    const layout = this.#layouts[field - 1]
    if (!layout)
      throw this.#malformed(`has the field number ${field}, there are ${this.#layouts.length} columns`)
    if (this.#tags[field - 1] !== tag) throw this.#malformed(`has wire type ${tag & 7} for field ${field}`)
    if (this.#seenIn[field - 1] === this.#walked) throw this.#malformed(`has the field ${field} twice`)
    this.#seenIn[field - 1] = this.#walked
    this.#register = crcInt32(this.#register, field)
    return layout
  }

  #endRecord(): void {
    this.checksum = this.#low >>> 0
    const actual = checksumOf(this.#register)
    if (actual === this.checksum) return
    const message = `The checksum of ${this.#where()} does not agree with its bytes; read the range again`
    throw new TunnelChecksumError(message, {
      scope: 'record',
      expected: this.checksum,
      actual,
      retryable: true,
    })
  }

  /** Count before checksum: a lost record shows as a count that differs. */
  *#trailer(): Generator<undefined, void, undefined> {
    while (!this.#varint()) yield
    this.#zigzag()
    const [countLow, countHigh] = [this.#low, this.#high]
    while (!this.#varint()) yield
    let tag = this.#uint32('a tag')
    let metrics: string | undefined
    if (tag === metricsTag) {
      metrics = yield* this.#metrics()
      while (!this.#varint()) yield
      tag = this.#uint32('a tag')
    }
    if (tag !== checksumTag) throw this.#malformed('is a trailer without checksum')
    while (!this.#varint()) yield
    const { rows, checksum } = this.#totals
    if (countHigh !== 0 || countLow >>> 0 !== rows) {
      const told = countHigh === 0 ? countLow >>> 0 : 'another number of'
      const what = `The stream ends after ${rows} rows, its trailer tells ${told} rows; read the range again`
      throw new TunnelProtocolError('ODPS_COUNT_MISMATCH', what, { retryable: true })
    }
    const expected = this.#low >>> 0
    if (expected !== checksum) {
      const what = 'The checksum of the stream does not agree with its records; read the range again'
      throw new TunnelChecksumError(what, { scope: 'stream', expected, actual: checksum, retryable: true })
    }
    this.metrics = metrics
  }

  *#metrics(): Generator<undefined, string, undefined> {
    while (!this.#varint()) yield
    const length = this.#uint32('a length')
    if (length > maxMetricsBytes) throw this.#malformed(`is a trailer with ${length} bytes of metrics`)
    while (this.#at + length > this.#window.length) yield
    const bytes = this.#window.copy(this.#at, this.#at + length)
    this.#at += length
    while (!this.#varint()) yield
    if (this.#uint32('a tag') !== endMetricsTag)
      throw this.#malformed('is a trailer whose metrics do not end')
    while (!this.#varint()) yield
    const expected = this.#low >>> 0
    const actual = metricsChecksum(bytes)
    if (expected !== actual) {
      const what = 'The checksum of the metrics in the trailer does not agree; read the range again'
      throw new TunnelChecksumError(what, { scope: 'metrics', expected, actual, retryable: true })
    }
    return bytes.toString()
  }

  *#nested(layout: Layout): Generator<undefined, void, undefined> {
    switch (layout.shape) {
      case 'array':
        yield* this.#elements(layout.element)
        return
      case 'map': {
        const keys = yield* this.#elements(layout.key)
        const values = yield* this.#elements(layout.value)
        if (keys !== values) throw this.#malformed(`has a map of ${keys} keys and ${values} values`)
        return
      }
      case 'struct':
        for (const field of layout.fields) yield* this.#nullable(field)
        return
      case 'vector': {
        while (!this.#varint()) yield
        const count = this.#uint32('a count')
        if (count !== layout.dimension)
          throw this.#malformed(`has a vector of ${count} elements, not ${layout.dimension}`)
        for (let i = 0; i < count; i++) while (!this.#scalar(layout.element)) yield
        return
      }
      default:
        while (!this.#scalar(layout)) yield
    }
  }

  *#elements(element: Layout): Generator<undefined, number, undefined> {
    while (!this.#varint()) yield
    const count = this.#uint32('a count')
    // An element takes a byte at least.
    if (count > this.#maxRowBytes - this.#at) throw this.#tooLarge()
    const scalar = wireTypeOf(element) !== 2 || element.shape === 'bytes' || element.shape === 'instant'
    for (let i = 0; i < count; i++) {
      if (scalar) while (!this.#nullableScalar(element)) yield
      else yield* this.#nullable(element)
    }
    return count
  }

  *#nullable(layout: Layout): Generator<undefined, void, undefined> {
    while (this.#at >= this.#window.length) yield
    if (!this.#flag()) yield* this.#nested(layout)
  }

  /** A NULL flag and value in one step; false, and nothing passed, when the bytes end before. */
  #nullableScalar(layout: Layout): boolean {
    const from = this.#at
    if (from >= this.#window.length) return false
    if (this.#flag() || this.#scalar(layout)) return true
    this.#at = from
    return false
  }

  #flag(): boolean {
    const flag = this.#window.byte(this.#at++)
    if (flag > 1) throw this.#malformed(`has the NULL flag ${flag}`)
    return flag === 1
  }

  /** Passes a value that is not nested and feeds it; false, and nothing passed or fed, when the bytes end before. */
  #scalar(layout: Layout): boolean {
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
    if (!this.#varint()) return false
    this.#zigzag()
    const [low, high] = [this.#low, this.#high]
    if (bits !== 64 && (high !== low >> 31 || (low << (32 - bits)) >> (32 - bits) !== low))
      throw this.#malformed(`has an integer that does not fit ${bits} bits`)
    this.#register = crcInt64(this.#register, low, high)
    return true
  }

  #boolean(): boolean {
    if (this.#at >= this.#window.length) return false
    const value = this.#window.byte(this.#at++)
    if (value > 1) throw this.#malformed(`has the boolean ${value}`)
    this.#register = crcByte(this.#register, value)
    return true
  }

  #fixed(bytes: number): boolean {
    const to = this.#at + bytes
    if (to > this.#window.length) return false
    this.#register = this.#window.crc(this.#register, this.#at, to)
    this.#at = to
    return true
  }

  #instant(signed: boolean): boolean {
    const from = this.#at
    if (!this.#varint()) return false
    this.#zigzag()
    const [low, high] = [this.#low, this.#high]
    if (!this.#varint()) {
      this.#at = from
      return false
    }
    const nanos = this.#uint32('nanos')
    const value = (nanos >>> 1) ^ -(nanos & 1)
    if (Math.abs(value) > 999_999_999 || (value < 0 && !signed))
      throw this.#malformed(`has ${value} nanoseconds`)
    this.#register = crcInt32(crcInt64(this.#register, low, high), value)
    return true
  }

  /** The length is held against the limit before its bytes are waited for. */
  #bytes(): boolean {
    const from = this.#at
    if (!this.#varint()) return false
    const length = this.#uint32('a length')
    const to = this.#at + length
    if (to > this.#maxRowBytes) throw this.#tooLarge()
    if (to > this.#window.length) {
      this.#at = from
      return false
    }
    this.#register = this.#window.crc(this.#register, this.#at, to)
    this.#at = to
    return true
  }

  /**
   * Reads a varint of up to ten bytes into the halves; false, and nothing passed, when the bytes end before. Checksums
   * come in five bytes, or sign-extended in ten: their low half counts (protocol 4.1).
   */
  #varint(): boolean {
    const { length } = this.#window
    let low = 0
    let high = 0
    let p = this.#at
    for (let shift = 0; ; shift += 7) {
      if (shift === 70) throw this.#malformed('has a varint of more than ten bytes')
      if (p >= length) return false
      const byte = this.#window.byte(p++)
      if (shift < 28) low |= (byte & 127) << shift
      else if (shift === 28) {
        low |= (byte & 15) << 28
        high = (byte & 127) >>> 4
      } else high |= (byte & 127) << (shift - 32)
      if (byte < 128) break
    }
    this.#low = low
    this.#high = high
    this.#at = p
    return true
  }

  #zigzag(): void {
    const sign = -(this.#low & 1)
    this.#low = ((this.#low >>> 1) | (this.#high << 31)) ^ sign
    this.#high = (this.#high >>> 1) ^ sign
  }

  #uint32(what: string): number {
    if (this.#high !== 0) throw this.#malformed(`has ${what} beyond 32 bits`)
    return this.#low >>> 0
  }

  #where(): string {
    return `row ${this.#firstRow + this.#totals.rows} of the stream`
  }

  #malformed(what: string): TunnelProtocolError {
    const message = `The record stream is malformed: ${this.#where()} ${what}`
    return new TunnelProtocolError('ODPS_MALFORMED_STREAM', message, { retryable: true })
  }

  #tooLarge(): TunnelProtocolError {
    const message = `${this.#where()} is larger than the limit of ${this.#maxRowBytes} bytes for one row`
    return new TunnelProtocolError('ODPS_ROW_TOO_LARGE', message)
  }
}
