import type { Column } from '../../schema/table-schema.js'
import { ProtobufWriter } from '../../wire/protobuf-writer.js'
import type { CellCodec, CodecOptions } from '../cell-codec.js'
import { codecOf, layoutsOf } from '../codec-of.js'
import type { RecordBytes } from '../rows/encoded-records.js'
import type { RecordSink } from '../rows/record-sink.js'
import { nullNotAllowed, rowProblem } from '../rows/row-problem.js'
import { StreamTotals } from '../stream/totals.js'
import { encodeTrailer } from '../stream/trailer.js'
import { wireTypeOf } from '../value-layout.js'

/*
 * Records on protobufjs, one call per value: the plain way. It writes what the generated code leaves (values of
 * unusual kinds), does all the work where code from strings is not allowed, and is what the other ways are tested
 * against.
 */

export class ProtobufSink implements RecordSink {
  readonly totals = new StreamTotals()
  readonly #columns: readonly Column[]
  readonly #codecs: readonly CellCodec[]
  readonly #wireTypes: readonly (0 | 1 | 2 | 5)[]
  readonly #out = new ProtobufWriter()
  #pending: Uint8Array[] = []
  pendingBytes = 0

  constructor(columns: readonly Column[], options: CodecOptions) {
    this.#columns = columns
    this.#wireTypes = layoutsOf(columns).map(wireTypeOf)
    this.#codecs = columns.map(column => codecOf(column.type, options))
  }

  pendingReaches(bytes: number): boolean {
    return this.pendingBytes >= bytes
  }

  add(cells: readonly unknown[], rowIndex: number): void {
    this.#out.begin()
    for (let i = 0; i < this.#columns.length; i++) this.#writeCell(i, cells[i], rowIndex)
    const { bytes, checksum } = this.#out.end()
    this.#append(bytes)
    this.totals.add(checksum)
  }

  append({ bytes, checksums }: RecordBytes): void {
    this.#append(Buffer.from(bytes))
    this.totals.append(checksums)
  }

  close(): void {
    this.#append(encodeTrailer(this.totals.rows, this.totals.checksum))
  }

  #append(bytes: Uint8Array): void {
    this.#pending.push(bytes)
    this.pendingBytes += bytes.length
  }

  #writeCell(i: number, cell: unknown, rowIndex: number): void {
    const column = this.#columns[i]!
    if (cell === null || cell === undefined) {
      if (!column.nullable) throw nullNotAllowed(column, rowIndex)
      return
    }
    this.#out.field(i + 1, this.#wireTypes[i]!)
    try {
      this.#codecs[i]!.write(this.#out, cell)
    } catch (error) {
      throw rowProblem(error, column, rowIndex)
    }
  }

  /** Nothing is: the library hands out buffers of their own. */
  reclaim(): void {}

  take(): Buffer {
    const bytes = Buffer.concat(this.#pending)
    this.#pending = []
    this.pendingBytes = 0
    return bytes
  }
}
