import type { Column } from '../../schema/table-schema.js'
import { type CodecOptions, defaultCodecOptions } from '../cell-codec.js'
import { CompiledSink } from '../generated/encode.js'
import { mayGenerateCode } from '../generated/generated-code.js'
import { ProtobufSink } from '../plain/encode.js'
import { createStagedSink } from '../wasm/encode.js'
import { createStagedScatterer } from '../wasm/scatter.js'
import type { RecordBytes } from './encoded-records.js'
import {
  type OnRecords,
  type RecordScatterer,
  type RecordStream,
  SingleScatterer,
} from './record-scatterer.js'
import type { RecordSink } from './record-sink.js'
import { RowCells } from './row-cells.js'

export interface EncodeOptions {
  /** What a JSON column takes: any JSON value, or the text itself. Default `'parsed'`. */
  readonly json?: 'parsed' | 'text'
  /** Limit of one STRING, BINARY or JSON value in bytes; the session tells it as MaxFieldSize. Default 8 388 608. */
  readonly maxFieldBytes?: number
  /** `'refuse'`: a DATETIME before 1928 is a TunnelValueError. For sessions with `dateTransform`. Default `'accept'`. */
  readonly oldDates?: 'accept' | 'refuse'
  /** What becomes of keys of an object row that are no column. Default `'error'`. */
  readonly unknownColumns?: 'error' | 'ignore'
  /** Partition columns an object row may carry, if equal to these. */
  readonly partition?: readonly { readonly name: string; readonly value: string }[]
}

/** Turns rows into the bytes of one record stream after another (protocol 4.1). */
export interface RecordEncoder {
  /**
   * Appends one row: an array of cells in column order, or an object keyed by column name.
   * @throws TunnelValueError with column and rowIndex for a row that does not fit; bytes, count and checksum are then
   * exactly as before.
   */
  write(row: unknown, rowIndex: number): void
  /** Appends copies of records that are encoded already. */
  append(records: RecordBytes): void
  /** Rows in the current stream. */
  readonly rows: number
  /** Bytes of the current stream so far, taken and pending. */
  readonly rawBytes: number
  /** Bytes not yet taken. */
  readonly pendingBytes: number
  /** Whether `rawBytes`, or `pendingBytes`, is at least so much: cheap after every row, which they are not. */
  rawReaches(bytes: number): boolean
  pendingReaches(bytes: number): boolean
  /** Hands over the pending bytes; part of a larger ArrayBuffer, so copy before transferring it. */
  take(): Buffer
  /**
   * Lets later bytes, of this encoder or another, be written over those handed over so far, which are never written over
   * else. For who is done with them at once: without it a transfer makes garbage as large as its records.
   */
  reclaim(): void
  /** Appends the trailer and hands over the last bytes; a new stream begins. */
  finish(): Buffer
  /** What the trailer of the stream that was finished last tells of its records: one checksum over theirs. */
  readonly finishedChecksum: number
  /** Forgets the current stream; a new one begins. */
  discard(): void
}

/** @throws TunnelProtocolError ODPS_UNSUPPORTED_TYPE for a column of a type this library does not know. */
export const createRecordEncoder = (
  columns: readonly Column[],
  options: EncodeOptions = {},
): RecordEncoder => {
  const codecOptions = codecOptionsOf(options)
  const sink = mayGenerateCode()
    ? (createStagedSink(columns, codecOptions) ?? new CompiledSink(columns, codecOptions))
    : new ProtobufSink(columns, codecOptions)
  return new StreamEncoder(columns, sink, options)
}

/** The same, always on protobufjs and without compiled code. */
export const createProtobufEncoder = (
  columns: readonly Column[],
  options: EncodeOptions = {},
): RecordEncoder => new StreamEncoder(columns, new ProtobufSink(columns, codecOptionsOf(options)), options)

/** The same on compiled code, where it is allowed, and always without WebAssembly. */
export const createCompiledEncoder = (
  columns: readonly Column[],
  options: EncodeOptions = {},
): RecordEncoder =>
  mayGenerateCode()
    ? new StreamEncoder(columns, new CompiledSink(columns, codecOptionsOf(options)), options)
    : createProtobufEncoder(columns, options)

const codecOptionsOf = ({ json, maxFieldBytes, oldDates }: EncodeOptions): CodecOptions => ({
  ...defaultCodecOptions,
  ...(json !== undefined && { json }),
  ...(maxFieldBytes !== undefined && { maxFieldBytes }),
  ...(oldDates !== undefined && { oldDates }),
})

/** One for any number of streams. */
export const createRecordScatterer = <Stream extends RecordStream>(
  columns: readonly Column[],
  options: EncodeOptions,
  onRecords: OnRecords<Stream>,
): RecordScatterer<Stream> => {
  const codecOptions = codecOptionsOf(options)
  if (!mayGenerateCode()) return new SingleScatterer(new ProtobufSink(columns, codecOptions), onRecords)
  const staged = createStagedScatterer(columns, codecOptions, onRecords)
  return staged ?? new SingleScatterer(new CompiledSink(columns, codecOptions), onRecords)
}

class StreamEncoder implements RecordEncoder {
  readonly #cells: RowCells
  readonly #sink: RecordSink
  #takenBytes = 0
  finishedChecksum = 0

  constructor(columns: readonly Column[], sink: RecordSink, options: EncodeOptions) {
    this.#cells = new RowCells(columns, options.partition, options.unknownColumns)
    this.#sink = sink
  }

  get rows(): number {
    return this.#sink.totals.rows
  }

  get rawBytes(): number {
    return this.#takenBytes + this.#sink.pendingBytes
  }

  get pendingBytes(): number {
    return this.#sink.pendingBytes
  }

  rawReaches(bytes: number): boolean {
    return this.#sink.pendingReaches(bytes - this.#takenBytes)
  }

  pendingReaches(bytes: number): boolean {
    return this.#sink.pendingReaches(bytes)
  }

  write(row: unknown, rowIndex: number): void {
    this.#sink.add(this.#cells.of(row, rowIndex), rowIndex)
  }

  append(records: RecordBytes): void {
    this.#sink.append(records)
  }

  take(): Buffer {
    const bytes = this.#sink.take()
    this.#takenBytes += bytes.length
    return bytes
  }

  reclaim(): void {
    this.#sink.reclaim()
  }

  finish(): Buffer {
    this.#sink.close()
    this.finishedChecksum = this.#sink.totals.checksum
    const bytes = this.#sink.take()
    this.discard()
    return bytes
  }

  discard(): void {
    this.#sink.take()
    this.#sink.totals.reset()
    this.#takenBytes = 0
  }
}
