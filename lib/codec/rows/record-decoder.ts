import { TunnelProtocolError } from '../../errors.js'
import type { Column } from '../../schema/table-schema.js'
import { type CellCodec, defaultCodecOptions } from '../cell-codec.js'
import { codecOf, layoutsOf } from '../codec-of.js'
import { CompiledRows } from '../generated/decode.js'
import { compileRowsReader, slackOf } from '../generated/decoder-code.js'
import { mayGenerateCode } from '../generated/generated-code.js'
import { readRecord } from '../plain/decode.js'
import { StreamTotals } from '../stream/totals.js'
import { StreamWalker } from '../stream/walker.js'
import { ByteWindow } from '../stream/window.js'
import { partitionCell } from '../types/partition-cell.js'
import { createStagedReader, type StagedReader } from '../wasm/decode.js'
import type { DecodeOptions } from './decode-options.js'
import type { RecordPrinter } from './record-printing.js'
import { RowShaper } from './row-shaper.js'

export type { DecodeOptions, RowOptions } from './decode-options.js'

/** Turns the bytes of one record stream into rows (protocol 4.1). */
export interface RecordDecoder {
  /**
   * Appends to `rows` every row whose record is complete and whose checksum agrees. After an error the good rows
   * before it are in `rows`, and the decoder gives the same error again.
   * @throws TunnelProtocolError ODPS_MALFORMED_STREAM, ODPS_COUNT_MISMATCH, ODPS_ROW_TOO_LARGE; TunnelChecksumError;
   * TunnelValueError ODPS_UNSAFE_INTEGER, ODPS_VALUE_OUT_OF_RANGE, ODPS_INVALID_VALUE for a good record that does not
   * convert; and whatever a parser throws, as the cause of a TunnelValueError
   */
  push(chunk: Uint8Array, rows: unknown[]): void
  /**
   * To be called at the end of the bytes.
   * @throws TunnelProtocolError ODPS_TRUNCATED_STREAM when no complete, verified trailer was seen
   */
  end(): void
  /** Good rows so far. */
  readonly rows: number
  /** Bytes taken so far. */
  readonly rawBytes: number
  /** Whether the trailer was seen and agrees. */
  readonly ended: boolean
  /** The metrics text of the trailer, where the service sent it. */
  readonly metrics: string | undefined
}

const defaultMaxRowBytes = 256 * 1024 * 1024

/** Chunks are taken in pieces of this size, so that the window stays small and in the processor's cache. */
export const pieceBytes = 64 * 1024
/** And so many of a piece at a time are copied to walk over the end of a record: what is behind it need not be. */
const walkedBytes = 4 * 1024

/** @throws TunnelProtocolError ODPS_UNSUPPORTED_TYPE for a column of a type this library does not know. */
export const createRecordDecoder = (columns: readonly Column[], options: DecodeOptions = {}): RecordDecoder =>
  new StreamDecoder(columns, options, 'fastest')

/** The same on compiled code, where it is allowed, and always without WebAssembly. */
export const createCompiledDecoder = (
  columns: readonly Column[],
  options: DecodeOptions = {},
): RecordDecoder => new StreamDecoder(columns, options, 'compiled')

/** The same, always on protobufjs and without compiled code. */
export const createProtobufDecoder = (
  columns: readonly Column[],
  options: DecodeOptions = {},
): RecordDecoder => new StreamDecoder(columns, options, 'plain')

class StreamDecoder implements RecordDecoder {
  readonly #columns: readonly Column[]
  readonly #codecs: readonly CellCodec[]
  readonly #maker: RowShaper
  readonly #firstRow: number
  readonly #window: ByteWindow
  readonly #walker: StreamWalker
  readonly #printer: RecordPrinter | undefined
  readonly #staged: StagedReader | undefined
  readonly #compiled: CompiledRows | undefined
  readonly #totals = new StreamTotals()
  #rawBytes = 0
  #ended = false
  /** Whether WebAssembly came so far that there is only half a record left: it's read when more has come, and only if that isn't enough walked over. */
  #ranOut = false
  #failure: { error: unknown } | undefined

