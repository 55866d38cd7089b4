import { TunnelChecksumError, TunnelProtocolError } from '../../errors.js'
import { checksumOf, crcInt32 } from '../../wire/crc32c.js'
import { checksumField, countField, endMetricsField, endRecordTag, tagOf } from '../../wire/tags.js'
import { type Layout, wireTypeOf } from '../value-layout.js'
import type { StreamTotals } from './totals.js'
import { maxMetricsBytes, metricsChecksum, metricsTag } from './trailer.js'
import { ValueWalker } from './value-walker.js'
import { WalkFaults } from './walk-faults.js'
import type { ByteWindow } from './window.js'

/*
 *   stream  := record* trailer
 *   record  := (tag value)* END_RECORD checksum
 *   trailer := COUNT sint64 [ METRICS length bytes END_METRICS checksum ] CHECKSUM checksum        (protocol 4.1)
 */

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
  readonly #faults: WalkFaults
  readonly #values: ValueWalker
  /** Per column the record in which it was last seen, counted from 1. */
  readonly #seenIn: Float64Array
  #steps: Generator<undefined, 'record' | 'end', undefined> | undefined
  #walked = 0
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
    this.#faults = new WalkFaults(totals, limits)
    this.#values = new ValueWalker(window, this.#faults)
    this.#seenIn = new Float64Array(layouts.length)
  }

  /** Whether a record or trailer has been begun and not ended. */
  get busy(): boolean {
    return this.#steps !== undefined
  }

  /** Bytes of the record or trailer walked over so far. */
  get walkedBytes(): number {
    return this.#values.at
  }

  /**
   * Walks on from the start of the window: `'record'` after a whole record with a good checksum, `'end'` after a good
   * trailer, `'starved'` when the bytes end before.
   * @throws TunnelProtocolError, TunnelChecksumError
   */
  walk(): 'record' | 'end' | 'starved' {
    if (!this.#steps) {
      this.#values.begin()
      this.#walked++
      this.#steps = this.#record()
    }
    const step = this.#steps.next()
    if (
      this.#values.at > this.#faults.maxRowBytes ||
      (!step.done && this.#window.length > this.#faults.maxRowBytes)
    )
      throw this.#faults.tooLarge()
    if (!step.done) return 'starved'
    this.#steps = undefined
    return step.value
  }

  *#record(): Generator<undefined, 'record' | 'end', undefined> {
    const values = this.#values
    for (;;) {
      const from = values.at
      while (!values.varint()) yield
      const tag = values.uint32('a tag')
      if (tag === endRecordTag) {
        this.fieldBytes = from
        while (!values.varint()) yield
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
        while (!values.scalar(layout)) yield
      else yield* values.nested(layout)
    }
  }

  #field(tag: number): Layout {
    const field = tag >>> 3
    const layout = this.#layouts[field - 1]
    if (!layout)
      throw this.#faults.malformed(`has the field number ${field}, there are ${this.#layouts.length} columns`)
    if (this.#tags[field - 1] !== tag)
      throw this.#faults.malformed(`has wire type ${tag & 7} for field ${field}`)
    if (this.#seenIn[field - 1] === this.#walked) throw this.#faults.malformed(`has the field ${field} twice`)
    this.#seenIn[field - 1] = this.#walked
    this.#values.register = crcInt32(this.#values.register, field)
    return layout
  }

  #endRecord(): void {
    this.checksum = this.#values.low >>> 0
    const actual = checksumOf(this.#values.register)
    if (actual === this.checksum) return
    const message = `The checksum of ${this.#faults.where()} does not agree with its bytes; read the range again`
    throw new TunnelChecksumError(message, {
      scope: 'record',
      expected: this.checksum,
      actual,
      retryable: true,
    })
  }

  /** Count before checksum: a lost record shows as a count that differs. */
  *#trailer(): Generator<undefined, void, undefined> {
    const values = this.#values
    while (!values.varint()) yield
    values.zigzag()
    const [countLow, countHigh] = [values.low, values.high]
    while (!values.varint()) yield
    let tag = values.uint32('a tag')
    let metrics: string | undefined
    if (tag === metricsTag) {
      metrics = yield* this.#metrics()
      while (!values.varint()) yield
      tag = values.uint32('a tag')
    }
    if (tag !== checksumTag) throw this.#faults.malformed('is a trailer without a checksum')
    while (!values.varint()) yield
    const { rows, checksum } = this.#totals
    if (countHigh !== 0 || countLow >>> 0 !== rows) {
      const told = countHigh === 0 ? countLow >>> 0 : 'another number of'
      const what = `The stream ends after ${rows} rows, its trailer tells ${told} rows; read the range again`
      throw new TunnelProtocolError('ODPS_COUNT_MISMATCH', what, { retryable: true })
    }
    const expected = values.low >>> 0
    if (expected !== checksum) {
      const what = 'The checksum of the stream does not match its records; read the range again'
      throw new TunnelChecksumError(what, { scope: 'stream', expected, actual: checksum, retryable: true })
    }
    this.metrics = metrics
  }

  *#metrics(): Generator<undefined, string, undefined> {
    const values = this.#values
    while (!values.varint()) yield
    const length = values.uint32('a length')
    if (length > maxMetricsBytes) throw this.#faults.malformed(`is a trailer with ${length} bytes of metrics`)
    while (values.at + length > this.#window.length) yield
    const bytes = this.#window.copy(values.at, values.at + length)
    values.at += length
    while (!values.varint()) yield
    if (values.uint32('a tag') !== endMetricsTag)
      throw this.#faults.malformed('is a trailer whose metrics do not end')
    while (!values.varint()) yield
    const expected = values.low >>> 0
    const actual = metricsChecksum(bytes)
    if (expected !== actual) {
      const what = 'The checksum of the metrics in the trailer does not match; read the range again'
      throw new TunnelChecksumError(what, { scope: 'metrics', expected, actual, retryable: true })
    }
    return bytes.toString()
  }
}
