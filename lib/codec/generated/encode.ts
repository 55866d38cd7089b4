import type { Column } from '../../schema/table-schema.js'
import { ByteWriter } from '../../wire/byte-writer.js'
import type { CodecOptions } from '../cell-codec.js'
import { codecOf, layoutsOf } from '../codec-of.js'
import type { RecordBytes } from '../rows/encoded-records.js'
import type { RecordSink } from '../rows/record-sink.js'
import { nullNotAllowed, rowProblem } from '../rows/row-problem.js'
import { StreamTotals } from '../stream/totals.js'
import { encodeTrailer } from '../stream/trailer.js'
import type { Layout } from '../value-layout.js'
import { type CellWriter, compileFieldsWriters, type FieldsWriter } from './encoder-code.js'

/**
 * Writes records by code compiled for the schema, into whatever buffer it is given: WebAssembly leaves rows with unusual values to it,
 * in between its own, and has a buffer of its own for both. So a row that changes the way changes neither the order of the bytes nor
 * their checksums.
 */
export class CompiledWriter {
  readonly #columns: readonly Column[]
  readonly #layouts: readonly Layout[]
  readonly #options: CodecOptions
  /** Compiled for the first record: behind WebAssembly there may be none. */
  #writers: readonly FieldsWriter[] | undefined
  readonly #codecs: readonly CellWriter[]
  readonly #refuseNull: (column: number, rowIndex: number) => never

  constructor(columns: readonly Column[], options: CodecOptions) {
    this.#columns = columns
    this.#layouts = layoutsOf(columns)
    this.#options = options
    this.#codecs = columns.map(column => cellWriter(column, options))
    this.#refuseNull = (column, rowIndex) => {
      throw nullNotAllowed(columns[column]!, rowIndex)
    }
  }

  /**
   * A record that is not ended leaves no trace: the next one begins where it began.
   * @returns the checksum
   */
  write(out: ByteWriter, cells: readonly unknown[], rowIndex: number): number {
    out.begin()
    this.#writers ??= compileFieldsWriters(this.#columns, this.#layouts, this.#options)
    const writers = this.#writers
    for (let i = 0; i < writers.length; i++) {
      writers[i]!(out, this.#codecs, this.#refuseNull, cells, rowIndex)
      out.freeSlack()
    }
    return out.end()
  }
}

/** Collects records written by compiled code. */
export class CompiledSink implements RecordSink {
  readonly totals = new StreamTotals()
  readonly #out = new ByteWriter()
  readonly #writer: CompiledWriter

  constructor(columns: readonly Column[], options: CodecOptions) {
    this.#writer = new CompiledWriter(columns, options)
  }

  get pendingBytes(): number {
    return this.#out.pendingBytes
  }

  pendingReaches(bytes: number): boolean {
    return this.#out.pendingBytes >= bytes
  }

  add(cells: readonly unknown[], rowIndex: number): void {
    this.totals.add(this.#writer.write(this.#out, cells, rowIndex))
  }

  append({ bytes, checksums }: RecordBytes): void {
    this.#out.append(bytes)
    this.totals.append(checksums)
  }

  close(): void {
    this.#out.append(encodeTrailer(this.totals.rows, this.totals.checksum))
  }

  take(): Buffer {
    return this.#out.take()
  }

  reclaim(): void {
    this.#out.reclaim()
  }
}

const cellWriter = (column: Column, options: CodecOptions): CellWriter => {
  const codec = codecOf(column.type, options)
  return (out, value, rowIndex) => {
    try {
      codec.write(out, value)
    } catch (error) {
      throw rowProblem(error, column, rowIndex)
    }
  }
}