  constructor(columns: readonly Column[], options: DecodeOptions, way: 'fastest' | 'compiled' | 'plain') {
    const { bigint = 'bigint', string = 'string', json = 'parsed', map = 'map' } = options
    const { maxRowBytes = defaultMaxRowBytes, firstRow = 0, oldDates = 'accept' } = options
    const layouts = layoutsOf(columns)
    const codecOptions = { ...defaultCodecOptions, bigint, string, json, map, oldDates }
    this.#columns = columns
    this.#codecs = columns.map(column => codecOf(column.type, codecOptions))
    this.#maker = new RowShaper(columns, options, codecOptions)
    this.#firstRow = firstRow
    this.#window = new ByteWindow(slackOf(columns.length))
    this.#walker = new StreamWalker(this.#window, layouts, this.#totals, { maxRowBytes, firstRow })
    const { printing, partition = [] } = options
    this.#printer = printing?.printerOf(columns, {
      maxRowBytes,
      refusesOldDates: oldDates === 'refuse',
      partition: partition.map(({ column, value }) => ({
        column,
        cell: partitionCell(column, value, codecOptions)(),
      })),
    })
    if (way === 'plain' || !mayGenerateCode()) return
    if (way === 'fastest')
      this.#staged = createStagedReader(columns, layouts, codecOptions, this.#maker, {
        maxRowBytes,
        firstRow,
      })
    this.#compiled = new CompiledRows(this.#window, this.#totals, {
      compile: () => compileRowsReader(columns, layouts, codecOptions, this.#maker.shape),
      codecs: this.#codecs,
      makeRow: (cells, rowIndex) => this.#maker.make(cells, rowIndex),
      firstRow,
      maxRowBytes,
    })
  }

  get rows(): number {
    return this.#totals.rows
  }

  get rawBytes(): number {
    return this.#rawBytes
  }

  get ended(): boolean {
    return this.#ended
  }

  get metrics(): string | undefined {
    return this.#walker.metrics
  }

  push(chunk: Uint8Array, rows: unknown[]): void {
    if (this.#failure) throw this.#failure.error
    this.#rawBytes += chunk.length
    try {
      for (let from = 0; from < chunk.length; from += pieceBytes) {
        if (this.#ended) throw trailingBytes()
        this.#window.lend(chunk.subarray(from, from + pieceBytes))
        this.#drain(rows)
      }
    } catch (error) {
      this.#failure = { error }
      throw error
    }
  }

  /**
   * WebAssembly, or else compiled code, goes as far as it can; the walker then takes one step, over the trailer, or over a record that is
   * not all there or that they did not like.
   */
  #drain(rows: unknown[]): void {
    for (;;) {
      if (this.#walker.busy || this.#ended) this.#window.keep(walkedBytes)
      else this.#readPlain(rows)
      if (this.#window.fullLength === 0 || this.#ranOut) return
      if (this.#ended) throw trailingBytes()
      const step = this.#walker.walk()
      if (step === 'starved' && this.#window.fullLength === this.#window.length) return
      if (step === 'record') this.#readWalked(rows)
      else if (step === 'end') this.#endAfter(this.#walker.walkedBytes)
    }
  }

  /** Where WebAssembly stopped there is half a record, nearly always: compiled code need not look at it too. */
  #readPlain(rows: unknown[]): number {
    if (this.#printer !== undefined) return this.#print(this.#printer, rows)
    const staged = this.#staged?.readInto(this.#window, this.#totals, rows) ?? 0
    this.#window.keep()
    this.#ranOut = this.#staged?.ranOut ?? false
    return staged > 0 ? staged : (this.#compiled?.readInto(rows) ?? 0)
  }

  /** Records as text, and as rows those that the printer declines, until there is half a record. */
  #print(printer: RecordPrinter, rows: unknown[]): number {
    for (let all = 0; ; ) {
      all += printer.readInto(this.#window, this.#totals, rows)
      const { declined, ranOut } = printer
      const staged =
        declined > 0 ? (this.#staged?.readInto(this.#window, this.#totals, rows, declined) ?? 0) : 0
      all += staged
      if (staged > 0) continue
      this.#window.keep()
      this.#ranOut = ranOut
      return declined === 0 || all > 0 ? all : (this.#compiled?.readInto(rows) ?? 0)
    }
  }

  #endAfter(bytes: number): void {
    this.#ended = true
    this.#window.drop(bytes)
  }

  /** Reads a record that is whole and good, in the plain way if the compiled code cannot. */
  #readWalked(rows: unknown[]): void {
    const { checksum, walkedBytes } = this.#walker
    if (this.#readPlain(rows) > 0) return
    const rowIndex = this.#firstRow + this.#totals.rows
    const cells = readRecord(this.#window.slice(0, walkedBytes), this.#columns, this.#codecs, rowIndex)
    rows.push(this.#maker.make(cells, rowIndex))
    this.#totals.add(checksum)
    this.#window.drop(walkedBytes)
  }

  end(): void {
    if (this.#failure) throw this.#failure.error
    if (this.#ended) return
    if (this.#ranOut) this.#walker.walk()
    this.#ranOut = false
    const what = `The record stream was cut: it ended after ${this.#totals.rows} whole rows without its trailer`
    throw new TunnelProtocolError('ODPS_TRUNCATED_STREAM', `${what}; read the rest again`, {
      retryable: true,
    })
  }
}

const trailingBytes = (): TunnelProtocolError =>
  new TunnelProtocolError('ODPS_MALFORMED_STREAM', 'The record stream continues after its trailer', {
    retryable: true,
  })
